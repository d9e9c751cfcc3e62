// dead_letter: the form of a dead letter: the record as it was, and headers that say what became of it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/consumed_record.hpp"
#include "ottla/net/time.hpp"
#include "ottla/record.hpp"
#include "ottla/result.hpp"
#include "ottla/topic_partition.hpp"

namespace ottla {
inline namespace v0 {

/// The names of the three headers that dashboards and other clients know.
struct dead_letter_names {
  std::string retry_count = "x-retry-count";            ///< tries beyond the first, in digits
  std::string error_message = "x-error-message";        ///< why the last one failed
  std::string failed_timestamp = "x-failed-timestamp";  ///< when: RFC 3339, UTC

  /// invalid_config: one is empty, or is also the name of another header of a dead letter.
  result<void> validate() const;
};

// The names of the others. Values are text; numbers in digits.
inline constexpr std::string_view original_topic_header = "x-original-topic";
inline constexpr std::string_view original_partition_header = "x-original-partition";
inline constexpr std::string_view original_offset_header = "x-original-offset";
inline constexpr std::string_view original_timestamp_header = "x-original-timestamp";  ///< ms since 1970 UTC
inline constexpr std::string_view consumer_group_header = "x-consumer-group";
inline constexpr std::string_view consumer_id_header = "x-consumer-id";
inline constexpr std::string_view exception_type_header = "x-exception-type";
// Of records in retry topics (retry_topics.hpp) alone.
inline constexpr std::string_view retry_due_header = "x-retry-due";    ///< when to try again: ms since 1970 UTC
inline constexpr std::string_view retry_tier_header = "x-retry-tier";  ///< which tier it is in, 1 and up

/// What the headers say. Read from a record of somebody else's making, each member may be missing.
struct dead_letter_note {
  int retries = -1;                    ///< -1: not said
  std::string error{};                 ///< written cut to 1 KiB, at the end of a character
  std::optional<wall_ms> failed_at{};  ///< nothing: not said
  topic_partition from{};              ///< an empty topic, a partition of -1: not said
  std::int64_t offset = -1;
  std::int64_t timestamp = -1;  ///< of the record there, ms since 1970 UTC; -1: it had none, or it is not said
  std::string group{};
  std::string consumer{};        ///< the client id of who gave it up
  std::string exception_type{};  ///< verdict::type
  std::optional<wall_ms> due{};  ///< in a retry topic: when it is tried again; nothing: not said
  int tier = 0;                  ///< in a retry topic: 1 and up; 0: not said

  friend bool operator==(const dead_letter_note&, const dead_letter_note&) = default;
};

/// What is told when the brokers have acknowledged a dead letter. Borrows for the call.
struct dead_letter_receipt {
  const record_view& message;    ///< as it was read
  const dead_letter_note& note;  ///< where it came from, how often it was tried, why it was given up
  topic_partition letter{};      ///< where the letter lies
  std::int64_t offset = -1;      ///< -1: not known, since an earlier try had stored it already
};

/// The headers of a dead letter: the record's own in their order, then the note's. Headers of an earlier note (a dead
/// letter that was sent back and failed again) are replaced, so they do not pile up. Borrows what the own ones borrow;
/// owns the rest. Move only.
class dead_letter_headers {
 public:
  dead_letter_headers(std::span<const record_header> own, const dead_letter_note& note,
                      const dead_letter_names& names = {});
  dead_letter_headers(header_range own, const dead_letter_note& note, const dead_letter_names& names = {});
  dead_letter_headers(dead_letter_headers&&) noexcept = default;
  dead_letter_headers& operator=(dead_letter_headers&&) noexcept = default;
  dead_letter_headers(const dead_letter_headers&) = delete;
  dead_letter_headers& operator=(const dead_letter_headers&) = delete;

  /// For record::headers.
  std::span<const record_header> view() const { return views_; }

 private:
  struct owned {
    std::string name;
    std::string value;
  };
  std::vector<owned> text_;  // reserved once: views_ point into it
  std::vector<record_header> views_;
};

/// What a dead letter says of itself; of several headers with one name the last counts. Values that cannot be read
/// count as missing: it was written by whoever could write to the topic.
dead_letter_note read_dead_letter(std::span<const record_header> headers, const dead_letter_names& names = {});
dead_letter_note read_dead_letter(header_range headers, const dead_letter_names& names = {});

}  // namespace v0
}  // namespace ottla

// Decides whether a produced batch may enter the log, as Kafka's broker decides it, and makes it ready to be appended.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cluster/topic_settings.hpp"
#include "ottla/mock/instant.hpp"
#include "ottla/protocol/byte_buffer.hpp"
#include "ottla/protocol/compression.hpp"
#include "ottla/protocol/error_code.hpp"
#include "storage/segment.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// A record that is the reason why its batch is refused (KIP-467).
struct refused_record {
  std::int32_t index = 0;
  std::string why;
};

struct refusal {
  protocol::error_code error = protocol::error_code::none;
  std::string why;
  std::vector<refused_record> records;
  /// The log has looked at the batch, and so the answer tells where the log starts; it does not for what is refused at
  /// the door.
  bool by_the_log = true;
};

/// Keeps decompression contexts and memory between batches.
class batch_checker {
 public:
  /// What is looked at before anything else: one whole batch of magic 2, and its codec.
  static std::optional<refusal> check_framing(std::span<const std::byte> records, std::int16_t produce_version);

  /// Checks the `records` field of a produce request for one partition: exactly one whole batch of magic 2, its size,
  /// CRC, counts, records and timestamps. Nothing if it is fine.
  std::optional<refusal> check(std::span<const std::byte> records, std::int16_t produce_version,
                               const topic_settings& settings, std::chrono::milliseconds now);

  /// The stamp for the batch that check() has just accepted: log append time, or the true maximum of the timestamps if
  /// the producer gave another.
  batch_stamp stamp(std::span<const std::byte> batch, const topic_settings& settings,
                    std::chrono::milliseconds now) const;

  /// The records of a checked batch, inflated if they are compressed. Valid until the next call; empty if they do not
  /// inflate.
  std::span<const std::byte> inflated(std::span<const std::byte> batch);

 private:
  std::optional<refusal> check_records(std::span<const std::byte> batch, const topic_settings& settings,
                                       std::chrono::milliseconds now);

  protocol::decompressor decompressor_;
  protocol::byte_buffer scratch_;
  std::int64_t true_max_timestamp_ = -1;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla

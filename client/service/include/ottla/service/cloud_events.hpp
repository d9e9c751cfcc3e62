// cloud_events: envelopes as Kafka records and back, by the Kafka binding of CloudEvents 1.0.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ottla/consumed_record.hpp"
#include "ottla/record.hpp"
#include "ottla/result.hpp"
#include "ottla/service/envelope.hpp"

namespace ottla {
inline namespace v0 {

enum class envelope_mode : std::uint8_t {
  plain,       ///< no CloudEvent: key, value and headers, nothing else
  binary,      ///< attributes as headers ce_..., the payload as the value
  structured,  ///< all in the value, as application/cloudevents+json
};

/// A record that owns what it is made of. `as_record` borrows from it; move it only when no such record is in use.
class encoded_event {
 public:
  encoded_event(encoded_event&&) noexcept = default;
  encoded_event& operator=(encoded_event&&) noexcept = default;
  encoded_event(const encoded_event&) = delete;
  encoded_event& operator=(const encoded_event&) = delete;

  record as_record() const;
  const std::optional<std::string>& key() const { return key_; }
  const std::optional<std::string>& value() const { return value_; }
  const std::vector<envelope_header>& headers() const { return headers_; }

 private:
  friend result<encoded_event> encode_event(const envelope& event, envelope_mode mode);
  encoded_event() = default;
  std::optional<std::string> key_;
  std::optional<std::string> value_;
  std::vector<envelope_header> headers_;
  std::vector<record_header> views_;
  std::int64_t timestamp_ = now_timestamp;
};

/// The record of an event. Without a key of its own its `partitionkey` extension is the key; its time is the record's
/// timestamp too. Errors: invalid_argument, for an event without id, type or source, for names of extensions that
/// CloudEvents does not allow, for attributes that are not UTF-8.
///
/// binary: the payload as it is; null stays null. structured: a payload that is JSON by its content type (or has none,
/// and is JSON) stands in `data` byte for byte; other text as a string; everything else in `data_base64`. plain:
/// attributes are left out.
result<encoded_event> encode_event(const envelope& event, envelope_mode mode = envelope_mode::binary);

struct decoded_event {
  envelope event{};
  envelope_mode mode = envelope_mode::plain;
};

/// The event of a record. A record that is no CloudEvent is one without attributes, and never an error. Errors:
/// invalid_argument, for a CloudEvent that lacks id, type, source or a known specversion, or whose JSON is malformed.
/// `data` that is JSON is taken byte for byte: numbers and the order of members stay as they were written. A `time`
/// that cannot be read stays an extension.
result<decoded_event> decode_event(blob key, blob value, std::span<const record_header> headers);
result<decoded_event> decode_event(const record_view& record);

}  // namespace v0
}  // namespace ottla

// Decides whether a produced batch may enter the log.
#include "storage/batch_check.hpp"

#include <algorithm>

#include "ottla/protocol/crc32c.hpp"
#include "storage/batch_fields.hpp"
#include "storage/record_walk.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::bytes_view;
using protocol::error_code;

constexpr int zstd_codec = 4;
constexpr std::int16_t first_version_with_zstd = 7;  // KIP-110
constexpr std::size_t most_told_records = 100;       // one broken batch must not make an endless answer
constexpr std::size_t bytes_up_to_magic = 17;

refusal refuse(error_code error, std::string why) {
  const bool by_the_log = error != error_code::corrupt_message && error != error_code::message_too_large;
  return {error, std::move(why), {}, by_the_log};
}

std::optional<refusal> check_header(bytes_view records, const topic_settings& settings) {
  const batch_fields batch(records);
  if (batch.base_offset() != 0)
    return refuse(error_code::invalid_record,
                  "The base offset of a produced batch must be 0, not " + std::to_string(batch.base_offset()) + ".");
  if (records.size() > static_cast<std::size_t>(settings.max_message_bytes))
    return refuse(error_code::message_too_large, "The batch takes " + std::to_string(records.size()) +
                                                     " bytes and max.message.bytes is " +
                                                     std::to_string(settings.max_message_bytes) + ".");
  if (protocol::crc32c(records.subspan(batch_crc_covers_from)) != batch.crc())
    return refuse(error_code::corrupt_message, "The batch's CRC does not match its bytes.");
  if (batch.codec() > zstd_codec)
    return refuse(error_code::unknown_server_error, "Codec " + std::to_string(batch.codec()) + " is not known.");
  if (batch.control()) return refuse(error_code::invalid_record, "Clients may not write control records.");
  if (batch.record_count() <= 0) return refuse(error_code::invalid_record, "The batch holds no record.");
  if (std::int64_t{batch.last_offset_delta()} + 1 != batch.record_count())
    return refuse(error_code::invalid_record, "Last offset delta " + std::to_string(batch.last_offset_delta()) +
                                                  " and " + std::to_string(batch.record_count()) +
                                                  " records do not go together.");
  if (batch.producer_id() != no_producer_id && batch.base_sequence() < 0)
    return refuse(error_code::invalid_record, "A batch with a producer id must have a sequence number.");
  return std::nullopt;
}

/// Distances are unsigned: between two int64 they need not fit into a third.
bool too_far(std::int64_t timestamp, std::int64_t now, const topic_settings& settings) {
  const auto distance = [](std::int64_t from, std::int64_t to) {
    return static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
  };
  if (timestamp > now) return distance(now, timestamp) > static_cast<std::uint64_t>(settings.after_max_ms);
  return distance(timestamp, now) > static_cast<std::uint64_t>(settings.before_max_ms);
}

refusal refuse_at_the_door(error_code error, std::string why) {
  refusal refused = refuse(error, std::move(why));
  refused.by_the_log = false;
  return refused;
}

}  // namespace

std::optional<refusal> batch_checker::check_framing(bytes_view records, std::int16_t version) {
  if (records.size() < bytes_up_to_magic)
    return refuse_at_the_door(error_code::invalid_record, "A partition's records must be exactly one record batch.");
  const batch_fields batch(records);
  if (batch.magic() != 2)
    return refuse_at_the_door(error_code::invalid_record, "Record batches of magic " + std::to_string(batch.magic()) +
                                                              " are not accepted in Produce " +
                                                              std::to_string(version) + ".");
  if (batch.length() < static_cast<std::int32_t>(batch_overhead - batch_length_prefix))
    return refuse_at_the_door(error_code::corrupt_message, "The batch says that it is shorter than its own header.");
  const std::size_t size = batch_length_prefix + static_cast<std::size_t>(batch.length());
  if (size > records.size())
    return refuse_at_the_door(error_code::invalid_record, "The batch is longer than the bytes that came.");
  if (size < records.size())
    return refuse_at_the_door(error_code::invalid_record,
                              "There are bytes behind the one record batch that a partition may bring.");
  if (version < first_version_with_zstd && batch.codec() == zstd_codec)
    return refuse_at_the_door(error_code::unsupported_compression_type, "zstd needs Produce 7 or newer.");
  return std::nullopt;
}

std::optional<refusal> batch_checker::check(bytes_view records, std::int16_t produce_version,
                                            const topic_settings& settings, std::chrono::milliseconds now) {
  if (auto refused = check_framing(records, produce_version)) return refused;
  if (auto refused = check_header(records, settings)) return refused;
  return check_records(records, settings, now);
}

bytes_view batch_checker::inflated(bytes_view batch) {
  const batch_fields fields(batch);
  const bytes_view stored = batch.subspan(batch_overhead);
  if (fields.codec() == 0) return stored;
  scratch_.clear();
  const auto codec = static_cast<protocol::codec>(fields.codec());
  if (decompressor_.decompress(codec, stored, scratch_) != protocol::record_error::none) return {};
  return scratch_.view();
}

std::optional<refusal> batch_checker::check_records(bytes_view batch, const topic_settings& settings,
                                                    std::chrono::milliseconds now) {
  const batch_fields fields(batch);
  refusal refused;
  const auto note = [&](error_code error, std::int32_t index, std::string why) {
    if (refused.error != error_code::invalid_timestamp) refused.error = error;
    if (refused.records.size() < most_told_records) refused.records.push_back({index, std::move(why)});
  };
  record_walk walk(inflated(batch));
  std::int32_t index = 0;
  true_max_timestamp_ = no_timestamp;
  for (; const auto record = walk.next(); ++index) {
    if (record->offset_delta != index) note(error_code::invalid_record, index, "Its offset delta is not its place.");
    if (settings.compacts && !record->key)
      note(error_code::invalid_record, index, "A record without a key cannot be written to a compacted topic.");
    const std::int64_t timestamp = fields.timestamp(record->timestamp_delta);
    true_max_timestamp_ = std::max(true_max_timestamp_, timestamp);
    if (settings.log_append_time || timestamp == no_timestamp) continue;
    if (too_far(timestamp, now.count(), settings))
      note(error_code::invalid_timestamp, index,
           "Timestamp " + std::to_string(timestamp) + " is too far from the broker's time " +
               std::to_string(now.count()) + ".");
  }
  if (walk.failed()) return refuse(error_code::invalid_record, "Record " + std::to_string(index) + " cannot be read.");
  if (index == 0) return refuse(error_code::unknown_server_error, "The records do not decompress.");
  if (index != fields.record_count())
    return refuse(error_code::invalid_record, "The batch announces " + std::to_string(fields.record_count()) +
                                                  " records and holds " + std::to_string(index) + ".");
  if (refused.records.empty()) return std::nullopt;
  refused.why = refused.error == error_code::invalid_timestamp ? "One or more timestamps are out of range."
                                                               : "One or more records have been rejected.";
  return refused;
}

batch_stamp batch_checker::stamp(bytes_view batch, const topic_settings& settings,
                                 std::chrono::milliseconds now) const {
  constexpr int log_append_time_bit = 0x08;
  const batch_fields fields(batch);
  const int kind = settings.log_append_time ? log_append_time_bit : 0;
  batch_stamp out;
  out.attributes = static_cast<std::int16_t>((fields.attributes() & ~log_append_time_bit) | kind);
  out.max_timestamp = settings.log_append_time ? now.count() : true_max_timestamp_;
  out.restamp_time = out.attributes != fields.attributes() || out.max_timestamp != fields.max_timestamp();
  return out;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla

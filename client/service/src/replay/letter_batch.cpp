// letter_batch: headers as they are, the retry count at 0, the marker behind them.
#include "letter_batch.hpp"

#include <algorithm>

#include "ottla/protocol/record_batch.hpp"
#include "ottla/protocol/record_writer.hpp"

namespace ottla {
inline namespace v0 {
namespace {

/// A record with what it borrows beside the letter.
struct outgoing {
  std::string marker;
  std::vector<record_header> headers;
  std::int64_t timestamp = -1;
};

outgoing as_sent(const record_view& letter, const dead_letter_replay_options& how) {
  outgoing out;
  out.marker = marker_of(letter.topic(), letter.partition(), letter.offset());
  for (const auto& one : letter.headers()) {
    out.headers.push_back({one.name, one.name == how.names.retry_count ? blob("0").optional() : one.value});
  }
  out.timestamp = letter.timestamp();
  if (letter.timestamp_type() == timestamp_type::append) {
    const std::int64_t original = read_dead_letter(letter.headers(), how.names).timestamp;
    if (original >= 0) out.timestamp = original;
  }
  return out;
}

}  // namespace

std::string marker_of(std::string_view topic, std::int32_t partition, std::int64_t offset) {
  return std::string(topic) + "/" + std::to_string(partition) + "/" + std::to_string(offset);
}

std::size_t batch_size_of(const record_view& letter, const dead_letter_replay_options& how) {
  std::size_t out = 128 + letter.key().size() + letter.value().size() + how.marker.size() + letter.topic().size();
  for (const auto& one : letter.headers()) out += 10 + one.name.size() + blob(one.value).size();
  return out;
}

std::vector<std::byte> letter_batch(std::span<const record_view> letters, const replay_identity& as,
                                    const dead_letter_replay_options& how) {
  protocol::batch_header header;
  header.last_offset_delta = static_cast<std::int32_t>(letters.size()) - 1;
  header.record_count = static_cast<std::int32_t>(letters.size());
  std::vector<std::byte> out(protocol::batch_header_size);
  for (std::size_t i = 0; i < letters.size(); ++i) {
    outgoing one = as_sent(letters[i], how);
    one.headers.push_back({how.marker, blob(one.marker).optional()});
    if (i == 0) header.base_timestamp = header.max_timestamp = one.timestamp;
    header.max_timestamp = std::max(header.max_timestamp, one.timestamp);
    protocol::record_fields fields;
    fields.offset_delta = static_cast<std::int32_t>(i);
    fields.timestamp_delta = protocol::wrapping_subtract(one.timestamp, header.base_timestamp);
    fields.key = letters[i].key().optional();
    fields.value = letters[i].value().optional();
    fields.headers = one.headers;
    const std::size_t body = protocol::record_body_size(fields);
    const std::size_t at = out.size();
    out.resize(at + protocol::record_size(body));
    protocol::write_record(out.data() + at, fields, body);
  }
  protocol::encode_batch_header(out.data(), header);
  const protocol::bytes_view records(out.data() + protocol::batch_header_size,
                                     out.size() - protocol::batch_header_size);
  protocol::stamp_producer(out.data(), as.producer_id, as.epoch, 0, protocol::seal_records(records));
  return out;
}

}  // namespace v0
}  // namespace ottla

// Opens one batch at a time, within the limits of `ottla wire records`.
#include "records_notes.hpp"

#include <algorithm>
#include <ostream>
#include <string>

#include "ottla/protocol/message_set.hpp"
#include "ottla/protocol/record_reader.hpp"
#include "ottla/protocol_text/encodings.hpp"
#include "ottla/protocol_text/json_writer.hpp"
#include "ottla/protocol_text/records_json.hpp"

namespace ottla::wire {

using namespace protocol;

namespace {
constexpr std::string_view indent = "        ";
constexpr std::size_t most_bytes = 64;

std::string shown(const std::optional<bytes_view>& value) {
  if (!value) return "null";
  std::string_view text = as_text(value->first(std::min(most_bytes, value->size())));
  std::size_t valid = 0;
  while (valid < text.size()) {
    const std::size_t length = protocol_text::utf8_length(text.substr(valid));
    if (length == 0) break;
    valid += length;
  }
  const bool cut = value->size() > most_bytes;
  if (valid == text.size() || (cut && valid + 4 > text.size())) {  // a cut may go through a character
    protocol_text::json_writer out;
    out.string(text.substr(0, valid));
    return out.text() + (cut ? "..." : "");
  }
  std::string out = "0x";
  for (const std::byte b : as_bytes(text)) protocol_text::append_hex(out, b);
  return out + (cut ? "..." : "");
}

void write_record(std::int64_t offset, std::int64_t timestamp, const std::optional<bytes_view>& key,
                  const std::optional<bytes_view>& value, std::ostream& out) {
  out << indent << "  record " << offset << "  timestamp " << timestamp << "  key " << shown(key) << "  value "
      << shown(value);
}

class notes {
 public:
  explicit notes(std::ostream& out) : out_{out} {}

  record_error write_batch(bytes_view bytes) {
    batch_records batch;
    inflated_.clear();
    const auto error = open_batch(bytes, inflater_, inflated_, batch, limits());
    if (error != record_error::none) return error;
    const batch_header& header = batch.header;
    out_ << indent << "batch at " << header.base_offset << ": " << header.record_count << " records, codec "
         << name(header.compression()) << ", "
         << (header.timestamps() == timestamp_type::append ? "append time" : "create time") << ", leader epoch "
         << header.partition_leader_epoch << ", producer " << header.producer_id << " epoch " << header.producer_epoch
         << ", sequence " << header.base_sequence << (header.transactional() ? ", transactional" : "")
         << (header.control() ? ", control" : "") << '\n';
    record_cursor cursor{batch.records, header.record_count};
    for (record_data record; cursor.next(record);) {
      write_record(record_offset(header, record.offset_delta), record_timestamp(header, record.timestamp_delta),
                   record.key(), record.value(), out_);
      for (const header_view one : record.headers())
        out_ << "  header " << shown(as_bytes(one.name)) << " " << shown(one.value);
      out_ << '\n';
    }
    return error;
  }

  record_error write_messages(bytes_view bytes) {
    message_set set;
    inflated_.clear();
    const auto error = open_message_set(bytes, inflater_, inflated_, set, limits());
    if (error != record_error::none) return error;
    out_ << indent << "messages of magic " << static_cast<int>(set.magic) << ": " << set.count << ", codec "
         << name(set.compression) << '\n';
    message_data message;
    for (message_cursor cursor{set}; cursor.next(message);) {
      write_record(message.offset, message.timestamp, message.key, message.value, out_);
      out_ << '\n';
    }
    return error;
  }

 private:
  static inflate_limits limits() {
    return {.max_bytes = protocol_text::records_limits{}.inflated_bytes, .max_ratio = 0};
  }

  std::ostream& out_;
  decompressor inflater_;
  byte_buffer inflated_;
};
}  // namespace

void write_records_notes(bytes_view records, std::ostream& out) {
  notes to{out};
  for (bytes_view rest = records;;) {
    const auto step = next_batch(rest);
    auto error = step.error;
    if (step.kind == next_batch_kind::end) return;
    if (step.kind == next_batch_kind::partial) {
      out << indent << "a part of a batch: " << rest.size() << " bytes\n";
      return;
    }
    if (step.kind == next_batch_kind::batch)
      error = step.magic == batch_magic ? to.write_batch(step.bytes) : to.write_messages(step.bytes);
    if (error == record_error::none) continue;
    out << indent << "not to be read: " << describe(error) << '\n';
    return;
  }
}

}  // namespace ottla::wire

// Untrusted `records` bytes: what the check accepts must walk inside its memory, both ways of decoding must agree, and
// so must the walk that names every byte.
#include <cstdlib>
#include <vector>

#include "ottla/protocol/message_set.hpp"
#include "ottla/protocol/record_reader.hpp"
#include "ottla/protocol_text/record_walk.hpp"

namespace {

using namespace ottla::protocol;

constexpr inflate_limits limits{.max_bytes = std::size_t{1} << 20};

void require(bool holds) {
  if (!holds) std::abort();
}

// Touches the first and last byte, so that ASan sees a view that reaches too far.
void touch(const std::optional<bytes_view>& view) {
  static volatile unsigned sum = 0;
  if (view && !view->empty())
    sum = sum + std::to_integer<unsigned>(view->front()) + std::to_integer<unsigned>(view->back());
}

bool read_batch(bytes_view bytes, decompressor& inflater) {
  byte_buffer inflated;
  batch_records batch;
  // The CRC would stop nearly every mutation; what lies behind it is what is to be tested.
  if (open_batch(bytes, inflater, inflated, batch, limits, crc_check::skip) != record_error::none) return false;
  std::vector<record_data> decoded(static_cast<std::size_t>(batch.header.record_count));
  require(decode_records(batch.records, decoded) == record_error::none);
  record_cursor cursor{batch.records, batch.header.record_count};
  std::size_t index = 0;
  for (record_data record; cursor.next(record); ++index) {
    require(decoded[index].value_data == record.value_data && decoded[index].headers_data == record.headers_data);
    touch(record.key());
    touch(record.value());
    for (const header_view header : record.headers()) {
      touch(std::as_bytes(std::span{header.name.data(), header.name.size()}));
      touch(header.value);
    }
  }
  require(index == decoded.size());
  return true;
}

bool read_messages(bytes_view bytes, decompressor& inflater) {
  byte_buffer inflated;
  message_set set;
  if (open_message_set(bytes, inflater, inflated, set, limits, crc_check::skip) != record_error::none) return false;
  std::int32_t count = 0;
  message_cursor cursor{set};
  for (message_data message; cursor.next(message); ++count) {
    touch(message.key);
    touch(message.value);
  }
  require(count == set.count && count > 0);
  return true;
}

/// Another reader of the same: its parts cover the batch, and it accepts what the others do.
bool name_every_byte(bytes_view bytes) {
  std::size_t covered = 0, inside = 0;
  const auto error = ottla::protocol_text::walk_records(bytes,
                                                        [&](const auto& part) {
                                                          if (!part.inflated) inside = 0;
                                                          std::size_t& end = part.inflated ? inside : covered;
                                                          require(part.offset == end);
                                                          end += part.bytes.size();
                                                          touch(part.bytes);
                                                        },
                                                        {.inflated_bytes = limits.max_bytes, .records = SIZE_MAX});
  require(error || covered == bytes.size());
  return !error;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static decompressor inflater;
  bytes_view rest = std::as_bytes(std::span{data, size});
  for (auto step = next_batch(rest); step.kind == next_batch_kind::batch; step = next_batch(rest)) {
    const bool read =
        step.magic == batch_magic ? read_batch(step.bytes, inflater) : read_messages(step.bytes, inflater);
    require(read == name_every_byte(step.bytes));
  }
  return 0;
}

// Writes or reads N records, to have its instructions counted: record_paths write|check|walk|decode|open|lz4 N.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/protocol/record_reader.hpp"
#include "ottla/protocol/record_writer.hpp"

namespace {

using namespace ottla::protocol;
using bytes = std::vector<std::byte>;

constexpr std::int32_t per_batch = 1000;  // some 120 KB

bytes_view view(std::string_view text) { return std::as_bytes(std::span{text.data(), text.size()}); }

// One batch of `per_batch` records of 8 and 100 bytes; not inlined, as a producer's send() is not.
__attribute__((noinline)) std::byte* append(std::byte* at, std::int32_t index, bytes_view key, bytes_view value) {
  const record_fields record{.offset_delta = index, .timestamp_delta = index / 8, .key = key, .value = value};
  return write_record(at, record, record_body_size(record));
}

// Fills `block` behind its header and returns how much of it is used.
std::size_t write_batch(bytes& block, std::string_view key, std::string_view value) {
  std::byte* at = block.data() + batch_header_size;
  for (std::int32_t i = 0; i < per_batch; ++i) at = append(at, i, view(key), view(value));
  return static_cast<std::size_t>(at - block.data());
}

bytes seal(const bytes& block, codec type) {
  byte_buffer packed;
  if (!compressor{}.compress({type}, bytes_view{block}.subspan(batch_header_size), packed)) return {};
  batch_header header{.record_count = per_batch};
  header.set_compression(type);
  bytes batch(batch_header_size);
  encode_batch_header(batch.data(), header);
  batch.insert(batch.end(), packed.view().begin(), packed.view().end());
  stamp_producer(batch.data(), -1, -1, -1, seal_records(packed.view()));
  return batch;
}

std::size_t walk(bytes_view records) {
  std::size_t sum = 0;
  record_cursor cursor{records, per_batch};
  for (record_data record; cursor.next(record);) {
    sum += record.key()->size() + record.value()->size() + static_cast<std::size_t>(record.offset_delta);
  }
  return sum;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::fprintf(stderr, "usage: record_paths write|check|walk|decode|open|lz4 RECORDS\n");
    return 2;
  }
  const std::string_view verb = arguments[1];
  const long batches = std::strtol(arguments[2], nullptr, 10) / per_batch;
  const std::string key = "key-0042", value(100, 'v');
  bytes block(std::size_t{per_batch} * 130);
  block.resize(write_batch(block, key, value));
  const bytes batch = seal(block, verb == "lz4" ? codec::lz4 : codec::none);
  const bytes_view records = bytes_view{block}.subspan(batch_header_size);
  decompressor inflater;
  byte_buffer inflated;
  std::vector<record_data> slab(per_batch);
  std::size_t sum = 0;
  for (long i = 0; i < batches; ++i) {
    if (verb == "write") sum += write_batch(block, key, value);
    if (verb == "check") sum += check_records(records, per_batch) == record_error::none ? 1 : 0;
    if (verb == "walk") sum += walk(records);
    if (verb == "decode") sum += decode_records(records, slab) == record_error::none ? slab[7].key()->size() : 0;
    if (verb == "open" || verb == "lz4") {
      batch_records opened;
      inflated.clear();
      if (open_batch(batch, inflater, inflated, opened) == record_error::none) sum += walk(opened.records);
    }
  }
  std::printf("%zu\n", sum);
}

// Prints batches that Ottla wrote, one per line in hex, for the official classes to read (see the README beside it).
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "ottla/protocol/record_batch.hpp"
#include "ottla/protocol/record_writer.hpp"

namespace {

using namespace ottla::protocol;
using bytes = std::vector<std::byte>;

bytes_view view(std::string_view text) { return std::as_bytes(std::span{text.data(), text.size()}); }

// Records of every shape, and values large enough for several chunks and blocks of each codec.
bytes write_records(std::int32_t count) {
  std::mt19937 random{static_cast<unsigned>(count)};
  bytes out;
  for (std::int32_t i = 0; i < count; ++i) {
    const std::string noise(random() % 40, static_cast<char>('a' + random() % 26));
    const std::string key = "key-" + std::to_string(i);
    std::string value = i % 50 == 3 ? std::string(70'000, 'x') + noise : "a value that repeats " + noise;
    const std::vector<header_view> headers{
        {"trace", view(noise)}, {"", bytes_view{}}, {"gr\xc3\xbc\xc3\x9f\x65", std::nullopt}};
    record_fields record{.offset_delta = i, .timestamp_delta = static_cast<std::int64_t>(random() % 2000) - 1000};
    // Given and taken back: an optional that never held anything looks uninitialised to GCC at -O2.
    record.key = i % 7 == 2 ? bytes_view{} : view(key);
    if (i % 5 == 1) record.key.reset();
    record.value = i % 11 == 2 ? bytes_view{} : view(value);
    if (i % 6 == 4) record.value.reset();
    if (i % 3 == 0) record.headers = headers;
    const std::size_t size = record_body_size(record);
    const std::size_t before = out.size();
    out.resize(before + record_size(size));
    write_record(out.data() + before, record, size);
  }
  return out;
}

void print(const compression& how, std::int32_t count, std::int64_t producer) {
  const bytes records = write_records(count);
  byte_buffer packed;
  if (!compressor{}.compress(how, records, packed)) return;
  batch_header header{.attributes = static_cast<std::int16_t>(producer < 0 ? 0 : 16),
                      .last_offset_delta = count - 1,
                      .base_timestamp = 1'700'000'000'000,
                      .max_timestamp = 1'700'000'000'999,
                      .record_count = count};
  header.set_compression(how.type);
  bytes batch(batch_header_size);
  encode_batch_header(batch.data(), header);
  stamp_producer(batch.data(), producer, producer < 0 ? -1 : 7, producer < 0 ? -1 : 2'147'483'000,
                 seal_records(packed.view()));
  batch.insert(batch.end(), packed.view().begin(), packed.view().end());
  for (const std::byte byte : batch) std::printf("%02x", std::to_integer<unsigned>(byte));
  std::printf("\n");
}

}  // namespace

int main() {
  for (const codec type : {codec::none, codec::gzip, codec::snappy, codec::lz4, codec::zstd}) {
    for (const std::int32_t count : {1, 2, 63, 64, 200}) {
      for (const int level : {compression::default_level, 1, 9, 12, 19}) {
        print({type, level}, count, -1);
        print({type, level}, count, 9000);
      }
    }
  }
}

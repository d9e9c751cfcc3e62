// Times what happens to a record inside protocol/: written, hashed, stamped, compressed, checked and walked.
#include <benchmark/benchmark.h>

#include <cstring>
#include <string>
#include <vector>

#include "ottla/protocol/crc32c.hpp"
#include "ottla/protocol/record_reader.hpp"
#include "ottla/protocol/record_writer.hpp"

namespace {

using namespace ottla::protocol;
using bytes = std::vector<std::byte>;

bytes_view view(std::string_view text) { return std::as_bytes(std::span{text.data(), text.size()}); }

// Values that shrink to about half, as JSON does.
std::string texty(std::size_t size) {
  std::string out;
  for (std::uint32_t seed = 1; out.size() < size;) {
    seed = seed * 1664525 + 1013904223;
    out += "{\"id\":" + std::to_string(seed) + ",\"state\":\"paid\"}";
  }
  out.resize(size);
  return out;
}

// Records of an 8-byte key and `value_size` bytes until about `batch_size` is full; the count of them.
std::int32_t fill(bytes& body, std::size_t batch_size, std::size_t value_size) {
  const std::string value = texty(4 * value_size);
  std::int32_t count = 0;
  while (body.size() < batch_size) {
    const record_fields record{
        .offset_delta = count,
        .timestamp_delta = count / 10,
        .key = view("key-0042"),
        .value = view(value).subspan(static_cast<std::size_t>(count % 300) * value_size / 100, value_size)};
    const std::size_t before = body.size();
    body.resize(before + record_size(record));
    write_record(body.data() + before, record);
    ++count;
  }
  return count;
}

bytes make_batch(const compression& how, std::size_t batch_size, std::size_t value_size, std::int32_t& count) {
  bytes body;
  count = fill(body, batch_size, value_size);
  byte_buffer packed;
  if (!compressor{}.compress(how, body, packed)) return {};
  batch_header header{.record_count = count};
  header.set_compression(how.type);
  bytes batch(batch_header_size);
  encode_batch_header(batch.data(), header);
  batch.insert(batch.end(), packed.view().begin(), packed.view().end());
  stamp_producer(batch.data(), 1, 0, 0, seal_records(packed.view()));
  return batch;
}

void write_record_of(benchmark::State& state) {
  const std::string value = texty(static_cast<std::size_t>(state.range(0)));
  bytes block(1 << 16);
  std::byte* at = block.data();
  std::int32_t count = 0;
  for (auto _ : state) {
    const record_fields record{
        .offset_delta = count, .timestamp_delta = count >> 4, .key = view("key-0042"), .value = view(value)};
    const std::size_t body = record_body_size(record);
    if (at + record_size(body) > block.data() + block.size()) {
      at = block.data();
      count = 0;
    }
    at = write_record(at, record, body);
    benchmark::DoNotOptimize(at);
    ++count;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(write_record_of)->Arg(100)->Arg(1024);

void crc32c_of(benchmark::State& state) {
  const auto& variant = crc32c_variants()[static_cast<std::size_t>(state.range(0))];
  const bytes data(static_cast<std::size_t>(state.range(1)), std::byte{7});
  std::uint32_t sum = 0;
  for (auto _ : state) benchmark::DoNotOptimize(sum = variant.update(sum, data.data(), data.size()));
  state.SetBytesProcessed(state.iterations() * state.range(1));
  state.SetLabel(variant.name);
}
void crc32c_sizes(benchmark::internal::Benchmark* one) {
  for (std::size_t i = 0; i < crc32c_variants().size(); ++i) {
    for (const std::int64_t size : {40, 120, 1024, 16 << 10, 1 << 20}) one->Args({static_cast<std::int64_t>(i), size});
  }
}
BENCHMARK(crc32c_of)->Apply(crc32c_sizes);

void stamp(benchmark::State& state) {
  std::int32_t count = 0;
  bytes batch = make_batch({codec::none}, 1 << 16, 100, count);
  const sealed_records sealed = seal_records(bytes_view{batch}.subspan(batch_header_size));
  for (auto _ : state) {
    stamp_producer(batch.data(), 9000, 1, count, sealed);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(stamp);

void compress_16k(benchmark::State& state) {
  const compression how{static_cast<codec>(state.range(0))};
  bytes body;
  fill(body, 16 << 10, 100);
  compressor with;
  byte_buffer out;
  for (auto _ : state) {
    out.clear();
    benchmark::DoNotOptimize(with.compress(how, body, out));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
  state.SetLabel(std::string{name(how.type)} + " to " + std::to_string(100 * out.size() / body.size()) + " %");
}
BENCHMARK(compress_16k)->DenseRange(1, 4);

// CRC, inflating, checking and walking: what a consumer pays inside protocol/.
void open_and_walk(benchmark::State& state) {
  std::int32_t count = 0;
  const bytes batch =
      make_batch({static_cast<codec>(state.range(0))}, 16 << 10, static_cast<std::size_t>(state.range(1)), count);
  decompressor inflater;
  byte_buffer inflated;
  batch_records opened;
  std::size_t sum = 0;
  for (auto _ : state) {
    inflated.clear();
    if (open_batch(batch, inflater, inflated, opened) != record_error::none) state.SkipWithError("refused");
    record_cursor cursor{opened.records, opened.header.record_count};
    for (record_data record; cursor.next(record);) sum += static_cast<std::size_t>(record.value_size);
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations() * count);
  state.SetLabel(std::string{name(static_cast<codec>(state.range(0)))});
}
BENCHMARK(open_and_walk)->ArgsProduct({{0, 1, 2, 3, 4}, {100, 1024}});

}  // namespace

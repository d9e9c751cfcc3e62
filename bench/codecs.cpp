// Times whole messages per record: a Fetch response read as views, a Produce request written. Neither may ask the heap.
// `bench_codecs --dump FOLDER` writes the response for bench/java, so that both read the same bytes.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "counted_malloc.hpp"
#include "ottla/protocol/fetch.hpp"
#include "ottla/protocol/produce.hpp"
#include "ottla/protocol/reader.hpp"
#include "ottla/protocol/record_reader.hpp"
#include "ottla/protocol/record_writer.hpp"
#include "ottla/protocol/writer.hpp"

namespace {

using namespace ottla::protocol;
using bytes = std::vector<std::byte>;

constexpr int partitions = 8;
constexpr std::int32_t records_each = 1000;
constexpr std::int64_t records_in_all = std::int64_t{partitions} * records_each;
constexpr std::size_t key_size = 16, value_size = 100;
constexpr std::int16_t fetch_version = 17, produce_version = 12;  // what bench/java speaks

const bytes key(key_size, std::byte{'k'});
const bytes value(value_size, std::byte{'v'});

/// One batch as a producer makes it: records behind room for the header, then the header in one go.
std::size_t write_batch(std::byte* block) {
  std::byte* at = block + batch_header_size;
  for (std::int32_t i = 0; i < records_each; ++i) {
    at = write_record_in_bound(
        at, {.offset_delta = i, .timestamp_delta = i >> 4, .key = bytes_view{key}, .value = bytes_view{value}});
  }
  const auto size = static_cast<std::size_t>(at - block);
  batch_header header{.last_offset_delta = records_each - 1,
                      .base_timestamp = 1'700'000'000'000,
                      .max_timestamp = 1'700'000'000'000 + (records_each >> 4),
                      .record_count = records_each};
  encode_batch_header(block, header);
  stamp_producer(block, 9000, 1, 0, seal_records({block + batch_header_size, size - batch_header_size}));
  return size;
}

bytes fetch_body() {
  bytes block(records_each * (key_size + value_size + 32));
  block.resize(write_batch(block.data()));
  std::vector<FetchResponse::PartitionData> each;
  for (int i = 0; i < partitions; ++i) {
    each.push_back({.partition_index = i,
                    .high_watermark = records_each,
                    .last_stable_offset = records_each,
                    .log_start_offset = 0,
                    .records = bytes_view{block}});
  }
  std::vector<FetchResponse::FetchableTopicResponse> topics{{.topic_id = {}, .partitions = each}};
  writer out;
  write(out, FetchResponse{.session_id = 7, .responses = topics}, fetch_version);
  if (!out.ok()) std::abort();
  return {out.view().begin(), out.view().end()};
}

/// Nothing may be allocated once everything has been used once.
class heap_watch {
 public:
  explicit heap_watch(benchmark::State& state) : state_{state}, before_{ottla::bench::allocations()} {}
  ~heap_watch() {
    const std::size_t asked = ottla::bench::allocations() - before_;
    state_.counters["allocations"] = static_cast<double>(asked);
    if (asked != 0) state_.SkipWithError("the heap was asked");
    state_.SetItemsProcessed(state_.iterations() * records_in_all);
  }

 private:
  benchmark::State& state_;
  std::size_t before_;
};

void decode(const bytes& body, arena& memory, FetchResponse& out) {
  memory.reset();
  out = {};
  reader in(body, memory);
  read(in, out, fetch_version);
  if (!in.ok() || in.remaining() != 0) std::abort();
}

void fetch_decode(benchmark::State& state) {
  const bytes body = fetch_body();
  arena memory;
  FetchResponse response;
  decode(body, memory, response);
  const heap_watch watch{state};
  for (auto _ : state) {
    decode(body, memory, response);
    benchmark::DoNotOptimize(response);
  }
}
BENCHMARK(fetch_decode);

std::size_t walk(const FetchResponse& response, decompressor& inflater, byte_buffer& inflated) {
  std::size_t sum = 0;
  for (const auto& topic : response.responses) {
    for (const auto& one : topic.partitions) {
      bytes_view rest = *one.records;
      for (auto step = next_batch(rest); step.kind == next_batch_kind::batch; step = next_batch(rest)) {
        batch_records batch;
        if (open_batch(step.bytes, inflater, inflated, batch) != record_error::none) std::abort();
        record_cursor cursor{batch.records, batch.header.record_count};
        for (record_data record; cursor.next(record);) sum += record.key()->size() + record.value()->size();
      }
    }
  }
  return sum;
}

void fetch_records(benchmark::State& state) {
  const bytes body = fetch_body();
  arena memory;
  FetchResponse response;
  decompressor inflater;
  byte_buffer inflated;
  decode(body, memory, response);
  walk(response, inflater, inflated);
  const heap_watch watch{state};
  for (auto _ : state) {
    decode(body, memory, response);
    benchmark::DoNotOptimize(walk(response, inflater, inflated));
  }
}
BENCHMARK(fetch_records);

/// Blocks, request and writer of a producer, reused as its pool does.
class produce_path {
 public:
  produce_path() {
    for (bytes& block : blocks_) block.resize(records_each * (key_size + value_size + 64));
    out_.splice_records(true);
  }
  std::size_t run() {
    for (int i = 0; i < partitions; ++i) {
      bytes& block = blocks_[static_cast<std::size_t>(i)];
      ProduceRequest::PartitionProduceData& one = each_[static_cast<std::size_t>(i)];
      one.index = i;
      one.records = bytes_view{block.data(), write_batch(block.data())};
    }
    ProduceRequest::TopicProduceData topic;
    topic.name = "letters";
    topic.partition_data = each_;
    ProduceRequest request;
    request.acks = -1;
    request.timeout_ms = 30'000;
    request.topic_data = {&topic, 1};
    out_.clear();
    write(out_, request, produce_version);
    if (!out_.ok()) std::abort();
    return out_.total_size();
  }

 private:
  bytes blocks_[partitions];
  std::vector<ProduceRequest::PartitionProduceData> each_{partitions};
  writer out_;
};

void produce_encode(benchmark::State& state) {
  produce_path path;
  path.run();
  const heap_watch watch{state};
  for (auto _ : state) benchmark::DoNotOptimize(path.run());
}
BENCHMARK(produce_encode);

}  // namespace

int main(int count, char** arguments) {
  if (count == 3 && std::string_view{arguments[1]} == "--dump") {
    const bytes body = fetch_body();
    std::ofstream out{std::string{arguments[2]} + "/fetch.bin", std::ios::binary};
    out.write(reinterpret_cast<const char*>(body.data()), static_cast<std::streamsize>(body.size()));
    return out.good() ? 0 : 1;
  }
  benchmark::Initialize(&count, arguments);
  if (benchmark::ReportUnrecognizedArguments(count, arguments)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

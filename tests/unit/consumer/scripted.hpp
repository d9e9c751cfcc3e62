// The fixture of the scripted tests: logs made of hand-built batches, a broker that serves them, and a record of what
// was asked.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "batch_bytes.hpp"
#include "ottla/consumer.hpp"
#include "scripted_cluster.hpp"

namespace ottla::test {

using namespace std::chrono_literals;
using protocol::error_code;
using protocol::FetchRequest;
using protocol::FetchResponse;

inline const topic_partition orders_0{"orders", 0};

struct seen_fetch {
  struct part {
    topic_partition where;
    std::int64_t offset = -1;
    std::int32_t leader_epoch = -1;
    std::int32_t max_bytes = 0;
    friend bool operator==(const part&, const part&) = default;
  };
  std::size_t node = 0;
  std::int16_t version = 0;
  std::int32_t session_id = 0, session_epoch = -1, max_bytes = 0;
  std::vector<part> parts;
  std::vector<topic_partition> forgotten;
  std::string rack{};
  steady_ns at{};
  std::chrono::milliseconds waits{0};
};

struct served_log {
  bytes data{};
  std::int64_t end = 0;
  std::int64_t start = 0;
  std::vector<FetchResponse::AbortedTransaction> aborted{};
};

class scripted : public ::testing::Test {
 protected:
  explicit scripted(std::size_t nodes = 2) : acts(std::make_shared<script>(nodes)) {
    add_topic("orders", 1);
    acts->on<FetchRequest>(
        [this](const FetchRequest& in, FetchResponse& out, call& from) { serve_fetch(in, out, from); });
    acts->on<protocol::ListOffsetsRequest>([this](const protocol::ListOffsetsRequest& in,
                                                  protocol::ListOffsetsResponse& out,
                                                  call& from) { serve_offsets(in, out, from); });
    acts->on<protocol::OffsetForLeaderEpochRequest>([this](const auto& in, protocol::OffsetForLeaderEpochResponse& out,
                                                           call& from) { serve_epochs(in, out, from); });
  }

  void add_topic(const std::string& name, std::size_t partitions, unsigned char id = 1) {
    scripted_topic& topic = acts->topics[name];
    retired[topic.id] = name;
    topic.id = {};
    topic.id.bytes[0] = std::byte{id};
    topic.id.bytes[15] = std::byte(name.size());
    topic.partitions.assign(partitions, {});
  }

  /// Values "0", "1", ... one batch of `per_batch` each.
  void append(const topic_partition& where, int count, int per_batch = 10, std::int32_t leader_epoch = 0) {
    served_log& log = logs[where];
    for (int i = 0; i < count; i += per_batch) {
      batch_shape shape;
      shape.base_offset = log.end;
      shape.leader_epoch = leader_epoch;
      shape.values = texts(static_cast<int>(log.end), static_cast<int>(log.end) + per_batch);
      log.data = std::move(log.data) + make_batch(shape);
      log.end += per_batch;
    }
  }

  /// Keeps the batches below `end`.
  void truncate(const topic_partition& where, std::int64_t end) {
    const std::int64_t start = logs[where].start;
    logs[where] = {};
    append(where, static_cast<int>(end));
    logs[where].start = start;
  }

  cluster open() {
    cluster_config config;
    config.bootstrap = "scripted:9092";
    config.seed = 3;
    config.metadata_max_age = metadata_age;
    config.log = [this](log_level, std::string_view, std::string_view line) { lines += std::string(line) + "\n"; };
    auto made = std::make_unique<scripted_host>(acts);
    host = made.get();
    auto opened = cluster::open_on(std::move(made), config);
    EXPECT_TRUE(opened.has_value());
    return *opened;
  }

  /// Polls for so long; all values, and the errors into `errors`.
  std::vector<std::string> read(consumer& from, std::chrono::milliseconds time = 3s) {
    std::vector<std::string> out;
    const steady_ns until = host->now().mono + time;
    while (host->now().mono < until) {
      auto got = from.poll(std::chrono::duration_cast<std::chrono::milliseconds>(until - host->now().mono) + 1ms);
      if (!got) {
        failure = got.error();
        break;
      }
      for (const partition_error& one : got->errors()) errors.push_back(one);
      for (const record_view& r : got->records()) out.emplace_back(r.value().text());
    }
    return out;
  }

  std::string name_of(const protocol::uuid& id) const {
    for (const auto& [name, topic] : acts->topics) {
      if (topic.id == id) return name;
    }
    auto old = retired.find(id);
    return old == retired.end() ? std::string() : old->second;
  }

  void note(const FetchRequest& in, const call& from) {
    seen_fetch seen;
    seen.node = from.node;
    seen.version = from.version;
    seen.session_id = in.session_id;
    seen.session_epoch = in.session_epoch;
    seen.max_bytes = in.max_bytes;
    seen.rack = in.rack_id;
    seen.at = host->now().mono;
    seen.waits = std::chrono::milliseconds(in.max_wait_ms);
    for (const auto& topic : in.topics) {
      const std::string name = from.version >= 13 ? name_of(topic.topic_id) : std::string(topic.topic);
      ids_asked[name] = topic.topic_id;
      for (const auto& one : topic.partitions) {
        seen.parts.push_back(
            {{name, one.partition}, one.fetch_offset, one.current_leader_epoch, one.partition_max_bytes});
      }
    }
    for (const auto& topic : in.forgotten_topics_data) {
      const std::string name = from.version >= 13 ? name_of(topic.topic_id) : std::string(topic.topic);
      for (const std::int32_t one : topic.partitions) seen.forgotten.push_back({name, one});
    }
    fetches.push_back(seen);
  }

  // A broker as it should be: sessions per node, whole batches from the offset on, a long poll where there is nothing.
  void serve_fetch(const FetchRequest& in, FetchResponse& out, call& from) {
    note(in, from);
    const seen_fetch& asked = fetches.back();
    auto& session = sessions[from.node];
    if (in.session_epoch <= 0) session.clear();
    for (const topic_partition& one : asked.forgotten) session.erase(one);
    for (const auto& one : asked.parts) session[one.where] = one.offset;
    out.session_id = in.session_epoch < 0 ? 0 : 77;
    if (on_fetch && on_fetch(in, out, from)) return;
    using answered = FetchResponse::FetchableTopicResponse;
    auto* topics = from.memory.make<answered>(session.size());
    auto* parts = from.memory.make<FetchResponse::PartitionData>(session.size());
    std::size_t count = 0;
    bool news = false;
    for (const auto& [where, offset] : session) {
      FetchResponse::PartitionData& data = parts[count];
      data.partition_index = where.partition;
      const served_log& log = logs[where];
      data.high_watermark = data.last_stable_offset = log.end;
      data.log_start_offset = log.start;
      const auto from_offset = offset;
      data.records = behind(log, from_offset);
      data.aborted_transactions = protocol::array<FetchResponse::AbortedTransaction>(
          const_cast<FetchResponse::AbortedTransaction*>(log.aborted.data()), log.aborted.size());
      if (from_offset < log.start || from_offset > log.end) {
        data.error_code = error_code::offset_out_of_range;
        data.records = bytes_view{};
      }
      if (on_partition) on_partition(where, data, from);
      const bool quiet = data.error_code == error_code::none && (!data.records || data.records->empty()) &&
                         data.preferred_read_replica == broker_id{-1};
      news = news || !quiet;
      if (quiet && in.session_epoch > 0) continue;
      topics[count].topic = *from_memory(from, where.topic);
      topics[count].topic_id = ids_asked[where.topic];
      topics[count].partitions = {parts + count, 1};
      ++count;
    }
    out.responses = {topics, count};
    if (!news) from.hold = std::chrono::milliseconds(in.max_wait_ms);
  }

  static std::optional<std::string_view> from_memory(call& from, const std::string& text) {
    return from.memory.copy(text);
  }

  static bytes_view behind(const served_log& log, std::int64_t offset) {
    bytes_view rest(log.data);
    while (!rest.empty()) {
      const bytes_view here = rest;
      const auto batch = protocol::next_batch(rest);
      if (batch.kind != protocol::next_batch_kind::batch) return here;
      const protocol::batch_header header = protocol::parse_batch_header(batch.bytes);
      if (header.base_offset + header.last_offset_delta >= offset) return here;
    }
    return {};
  }

  void serve_offsets(const protocol::ListOffsetsRequest& in, protocol::ListOffsetsResponse& out, call& from) {
    using protocol::ListOffsetsResponse;
    offsets_asked.push_back(from.node);
    auto* topics = from.memory.make<ListOffsetsResponse::ListOffsetsTopicResponse>(in.topics.size());
    for (std::size_t t = 0; t < in.topics.size(); ++t) {
      topics[t].name = from.memory.copy(in.topics[t].name);
      auto* parts = from.memory.make<ListOffsetsResponse::ListOffsetsPartitionResponse>(in.topics[t].partitions.size());
      for (std::size_t p = 0; p < in.topics[t].partitions.size(); ++p) {
        const auto& asked = in.topics[t].partitions[p];
        const served_log& log = logs[{std::string(in.topics[t].name), asked.partition_index}];
        parts[p].partition_index = asked.partition_index;
        parts[p].offset = asked.timestamp == -2 ? log.start : asked.timestamp == -1 ? log.end : log.start + 7;
      }
      topics[t].partitions = {parts, in.topics[t].partitions.size()};
    }
    out.topics = {topics, in.topics.size()};
    if (on_offsets) on_offsets(in, out, from);
  }

  void serve_epochs(const protocol::OffsetForLeaderEpochRequest& in, protocol::OffsetForLeaderEpochResponse& out,
                    call& from) {
    using protocol::OffsetForLeaderEpochResponse;
    auto* topics = from.memory.make<OffsetForLeaderEpochResponse::OffsetForLeaderTopicResult>(in.topics.size());
    for (std::size_t t = 0; t < in.topics.size(); ++t) {
      topics[t].topic = from.memory.copy(in.topics[t].topic);
      auto* parts = from.memory.make<OffsetForLeaderEpochResponse::EpochEndOffset>(in.topics[t].partitions.size());
      for (std::size_t p = 0; p < in.topics[t].partitions.size(); ++p) {
        const auto& asked = in.topics[t].partitions[p];
        epochs_asked.push_back(asked.leader_epoch);
        parts[p].partition = asked.partition;
        parts[p].leader_epoch = asked.leader_epoch;
        parts[p].end_offset = epoch_ends.empty() ? epoch_end : epoch_ends.at(asked.leader_epoch);
        if (parts[p].end_offset < 0) parts[p].leader_epoch = -1;
      }
      topics[t].partitions = {parts, in.topics[t].partitions.size()};
    }
    out.topics = {topics, in.topics.size()};
    if (on_epochs) on_epochs(from);
  }

  std::shared_ptr<script> acts;
  scripted_host* host = nullptr;
  std::string lines;
  std::map<topic_partition, served_log> logs;
  std::map<std::size_t, std::map<topic_partition, std::int64_t>> sessions;  // by node: what is read, from where
  std::map<protocol::uuid, std::string> retired;                            // ids of topics that were created anew
  std::map<std::string, protocol::uuid> ids_asked;
  std::vector<seen_fetch> fetches;
  std::vector<std::size_t> offsets_asked;
  std::vector<std::int32_t> epochs_asked;
  std::int64_t epoch_end = -1;
  std::map<std::int32_t, std::int64_t> epoch_ends;  // instead, by epoch
  std::function<void(call&)> on_epochs;
  std::function<bool(const FetchRequest&, FetchResponse&, call&)> on_fetch;  // true: answered
  std::function<void(const topic_partition&, FetchResponse::PartitionData&, call&)> on_partition;
  std::function<void(const protocol::ListOffsetsRequest&, protocol::ListOffsetsResponse&, call&)> on_offsets;
  decltype(cluster_config::metadata_max_age) metadata_age = cluster_config{}.metadata_max_age;
  std::vector<partition_error> errors;
  error failure;
};

}  // namespace ottla::test

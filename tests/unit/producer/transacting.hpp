// A transactional producer on scripted brokers: who coordinates is answered by itself, what coordinators are asked is
// the test's to answer.
#pragma once

#include "fixture.hpp"
#include "ottla/protocol/add_offsets_to_txn.hpp"
#include "ottla/protocol/add_partitions_to_txn.hpp"
#include "ottla/protocol/end_txn.hpp"
#include "ottla/protocol/find_coordinator.hpp"
#include "ottla/protocol/init_producer_id.hpp"
#include "ottla/protocol/txn_offset_commit.hpp"

namespace ottla {

class transacting : public producing {
 protected:
  static constexpr std::int64_t own_id = 4711;

  transacting() {
    brokers.auto_identity = false;
    brokers.answer_next = [this](const test::wire_request& one) { return answer(one); };
  }
  ~transacting() override {  // their last requests are answered here
    made.reset();
    clients.reset();
    brokers.answer_next = {};
  }
  /// Opens a producer of this transaction.version and initialises it; the first epoch is 0.
  void start_transactions(
      std::int16_t version, const std::function<void(producer_config&)>& set = [](producer_config&) {}) {
    brokers.transaction_version = version;
    start([&](producer_config& c) {
      c.transactional_id = "copier";
      set(c);
    });
    init();
    ASSERT_EQ(told, lines{"init ok"});
    told.clear();
  }
  void init() {
    ASSERT_TRUE(made->init_transactions_async(10s, [this](const error& why) { told.push_back("init " + text(why)); }));
    brokers.settle();
  }
  void begin() {
    const auto begun = made->begin_transaction();
    ASSERT_TRUE(begun) << begun.error().message();
    brokers.settle();
  }
  /// "COMMITTED" and so on is appended to `told`, with the reason.
  void commit(std::chrono::milliseconds timeout = 60s) {
    ASSERT_TRUE(made->commit_transaction_async(timeout, heard()));
    brokers.settle();
  }
  void abort(std::chrono::milliseconds timeout = 60s) {
    ASSERT_TRUE(made->abort_transaction_async(timeout, heard()));
    brokers.settle();
  }
  void send_offsets(group_metadata member = {"readers", "m1", "", 3}, std::chrono::milliseconds timeout = 60s) {
    ASSERT_TRUE(
        made->send_offsets_to_transaction_async({{{"input", 0}, 42, 5}}, member, timeout,
                                                [this](const error& why) { told.push_back("offsets " + text(why)); }));
    brokers.settle();
  }
  static std::string text(const error& why) { return why ? std::string(why.name()) : "ok"; }
  std::function<void(const transaction_result&)> heard() {
    return [this](const transaction_result& how) {
      told.push_back(std::string(name(how.outcome)) + (how.why ? " " + std::string(how.why.name()) : ""));
    };
  }

  struct ending {
    test::wire_request wire;
    std::int64_t id = -1;
    std::int16_t epoch = -1;
    bool commit = false;
  };
  ending expect_end() {
    ending out;
    out.wire = brokers.expect(protocol::EndTxnRequest::api_key);
    if (out.wire.link == nullptr) return out;
    const auto message = test::read_request<protocol::EndTxnRequest>(out.wire);
    EXPECT_EQ(message->transactional_id, "copier");
    out.id = static_cast<std::int64_t>(message->producer_id);
    out.epoch = message->producer_epoch;
    out.commit = message->committed;
    return out;
  }
  /// Under version 2 with the next epoch.
  void answer_end(const ending& to, error_code code = error_code::none) {
    protocol::EndTxnResponse out;
    out.error_code = code;
    if (to.wire.version >= 5 && code == error_code::none) {
      out.producer_id = protocol::producer_id{to.id};
      out.producer_epoch = static_cast<std::int16_t>(to.epoch + 1);
    }
    reply(to.wire, out);
  }
  /// Answers the AddPartitionsToTxn that waits, "orders-0 orders-1" being returned.
  std::string answer_add(error_code code = error_code::none) {
    const auto wire = brokers.expect(protocol::AddPartitionsToTxnRequest::api_key);
    if (wire.link == nullptr) return "";
    const auto message = test::read_request<protocol::AddPartitionsToTxnRequest>(wire);
    std::string which;
    protocol::arena memory;
    using result_topic = protocol::AddPartitionsToTxnResponse::AddPartitionsToTxnTopicResult;
    using result_partition = protocol::AddPartitionsToTxnResponse::AddPartitionsToTxnPartitionResult;
    auto* topics = memory.make<result_topic>(message->v3_and_below_topics.size());
    std::size_t n = 0;
    for (const auto& topic : message->v3_and_below_topics) {
      auto* parts = memory.make<result_partition>(topic.partitions.size());
      for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
        which += (which.empty() ? "" : " ") + std::string(topic.name) + "-" + std::to_string(topic.partitions[i]);
        parts[i].partition_index = topic.partitions[i];
        parts[i].partition_error_code = code;
      }
      topics[n].name = topic.name;
      topics[n++].results_by_partition = {parts, topic.partitions.size()};
    }
    protocol::AddPartitionsToTxnResponse out;
    out.results_by_topic_v3_and_below = {topics, n};
    reply(wire, out);
    return which;
  }
  std::string answer_add_offsets(error_code code = error_code::none) {
    const auto wire = brokers.expect(protocol::AddOffsetsToTxnRequest::api_key);
    if (wire.link == nullptr) return "";
    const auto message = test::read_request<protocol::AddOffsetsToTxnRequest>(wire);
    protocol::AddOffsetsToTxnResponse out;
    out.error_code = code;
    const std::string group(message->group_id);
    reply(wire, out);
    return group;
  }
  /// "group member generation topic-partition@offset/epoch" is returned.
  std::string answer_offsets(error_code code = error_code::none) {
    const auto wire = brokers.expect(protocol::TxnOffsetCommitRequest::api_key);
    if (wire.link == nullptr) return "";
    const auto message = test::read_request<protocol::TxnOffsetCommitRequest>(wire);
    const auto& topic = message->topics[0];
    const auto& part = topic.partitions[0];
    const std::string which = std::string(message->group_id) + " " + std::string(message->member_id) + " " +
                              std::to_string(message->generation_id) + " " + std::string(topic.name) + "-" +
                              std::to_string(part.partition_index) + "@" + std::to_string(part.committed_offset) + "/" +
                              std::to_string(part.committed_leader_epoch);
    protocol::TxnOffsetCommitResponse::TxnOffsetCommitResponsePartition told_part;
    told_part.partition_index = part.partition_index;
    told_part.error_code = code;
    protocol::TxnOffsetCommitResponse::TxnOffsetCommitResponseTopic told_topic;
    told_topic.name = topic.name;
    told_topic.partitions = {&told_part, 1};
    protocol::TxnOffsetCommitResponse out;
    out.topics = {&told_topic, 1};
    reply(wire, out);
    return which;
  }
  template <class Message>
  void reply(const test::wire_request& to, const Message& out) {
    test::answer(brokers.world.io, to, out);
    brokers.settle();
  }
  template <class Request>
  std::size_t asked() {
    brokers.settle();
    return brokers.waiting(Request::api_key);
  }
  /// The connection goes before the answer comes.
  void lose(const test::wire_request& one) {
    brokers.world.io.end(*one.link);
    brokers.settle();
  }

  int coordinator = 1;
  int coordinators_asked = 0;
  int inits_asked = 0;
  std::deque<error_code> init_errors;
  std::int16_t next_epoch = 0;
  std::int16_t claimed_epoch = -1;  // what the last InitProducerId said of itself

 private:
  bool answer(const test::wire_request& one) {
    if (one.key == protocol::FindCoordinatorRequest::api_key) {
      ++coordinators_asked;
      const auto question = test::read_request<protocol::FindCoordinatorRequest>(one);
      protocol::FindCoordinatorResponse::Coordinator where;
      where.key = question->coordinator_keys[0];
      EXPECT_EQ(question->key_type, where.key == "copier" ? 1 : 0);
      where.node_id = broker_id{coordinator};
      where.host = std::string_view(brokers.brokers.at(coordinator));
      where.port = 9092;
      protocol::FindCoordinatorResponse out;
      out.coordinators = {&where, 1};
      test::answer(brokers.world.io, one, out);
      return true;
    }
    if (one.key == protocol::InitProducerIdRequest::api_key) {
      ++inits_asked;
      const auto question = test::read_request<protocol::InitProducerIdRequest>(one);
      EXPECT_EQ(question->transactional_id, "copier");
      claimed_epoch = question->producer_epoch;
      protocol::InitProducerIdResponse out;
      if (!init_errors.empty()) {
        out.error_code = init_errors.front();
        init_errors.pop_front();
      } else {
        out.producer_id = protocol::producer_id{own_id};
        out.producer_epoch = next_epoch++;
      }
      test::answer(brokers.world.io, one, out);
      return true;
    }
    return false;
  }
};

}  // namespace ottla

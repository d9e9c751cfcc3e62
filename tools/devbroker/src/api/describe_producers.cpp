// DescribeProducers: what a partition knows of its producers (KIP-664), to find transactions that hang.
#include "api/answers.hpp"
#include "api/permission.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::DescribeProducersRequest;
using protocol::DescribeProducersResponse;
using described_partition = DescribeProducersResponse::PartitionResponse;

void tell(call& c, const partition& from, described_partition& told) {
  const auto& all = from.producers.all();
  told.active_producers = c.make<DescribeProducersResponse::ProducerState>(all.size());
  auto at = told.active_producers.begin();
  for (const auto& [id, known] : all)
    *at++ = {
        protocol::producer_id{id}, known.epoch, known.last_sequence(), known.last_timestamp, known.coordinator_epoch,
        known.open_since,          {}};
}

/// Fills the response's shape and calls each(topic, partition's answer).
template <class F>
void for_each_partition(call& c, const DescribeProducersRequest& request, DescribeProducersResponse& response,
                        F&& each) {
  response.topics = c.make<DescribeProducersResponse::TopicResponse>(request.topics.size());
  for (std::size_t t = 0; t < request.topics.size(); ++t) {
    const auto& asked = request.topics[t];
    auto& told = response.topics[t];
    told.name = asked.name;
    told.partitions = c.make<described_partition>(asked.partition_indexes.size());
    for (std::size_t p = 0; p < asked.partition_indexes.size(); ++p) {
      told.partitions[p].partition_index = asked.partition_indexes[p];
      each(asked.name, told.partitions[p]);
    }
  }
}

}  // namespace

verdict answer(call& c, const DescribeProducersRequest& request, DescribeProducersResponse& response) {
  constexpr std::size_t most_producers = 100'000;  // in one answer: a request may name a partition again and again
  std::size_t left = most_producers;
  for_each_partition(c, request, response, [&](std::string_view topic_name, described_partition& told) {
    if (!may_topic(c, acl_operation::read, topic_name)) {
      told.error_code = error_code::topic_authorization_failed;
      return;
    }
    if (!why_illegal_topic_name(topic_name).empty()) {
      told.error_code = error_code::invalid_topic_exception;
      told.error_message = "This is no name for a topic.";
      return;
    }
    const located found = locate(c, c.cluster.topics.find(topic_name), told.partition_index);
    told.error_code = found.error;
    if (found.error != error_code::none) return;
    const std::size_t known = found.where->producers.size();
    if (known > left) {
      told.error_code = error_code::unknown_server_error;
      return;
    }
    left -= known;
    tell(c, *found.where, told);
  });
  return verdict::answer;
}

void answer_error(call& c, const DescribeProducersRequest& request, DescribeProducersResponse& response,
                  error_code error) {
  for_each_partition(c, request, response,
                     [&](std::string_view, described_partition& told) { told.error_code = error; });
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla

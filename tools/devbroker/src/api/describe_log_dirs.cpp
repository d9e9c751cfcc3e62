// DescribeLogDirs: how much the partitions of a node take (KIP-113, KIP-827).
#include <algorithm>
#include <map>
#include <set>

#include "api/answers.hpp"
#include "api/permission.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::DescribeLogDirsRequest;
using protocol::DescribeLogDirsResponse;
using stored_topic = DescribeLogDirsResponse::DescribeLogDirsTopic;
using stored_partition = DescribeLogDirsResponse::DescribeLogDirsPartition;

bool is_here(const call& c, const partition& p) { return p.is_replica(c.node().about.id); }

/// Of the replica on this node: its bytes, and how far it is behind the high watermark.
stored_partition held(const call& c, const partition& p, std::int32_t index) {
  const std::int64_t end = p.end_offset(c.node().about.id);
  std::size_t size = p.log.size_bytes();
  if (end < p.log.end_offset()) size = p.log.bytes_between(p.log.start_offset(), end, size);
  return {index, static_cast<std::int64_t>(size), std::max<std::int64_t>(p.high_watermark() - end, 0), false, {}};
}

/// What is asked about: null means everything. What this node does not hold is left out, without an error.
std::map<std::string_view, std::set<std::int32_t>> wanted(const call& c, const DescribeLogDirsRequest& request) {
  std::map<std::string_view, std::set<std::int32_t>> out;
  const auto want = [&](const topic* t, std::int32_t index) {
    const partition* p = t == nullptr ? nullptr : t->find(index);
    if (p != nullptr && is_here(c, *p)) out[t->name].insert(index);
  };
  if (request.topics) {
    for (const auto& asked : *request.topics)
      for (const std::int32_t index : asked.partitions) want(c.cluster.topics.find(asked.topic), index);
    return out;
  }
  for (const auto& [name, t] : c.cluster.topics.all())
    for (std::size_t i = 0; i < t->partitions.size(); ++i) want(t.get(), static_cast<std::int32_t>(i));
  return out;
}

}  // namespace

verdict answer(call& c, const DescribeLogDirsRequest& request, DescribeLogDirsResponse& response) {
  if (!may_cluster(c, acl_operation::describe)) {
    response.error_code = error_code::cluster_authorization_failed;
    return verdict::answer;
  }
  const auto parts = wanted(c, request);
  response.results = c.make<DescribeLogDirsResponse::DescribeLogDirsResult>(1);
  auto& told = response.results[0];
  told.log_dir = c.cluster.options.log_dir;
  told.total_bytes = static_cast<std::int64_t>(c.cluster.options.max_log_bytes);
  told.usable_bytes = told.total_bytes - static_cast<std::int64_t>(c.cluster.log_bytes());
  told.topics = c.make<stored_topic>(parts.size());
  std::size_t at = 0;
  for (const auto& [name, indexes] : parts) {
    stored_topic& of_topic = told.topics[at++];
    of_topic.name = name;
    of_topic.partitions = c.make<stored_partition>(indexes.size());
    std::size_t p = 0;
    for (const std::int32_t index : indexes)
      of_topic.partitions[p++] = held(c, *c.cluster.topics.find(name)->find(index), index);
  }
  return verdict::answer;
}

void answer_error(call& c, const DescribeLogDirsRequest&, DescribeLogDirsResponse& response, error_code error) {
  response.error_code = error;
  response.results = c.make<DescribeLogDirsResponse::DescribeLogDirsResult>(1);
  response.results[0].error_code = error;
  response.results[0].log_dir = c.cluster.options.log_dir;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla

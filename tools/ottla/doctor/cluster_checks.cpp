// The cluster from the inside: metadata, partitions, advertised addresses, the clock.
#include "doctor/cluster_checks.hpp"

#include <algorithm>

#include "doctor/clock.hpp"
#include "doctor/network.hpp"
#include "ottla/admin.hpp"
#include "ottla/protocol/api_versions.hpp"
#include "ottla/protocol/describe_quorum.hpp"

namespace ottla_tool::doctor {
namespace {

constexpr std::size_t most_named = 5;

/// "orders-0, orders-3 and 12 more"
class some_names {
 public:
  void add(std::string one) {
    ++count_;
    if (count_ <= most_named) text_ += (text_.empty() ? "" : ", ") + std::move(one);
  }
  std::size_t count() const { return count_; }
  std::string text() const {
    return count_ <= most_named ? text_ : text_ + " and " + std::to_string(count_ - most_named) + " more";
  }

 private:
  std::size_t count_ = 0;
  std::string text_;
};

void look_at_partitions(ottla::admin& admin, patience within, findings& out) {
  const auto topics = admin.list_topics(true, within);
  if (!topics) return out.push_back(trouble("leaders", "", topics.error(), "may this client describe topics?"));
  some_names leaderless, thin;
  std::size_t partitions = 0;
  for (const ottla::topic_description& topic : *topics) {
    for (const ottla::partition_description& one : topic.partitions) {
      ++partitions;
      const std::string where = topic.name + "-" + std::to_string(one.partition);
      if (one.leader < 0) leaderless.add(where);
      if (one.leader >= 0 && one.in_sync.size() < one.replicas.size()) thin.add(where);
    }
  }
  if (leaderless.count() > 0) {
    out.push_back({standing::fail, "leaders", "", leaderless.text() + " without a leader",
                   "nothing can be written there or read: start the brokers that hold the replicas"});
  } else {
    out.push_back(well("leaders", "",
                       std::to_string(topics->size()) +
                           (topics->size() == 1 ? " topic, each of " : " topics, each of ") +
                           std::to_string(partitions) + " partitions has its leader"));
  }
  if (thin.count() > 0)
    out.push_back({standing::warn, "replicas", "", thin.text() + " with replicas out of sync",
                   "acks=all is refused where fewer than min.insync.replicas are left: look at the brokers that lag"});
}

/// A client goes where Metadata sends it, whatever it bootstrapped from.
void look_at_advertised(ottla::cluster& on, const ottla::broker_description& broker, patience within, findings& out) {
  const ottla::host_port address{broker.host, static_cast<std::uint16_t>(broker.port)};
  const std::string subject = "broker " + std::to_string(broker.id) + " at " + to_string(address);
  const std::string advice =
      "clients are sent to this address: set the broker's advertised.listeners to one that can be reached from here";
  const bool by_name = !ottla::goes_by_proxy(on.config().proxy, address) && !ottla::is_unix_socket(broker.host);
  if (by_name) {
    const resolution names = resolve(address.host, address.port, within);
    if (names.endpoints.empty()) {
      out.push_back({standing::fail, "advertised", subject, "the name cannot be resolved: " + names.failure, advice});
      return;
    }
  }
  const auto begun = std::chrono::steady_clock::now();
  ottla::protocol::ApiVersionsRequest ask;
  ask.client_software_name = "ottla";
  ask.client_software_version = "doctor";
  if (const auto told = on.call(ottla::broker_id{broker.id}, ask, within); !told) {
    finding found = trouble("advertised", subject, told.error(), advice);
    found.advice = advice;
    return out.push_back(std::move(found));
  }
  out.push_back(well("advertised", subject, "answers, in " + duration_text(std::chrono::steady_clock::now() - begun)));
}

std::int64_t wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

void look_at_cluster(ottla::cluster& on, patience within, findings& out) {
  ottla::admin admin(on);
  const auto told = admin.describe_cluster(within);
  if (!told) return out.push_back(trouble("metadata", "", told.error(), "may this client describe the cluster?"));
  std::string text = "cluster " + (told->id.empty() ? std::string("without an id") : told->id) + ", " +
                     std::to_string(told->brokers.size()) + (told->brokers.size() == 1 ? " broker" : " brokers");
  if (told->controller < 0) {
    out.push_back({standing::warn, "metadata", "", text + ", no controller",
                   "topics cannot be made or changed: look at the controllers"});
  } else {
    out.push_back(well("metadata", "", text + ", controller " + std::to_string(told->controller)));
  }
  look_at_partitions(admin, within, out);
  for (const ottla::broker_description& broker : told->brokers) look_at_advertised(on, broker, within, out);
}

void look_at_clock(ottla::cluster& on, patience within, findings& out) {
  ottla::protocol::DescribeQuorumRequest::PartitionData metadata_log;
  ottla::protocol::DescribeQuorumRequest::TopicData topic;
  topic.topic_name = "__cluster_metadata";
  topic.partitions = {&metadata_log, 1};
  ottla::protocol::DescribeQuorumRequest ask;
  ask.topics = {&topic, 1};
  const std::int64_t before = wall_ms();
  const auto told = on.call(ottla::route{}, ask, within);
  const std::int64_t after = wall_ms();
  if (!told || (*told)->topics.empty() || (*told)->topics[0].partitions.empty()) return;
  const auto& quorum = (*told)->topics[0].partitions[0];
  const auto* leader = std::find_if(quorum.current_voters.begin(), quorum.current_voters.end(),
                                    [&](const auto& one) { return one.replica_id == quorum.leader_id; });
  if (leader == quorum.current_voters.end() || leader->last_fetch_timestamp < 0) return;
  out.push_back(compare_clocks("controller " + std::to_string(static_cast<std::int32_t>(quorum.leader_id)), before,
                               after, leader->last_fetch_timestamp));
}

}  // namespace ottla_tool::doctor

// Groups on scripted brokers: who coordinates what, and what FindCoordinator and coordinators say before the truth.
#pragma once

#include "fixture.hpp"
#include "ottla/protocol/delete_groups.hpp"
#include "ottla/protocol/describe_cluster.hpp"
#include "ottla/protocol/find_coordinator.hpp"

namespace ottla::test {

/// Three brokers; `home` says who coordinates a group. DeleteGroups says yes at home, NOT_COORDINATOR elsewhere.
class groups_fixture : public admin_fixture {
 protected:
  groups_fixture() {
    brokers_.brokers = {{1, "b1"}, {2, "b2"}, {3, "b3"}};
    brokers_.offered[protocol::DescribeClusterRequest::api_key] = -1;
    on_[protocol::FindCoordinatorRequest::api_key] = [this](const wire_request& one) { find(one); };
    on_[protocol::DeleteGroupsRequest::api_key] = [this](const wire_request& one) {
      const auto question = read_request<protocol::DeleteGroupsRequest>(one);
      std::vector<protocol::DeleteGroupsResponse::DeletableGroupResult> list;
      for (const auto name : question->groups_names) {
        auto& part = list.emplace_back();
        part.group_id = name;
        if (!says_.empty()) {
          part.error_code = says_.front();
          says_.pop_front();
        } else if (one.link->to.host != brokers_.brokers.at(home_.at(std::string(name)))) {
          part.error_code = protocol::error_code::not_coordinator;
        }
      }
      deleted_.push_back(one.link->to.host + ":" + std::to_string(list.size()));
      protocol::DeleteGroupsResponse out;
      out.results = protocol::array<protocol::DeleteGroupsResponse::DeletableGroupResult>(list);
      answer(one, out);
    };
  }

  void find(const wire_request& one) {
    ++lookups_;
    const auto question = read_request<protocol::FindCoordinatorRequest>(one);
    std::vector<std::string_view> keys(question->coordinator_keys.begin(), question->coordinator_keys.end());
    if (one.version < 4) keys = {question->key};
    std::vector<protocol::FindCoordinatorResponse::Coordinator> list;
    protocol::FindCoordinatorResponse out;
    for (const auto key : keys) {
      auto& part = list.emplace_back();
      part.key = key;
      const std::string name(key);
      const auto told = told_.contains(name) && !told_[name].empty() ? told_[name].front() : home_.at(name);
      if (told_.contains(name) && !told_[name].empty()) told_[name].pop_front();
      part.node_id = broker_id{told};
      part.error_code = told < 0 ? protocol::error_code::coordinator_not_available : protocol::error_code::none;
      part.host = told < 0 ? std::string_view() : std::string_view(brokers_.brokers.at(told));
      part.port = told < 0 ? -1 : 9092;
    }
    if (one.version < 4) {
      out.node_id = list[0].node_id;
      out.host = list[0].host;
      out.port = list[0].port;
      out.error_code = list[0].error_code;
    } else {
      out.coordinators = protocol::array<protocol::FindCoordinatorResponse::Coordinator>(list);
    }
    answer(one, out);
  }
  std::vector<deleted_group> remove(const std::vector<std::string>& names,
                                    std::chrono::milliseconds timeout = std::chrono::seconds(10),
                                    bool if_exists = false) {
    auto done = open().delete_groups(names, {.timeout = timeout, .if_exists = if_exists});
    EXPECT_TRUE(done) << done.error().message();
    return done ? *done : std::vector<deleted_group>{};
  }
  std::chrono::nanoseconds since_start() const { return brokers_.world.now - steady_ns(std::chrono::seconds(1000)); }

  std::map<std::string, int> home_{{"a", 1}, {"b", 2}, {"c", 2}};
  std::map<std::string, std::deque<int>> told_;  // what FindCoordinator says before the truth; -1: not available
  std::deque<protocol::error_code> says_;        // what coordinators say before they do it
  std::vector<std::string> deleted_;             // who was asked to delete how many
  int lookups_ = 0;
};

}  // namespace ottla::test

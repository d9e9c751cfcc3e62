// Members of groups, scripted: the requests of a consumer in the few fields that the tests look at.
#pragma once
#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "ottla/protocol/add_partitions_to_txn.hpp"
#include "ottla/protocol/describe_groups.hpp"
#include "ottla/protocol/find_coordinator.hpp"
#include "ottla/protocol/heartbeat.hpp"
#include "ottla/protocol/join_group.hpp"
#include "ottla/protocol/leave_group.hpp"
#include "ottla/protocol/offset_commit.hpp"
#include "ottla/protocol/offset_fetch.hpp"
#include "ottla/protocol/sync_group.hpp"
#include "support.hpp"

namespace ottla::test {

struct joined {
  protocol::error_code error = protocol::error_code::none;
  std::int32_t generation = -1;
  std::string protocol;
  std::string leader;
  std::string member_id;
  bool skip_assignment = false;
  std::vector<std::string> members;
};

struct synced {
  protocol::error_code error = protocol::error_code::none;
  std::string assignment;
};

/// One consumer with a connection of its own. What it is told it keeps: id and generation go into its next requests.
class member {
 public:
  explicit member(mock::broker& to, std::string group = "g", std::size_t node = 0, mock::instant at = start)
      : client(to, node, at), group_(std::move(group)) {}

  client_end client;
  std::string id;
  std::optional<std::string> instance;
  std::int32_t generation = -1;
  std::vector<std::pair<std::string, std::string>> offers = {{"range", "topics"}};
  std::string type = "consumer";
  std::chrono::milliseconds session = 10s;
  std::chrono::milliseconds rebalance = 30s;

  void send_join(std::int16_t version = 3);
  /// Nothing if it still waits.
  std::optional<joined> take_join(std::int16_t version = 3);
  /// Sends and takes, if need be a second time with the id that it was given.
  std::optional<joined> join(std::int16_t version = 3);
  void send_sync(const std::map<std::string, std::string>& assignments = {}, std::int16_t version = 5);
  std::optional<synced> take_sync(std::int16_t version = 5);
  protocol::error_code heartbeat();
  protocol::error_code leave();
  protocol::error_code commit(std::int64_t offset, std::string_view metadata = "", std::int16_t version = 9);
  /// Of partition 0 of topic t; -1 if there is none.
  std::int64_t committed();

 private:
  std::string group_;
};

/// The request without what the version cannot carry: some have the same thing in another place in older versions.
template <class Request>
Request trimmed(Request request, std::int16_t version) {
  if constexpr (std::is_same_v<Request, protocol::FindCoordinatorRequest>) {
    if (version < 4) request.coordinator_keys = {};
    if (version >= 4) request.key = "";
  } else if constexpr (std::is_same_v<Request, protocol::AddPartitionsToTxnRequest>) {
    if (version < 4) request.transactions = {};
    if (version >= 4) {
      request.v3_and_below_transactional_id = "";
      request.v3_and_below_producer_id = {};
      request.v3_and_below_topics = {};
    }
  } else if constexpr (std::is_same_v<Request, protocol::LeaveGroupRequest>) {
    if (version < 3) request.members = {};
    if (version >= 3) request.member_id = "";
  } else if constexpr (std::is_same_v<Request, protocol::DescribeGroupsRequest>) {
    if (version < 3) request.include_authorized_operations = false;
  } else if constexpr (std::is_same_v<Request, protocol::OffsetFetchRequest>) {
    if (version < 8) request.groups = {};
    if (version >= 8) request.group_id = "";
    if (version >= 8) request.topics.emplace();
  }
  return request;
}

/// Lets the time pass for the broker and for these members, one deadline after the other.
void pass(mock::broker& kafka, std::initializer_list<member*> members, std::chrono::milliseconds time);

}  // namespace ottla::test

// One member of a group: what it told with JoinGroup, what it waits for, when it is given up.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/protocol/error_code.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

using protocol::error_code;

inline constexpr std::chrono::nanoseconds no_deadline = std::chrono::nanoseconds::max();

struct member_brief {
  std::string id;
  std::optional<std::string> instance_id;
  std::vector<std::byte> metadata;
};

struct join_result {
  error_code error = error_code::none;
  std::string member_id;
  std::int32_t generation = -1;
  std::string protocol_type = {};
  std::string protocol = {};
  std::string leader = {};
  bool skip_assignment = false;
  std::vector<member_brief> members = {};  // for the leader alone
};

struct sync_result {
  error_code error = error_code::none;
  std::string protocol_type = {};
  std::string protocol = {};
  std::vector<std::byte> assignment = {};
};

/// Where the answer to a request is put: the group fills it now or later, the connection waits for it.
template <class Result>
using answer_slot = std::shared_ptr<std::optional<Result>>;

/// Fills the slot if somebody waits on it, and lets go of it.
template <class Result>
void fill(answer_slot<Result>& slot, Result result) {
  if (slot != nullptr) slot->emplace(std::move(result));
  slot.reset();
}

/// A way of assigning that a member knows, with what it tells the leader about itself.
struct protocol_offer {
  std::string name;
  std::vector<std::byte> metadata;
  bool operator==(const protocol_offer&) const = default;
};

struct join_request {
  std::string client_id;
  std::string member_id;
  std::optional<std::string> instance_id;  // set: a static member (KIP-345)
  std::chrono::milliseconds session_timeout{};
  std::chrono::milliseconds rebalance_timeout{};
  std::string protocol_type;
  std::vector<protocol_offer> offers;  // in order of preference
  bool needs_known_id = false;         // JoinGroup 4 and above: the first answer only hands out an id (KIP-394)
  bool knows_skip = false;             // JoinGroup 9 and above: a leader can be told to assign nothing (KIP-814)
};

struct group_member {
  std::string id;
  std::optional<std::string> instance_id;
  std::string client_id;
  std::chrono::milliseconds session_timeout{};
  std::chrono::milliseconds rebalance_timeout{};
  std::vector<protocol_offer> offers;
  std::vector<std::byte> assignment;

  answer_slot<join_result> joining;  // its JoinGroup waits
  answer_slot<sync_result> syncing;  // its SyncGroup waits
  bool is_new = true;                // has been in no generation yet
  bool sync_due = false;             // was told of a generation and has not sent SyncGroup
  std::chrono::nanoseconds session_end{};

  void arm(std::chrono::nanoseconds now) { session_end = now + session_timeout; }
  /// Nobody who waits for an answer can send heartbeats; a newcomer is given up all the same, for it may be gone.
  std::chrono::nanoseconds deadline() const {
    return !is_new && (joining != nullptr || syncing != nullptr) ? no_deadline : session_end;
  }
  const std::vector<std::byte>& metadata_for(std::string_view protocol) const;
  std::size_t size_bytes() const;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla

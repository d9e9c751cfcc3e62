// One member of a group of the consumer protocol: what it reads, what it has, what it is to give back.
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "durable/entry_bytes.hpp"
#include "groups/assignor/server_assignor.hpp"
#include "groups/group_member.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

// Epochs in a heartbeat that are no epochs.
inline constexpr std::int32_t joining_epoch = 0;
inline constexpr std::int32_t leaving_epoch = -1;
inline constexpr std::int32_t static_leaving_epoch = -2;  // it will be back (KIP-345)

/// Partitions, each with the epoch in which the member got it: a commit of that epoch is good however late (KIP-1251).
using owned_partitions = std::map<protocol::uuid, std::map<std::int32_t, std::int32_t>>;
/// Without the epochs.
assignment plain(const owned_partitions& of);

enum class member_state : std::uint8_t {
  stable = 0,      // it has what it shall have, as of its epoch
  unrevoked = 1,   // it has to give something back first, and stays in its epoch until then
  unreleased = 2,  // it waits for partitions that others have yet to give back
};

struct consumer_member {
  std::string id;
  std::optional<std::string> instance_id;  // set: a static member
  std::optional<std::string> rack_id;
  std::string client_id;
  std::chrono::milliseconds rebalance_timeout{};
  std::set<std::string, std::less<>> topics;
  std::string pattern;  // of names of further topics; empty: none
  std::optional<std::string> assignor;

  std::int32_t epoch = joining_epoch;
  std::int32_t previous_epoch = joining_epoch;
  member_state state = member_state::stable;
  owned_partitions assigned;
  owned_partitions revoking;
  assignment target;

  std::chrono::nanoseconds session_end = no_deadline;
  std::chrono::nanoseconds revoke_end = no_deadline;

  bool is_reconciled_to(std::int32_t target_epoch) const {
    return state == member_state::stable && epoch == target_epoch;
  }
  void enter(std::int32_t next) {
    previous_epoch = epoch;
    epoch = next;
  }
  std::size_t size_bytes() const;
  void save(entry_writer& out) const;
  static consumer_member load(entry_reader& in);
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla

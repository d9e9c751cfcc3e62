// What the APIs of groups share: whether this node is the one to ask, and who says it.
#pragma once
#include <optional>
#include <string_view>

#include "api/call.hpp"
#include "api/permission.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// none if this node coordinates the group.
inline protocol::error_code wrong_coordinator(const call& c, std::string_view group_id) {
  return c.cluster.coordinator_of(group_id) == c.node_index ? protocol::error_code::none
                                                            : protocol::error_code::not_coordinator;
}

/// As above, for requests that need a group with a name.
inline protocol::error_code wrong_group(const call& c, std::string_view group_id) {
  return group_id.empty() ? protocol::error_code::invalid_group_id : wrong_coordinator(c, group_id);
}

/// The same for a member, which reads: others may not even know of the group.
inline protocol::error_code why_no_member(const call& c, std::string_view group_id) {
  return may_group(c, acl_operation::read, group_id) ? wrong_group(c, group_id)
                                                     : protocol::error_code::group_authorization_failed;
}

/// The group that offsets are committed to, made if there is none: for members (`generation` 0 and up) there must be
/// one. Null, and why: `unknown` for a member of a group that is not there.
inline group* group_to_commit_to(call& c, std::string_view group_id, std::int32_t generation,
                                 protocol::error_code unknown, protocol::error_code& error) {
  group* into = c.cluster.groups.find(group_id);
  if (into == nullptr && generation >= 0) {
    error = unknown;
    return nullptr;
  }
  if (into == nullptr) into = c.cluster.groups.find_or_make(group_id, c.node_index);
  if (into == nullptr) error = protocol::error_code::coordinator_not_available;
  return into;
}

/// Whether an offset with these metadata can be kept.
inline protocol::error_code check_offset_size(const call& c, std::string_view topic, std::string_view metadata) {
  if (metadata.size() > c.cluster.options.groups.max_offset_metadata_bytes)
    return protocol::error_code::offset_metadata_too_large;
  if (c.cluster.groups.has_room(committed_offsets::cost(topic, metadata))) return protocol::error_code::none;
  c.cluster.log("the memory bound for groups is reached: a commit is refused");
  return protocol::error_code::invalid_commit_offset_size;
}

/// What one answer may hold of what is stored. A request that names the same thing again and again would otherwise make
/// an answer out of all proportion.
class answer_budget {
 public:
  bool take(std::size_t bytes) {
    if (bytes > left_) return false;
    left_ -= bytes;
    return true;
  }

 private:
  std::size_t left_ = std::size_t{32} << 20;
};

/// A member's JoinGroup or SyncGroup that waits for the rest of the group. The group itself sees to the deadline.
/// `tell` writes what the group said into the response.
template <auto tell, class Result, class Response>
class pending_member final : public parked_request {
 public:
  explicit pending_member(answer_slot<Result> slot) : slot_(std::move(slot)) {}
  bool is_ready(const call&) const override { return slot_->has_value(); }
  std::chrono::nanoseconds answer_by() const override { return no_deadline; }
  void write_answer(call& c, protocol::writer& out) override {
    Response response;
    tell(c, **slot_, response);
    c.write_body(out, response);
  }

 private:
  answer_slot<Result> slot_;
};

/// Answers at once if the group has, else has the request wait.
template <auto tell, class Result, class Response>
verdict answer_or_park(call& c, answer_slot<Result> slot, Response& response) {
  if (!slot->has_value()) {
    c.parked = std::make_unique<pending_member<tell, Result, Response>>(std::move(slot));
    return verdict::park;
  }
  c.keep(slot);
  tell(c, **slot, response);
  return verdict::answer;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla

// A group of the consumer protocol: heartbeats, joining, who may commit, what is seen of it.
#include "groups/consumer/consumer_group.hpp"

#include <algorithm>

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

/// Whether all that the member says it has is what it was given.
bool is_within(const std::optional<assignment>& said, const owned_partitions& given) {
  if (!said) return false;
  return std::all_of(said->begin(), said->end(), [&](const auto& of_topic) {
    const auto known = given.find(of_topic.first);
    return known != given.end() && std::all_of(of_topic.second.begin(), of_topic.second.end(),
                                               [&](std::int32_t p) { return known->second.contains(p); });
  });
}

}  // namespace

const consumer_member* consumer_group::static_member(std::string_view instance_id) const {
  for (const auto& [id, m] : members_)
    if (m.instance_id == instance_id) return &m;
  return nullptr;
}

std::string consumer_group::fresh_id() {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz234567";  // as many as a printed uuid has
  std::string out;
  for (const std::size_t count : {std::size_t{11}, std::size_t{11}}) {
    std::uint64_t bits = random_.next();
    for (std::size_t i = 0; i < count; ++i, bits >>= 5) out += letters[bits & 31];
  }
  return out;
}

consumer_group::refusal consumer_group::why_refused(const consumer_heartbeat& request,
                                                    const topic_index& topics) const {
  const bool joins = request.epoch == joining_epoch;
  const auto named = members_.find(request.member_id);
  const bool is_full = members_.size() >= options_.max_members && named == members_.end();
  if (is_full) return {error_code::group_max_size_reached, "The group has as many members as it may have."};

  const consumer_member* known = named == members_.end() ? nullptr : &named->second;
  if (request.instance_id) {
    known = static_member(*request.instance_id);
    if (joins && known != nullptr && known->epoch != static_leaving_epoch)
      return {error_code::unreleased_instance_id, "A member has this instance id and has not left."};
    if (!joins && known == nullptr) return {error_code::unknown_member_id, "No member has this instance id."};
    if (!joins && known->id != request.member_id)
      return {error_code::fenced_instance_id, "Another member has this instance id by now."};
  } else if (!joins && known == nullptr) {
    return {error_code::unknown_member_id, "There is no such member."};
  }
  if (!joins && request.epoch != known->epoch) {
    // The answer with the newer epoch may have been lost: then it says the one before and has not got more since.
    const bool is_behind = request.epoch == known->previous_epoch && is_within(request.owned, known->assigned);
    if (request.epoch > known->epoch || !is_behind)
      return {error_code::fenced_member_epoch, "The member's epoch is " + std::to_string(known->epoch) + ", not " +
                                                   std::to_string(request.epoch) +
                                                   ": it must give up its partitions and join again."};
  }
  if (request.pattern && !request.pattern->empty() && !topics.is_pattern(*request.pattern))
    return {error_code::invalid_regular_expression,
            "The pattern of topics is no regular expression that is known here."};
  return {};
}

/// The member, who may be new, or stand in for a static one that has gone.
consumer_member& consumer_group::admit(const consumer_heartbeat& request) {
  const std::string id = request.member_id.empty() ? fresh_id() : request.member_id;
  const consumer_member* former = request.instance_id ? static_member(*request.instance_id) : nullptr;
  if (former != nullptr && request.epoch == joining_epoch) {
    consumer_member moved = *former;
    members_.erase(std::string(former->id));
    moved.id = id;
    moved.epoch = moved.previous_epoch = joining_epoch;
    if (members_.contains(id)) fence(id);  // its id was another member's: what that one had goes with it
    ++changes_;
    members_[id] = std::move(moved);
  } else {
    members_[id].id = id;
  }
  return members_.find(id)->second;
}

/// Whether what it reads has changed.
bool consumer_group::update(consumer_member& m, const consumer_heartbeat& request) {
  const bool is_news =
      (request.topics && *request.topics != m.topics) || (request.pattern && *request.pattern != m.pattern);
  const bool is_other = (request.instance_id && request.instance_id != m.instance_id) ||
                        (request.rack_id && request.rack_id != m.rack_id) ||
                        (request.rebalance_timeout && *request.rebalance_timeout != m.rebalance_timeout) ||
                        (request.assignor && request.assignor != m.assignor) || request.client_id != m.client_id;
  if (is_news || is_other) ++changes_;
  if (request.instance_id) m.instance_id = request.instance_id;
  if (request.rack_id) m.rack_id = request.rack_id;
  if (request.rebalance_timeout) m.rebalance_timeout = *request.rebalance_timeout;
  if (request.assignor) m.assignor = request.assignor;
  if (request.topics) m.topics = *request.topics;
  if (request.pattern) m.pattern = *request.pattern;
  m.client_id = request.client_id;
  return is_news;
}

heartbeat_result consumer_group::heartbeat(const consumer_heartbeat& request, const topic_index& topics,
                                           time_point now) {
  if (refusal why = why_refused(request, topics); why.error != error_code::none)
    return {.error = why.error, .why = std::move(why.why)};
  consumer_member& m = admit(request);
  const assignment before = plain(m.assigned);
  const bool is_news = update(m, request);
  if (is_news) bump();
  look_at_topics(topics, is_news);
  assign(now);
  reconcile(m, request, is_news, now);
  m.session_end = now + options_.consumer_session_timeout;

  heartbeat_result out{.member_id = m.id, .epoch = m.epoch};
  const bool says_all = request.rebalance_timeout && (request.topics || request.pattern) && request.owned;
  assignment after = plain(m.assigned);
  if (request.epoch == joining_epoch || says_all || after != before) out.assigned = std::move(after);
  return out;
}

consumer_group::commit_permission consumer_group::check_commit(std::string_view member_id, bool has_instance,
                                                               std::int32_t epoch, bool in_transaction) const {
  // An administrator, or a consumer that uses the group for its offsets alone; producers before KIP-447.
  if (epoch < 0 && members_.empty()) return {};
  if (in_transaction && epoch < 0 && member_id.empty() && !has_instance) return {};
  const auto known = members_.find(member_id);
  if (known == members_.end()) return {error_code::unknown_member_id};
  if (epoch == known->second.epoch) return {};
  if (epoch > known->second.epoch) return {error_code::stale_member_epoch};
  return {error_code::none, &known->second};
}

error_code consumer_group::check_commit(const consumer_member& by, std::int32_t epoch, const protocol::uuid& topic,
                                        std::int32_t partition) {
  for (const owned_partitions* in : {&by.assigned, &by.revoking}) {
    const auto of_topic = in->find(topic);
    if (of_topic == in->end()) continue;
    const auto found = of_topic->second.find(partition);
    if (found != of_topic->second.end())
      return epoch < found->second ? error_code::stale_member_epoch : error_code::none;
  }
  return error_code::stale_member_epoch;
}

error_code consumer_group::check_fetch(const std::optional<std::string_view>& member_id, std::int32_t epoch) const {
  if (!member_id && epoch < 0) return error_code::none;
  const auto known = member_id ? members_.find(*member_id) : members_.end();
  if (known == members_.end()) return error_code::unknown_member_id;
  return known->second.epoch == epoch ? error_code::none : error_code::stale_member_epoch;
}

std::string_view consumer_group::state() const {
  if (members_.empty()) return "Empty";
  if (epoch_ > assignment_epoch_) return "Assigning";
  const bool is_settled = std::all_of(members_.begin(), members_.end(),
                                      [&](const auto& m) { return m.second.is_reconciled_to(assignment_epoch_); });
  return is_settled ? "Stable" : "Reconciling";
}

bool consumer_group::is_subscribed(std::string_view topic) const {
  return std::any_of(members_.begin(), members_.end(), [&](const auto& m) {
    if (m.second.topics.contains(topic)) return true;
    const auto matched = matched_.find(m.second.pattern);
    return !m.second.pattern.empty() && matched != matched_.end() && matched->second.contains(topic);
  });
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla

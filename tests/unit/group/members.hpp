// Members of one group in virtual time: each a consumer on a cluster of its own, polled in turn, with all it was told.
#pragma once

#include <deque>
#include <map>
#include <set>

#include "../consumer/simulated.hpp"

namespace ottla::test {

inline const topic_partition orders_0{"orders", 0};
inline const topic_partition orders_1{"orders", 1};
inline const std::vector<topic_partition> all_four{{"orders", 0}, {"orders", 1}, {"orders", 2}, {"orders", 3}};

/// One member and what happened to it, in order: "+orders-0" assigned, "-orders-0" revoked, "!orders-0" lost.
struct member {
  std::optional<cluster> on{};
  std::optional<consumer> in{};
  std::vector<std::string> told{};
  std::multiset<std::string> values{};
  error failure{};

  std::vector<topic_partition> has() const { return in->assignment(); }
};

class members : public simulated {
 protected:
  explicit members(int nodes = 1) : simulated(nodes) {}

  /// In a group of the consumer protocol (KIP-848).
  consumer_config by_broker() {
    consumer_config out;
    out.group = "billing";
    out.topics = {"orders"};
    out.start = earliest;
    out.group_protocol = group_protocol_kind::consumer;
    return out;
  }

  consumer_config config() {
    consumer_config out;
    out.group = "billing";
    out.topics = {"orders"};
    out.start = earliest;
    out.assignors = {assignor::cooperative_sticky};
    return out;
  }

  member& join(consumer_config with) {
    member& one = all.emplace_back();
    one.on = open(++seed_);  // as programs that were not told one: members choose their ids by it
    const auto note = [&one](char sign) {
      return [&one, sign](consumer&, std::span<const topic_partition> which) {
        for (const topic_partition& part : which)
          one.told.push_back(sign + part.topic + "-" + std::to_string(part.partition));
      };
    };
    if (!with.on_assigned) with.on_assigned = note('+');
    if (!with.on_revoked) with.on_revoked = note('-');
    if (!with.on_lost) with.on_lost = note('!');
    one.in.emplace(*one.on, std::move(with));
    return one;
  }

  void poll_one(member& one, std::chrono::milliseconds time) {
    if (!one.in) return;
    auto got = one.in->poll(time);
    if (!got) {
      if (!got.error().retriable()) one.failure = got.error();  // not: no broker was heard within this poll
      return;
    }
    for (const partition_error& wrong : got->errors()) errors.push_back(wrong);
    for (const record_view& r : got->records()) one.values.emplace(r.value().text());
  }

  /// Polls all members in turn until the condition holds; false if it does not within that time.
  bool poll_until(const std::function<bool()>& condition, std::chrono::seconds limit = 60s) {
    const steady_ns until = where.now() + limit;
    while (!condition() && where.now() < until) {
      for (member& one : all) {
        poll_one(one, 5ms);
        check_owners();
      }
    }
    return condition();
  }
  void poll_for(std::chrono::milliseconds time) {
    const steady_ns until = where.now() + time;
    poll_until([&] { return where.now() >= until; }, 600s);
  }

  /// No two members have one partition.
  void check_owners() {
    if (owners_may_overlap) return;
    std::set<topic_partition> seen;
    for (const member& one : all) {
      if (!one.in || one.in->membership().generation < 0) continue;  // a member that was thrown out does not know yet
      for (const topic_partition& what : one.has()) EXPECT_TRUE(seen.insert(what).second) << what.partition;
    }
  }
  bool shared_out(std::size_t partitions) const {
    std::size_t sum = 0;
    for (const member& one : all) sum += one.in ? one.has().size() : 0;
    return sum == partitions;
  }
  std::int64_t committed(const topic_partition& where_) {
    for (member& one : all) {
      if (!one.in) continue;
      const auto known = one.in->committed({&where_, 1}, 5s);
      EXPECT_TRUE(known.has_value()) << known.error().message();
      if (known) return known->front().offset;
    }
    return -2;
  }

  bool owners_may_overlap = false;
  std::deque<member> all;

 private:
  std::uint64_t seed_ = 100;
};

}  // namespace ottla::test

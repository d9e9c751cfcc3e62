// Groups for tests of assignors: short ways to write one, one by chance, and what to ask of an assignment.
#pragma once

#include <map>
#include <random>
#include <string>
#include <vector>

#include "assignor.hpp"

namespace ottla_test {

using ottla::member_assignment;
using ottla::subscription_of_member;
using ottla::topic_partition;
using ottla::topic_size;
using assignment = std::vector<member_assignment>;
using members = std::vector<subscription_of_member>;
using sizes = std::vector<topic_size>;

inline subscription_of_member member(std::string id, std::vector<std::string> topics,
                                     std::vector<topic_partition> owned = {}, std::int32_t generation = -1) {
  subscription_of_member out;
  out.member_id = std::move(id);
  out.topics = std::move(topics);
  out.owned = std::move(owned);
  out.generation = generation;
  return out;
}

/// "a: t-0 t-1; b: u-0"
std::string text(const assignment& of);

/// By partition: the member that has it. Fails the test if two have one.
std::map<topic_partition, std::string> holders_of(const assignment& of);

/// Sum of squares of loads: of two assignments of the same partitions the smaller one is more balanced.
std::size_t imbalance(const assignment& of);

/// Partitions that were with one member in `before` and are with another one, that is there in both, in `after`.
std::size_t moved(const assignment& before, const assignment& after);

/// The members again, each owning what it got, in that generation.
members with_owned(members those, const assignment& of, std::int32_t generation);

/// A number from 0 to below `bound`.
template <class Rng>
std::size_t below(Rng& rng, std::size_t bound) {
  return static_cast<std::size_t>(rng() % bound);
}

struct random_group {
  members those{};
  sizes topics{};
};
/// Members and topics by chance; with `mixed` everyone draws topics of its own.
random_group make_group(std::mt19937_64& rng, std::size_t max_members, std::size_t max_topics,
                        std::size_t max_partitions, bool mixed);

}  // namespace ottla_test

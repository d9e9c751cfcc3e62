// Offsets that open transactions have committed to a group: seen by nobody until the transaction ends (KIP-98,
// KIP-447).
#pragma once
#include <cstdint>
#include <map>
#include <string_view>

#include "groups/committed_offsets.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

class undecided_offsets {
 public:
  void put(std::int64_t producer_id, std::string_view topic, std::int32_t partition, committed_offset value) {
    producers_[producer_id].put(topic, partition, std::move(value));
  }
  /// Whether an open transaction may yet change what is committed for the partition.
  bool any(std::string_view topic, std::int32_t partition) const;
  /// The producer's transaction has ended: what it held is committed, or dropped. A commit that came later from
  /// elsewhere stays: the order of the commits counts, not that of the ends.
  void decide(std::int64_t producer_id, bool commit, committed_offsets& into);
  void remove(std::string_view topic, std::int32_t partition);
  void remove(std::string_view topic);

  const std::map<std::int64_t, committed_offsets>& all() const { return producers_; }
  bool empty() const { return producers_.empty(); }
  std::size_t size_bytes() const;

 private:
  std::map<std::int64_t, committed_offsets> producers_;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla

// What a group has committed, by topic and partition.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace ottla {
inline namespace v0 {
namespace mock {

struct committed_offset {
  std::int64_t offset = -1;
  std::int32_t leader_epoch = -1;
  std::string metadata;
  std::uint64_t order = 0;         // rises with every commit of the cluster
  std::int64_t committed_at = -1;  // wall time in ms
};

class committed_offsets {
 public:
  using of_topic = std::map<std::int32_t, committed_offset>;
  using by_topic = std::map<std::string, of_topic, std::less<>>;

  /// Nothing if there is none.
  const committed_offset* find(std::string_view topic, std::int32_t partition) const;
  void put(std::string_view topic, std::int32_t partition, committed_offset value);
  void remove(std::string_view topic, std::int32_t partition);
  void remove(std::string_view topic);

  const by_topic& all() const { return topics_; }
  bool empty() const { return topics_.empty(); }
  std::size_t size_bytes() const { return bytes_; }
  /// What put() will add at most.
  static std::size_t cost(std::string_view topic, std::string_view metadata) {
    return entry_cost + topic.size() + metadata.size();
  }

 private:
  static constexpr std::size_t entry_cost = 128;

  by_topic topics_;
  std::size_t bytes_ = 0;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla

// The assignor "uniform" where members read different topics: partitions go to whoever has least, then are moved until
// nothing gets more even.
#include <algorithm>

#include "groups/assignor/server_assignor.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

constexpr int most_rounds = 16;  // as in Kafka: what is not even by then stays so

class mixed_balance {
 public:
  explicit mixed_balance(const assignor_input& in) : in_(in), out_(in.members.size()), load_(in.members.size()) {
    for (const auto& [topic, partitions] : in.partitions) {
      readers& to = topics_[topic];
      to.owner.assign(static_cast<std::size_t>(partitions), nobody);
      for (std::size_t m = 0; m < in.members.size(); ++m)
        if (in.members[m].topics.contains(topic)) to.members.push_back(m);
    }
    // First what has most partitions for each of its readers, and of these what has fewest readers.
    for (const auto& [topic, r] : topics_)
      if (!r.members.empty()) order_.push_back(topic);
    std::stable_sort(order_.begin(), order_.end(), [&](const protocol::uuid& a, const protocol::uuid& b) {
      const readers& left = topics_.at(a);
      const readers& right = topics_.at(b);
      const std::size_t left_share = left.owner.size() * right.members.size();
      const std::size_t right_share = right.owner.size() * left.members.size();
      if (left_share != right_share) return left_share > right_share;
      return left.members.size() < right.members.size();
    });
  }

  std::vector<assignment> run() {
    keep();
    for (const protocol::uuid& topic : order_) {
      readers& r = topics_.at(topic);
      for (std::size_t index = 0; index < r.owner.size(); ++index)
        if (r.owner[index] == nobody) give(topic, r, index, least(r));
    }
    bool moved = true;
    for (int round = 0; moved && round < most_rounds; ++round) {
      moved = false;
      for (const protocol::uuid& topic : order_) moved |= even_out(topic, topics_.at(topic));
    }
    return std::move(out_);
  }

 private:
  static constexpr std::size_t nobody = static_cast<std::size_t>(-1);
  struct readers {
    std::vector<std::size_t> members;
    std::vector<std::size_t> owner;  // by partition
  };

  void keep() {
    for (std::size_t m = 0; m < in_.members.size(); ++m) {
      for (const auto& [topic, indexes] : in_.members[m].before) {
        const auto found = topics_.find(topic);
        if (found == topics_.end() || !in_.members[m].topics.contains(topic)) continue;
        for (const std::int32_t index : indexes) {
          const auto at = static_cast<std::size_t>(index);
          if (at < found->second.owner.size() && found->second.owner[at] == nobody) give(topic, found->second, at, m);
        }
      }
    }
  }

  void give(const protocol::uuid& topic, readers& r, std::size_t index, std::size_t to) {
    const auto partition = static_cast<std::int32_t>(index);
    if (const std::size_t from = r.owner[index]; from != nobody) {
      const auto had = out_[from].find(topic);
      had->second.erase(partition);
      if (had->second.empty()) out_[from].erase(had);
      --load_[from];
    }
    r.owner[index] = to;
    out_[to][topic].insert(partition);
    ++load_[to];
  }

  std::size_t least(const readers& r) const {
    return *std::min_element(r.members.begin(), r.members.end(),
                             [&](std::size_t a, std::size_t b) { return load_[a] < load_[b]; });
  }

  /// From who has most in all and something of this topic, to who has least, while that narrows the gap.
  bool even_out(const protocol::uuid& topic, readers& r) {
    bool moved = false;
    for (std::size_t index = r.owner.size(); index-- > 0;) {
      const std::size_t to = least(r);
      std::size_t from = nobody;
      std::size_t which = 0;
      for (std::size_t i = 0; i < r.owner.size(); ++i) {
        if (from != nobody && load_[r.owner[i]] < load_[from]) continue;
        from = r.owner[i];
        which = i;
      }
      if (from == nobody || load_[from] < load_[to] + 2) break;
      give(topic, r, which, to);
      moved = true;
    }
    return moved;
  }

  const assignor_input& in_;
  std::vector<assignment> out_;
  std::vector<std::size_t> load_;
  std::map<protocol::uuid, readers> topics_;
  std::vector<protocol::uuid> order_;
};

}  // namespace

std::vector<assignment> assign_uniform_mixed(const assignor_input& in) { return mixed_balance(in).run(); }

}  // namespace mock
}  // namespace v0
}  // namespace ottla

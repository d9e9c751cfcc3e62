// All topics of the cluster, by name and by id.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "cluster/seeded.hpp"
#include "cluster/topic.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// Empty if the name is legal for a topic, else why not.
std::string why_illegal_topic_name(std::string_view name);

class topic_catalog {
 public:
  using by_name = std::map<std::string, std::unique_ptr<topic>, std::less<>>;

  explicit topic_catalog(seeded random) : random_(random) {}

  topic* find(std::string_view name) const;
  topic* find(const protocol::uuid& id) const;
  /// Another topic whose name differs only in '.' against '_': their metric names would collide.
  const topic* colliding(std::string_view name) const;

  /// Adds a topic with a fresh id; the name must be free.
  topic& add(std::string name, topic_settings settings);
  /// The same with the id that it has had all along, which must be free, too.
  topic& add(std::string name, const protocol::uuid& id, topic_settings settings);
  void remove(std::string_view name);

  const by_name& all() const { return by_name_; }
  /// Rises whenever a topic comes or goes or gets more partitions; the last has to be said.
  std::uint64_t version() const { return version_; }
  void has_grown() { ++version_; }
  protocol::uuid fresh_id();
  /// From here on new topics get ids that no topic had before the restart.
  void draw_from(seeded random) { random_ = random; }

 private:
  seeded random_;
  std::uint64_t version_ = 0;
  by_name by_name_;
  std::map<protocol::uuid, topic*> by_id_;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla

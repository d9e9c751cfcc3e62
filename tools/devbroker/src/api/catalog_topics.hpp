// The cluster's topics as a group of the consumer protocol looks at them.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "api/id_pattern.hpp"
#include "api/permission.hpp"
#include "cluster/topic_catalog.hpp"
#include "groups/consumer/topic_index.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

class catalog_topics final : public topic_index {
 public:
  explicit catalog_topics(const call& c) : c_(c), of_(c.cluster.topics) {}
  std::uint64_t version() const override { return of_.version(); }
  std::optional<known> find(std::string_view name) const override {
    const topic* t = of_.find(name);
    if (t == nullptr) return std::nullopt;
    return known{t->id, static_cast<std::int32_t>(t->partitions.size())};
  }
  bool is_pattern(std::string_view pattern) const override { return id_pattern(pattern).is_good(); }
  std::vector<std::string> matching(std::string_view pattern) const override {
    std::vector<std::string> out;
    const id_pattern compiled(pattern);
    if (!compiled.is_good()) return out;
    for (const auto& [name, t] : of_.all())
      if (compiled.matches(name) && may_topic(c_, acl_operation::describe, name)) out.push_back(name);
    return out;
  }

 private:
  const call& c_;
  const topic_catalog& of_;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla

// What a group of the consumer protocol wants to know of the cluster's topics.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

class topic_index {
 public:
  struct known {
    protocol::uuid id;
    std::int32_t partitions = 0;
  };
  virtual ~topic_index() = default;
  /// Rises whenever a topic comes or goes or gets more partitions.
  virtual std::uint64_t version() const = 0;
  virtual std::optional<known> find(std::string_view name) const = 0;
  virtual bool is_pattern(std::string_view pattern) const = 0;
  /// The names of the topics that match as a whole.
  virtual std::vector<std::string> matching(std::string_view pattern) const = 0;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla

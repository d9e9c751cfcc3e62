// topic_partition: one partition by its name.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace ottla {
inline namespace v0 {

struct topic_partition {
  std::string topic{};
  std::int32_t partition = -1;
  friend bool operator==(const topic_partition&, const topic_partition&) = default;
  friend auto operator<=>(const topic_partition&, const topic_partition&) = default;
};

}  // namespace v0
}  // namespace ottla

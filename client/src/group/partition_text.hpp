// partition_text: many partitions in one short line of a log: "orders 0-3,7; payments 1".
#pragma once

#include <span>
#include <string>

#include "ottla/topic_partition.hpp"

namespace ottla {
inline namespace v0 {

/// `sorted` by topic, then number, each once.
inline std::string partition_text(std::span<const topic_partition> sorted) {
  std::string out;
  for (std::size_t i = 0; i < sorted.size();) {
    const topic_partition& first = sorted[i];
    std::size_t end = i + 1;
    while (end < sorted.size() && sorted[end].topic == first.topic &&
           sorted[end].partition == sorted[end - 1].partition + 1)
      ++end;
    if (i > 0 && sorted[i - 1].topic == first.topic) {
      out += ',';
    } else {
      if (i > 0) out += "; ";
      out += first.topic + ' ';
    }
    out += std::to_string(first.partition);
    if (end > i + 1) out += '-' + std::to_string(sorted[end - 1].partition);
    i = end;
  }
  return out;
}

}  // namespace v0
}  // namespace ottla

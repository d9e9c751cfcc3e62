// One TCP segment of a capture.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ottla/tap/endpoint.hpp"
#include "ottla/tap/message.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {

struct segment {
  endpoint from{};
  endpoint to{};
  instant when{};
  std::uint32_t sequence = 0;
  bool syn = false;
  bool ack = false;
  bool fin = false;
  bool rst = false;
  std::vector<std::uint8_t> payload{};
};

}  // namespace tap
}  // namespace v0
}  // namespace ottla

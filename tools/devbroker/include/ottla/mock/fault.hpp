// Trouble that a test asks the dev broker to make.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>

#include "ottla/protocol/api_key.hpp"
#include "ottla/protocol/error_code.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

enum class fault_action : std::uint8_t {
  answer_error,     ///< the request is not applied; every part of the answer carries `error`
  drop_answer,      ///< the request is applied and never answered; the connection stays open and later requests wait
  close_after,      ///< the request is applied, then the connection is closed without an answer
  close_before,     ///< the connection is closed; the request is not applied
  close_mid_frame,  ///< the request is applied, half of the answer is sent, then the connection is closed
  delay,            ///< the request is applied, its answer is held back for `hold`
  corrupt_answer,   ///< the request is applied, one bit of the answer (drawn from the seed) comes out wrong
  throttle,  ///< the request is applied, the answer says throttle_time_ms = `hold`, and for so long nothing more is
             ///< read from the connection (KIP-219); answers without the field are held up all the same
};

/// Applies to the next `count` requests of the API, on one node or on all. Faults of one API are used up in the order
/// in which they were asked for, one per request.
struct fault {
  protocol::api_key key{};
  fault_action action = fault_action::answer_error;
  int count = 1;
  protocol::error_code error = protocol::error_code::none;
  std::chrono::milliseconds hold{0};
  std::optional<std::size_t> node = std::nullopt;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla

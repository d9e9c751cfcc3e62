// answer_errors: which errors are in an answer, and what each is about.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "ottla/protocol/arena.hpp"
#include "ottla/protocol/error_code.hpp"
#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {

/// Calls `each` with every error of an answer that says so, and its subject: a partition, a key, or nothing when it is
/// about the whole request. Answers that are malformed, or of APIs that clients do not repeat by themselves, have none.
void each_error(protocol::bytes_view frame, std::int16_t key, std::int16_t version, protocol::arena& memory,
                const std::function<void(std::string subject, protocol::error_code why)>& each);

}  // namespace sim
}  // namespace v0
}  // namespace ottla

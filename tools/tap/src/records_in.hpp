// The record batches that a message carries, as JSON.
#pragma once

#include <string>

#include "ottla/protocol/arena.hpp"
#include "ottla/protocol/types.hpp"
#include "ottla/tap/message.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {

/// [{"topic" or "topicId", "partition", "content": {"batches": [...]}, or "error"}, ...], the content in the form of
/// `ottla wire records`; empty if the message has none.
std::string records_in(protocol::bytes_view body, direction way, const request_head& head, protocol::arena& memory);

}  // namespace tap
}  // namespace v0
}  // namespace ottla

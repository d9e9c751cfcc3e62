// What a stored batch says about its producer and its transaction, told anew.
#pragma once
#include <cstddef>
#include <span>

#include "storage/producer_states.hpp"
#include "storage/transaction_ranges.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// Teaches both what the append of this batch had taught them. To be called for a log's batches in their order, when
/// what they are based on has been lost: after a start, and after a log has been cut off at its end.
void replay(std::span<const std::byte> batch, producer_states& producers, transaction_ranges& transactions);

}  // namespace mock
}  // namespace v0
}  // namespace ottla

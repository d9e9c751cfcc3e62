// batch_split: cuts a batch that its broker found too large into two that carry the same records (C-15, KIP-126).
#pragma once

#include "batch.hpp"
#include "block_pool.hpp"

namespace ottla {
inline namespace v0 {

///     before   | one: sequence s, records 0 .. n-1                                  |
///     after    | one: sequence s, records 0 .. h-1 | rest: sequence s+h, records h .. n-1 |     h = n / 2
///
/// Cookies, handlers and flush tickets follow their records; the sequence range of the two together is that of the one,
/// so that what was sent behind it keeps its numbers. Both are left unsealed, without compression. Memory is taken
/// above the pool's bound if need be: whoever waits for the old block cannot be made to wait for two new ones. False,
/// and nothing is changed, for a single record or a block that does not read back.
bool split_batch(batch& one, batch& rest, block_pool& pool);

}  // namespace v0
}  // namespace ottla

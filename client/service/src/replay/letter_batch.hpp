// letter_batch: dead letters as the batch that is written into their target.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "ottla/service/dead_letter_replay.hpp"
#include "replay_note.hpp"

namespace ottla {
inline namespace v0 {

/// What the marker says.
std::string marker_of(std::string_view topic, std::int32_t partition, std::int64_t offset);

/// An upper bound of what a letter takes in its batch.
std::size_t batch_size_of(const record_view& letter, const dead_letter_replay_options& how);

/// Uncompressed, sequence 0. Not empty; timestamps of append time give way to the original's, where the letter says it.
std::vector<std::byte> letter_batch(std::span<const record_view> letters, const replay_identity& as,
                                    const dead_letter_replay_options& how);

}  // namespace v0
}  // namespace ottla

// What a stored batch says about its producer and its transaction, told anew.
#include "storage/log_replay.hpp"

#include "storage/batch_fields.hpp"
#include "storage/record_walk.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

/// What a control batch says; nothing if it is no end of a transaction.
std::optional<end_marker> marker_in(std::span<const std::byte> batch) {
  constexpr std::size_t key_size = 4, value_size = 6;
  const batch_fields fields(batch);
  const auto record = record_walk(batch.subspan(batch_overhead)).next();
  if (!record || !record->key || record->key->size() < key_size) return std::nullopt;
  const auto type = load_big_endian<std::int16_t>(record->key->data() + 2);
  if (type != 0 && type != 1) return std::nullopt;
  end_marker out{.producer_id = fields.producer_id(), .producer_epoch = fields.producer_epoch(), .commit = type == 1};
  if (record->value && record->value->size() >= value_size)
    out.coordinator_epoch = load_big_endian<std::int32_t>(record->value->data() + 2);
  return out;
}

}  // namespace

void replay(std::span<const std::byte> batch, producer_states& producers, transaction_ranges& transactions) {
  const batch_fields fields(batch);
  if (fields.producer_id() == no_producer_id) return;
  if (fields.control()) {
    const auto marker = marker_in(batch);
    if (!marker) return;
    if (const auto began_at = producers.end(*marker, fields.max_timestamp()))
      transactions.end(marker->producer_id, *began_at, fields.base_offset(), !marker->commit);
    return;
  }
  const producer_stamp stamp{fields.producer_id(), fields.producer_epoch(), fields.base_sequence(),
                             fields.last_offset_delta(), fields.transactional()};
  if (producers.remember(stamp, fields.base_offset(), fields.max_timestamp(), fields.max_timestamp()))
    transactions.begin(fields.base_offset());
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla

// partition_for_key: the partitioners' hashes under their public name.
#include "ottla/partition_for_key.hpp"

#include <cassert>

#include "partitioner.hpp"

namespace ottla {
inline namespace v0 {

std::int32_t partition_for_key(protocol::bytes_view key, std::int32_t count, partitioner_kind by) {
  assert(count > 0);
  const auto among = static_cast<std::uint32_t>(count);
  switch (by) {
    case partitioner_kind::murmur2:
      return static_cast<std::int32_t>(murmur2_partition(key, among));
    case partitioner_kind::consistent:
      return static_cast<std::int32_t>(crc32_partition(key, among));
    case partitioner_kind::fnv1a:
      return static_cast<std::int32_t>(fnv1a_partition(key, among));
    case partitioner_kind::round_robin:
    case partitioner_kind::random:
      break;
  }
  return -1;
}

}  // namespace v0
}  // namespace ottla

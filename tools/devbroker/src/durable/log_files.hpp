// How the files of a partition are called, and what stands beside its segments.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ottla/mock/disk.hpp"
#include "storage/producer_states.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// As Kafka calls them: `orders-0`, and in it `00000000000000000000.log`, a segment's batches as they would be fetched.
std::string folder_of(std::string_view topic, std::int32_t partition);
std::string segment_file(std::string_view folder, std::int64_t base_offset);
/// What was known of producers when the segment of this offset began: of those before it nothing can be read any more
/// once they are dropped.
std::string producers_file(std::string_view folder, std::int64_t base_offset);

struct log_file_name {
  std::string_view folder;
  std::int64_t base_offset = 0;
  bool is_segment = false;  // else producers
};
/// Views into `name`; nothing if it is none of the two.
std::optional<log_file_name> parse_log_file(std::string_view name);

std::string write_producers(disk& on, std::string_view name, const producer_states& producers);
/// Nothing is known of anybody unless the file is whole. False if it is not.
bool read_producers(disk& on, std::string_view name, producer_states& producers);

}  // namespace mock
}  // namespace v0
}  // namespace ottla

// Walks the bytes of a records field and names every one of them: batches, their records, old messages.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "ottla/protocol/types.hpp"
#include "ottla/protocol_text/byte_walk.hpp"
#include "ottla/protocol_text/records_json.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol_text {

/// Borrows from the field or from the walk's inflated copy: valid inside the call only.
struct record_part {
  part_kind kind;      ///< value, null, length or count
  std::size_t offset;  ///< in the field; of an inflated part: in what its batch inflates to
  protocol::bytes_view bytes;
  bool inflated;              ///< stands in no byte of the field, but in the inflated copy of the part told before
  std::string_view path;      ///< "batches[0].baseOffset", "batches[0].records[1].headers[0].key"
  std::string_view encoding;  ///< "int64", "varint", "bytes"; of what is compressed the codec's name
  std::string value;          ///< for people, cut off after 64 bytes of a key or value
};

struct record_walk_error : walk_error {
  bool inflated;  ///< the offset is in what the batch inflates to
  /// As walk_error's: "byte 17 of the inflated data (batches[0].records[3]): a record of 40 bytes where 5 are left"
  [[nodiscard]] std::string message() const;
};

/// Tells every part of a `records` field in the order of the bytes; nullopt if all of it was understood. The beginning
/// of a batch at the end is understood: a fetch cuts where its limit is.
///
/// Shares no code with record_cursor and its checks, and accepts what they accept, but for the CRC: one that does not
/// fit is told in the value of its part, and the walk goes on. Until an error the parts that are not inflated cover the
/// field from its first byte on without gap and overlap. Holds one inflated batch at a time; `limits` are those of all
/// batches together.
std::optional<record_walk_error> walk_records(protocol::bytes_view field,
                                              const std::function<void(const record_part&)>& each,
                                              const records_limits& limits = {});

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla

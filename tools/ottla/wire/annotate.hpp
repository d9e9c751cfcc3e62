// A hexdump with notes: each field of a message with its offset, bytes, name, type, value and the versions it stands
// in.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <optional>

#include "ottla/protocol_text/byte_walk.hpp"

namespace ottla::wire {

struct annotate_options {
  std::size_t base = 0;  ///< offset of the body's first byte
  bool colour = false;
  bool records = false;  ///< in place of a records field the parts of what is in it
};

/// Writes a line per part, more where there are many bytes; long values are cut off and their length told. What stands
/// behind an error is shown as bytes, and the error returned.
std::optional<protocol_text::walk_error> annotate(const protocol_text::message_type& message, std::int16_t version,
                                                  protocol::bytes_view body, const annotate_options& options,
                                                  std::ostream& out);

/// Lines of bytes with a note at the first: for what no schema describes.
void annotate_bytes(protocol::bytes_view bytes, std::string_view note, const annotate_options& options,
                    std::ostream& out);

}  // namespace ottla::wire

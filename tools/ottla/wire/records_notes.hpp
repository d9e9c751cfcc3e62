// What is in a records field, a line per batch and a line per record.
#pragma once

#include <iosfwd>

#include "ottla/protocol/types.hpp"

namespace ottla::wire {

/// Batches that cannot be read are a line that says why. Keys and values are cut off; text where it is valid UTF-8.
void write_records_notes(protocol::bytes_view records, std::ostream& out);

}  // namespace ottla::wire

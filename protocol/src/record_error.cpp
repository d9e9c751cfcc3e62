// Sentences for record_error.
#include "ottla/protocol/record_error.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol {

std::string_view describe(record_error error) noexcept {
  switch (error) {
    case record_error::none:
      return "no error";
    case record_error::batch_length_invalid:
      return "the batch's length field is smaller than any batch";
    case record_error::magic_unknown:
      return "the batch's magic is none of 0, 1 and 2";
    case record_error::crc_mismatch:
      return "the CRC does not fit the bytes";
    case record_error::codec_unknown:
      return "the compression codec is not known for this magic";
    case record_error::compressed_empty:
      return "the batch names a codec but has no compressed bytes";
    case record_error::compressed_malformed:
      return "the compressed bytes are malformed";
    case record_error::compressed_truncated:
      return "the compressed bytes end early";
    case record_error::inflated_too_large:
      return "the batch inflates beyond the limit";
    case record_error::record_count_invalid:
      return "the record count is not the number of records";
    case record_error::record_malformed:
      return "a record's sizes do not fit into each other";
    case record_error::bytes_after_records:
      return "bytes are left behind the last record";
    case record_error::wrapper_invalid:
      return "a compressed message holds no plain messages";
    case record_error::too_many_records:
      return "there are more records than the limit";
    case record_error::out_of_memory:
      return "no memory to inflate the batch";
  }
  return "unknown record error";
}

}  // namespace protocol
}  // namespace v0
}  // namespace ottla

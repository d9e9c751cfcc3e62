// Damages a well-formed message by what the schema says of each byte: lengths that lie, absurd counts, parts that
// change places.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/protocol_text/byte_walk.hpp"
#include "ottla/protocol_text/messages.hpp"
#include "ottla/protocol_text/seeded_random.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol_text {

enum class damage : std::uint8_t {
  none,           ///< as it was
  flipped_bit,    ///< one bit anywhere
  wrong_length,   ///< a length, or a tagged field's size, that is one off, negative, or the largest there is
  absurd_count,   ///< an array or a tagged section of more elements than could ever follow
  extreme_value,  ///< a number at an end of its range
  swapped,        ///< two parts of one kind have changed places
  deleted,        ///< a part is gone
  repeated,       ///< a part is there twice
  extended,       ///< bytes in front of a part, or behind the last
  cut,            ///< the message ends early
};
inline constexpr std::size_t damages = 10;
/// "wrong length".
std::string_view name(damage kind);

struct damaged_message {
  damage kind = damage::none;
  std::string what;  ///< for people: "the count of topics says 2147483647 instead of 2"
  std::vector<std::byte> bytes;
};

/// Looks at the message once, then damages it as often as it is asked to. What comes out depends on the message and on
/// the numbers drawn from `source` alone. Owns a copy of the body.
class message_mutator {
 public:
  /// `body` is one that walk_bytes reads; of others it knows the parts in front of the error only.
  message_mutator(const message_type& message, std::int16_t version, protocol::bytes_view body);

  /// Of a kind by chance; `none` where the message has nothing that could be damaged in that way.
  [[nodiscard]] damaged_message next(seeded_random& source) const;
  [[nodiscard]] damaged_message next(damage kind, seeded_random& source) const;

 private:
  struct part {
    part_kind kind;
    std::size_t offset;
    std::size_t size;
    std::int64_t number;
    std::string_view encoding;
    std::string path;
  };
  using indices = std::vector<std::size_t>;

  [[nodiscard]] std::string told(const part& one) const;
  void rewrite(const part& one, std::int64_t number, damaged_message& out) const;
  void swap(seeded_random& source, damaged_message& out) const;
  void insert(std::size_t at, protocol::bytes_view bytes, damaged_message& out) const;

  std::vector<std::byte> body_;
  std::vector<part> parts_;
  indices lengths_, counts_, numbers_, filled_;  // of parts_
};

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla

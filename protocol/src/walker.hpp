// walker<T>: the one versioned description of a wire struct. Specialised in generated/walk/*.hpp.
//
// An archive is whatever a walk can be led through. It has
//   version()                                  the version that is walked
//   field(name, value)                         a field of this version that is never null
//   secret(name, value)                        a field that logs must not show
//   nullable(name, value, allowed)             optional; allowed: whether this version may hold null
//   records / nullable_records(name, value)    batches: bytes that a writer may splice
//   never_compact(name, value)                 a nullable string in the old encoding whatever the version (client id)
//   absent(name, is_default)                   a field that this version lacks and that must not be lost silently
//   tagged<walker>(message)                    the tagged section: calls walker::tags(tag archive, message), keeps the
//   unknown untagged(unknown)                          a tagged section without known tags
// and a tag archive has version(), tag(number, name, value, is_default) and nullable_tag(...).
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol {

template <class T>
struct walker;

/// Generated structs: the classes that are not part of the vocabulary.
template <class T>
inline constexpr bool is_wire_struct = std::is_class_v<T>&& requires {
  sizeof(walker<T>);
};

/// The fewest bytes an array element of this type takes.
template <class T>
constexpr std::size_t min_element_size(std::int16_t version, bool flexible) {
  if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>)
    return sizeof(T);
  else if constexpr (std::is_same_v<T, uuid>)
    return 16;
  else if constexpr (std::is_same_v<T, std::string_view>)
    return flexible ? 1 : 2;
  else if constexpr (std::is_same_v<T, bytes_view>)
    return flexible ? 1 : 4;
  else
    return walker<T>::min_size(version);
}

}  // namespace protocol
}  // namespace v0
}  // namespace ottla

// secret: overwriting.
#include "ottla/net/secret.hpp"

#include <string.h>

namespace ottla {
inline namespace v0 {

void wipe(std::string& text) noexcept {
  text.resize(text.capacity());  // never more than is reserved: nothing is allocated
  ::explicit_bzero(text.data(), text.size());
  text.clear();
}

void secret::wipe() noexcept { v0::wipe(text_); }

}  // namespace v0
}  // namespace ottla

// message_handler: names of types for people.
#include "ottla/service/message_handler.hpp"

#include <cxxabi.h>

#include <cstdlib>

namespace ottla {
inline namespace v0 {

std::string readable_type(const char* name) {
  int failed = 0;
  char* const readable = abi::__cxa_demangle(name, nullptr, nullptr, &failed);
  std::string out = failed == 0 && readable != nullptr ? readable : name;
  std::free(readable);
  return out;
}

}  // namespace v0
}  // namespace ottla

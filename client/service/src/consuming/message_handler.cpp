// message_handler: one message as a run; names of types for people.
#include "ottla/service/message_handler.hpp"

#include <cxxabi.h>

#include <cstdlib>

namespace ottla {
inline namespace v0 {
namespace {

struct nobody_watches {
  const std::atomic<bool> abandoned{false};
  std::atomic<std::int64_t> offset{-1};
};

class single_message final : nobody_watches, public message_run {
 public:
  explicit single_message(const message& what) : message_run(what, nullptr, abandoned, offset) {}

 private:
  bool look() override { return false; }
};

}  // namespace

verdict message_handler::operator()(const message& what) const {
  single_message alone(what);
  return run(alone);
}

std::string readable_type(const char* name) {
  int failed = 0;
  char* const readable = abi::__cxa_demangle(name, nullptr, nullptr, &failed);
  std::string out = failed == 0 && readable != nullptr ? readable : name;
  std::free(readable);
  return out;
}

}  // namespace v0
}  // namespace ottla

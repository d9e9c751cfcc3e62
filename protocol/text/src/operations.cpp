// Errors of the codec as sentences.
#include "operations.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol_text {

failure outcome_of(const protocol::reader& in) {
  if (!in.ok()) return std::string{describe(in.error())};
  if (in.remaining() != 0) return std::to_string(in.remaining()) + " bytes are left over";
  return std::nullopt;
}

failure outcome_of(const protocol::writer& out) {
  if (out.ok()) return std::nullopt;
  std::string why{out.error_field()};
  if (!why.empty()) why += ": ";
  return why += describe(out.error());
}

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla

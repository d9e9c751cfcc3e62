// What is said of a frame that is not decoded: its state in a word, its first bytes.
#pragma once

#include <algorithm>
#include <string_view>

#include "description.hpp"
#include "headers.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {

/// The word for it in both forms of output.
inline std::string_view state_word(const message& what, const description& known) {
  switch (what.state) {
    case message_state::whole:
      return known.body.empty() ? "undecoded" : "decoded";
    case message_state::streamed:
      return "streamed";
    case message_state::unpaired:
      return "unpaired";
    case message_state::token:
      return "token";
    case message_state::malformed:
      return "malformed";
    case message_state::opaque:
      return "opaque";
    case message_state::skipped:
      return "skipped";
  }
  return "undecoded";
}

/// How much of it may be shown: enough to recognise it, nothing where a secret may be.
inline protocol::bytes_view shown_head(const message& what, const description& known) {
  constexpr std::size_t most = 32;
  constexpr std::size_t sizes_only = 4;  // what claims to be a request and is none may be a SASL token
  std::size_t shown = known.body.empty() ? most : 0;
  if (what.request && holds_secrets(what.request->api_key)) shown = 0;
  const bool doubtful = what.request && what.way == direction::to_broker &&
                        find_type(what.request->api_key, protocol_text::message_kind::request) == nullptr &&
                        (what.request->api_key < 0 || what.request->version < 0 || what.request->version > 255);
  if (doubtful || what.state == message_state::malformed) shown = std::min(shown, sizes_only);
  return what.frame.first(std::min(what.frame.size(), shown));
}

}  // namespace tap
}  // namespace v0
}  // namespace ottla

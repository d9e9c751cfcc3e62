// wire_trace: what passes on a world's network, decoded, a line for each request, answer and change of a connection.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "ottla/sim/world.hpp"
#include "ottla/tap/conversation.hpp"
#include "ottla/tap/line_maker.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {

/// A request is told when its last byte is written, an answer when its last byte arrives: what was lost on the way has
/// one line and not the other. A liar's answers are told as what they are.
class wire_trace {
 public:
  using teller = std::function<void(std::string)>;

  explicit wire_trace(teller say) : say_(std::move(say)) {}

  void opens(link_id link, const std::string& client, const std::string& node);
  /// What comes after that. A link that has ended is not looked at any more.
  void hear(const wire_event& what, steady_ns now);

 private:
  struct one_link {
    std::string client, node;
    tap::conversation talk;
  };

  teller say_;
  tap::line_maker lines_{tap::line_form::text, true};
  std::map<link_id, one_link> links_;
};

}  // namespace sim
}  // namespace v0
}  // namespace ottla

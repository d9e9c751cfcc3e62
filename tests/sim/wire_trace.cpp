// wire_trace: what passes on a world's network, decoded.
#include "wire_trace.hpp"

#include <system_error>
#include <utility>
#include <vector>

namespace ottla {
inline namespace v0 {
namespace sim {
namespace {

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

// producer 0 -> node 1 #12       Produce v13                 c=4             312 B                ...
std::string start(const std::string& client, std::string_view arrow, const std::string& node, link_id link) {
  return padded(client + " " + std::string(arrow) + " " + node + " #" + std::to_string(link.slot), 30) + " ";
}

}  // namespace

void wire_trace::opens(link_id link, const std::string& client, const std::string& node) {
  say_(start(client, "--", node, link) + "opens");
  const auto told = [this, client, node, link](const tap::message& one) {
    say_(start(client, one.way == tap::direction::to_broker ? "->" : "<-", node, link) + lines_.words(one));
  };
  links_.emplace(link, one_link{client, node, tap::conversation({}, told)});
}

void wire_trace::hear(const wire_event& what, steady_ns now) {
  const auto found = links_.find(what.link);
  if (found == links_.end()) return;
  auto& [client, node, talk] = found->second;
  const tap::instant when{now.time_since_epoch(), {}};
  switch (what.what) {
    case wire_event::kind::opens:
      return;
    case wire_event::kind::connected:
      return say_(start(client, "--", node, what.link) + "connected");
    case wire_event::kind::sent:
      return talk.from_client(what.bytes, when);
    case wire_event::kind::received: {
      std::vector<std::byte> passed_on;
      return talk.from_broker(what.bytes, when, passed_on);
    }
    case wire_event::kind::ended:
      say_(start(client, "--", node, what.link) + "ends" +
           (what.sys_error == 0 ? "" : ": " + std::generic_category().message(what.sys_error)));
      links_.erase(found);
  }
}

}  // namespace sim
}  // namespace v0
}  // namespace ottla

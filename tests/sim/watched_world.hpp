// watched_world: a world whose network is listened to.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "ottla/protocol_text/encodings.hpp"
#include "ottla/sim/world.hpp"
#include "pace.hpp"
#include "wire_trace.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {

/// What of a run is told in its trace. It changes nothing of what happens.
struct telling {
  std::size_t lines = 400;  ///< the last so many
  bool messages = false;    ///< requests and answers too, decoded
};

class watched_world : public world {
 public:
  watched_world(std::uint64_t seed, const weather& network, mock::broker_options cluster, const telling& how)
      : world(seed, network, std::move(cluster)), pace_([this](std::string what) {
          note("VIOLATION pace: " + what);
          if (storms_.size() < most_told) storms_.push_back(std::move(what));
        }) {
    keep_trace(how.lines);
    if (how.messages) wire_.emplace([this](std::string line) { note(with_topic_names(std::move(line))); });
    listen([this](const wire_event& what) {
      if (wire_) tell(what);
      pace_.hear(what, now());
    });
  }

  void note(std::string line) override {
    begun_anew_ += line.find("starting again from the bootstrap addresses") != std::string::npos ? 1 : 0;
    world::note(std::move(line));
  }
  /// How often a client has forgotten the brokers that it knew.
  std::uint64_t begun_anew() const { return begun_anew_; }
  void allow_twice() { pace_.allow_twice(); }
  /// Questions and connections that came too fast.
  const std::vector<std::string>& storms() const { return storms_; }

 private:
  static constexpr std::size_t most_told = 20;

  void tell(const wire_event& what) {
    if (what.what != wire_event::kind::opens) return wire_->hear(what, now());
    const bool is_node = what.node < cluster().node_count();
    wire_->opens(what.link, name_of(what.client),
                 is_node ? "node " + std::to_string(cluster().node(what.node).id) : "nobody");
  }

  // Messages say ids of topics, people think in names.
  std::string with_topic_names(std::string line) {
    for (const mock::topic_info& topic : cluster().topics()) {
      std::string id;
      protocol_text::append_uuid(id, topic.id);
      for (std::size_t at = 0; (at = line.find(id, at)) != std::string::npos; at += topic.name.size())
        line.replace(at, id.size(), topic.name);
    }
    return line;
  }

  std::uint64_t begun_anew_ = 0;
  std::vector<std::string> storms_;
  std::optional<wire_trace> wire_;
  pace pace_;
};

}  // namespace sim
}  // namespace v0
}  // namespace ottla

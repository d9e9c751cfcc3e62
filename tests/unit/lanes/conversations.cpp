// Frames out of the pieces of two streams, and each answer to its question.
#include "conversations.hpp"

#include "ottla/protocol/record_bytes.hpp"

namespace ottla::test {
namespace {

using protocol::load_big_endian;

// Takes one whole frame from the front, its length too; false as long as there is none.
bool take_frame(std::vector<std::byte>& from, std::vector<std::byte>& frame) {
  if (from.size() < 4) return false;
  const auto size = static_cast<std::size_t>(load_big_endian<std::int32_t>(from.data())) + 4;
  if (from.size() < size) return false;
  frame.assign(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(size));
  from.erase(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(size));
  return true;
}

}  // namespace

void conversations::hear(const sim::wire_event& what, steady_ns now) {
  using kind = sim::wire_event::kind;
  if (what.what == kind::opens) return;
  if (what.what == kind::ended) {
    streams_.erase(what.link);
    return;
  }
  stream& on = streams_[what.link];
  std::vector<std::byte> frame;
  if (what.what == kind::sent) {
    on.up.insert(on.up.end(), what.bytes.begin(), what.bytes.end());
    while (take_frame(on.up, frame)) {
      on.waiting[load_big_endian<std::int32_t>(frame.data() + 8)] = all_.size();
      all_.push_back(
          {static_cast<protocol::api_key>(load_big_endian<std::int16_t>(frame.data() + 4)), what.link, now, never});
    }
  } else if (what.what == kind::received) {
    on.down.insert(on.down.end(), what.bytes.begin(), what.bytes.end());
    while (take_frame(on.down, frame)) {
      const auto at = on.waiting.find(load_big_endian<std::int32_t>(frame.data() + 4));
      if (at == on.waiting.end()) continue;
      all_[at->second].answered = now;
      on.waiting.erase(at);
    }
  }
}

std::vector<asked> conversations::of(protocol::api_key key, steady_ns since) const {
  std::vector<asked> out;
  for (const asked& one : all_) {
    if (one.key == key && one.sent >= since) out.push_back(one);
  }
  return out;
}

}  // namespace ottla::test

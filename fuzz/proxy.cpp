// Any bytes as what a proxy answers, any text as a proxy's URL, and as the list of who is reached without it. The first
// byte says which; the second how long the pieces are.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>

#include "proxy_bypass.hpp"
#include "proxy_handshake.hpp"

namespace {

using machine = ottla::proxy_handshake;

void require(bool holds) {
  if (!holds) std::abort();
}

struct seen {
  machine::state end = machine::state::under_way;
  std::string said, why;
  std::size_t read = 0;
  // A refusal may be seen before all of it was read.
  bool operator==(const seen& other) const {
    return end == other.end && said == other.said && why == other.why &&
           (end != machine::state::done || read == other.read);
  }
};

seen talk(const ottla::proxy_config& proxy, std::span<const std::byte> answers, std::size_t piece) {
  machine one(proxy, {"broker.example", 9092});
  seen out;
  for (;;) {
    while (!one.to_say().empty()) {
      const std::string_view part = one.to_say().substr(0, piece);
      out.said += part;
      one.said(part.size());
    }
    if (one.now_in() != machine::state::under_way || answers.empty()) break;
    const auto room = one.room();
    require(!room.empty());
    const std::size_t part = std::min({room.size(), answers.size(), piece});
    std::memcpy(room.data(), answers.data(), part);
    answers = answers.subspan(part);
    out.read += part;
    one.heard(part);
  }
  out.end = one.now_in();
  out.why = one.why();
  const bool failed = out.end == machine::state::refused || out.end == machine::state::unreachable;
  require(failed == !out.why.empty() && out.why.size() < 300);
  require(std::all_of(out.why.begin(), out.why.end(), [](char c) { return c >= ' ' && c <= '~'; }));
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto rest = std::as_bytes(std::span(data + 2, size - 2));
  if (data[0] % 3 == 2) {
    const std::string url(reinterpret_cast<const char*>(rest.data()), rest.size());
    const auto read = ottla::parse_proxy(url);
    if (read && check(*read) && read->kind != ottla::proxy_kind::none) {
      require(!to_string(*read).empty() && read->port != 0 && !read->host.empty());
    }
    // One part at a time, or the whole list: who is covered is the same.
    if (const auto list = ottla::proxy_bypass::parse(url)) {
      const bool listed = list->covers({"b1.example.com", 9092});
      bool in_a_part = false;
      for (std::size_t at = 0; at <= url.size();) {
        const std::size_t end = std::min(url.find_first_of(", \t\r\n", at), url.size());
        const auto part = ottla::proxy_bypass::parse(url.substr(at, end - at));
        require(part.has_value());
        in_a_part = in_a_part || part->covers({"b1.example.com", 9092});
        at = end + 1;
      }
      require(listed == in_a_part);
    }
    return 0;
  }
  ottla::proxy_config proxy;
  proxy.kind = data[0] % 3 == 0 ? ottla::proxy_kind::socks5 : ottla::proxy_kind::http;
  proxy.host = "proxy.example";
  proxy.port = 1080;
  if (data[0] >= 128) {
    proxy.username = "user";
    proxy.password = "s%cr%t";
  }
  const seen whole = talk(proxy, rest, rest.size() + 1);
  const seen torn = talk(proxy, rest, std::size_t{data[1]} + 1);
  // An HTTP proxy that goes on speaking is refused if that is heard with its answer, and not if it comes later.
  if (proxy.kind == ottla::proxy_kind::socks5) require(whole == torn);
  if (whole.end == machine::state::done) require(torn.end == machine::state::done);
  return 0;
}

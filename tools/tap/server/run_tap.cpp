// `ottla tap`: the loop, its signals, and what it prints first.
#include "ottla/tap/run_tap.hpp"

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <memory>

#include "output.hpp"
#include "proxy.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {

int run_tap(const run_tap_options& options) {
  const auto loop = std::make_shared<asio::io_context>(1);
  bool reader_gone = false;
  output lines(options.one_document, [loop, &reader_gone] {
    asio::post(*loop, [loop, &reader_gone] {
      reader_gone = true;
      loop->stop();
    });
  });
  proxy taps(loop, options, lines);
  if (const std::string why = taps.open(); !why.empty()) {
    std::fprintf(stderr, "ottla tap: %s.\n", why.c_str());
    return 1;
  }
  asio::signal_set signals(*loop, SIGINT, SIGTERM);
  signals.async_wait([&](const asio::error_code& cancelled, int) {
    if (!cancelled) loop->stop();
  });
  const std::string address = taps.address().text();
  if (options.form == line_form::text) {
    lines.put("ready " + address + "\n");
  } else {
    lines.put(line_maker::ready_object(address));
    std::fprintf(stderr, "ready %s\n", address.c_str());
  }
  loop->run();
  taps.stop();
  // What is under way ends as cancelled: sessions are held by their operations, and those by the loop.
  loop->restart();
  loop->poll();
  return lines.close(std::chrono::seconds(5)) && !reader_gone ? 0 : 1;
}

}  // namespace tap
}  // namespace v0
}  // namespace ottla

// interrupt: SIGINT and SIGTERM, first as a wish that the command fulfils cleanly, the second time as an order.
#pragma once

#include <chrono>

namespace ottla_tool {

/// Until `graceful`, a signal ends the process with status 130 at once: nothing was promised yet. One per process.
class interrupt {
 public:
  static void install();
  /// From now on a first signal only sets requested(); a second one ends the process.
  static void graceful();
  static bool requested();
  /// Readable once requested; -1 before graceful().
  static int descriptor();
  /// Sleeps until then, or until requested: false.
  static bool sleep_until(std::chrono::steady_clock::time_point when);
};

}  // namespace ottla_tool

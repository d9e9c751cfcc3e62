// consumer_threads: the threads of a service_consumer: one that polls, and its workers.
#pragma once

#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include "ottla/net/host.hpp"

namespace ottla {
inline namespace v0 {

class service_consumer_state;

/// They keep the state that they work on: one that hangs and was let go may come back at any time.
class consumer_threads {
 public:
  void start(const std::shared_ptr<service_consumer_state>& of, std::size_t workers);
  /// Wait until they are gone, when the state says that it ended. Those that are not at the deadline are let go. First
  /// the one that polls: workers may hang, and the group is to be left before they are waited for.
  void end_polling(steady_ns deadline, host& runner) { end(1, deadline, runner); }
  void end_working(steady_ns deadline, host& runner) { end(all_.size(), deadline, runner); }
  /// Lets all go.
  void detach();

 private:
  struct one {
    std::thread thread;
    std::shared_ptr<completion> gone;
  };
  void end(std::size_t count, steady_ns deadline, host& runner);

  std::vector<one> all_;  // who starts and who ends
};

/// The clock of handlers' turns where they have threads.
steady_ns thread_clock(void*);

}  // namespace v0
}  // namespace ottla

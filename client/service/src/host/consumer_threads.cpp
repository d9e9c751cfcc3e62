// consumer_threads: what each thread does, and how they end.
#include "consumer_threads.hpp"

#include <chrono>
#include <utility>

#include "../consuming/service_consumer_state.hpp"

namespace ottla {
inline namespace v0 {

void consumer_threads::start(const std::shared_ptr<service_consumer_state>& of, std::size_t workers) {
  const auto run = [&](auto what) {
    auto gone = std::make_shared<completion>();
    all_.push_back({std::thread([of, gone, what] {
                      what(*of);
                      gone->set();
                    }),
                    gone});
  };
  run([](service_consumer_state& state) {
    while (!state.ended()) (void)state.round(std::chrono::seconds(30));
  });
  for (std::size_t i = 0; i < workers; ++i) run([i](service_consumer_state& state) { state.work(i); });
}

void consumer_threads::end(std::size_t count, steady_ns deadline, host& runner) {
  for (; count > 0 && !all_.empty(); --count) {
    one each = std::move(all_.front());
    all_.erase(all_.begin());
    if (runner.wait(*each.gone, deadline)) {
      each.thread.join();
    } else {
      each.thread.detach();
    }
  }
}

void consumer_threads::detach() {
  for (one& each : all_) each.thread.detach();
  all_.clear();
}

steady_ns thread_clock(void*) { return steady_ns(std::chrono::steady_clock::now().time_since_epoch()); }

}  // namespace v0
}  // namespace ottla

// stop_on_signals: SIGINT and SIGTERM as a stop token.
#pragma once

#include <initializer_list>
#include <memory>
#include <stop_token>

namespace ottla {
inline namespace v0 {

/// The first signal asks to stop, on a thread of its own; a second one has its default action, so that an impatient
/// operator ends the process at once. One at a time in a process: another one is not valid(), and
/// changes nothing. The destructor restores what the signals did before. A child of a fork that gets one of the signals
/// ends by it, and the parent hears nothing of it.
class stop_on_signals {
 public:
  /// SIGINT and SIGTERM.
  stop_on_signals();
  explicit stop_on_signals(std::initializer_list<int> signals);
  ~stop_on_signals();
  stop_on_signals(const stop_on_signals&) = delete;
  stop_on_signals& operator=(const stop_on_signals&) = delete;

  bool valid() const { return state_ != nullptr; }
  /// Never asks to stop where not valid.
  std::stop_token token() const { return stop_.get_token(); }
  /// Which signal came; 0: none yet.
  int signal() const;

 private:
  struct shared;
  void install(const int* signals, std::size_t count);
  std::stop_source stop_;
  std::unique_ptr<shared> state_;
};

}  // namespace v0
}  // namespace ottla

// scope_exit: work for the moment a scope is left: by its end, by a return, or by the exception of an application's
// handler.
#pragma once

#include <utility>

namespace ottla {
inline namespace v0 {

template <class Work>
class [[nodiscard]] scope_exit {
 public:
  explicit scope_exit(Work work) : work_(std::move(work)) {}
  ~scope_exit() {
    if (armed_) work_();
  }
  scope_exit(const scope_exit&) = delete;
  scope_exit& operator=(const scope_exit&) = delete;
  /// All went its usual way: there is nothing to do.
  void forget() { armed_ = false; }

 private:
  Work work_;
  bool armed_ = true;
};

}  // namespace v0
}  // namespace ottla

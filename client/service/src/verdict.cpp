// verdict: from each of the forms in which a handler may say it.
#include "ottla/service/verdict.hpp"

#include <algorithm>

namespace ottla {
inline namespace v0 {

verdict::verdict(temporary_error e) : kind_(kind::retry), why_(std::move(e.why)), type_(std::move(e.type)) {
  if (e.delay) delay_ = std::max(*e.delay, std::chrono::milliseconds(0));
}

verdict::verdict(non_retryable_error e) : kind_(kind::reject), why_(std::move(e.why)), type_(std::move(e.type)) {}

verdict::verdict(const error& e) {
  if (!e) return;
  kind_ = kind::retry;
  why_ = e.message();
  type_ = std::string(e.name());
}

}  // namespace v0
}  // namespace ottla

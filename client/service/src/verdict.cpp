// verdict: from each of the forms in which a handler may say it.
#include "ottla/service/verdict.hpp"

#include <algorithm>

namespace ottla {
inline namespace v0 {

verdict::verdict(temporary_error e) : kind_(kind::retry), failure_(std::make_unique<failure>()) {
  failure_->why = std::move(e.why);
  failure_->type = std::move(e.type);
  if (e.delay) failure_->delay = std::max(*e.delay, std::chrono::milliseconds(0));
}

verdict::verdict(non_retryable_error e) : kind_(kind::reject), failure_(std::make_unique<failure>()) {
  failure_->why = std::move(e.why);
  failure_->type = std::move(e.type);
}

verdict::verdict(const error& e) {
  if (!e) return;
  kind_ = kind::retry;
  failure_ = std::make_unique<failure>();
  failure_->why = e.message();
  failure_->type = std::string(e.name());
}

verdict::verdict(const verdict& other)
    : kind_(other.kind_), failure_(other.failure_ ? std::make_unique<failure>(*other.failure_) : nullptr) {}

verdict verdict::as(std::string type) && {
  if (!failure_) failure_ = std::make_unique<failure>();
  failure_->type = std::move(type);
  return std::move(*this);
}

const verdict::failure& verdict::none() {
  static const failure nothing;
  return nothing;
}

}  // namespace v0
}  // namespace ottla

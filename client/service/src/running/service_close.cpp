// service_state: the end, in its order and within one deadline.
#include <algorithm>
#include <array>

#include "service_state.hpp"

namespace ottla {
inline namespace v0 {
namespace {

// What is kept of a close's time for the producers, when consumers have had theirs.
std::chrono::nanoseconds kept_for_producers(std::chrono::nanoseconds timeout) {
  return std::min<std::chrono::nanoseconds>(timeout / 4, std::chrono::seconds(5));
}
// Of the consumers' time, what is kept for the last commit and for leaving when a handler used up all the rest.
std::chrono::nanoseconds kept_for_leaving(std::chrono::nanoseconds timeout) {
  return std::min<std::chrono::nanoseconds>(timeout / 4, std::chrono::seconds(3));
}

/// Everything that went wrong, as one error with the first one's code.
struct troubles {
  error first;
  std::string text;

  void add(const std::string& who, const result<void>& ended) {
    if (ended) return;
    if (!first) first = ended.error();
    text += (text.empty() ? "" : "; ") + who + ": " + ended.error().message();
  }
  result<void> told(std::chrono::nanoseconds took) const {
    if (!first) return {};
    error_context context;
    context.asked = "closing the service";
    context.detail = text;
    context.elapsed = took;
    context.persisted = first.persisted();
    return unexpected(first.client() != client_code::none ? error(first.client(), std::move(context))
                                                          : error(first.broker_code(), std::move(context)));
  }
};

}  // namespace

result<void> service_state::close(std::chrono::milliseconds timeout) {
  if (on.state()->forked()) return on.state()->usable();  // its threads are the parent's, and so are their locks
  if (on.state()->runner().on_core_thread()) return on.state()->may_block();
  for (const reading& one : consumers()) {
    auto may = one.in->wait(std::chrono::milliseconds(0));
    if (!may && may.error().is(client_code::would_deadlock)) return may;
  }
  const steady_ns began = runner().mono_now(), deadline = after(began, timeout);
  const steady_ns consumers_until = after(began, timeout - kept_for_producers(timeout));
  const steady_ns drained_until = after(began, (consumers_until - began) - kept_for_leaving(consumers_until - began));
  const auto left = [&](steady_ns until) {
    return std::max(std::chrono::ceil<std::chrono::milliseconds>(until - runner().mono_now()),
                    std::chrono::milliseconds(0));
  };
  std::shared_ptr<completion> mine, others;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) {
      others = closed_;
    } else {
      closing_ = true;
      mine = closed_ = std::make_shared<completion>();
      stop_->set();
    }
  }
  if (others) {
    if (!runner().wait(*others, deadline)) {
      error_context context;
      context.asked = "closing the service";
      context.detail = "another close of it goes on";
      return unexpected(error(client_code::timed_out, std::move(context)));
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    return close_result_;
  }

  troubles wrong;
  const std::vector<reading> in = consumers();
  const std::vector<writing> out = producers();
  for (const reading& one : in) one.in->stop();
  // All drain at the same time; those that are through leave first, so that one that hangs keeps nobody from
  // committing.
  std::vector<const reading*> drained, hanging;
  for (const reading& one : in) (one.in->wait(left(drained_until)) ? drained : hanging).push_back(&one);
  for (const reading* one : drained) wrong.add("consumer of " + one->name, one->in->close(left(consumers_until)));
  for (const reading* one : hanging) wrong.add("consumer of " + one->name, one->in->close(left(consumers_until)));
  for (const writing& one : out) wrong.add("producer of " + one.name, one.close(left(deadline)));
  forget_checks();
  if (owned) on.close();

  const std::chrono::nanoseconds took = runner().mono_now() - began;
  const result<void> told = wrong.told(took);
  const std::array<log_field, 3> fields{{{"service", config.name},
                                         {"consumers", static_cast<std::uint64_t>(in.size())},
                                         {"producers", static_cast<std::uint64_t>(out.size())}}};
  line(told ? log_level::info : log_level::error, "service_closed", told ? nullptr : &told.error(), took, fields);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    close_result_ = told;
  }
  mine->set();
  return told;
}

}  // namespace v0
}  // namespace ottla

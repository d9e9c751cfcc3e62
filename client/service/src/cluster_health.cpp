// cluster_health: a Metadata request that names no topic, to whichever brokers are known.
#include "cluster_health.hpp"

#include <mutex>
#include <vector>

#include "ottla/net/call.hpp"
#include "ottla/protocol/metadata.hpp"

namespace ottla {
inline namespace v0 {
namespace {

// So many are asked directly: in a large cluster a few tell as much as all.
constexpr std::size_t most_asked = 4;

struct asking {
  completion done;
  std::mutex mutex;
  std::size_t open = 0;
  bool answered = false;
  error last;

  void settle(const result<response>& answer) {
    {
      const std::lock_guard<std::mutex> lock(mutex);
      --open;
      if (answer) {
        answered = true;
      } else {
        last = answer.error();
      }
      if (!answered && open > 0) return;
    }
    done.set();
  }
};

}  // namespace

// Each broker by itself, since one that hangs (paused, behind a broken network) would keep a question to "any" until
// the deadline although its neighbours are well.
result<void> ask_cluster(cluster_state& on, std::chrono::nanoseconds timeout) {
  if (auto may = on.may_block(); !may) return may;
  auto shared = std::make_shared<asking>();
  const steady_ns began = on.runner().mono_now();
  const steady_ns deadline = after(began, timeout);
  core& machine = on.machine();
  const bool posted = on.post([&machine, shared, deadline] {
    std::vector<route> whom{route{}};
    for (const auto& [id, address] : machine.meta().brokers()) {
      if (whom.size() == most_asked + 1) break;
      whom.push_back({.to = route::target::broker, .broker = id});
    }
    shared->open = whom.size();  // before the first can answer: answers come in later steps
    for (const route& to : whom) {
      call_spec spec;
      spec.asked = "health of the cluster";
      spec.to = to;
      spec.deadline = deadline;
      spec.repeatable = true;
      spec.make = [] {
        request ask = make_request<protocol::MetadataRequest>(
            [](protocol::MetadataRequest& message, std::int16_t version, protocol::arena&) {
              message.topics = protocol::array<protocol::MetadataRequest::MetadataRequestTopic>();
              if (version >= 4) message.allow_auto_topic_creation = false;
            });
        ask.min_version = 1;  // 0 cannot say "no topics"
        return ask;
      };
      spec.done = [shared](result<response> answer) { shared->settle(answer); };
      start_call(machine, std::move(spec));
    }
  });
  if (!posted) return unexpected(on.closed_error());
  // The calls tell their own time-outs, with what they know.
  on.runner().wait(shared->done, after(deadline, std::chrono::milliseconds(200)));
  const std::lock_guard<std::mutex> lock(shared->mutex);
  if (shared->answered) return {};
  if (shared->last.is(client_code::closed)) return unexpected(shared->last);
  error_context context = shared->last.context();
  context.asked = "health of the cluster";
  if (context.detail.empty()) context.detail = "no broker answered";
  context.advice = "check the bootstrap addresses and that the brokers run";
  context.elapsed = on.runner().mono_now() - began;
  context.persisted = persistence::no;
  return unexpected(error(client_code::broker_unreachable, std::move(context)));
}

}  // namespace v0
}  // namespace ottla

// call: one question to the cluster, repeated with backoff until it is answered, refused for good, or its deadline
// passes.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "ottla/net/core.hpp"
#include "ottla/net/request.hpp"

namespace ottla {
inline namespace v0 {

class cluster_state;

struct call_spec {
  std::string asked;  ///< for messages: "CreateTopics"
  route to;
  steady_ns deadline = never;
  bool repeatable = false;          ///< may be sent again even if an earlier try may have taken effect
  bool once = false;                ///< never sent again: the caller decides, e.g. to ask another broker
  unique_function<request()> make;  ///< a fresh request for each try
  /// Looks at an answer: no error accepts it; a retriable one repeats the call (NOT_CONTROLLER: the metadata is
  /// refreshed first).
  unique_function<error(response&)> judge;
  unique_function<void(result<response>)> done;  ///< once, on the core's thread, inside a step
};

/// The core's thread.
void start_call(core& on, call_spec spec);

/// A request that borrows the caller's message until it gives up: `forget` waits for an encoding that runs and prevents
/// later ones.
class borrowed_request {
 public:
  unique_function<request()> make;
  unique_function<void()> forget;
  std::string asked;
  persistence if_lost = persistence::possibly;  ///< what is to be said of it if it went out and had no answer
};

template <class Message>
borrowed_request borrow_request(const Message& message) {
  struct shared {
    std::mutex mutex;
    const Message* message;
  };
  auto lent = std::make_shared<shared>();
  lent->message = &message;
  borrowed_request out;
  out.asked = std::string(name(Message::api_key));
  out.if_lost = unanswered(Message::api_key);
  out.make = [lent] {
    request one = make_request<Message>([](Message&, std::int16_t, protocol::arena&) {});
    one.encode = [lent](protocol::writer& to, std::int16_t version) {
      std::lock_guard lock(lent->mutex);
      if (lent->message != nullptr) write(to, *lent->message, version);
    };
    return one;
  };
  out.forget = [lent] {
    std::lock_guard lock(lent->mutex);
    lent->message = nullptr;
  };
  return out;
}

/// Waits for the answer of a borrowed request. The deadline holds whatever happens.
result<response> call_blocking(cluster_state& on, const route& to, borrowed_request ask,
                               std::chrono::nanoseconds timeout, bool repeatable = false,
                               unique_function<error(response&)> judge = {});

struct blocking_call {
  route to{};
  borrowed_request ask{};
  bool repeatable = false;
  bool once = false;
  unique_function<error(response&)> judge{};
  /// Of this one alone, where it is earlier than that of all: nothing is sent later, however long the caller's thread
  /// stood still on its way here.
  steady_ns deadline = never;
};
/// Asks all at once and waits for all: one that hangs holds up no other. In the order given.
std::vector<result<response>> call_blocking(cluster_state& on, std::vector<blocking_call> calls,
                                            std::chrono::nanoseconds timeout);

}  // namespace v0
}  // namespace ottla

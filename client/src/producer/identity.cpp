// identity: InitProducerId until it is answered.
#include "identity.hpp"

#include "ottla/protocol/init_producer_id.hpp"
#include "retry_pause.hpp"

namespace ottla {
inline namespace v0 {

void identity::step(core& on, const std::weak_ptr<void>& alive) {
  if (state_ != state::wanted || !on.meta().ever_applied()) return;
  state_ = state::asking;
  ++tries_;
  request ask = make_request<protocol::InitProducerIdRequest>(
      [](protocol::InitProducerIdRequest& message, std::int16_t, protocol::arena&) {
        message.transactional_id = std::nullopt;
        message.transaction_timeout_ms = INT32_MAX;
      });
  ask.done = [this, &on, alive](response&& answer) {
    const auto held = alive.lock();  // its last other owner may let go on another thread, at any moment
    if (held) answered(on, std::move(answer), alive);
  };
  on.send(route{}, std::move(ask));
}

void identity::answered(core& on, response&& answer, const std::weak_ptr<void>& alive) {
  auto message = decode<protocol::InitProducerIdResponse>(answer);
  error why;
  if (!message) {
    why = message.error();
  } else if ((**message).error_code != protocol::error_code::none) {
    error_context context;
    context.asked = "InitProducerId";
    context.broker = answer.broker;
    why = error((**message).error_code, std::move(context));
  }
  if (!why) {
    state_ = state::ready;
    id_ = static_cast<std::int64_t>((**message).producer_id);
    epoch_ = (**message).producer_epoch;
    tries_ = 0;
    last_ = {};
  } else if (why.retriable() || (why.client() != client_code::none && !why.is(client_code::unsupported_version))) {
    // 14 (coordinator loading) is what a cluster says right after its start. One broker that answers nonsense is not
    // the cluster's verdict.
    last_ = why;
    const auto pause = retry_pause(on, "producer-id", static_cast<std::uint64_t>(tries_), tries_);
    on.at(after(on.now().mono, pause), [this, alive] {
      const auto held = alive.lock();
      if (held && state_ == state::asking) state_ = state::wanted;
    });
  } else {
    state_ = state::fatal;
    fatal_ = why;
  }
}

void identity::bump() {
  bump_wanted_ = false;
  if (epoch_ < INT16_MAX) {
    ++epoch_;
  } else {
    state_ = state::wanted;
  }
}

}  // namespace v0
}  // namespace ottla

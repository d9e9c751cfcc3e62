// busy_handlers: what users do inside the handlers of their deliveries.
#include "busy_handlers.hpp"

#include <string>
#include <utility>

namespace ottla {
inline namespace v0 {
namespace sim {
namespace {

using namespace std::chrono_literals;

template <class Value>
error failure_of(const result<Value>& of) {
  return of ? error{} : of.error();
}

}  // namespace

void busy_handlers::take_part(writer& of, int who) {
  of.after_outcome = std::make_shared<reaction>([this, by = &of, who](const delivery&) { act(*by, who); });
}

void busy_handlers::act(writer& of, int who) {
  const steady_ns before = where_.now();
  const std::uint64_t draw = rng_.below(4'000);
  if (!of.out) {
    // Its producer is gone: the handle of the topic is left, and takes nothing.
    if (draw < 1'000) send_on(of, who);
  } else if (draw < 600) {
    send_on(of, who);
  } else if (draw < 1'000) {
    send_elsewhere(of, who);
  } else if (draw < 1'200) {
    try_to_block(of);
  } else if (draw < 1'206) {
    ++out_.seen["purges inside a handler"];
    of.out->purge();
  } else if (draw == 1'206 && !of.is_ending) {
    ++out_.seen["producers dropped inside a handler"];
    where_.note("producer " + std::to_string(who) + " is dropped inside a handler");
    of.out.reset();
  }
  if (where_.now() != before) violate(out_, where_, "handler", "time passed inside a handler of a delivery");
}

// What is not taken has to be told why: no room at the moment, or the end has come.
void busy_handlers::send_on(writer& of, int who) {
  const int as = of.is_sending ? overlapping(who) : who;
  const error why = send(of, told_, make_record(as, told_.records().size(), rng_));
  ++out_.seen[why ? "sends inside a handler, refused" : "sends inside a handler"];
  if (why && !why.is(client_code::buffer_full) && !why.is(client_code::closed))
    violate(out_, where_, "handler", "a send inside a handler was refused: " + why.message());
}

// Before its partitions are known nothing can be sent to it without waiting.
void busy_handlers::send_elsewhere(writer& of, int who) {
  ottla::topic own = std::exchange(of.topic, of.out->topic(other_topic));
  const bool known = of.topic.partition_count() > 0;
  const error why =
      send(of, others_, make_record(of.is_sending ? overlapping(who) : who, others_.records().size(), rng_));
  of.topic = std::move(own);
  ++out_.seen[why ? "sends to another topic inside a handler, refused" : "sends to another topic inside a handler"];
  if (!known && !why.is(client_code::closed)) return must_be_refused(why, "a send to a topic that is not known yet");
  if (why && !why.is(client_code::buffer_full) && !why.is(client_code::closed))
    violate(out_, where_, "handler", "a send to another topic inside a handler was refused: " + why.message());
}

void busy_handlers::try_to_block(writer& of) {
  switch (rng_.below(4)) {
    case 0:
      return must_be_refused(failure_of(of.out->flush(1s)), "flush");
    case 1: {
      // Who is being closed has been closed: idempotent.
      const error why = failure_of(of.out->close(1s));
      if (!of.is_ending) must_be_refused(why, "close");
      return;
    }
    case 2: {
      record what;
      what.value = "never";
      return must_be_refused(failure_of(of.topic.deliver(what, 1s)), "deliver");
    }
    default:
      if (of.topic.partition_count() == 0) must_be_refused(failure_of(of.topic.wait_ready(1s)), "wait_ready");
  }
}

void busy_handlers::must_be_refused(const error& why, const char* asked) {
  ++out_.seen["calls refused inside a handler"];
  if (!why.is(client_code::would_deadlock))
    violate(out_, where_, "handler",
            std::string(asked) + " inside a handler gives " + (why ? why.message() : std::string("no error")));
}

}  // namespace sim
}  // namespace v0
}  // namespace ottla

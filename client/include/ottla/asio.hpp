// Asio adapter: a cluster on the embedder's executor, sends and commits with completion tokens. The only header here
// that includes Asio (1.22 and later).
#pragma once

// Without exceptions Asio wants to be told, and asio::detail::throw_exception from the embedder.
#if !defined(__cpp_exceptions) && !defined(ASIO_NO_EXCEPTIONS)
#define ASIO_NO_EXCEPTIONS
#endif

#include <unistd.h>

#include <asio/any_io_executor.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/execution/context.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/system_executor.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "ottla/consumer.hpp"
#include "ottla/net/scope_exit.hpp"
#include "ottla/net/unique_function.hpp"
#include "ottla/producer.hpp"

namespace ottla {
inline namespace v0 {

/// Runs a cluster of threading::manual on an executor: no thread is started, handlers run there, and each burst of work
/// is one step.
///
///     asio::io_context loop;
///     cluster_config config;
///     config.thread = ottla::threading::manual;
///     auto kafka = ottla::cluster::open(config);
///     ottla::asio_loop driver(loop.get_executor(), *kafka);
///
/// Handlers of the executor must not run at the same time: one thread, or a strand. Blocking calls (deliver, flush,
/// close) drive the cluster from the thread they are made on, so make them only on that executor, and none inside the
/// cluster's own handlers. Keeps the cluster alive; goes before its io_context, as every Asio object does, and so does
/// whatever is awaited there: close producers and consumers before.
///
/// What a handler throws comes out of the executor (of io_context::run, say), and the cluster goes on when that is run
/// again.
class asio_loop {
 public:
  /// Any thread.
  asio_loop(asio::any_io_executor on, cluster what) : state_(std::make_shared<shared>(std::move(on), std::move(what))) {
    asio::post(state_->descriptor.get_executor(), [state = state_] { shared::turn(state); });
  }
  ~asio_loop() { stop(); }
  asio_loop(const asio_loop&) = delete;
  asio_loop& operator=(const asio_loop&) = delete;

  /// The cluster is not stepped any more, so that the executor runs out of work. On the executor.
  void stop() {
    asio::error_code ignored;
    if (!std::exchange(state_->stopped, true)) state_->descriptor.close(ignored);
  }

 private:
  struct shared {
    // A duplicate: Asio closes what it was given, and the cluster's own must stay.
    shared(asio::any_io_executor on, cluster c)
        : what(std::move(c)), descriptor(std::move(on), ::dup(what.descriptor())) {}
    static void turn(const std::shared_ptr<shared>& self) {
      if (self->stopped) return;
      bool goes_on = true;  // also behind a handler that threw
      const scope_exit end([&] {
        if (goes_on && !self->stopped) next(self);
      });
      self->what.run_for(std::chrono::nanoseconds(0));
      // A handler may have closed the cluster, whose descriptor would be readable for ever.
      goes_on = static_cast<bool>(self->what.state()->usable());
    }
    static void next(const std::shared_ptr<shared>& self) {
      self->descriptor.async_wait(asio::posix::stream_descriptor::wait_read, [self](const asio::error_code& failed) {
        if (!failed) turn(self);
      });
    }
    cluster what;
    asio::posix::stream_descriptor descriptor;
    bool stopped = false;
  };
  std::shared_ptr<shared> state_;
};

namespace asio_detail {

/// One outcome and one who waits for it, whichever comes first. Any thread.
template <class Outcome>
class meeting {
 public:
  void tell(Outcome outcome) {
    unique_function<void(Outcome)> waiter;
    {
      std::lock_guard lock(mutex_);
      if (!waiter_) {
        outcome_.emplace(std::move(outcome));
        return;
      }
      waiter = std::exchange(waiter_, {});
    }
    waiter(std::move(outcome));
  }
  void wait(unique_function<void(Outcome)> waiter) {
    std::optional<Outcome> ready;
    {
      std::lock_guard lock(mutex_);
      ready = std::exchange(outcome_, std::nullopt);
      if (!ready) waiter_ = std::move(waiter);
    }
    if (ready) waiter(std::move(*ready));
  }
  /// Ends the wait alone: what is told later is told to nobody.
  void give_up(Outcome outcome) {
    unique_function<void(Outcome)> waiter;
    {
      std::lock_guard lock(mutex_);
      waiter = std::exchange(waiter_, {});
    }
    if (waiter) waiter(std::move(outcome));
  }

 private:
  std::mutex mutex_;
  std::optional<Outcome> outcome_;
  unique_function<void(Outcome)> waiter_;
};

/// The executors of plain callbacks and futures.
template <class Executor>
inline constexpr bool runs_anywhere =
    std::is_same_v<Executor, asio::system_executor> || !requires(const Executor& one) {
  asio::query(one, asio::execution::context);
};

/// Hands the outcome of a meeting to a completion handler on that handler's own executor, which stays busy until then.
template <class Outcome, class Token>
auto await(std::shared_ptr<meeting<Outcome>> where, Outcome when_cancelled, Token&& token) {
  return asio::async_initiate<Token, void(Outcome)>(
      [where = std::move(where), when_cancelled = std::move(when_cancelled)](auto handler) mutable {
        auto executor = asio::get_associated_executor(handler);
        if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected()) {
          slot.assign([weak = std::weak_ptr(where), when_cancelled](asio::cancellation_type) {
            if (const auto still = weak.lock()) still->give_up(when_cancelled);
          });
        }
        where->wait(
            [handler = std::move(handler), executor, busy = asio::make_work_guard(executor)](Outcome outcome) mutable {
              auto complete = [handler = std::move(handler), outcome = std::move(outcome)]() mutable {
                std::move(handler)(std::move(outcome));
              };
              // Without an executor of its own the handler runs here, as every handler does. With one it runs behind
              // this step, even on the same thread, where it may block.
              if constexpr (runs_anywhere<decltype(executor)>) {
                complete();  // not by way of the system's executor, where an exception ends the process
              } else {
                asio::post(executor, std::move(complete));
              }
              busy.reset();
            });
      },
      token);
}

}  // namespace asio_detail

/// Sends a record, and completes with `void(delivery)` when its outcome is known. The record is appended before this
/// returns, so what it borrows may go then; only the wait is lazy, and a cancel ends the wait with `cancelled`, never
/// the record. Like send() this may block for metadata or room, up to max_block: await async_ready first, or set
/// max_block to 0. `delivery::topic` lives as long as the topic handle.
///
///     ottla::delivery d = co_await ottla::async_deliver(orders, {.value = "hi"}, asio::use_awaitable);
template <class Token>
auto async_deliver(topic to, const record& what, Token&& token) {
  auto where = std::make_shared<asio_detail::meeting<delivery>>();
  const auto queued = to.send(what, [where, to](const delivery& outcome) {
    delivery kept = outcome;
    kept.topic = to.name();
    where->tell(std::move(kept));
  });
  if (!queued) {
    delivery refused;
    refused.topic = to.name();
    refused.failure = queued.error();
    where->tell(std::move(refused));
  }
  delivery cancelled;
  cancelled.topic = to.name();
  error_context context;
  context.asked = "Produce to " + std::string(to.name());
  context.detail = "the wait was cancelled; the record stays queued";
  context.persisted = persistence::possibly;
  cancelled.failure = error(client_code::cancelled, std::move(context));
  return asio_detail::await<delivery>(std::move(where), std::move(cancelled), std::forward<Token>(token));
}

/// Commits, and completes with `void(error)` when it is stored or known not to be: no error, or those of
/// consumer::commit. It is queued before this returns, in the order of the calls; only the wait is lazy, and a cancel
/// ends the wait with `cancelled`, never the commit. Never blocks.
///
///     const error why = co_await ottla::async_commit(in, {record.end_position()}, asio::use_awaitable);
template <class Token>
auto async_commit(consumer& which, std::vector<offset_to_commit> offsets, Token&& token) {
  auto where = std::make_shared<asio_detail::meeting<error>>();
  const auto queued = which.commit_async(std::move(offsets), [where](const error& outcome) { where->tell(outcome); });
  if (!queued) where->tell(queued.error());
  error_context context;
  context.asked = "OffsetCommit";
  context.detail = "the wait was cancelled; the commit goes on";
  context.persisted = persistence::possibly;
  return asio_detail::await<error>(std::move(where), error(client_code::cancelled, std::move(context)),
                                   std::forward<Token>(token));
}
/// The same with what polls end with: `async_commit(in, polled.end(), token)`.
template <class Token>
auto async_commit(consumer& which, std::span<const partition_position> positions, Token&& token) {
  return async_commit(which, std::vector<offset_to_commit>(positions.begin(), positions.end()),
                      std::forward<Token>(token));
}

namespace asio_detail {

/// Awaits a call that takes a handler for its outcome. `refused` makes an outcome of an error of the call itself, and
/// of a cancel, which ends the wait and not what is awaited.
template <class Outcome, class Call, class Refused, class Token>
auto await_call(std::string asked, Call call, Refused refused, Token&& token) {
  auto where = std::make_shared<meeting<Outcome>>();
  const result<void> begun = call([where](const Outcome& outcome) { where->tell(outcome); });
  if (!begun) where->tell(refused(begun.error()));
  error_context context;
  context.asked = std::move(asked);
  context.detail = "the wait was cancelled; the call goes on";
  context.persisted = persistence::possibly;
  return await<Outcome>(std::move(where), refused(error(client_code::cancelled, std::move(context))),
                        std::forward<Token>(token));
}

template <class Call, class Token>
auto await_end(const char* asked, Call call, Token&& token) {
  const auto refused = [](const error& why) {
    const bool goes_on = why.is(client_code::cancelled);
    return transaction_result{goes_on ? transaction_outcome::unknown : transaction_outcome::refused, why};
  };
  return await_call<transaction_result>(asked, std::move(call), refused, std::forward<Token>(token));
}

}  // namespace asio_detail

// Transactions (producer.hpp): what is asked is asked before the call returns, only the wait is lazy. Never block.

/// Completes with `void(error)`.
template <class Token>
auto async_init_transactions(producer& which, std::chrono::milliseconds timeout, Token&& token) {
  return asio_detail::await_call<error>(
      "init_transactions", [&](auto done) { return which.init_transactions_async(timeout, std::move(done)); },
      [](const error& why) { return why; }, std::forward<Token>(token));
}

/// Completes with `void(error)`.
template <class Token>
auto async_send_offsets_to_transaction(producer& which, std::vector<offset_to_commit> offsets,
                                       const group_metadata& member, std::chrono::milliseconds timeout, Token&& token) {
  return asio_detail::await_call<error>(
      "send_offsets_to_transaction",
      [&](auto done) {
        return which.send_offsets_to_transaction_async(std::move(offsets), member, timeout, std::move(done));
      },
      [](const error& why) { return why; }, std::forward<Token>(token));
}

/// Completes with `void(transaction_result)`; a cancelled wait with `unknown`.
///
///     const auto how = co_await ottla::async_commit_transaction(out, 30s, asio::use_awaitable);
template <class Token>
auto async_commit_transaction(producer& which, std::chrono::milliseconds timeout, Token&& token) {
  return asio_detail::await_end(
      "commit_transaction", [&](auto done) { return which.commit_transaction_async(timeout, std::move(done)); },
      std::forward<Token>(token));
}

/// The same.
template <class Token>
auto async_abort_transaction(producer& which, std::chrono::milliseconds timeout, Token&& token) {
  return asio_detail::await_end(
      "abort_transaction", [&](auto done) { return which.abort_transaction_async(timeout, std::move(done)); },
      std::forward<Token>(token));
}

/// Completes with `void(error)` when the topic's partitions are known, or it is certain that they will not be, or the
/// time is over. Never blocks.
template <class Token>
auto async_ready(topic which, std::chrono::milliseconds timeout, Token&& token) {
  auto where = std::make_shared<asio_detail::meeting<error>>();
  which.when_ready(timeout, [where](error outcome) { where->tell(std::move(outcome)); });
  return asio_detail::await<error>(std::move(where), error(client_code::cancelled, {}), std::forward<Token>(token));
}

}  // namespace v0
}  // namespace ottla

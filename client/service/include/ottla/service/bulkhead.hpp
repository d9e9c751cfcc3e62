// bulkhead: so many calls at once, so many waiting, and no more: one slow neighbour does not take the whole ship.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "ottla/net/time.hpp"
#include "ottla/net/unique_function.hpp"
#include "ottla/result.hpp"

namespace ottla {
inline namespace v0 {

struct bulkhead_config {
  std::size_t concurrent = 16;  ///< calls under way at once; 1 to 1,000,000
  std::size_t queued = 64;      ///< calls that wait for a place, first come first served; 0 to 1,000,000

  /// invalid_config, naming the member.
  result<void> validate() const;
};

struct bulkhead_stats {
  std::size_t running = 0;  ///< places taken
  std::size_t waiting = 0;
};

/// Any thread. Places may outlive the bulkhead.
class bulkhead {
 public:
  struct shared;

  /// A place inside; given back once, when it is left or dropped. Move only; one thread at a time.
  class place {
   public:
    place() = default;
    place(place&&) noexcept = default;
    place& operator=(place&& other) noexcept;
    ~place() { leave(); }
    /// May run the continuation of who waited longest, on this thread.
    void leave();
    explicit operator bool() const { return owner_ != nullptr; }

   private:
    friend class bulkhead;
    explicit place(std::shared_ptr<shared> owner) : owner_(std::move(owner)) {}
    std::shared_ptr<shared> owner_;
  };
  using entered = unique_function<void(result<place>)>;

  /// A bad configuration is told by each entry.
  explicit bulkhead(bulkhead_config config = {}, std::string name = "bulkhead");
  /// Closes.
  ~bulkhead();
  bulkhead(bulkhead&&) noexcept = default;
  bulkhead& operator=(bulkhead&&) = delete;

  /// A place if one is free, without waiting and without overtaking who waits. Errors: bulkhead_full, closed,
  /// invalid_config.
  result<place> try_enter();
  /// Calls `then` once: with a place, now or when one is free; or with bulkhead_full, closed, invalid_config; or with
  /// timed_out, when `expire` is called at the deadline or later. On this thread, or on one that leaves, expires or
  /// closes; under no lock. It must neither block nor throw.
  void enter(steady_ns deadline, entered then);
  /// Tells those whose deadline passed. Gives the next deadline of who waits; `never`: nobody does.
  steady_ns expire(steady_ns now);
  /// Tells `closed` to those who wait and to all who come. Who is inside may finish. Idempotent.
  void close();

  bulkhead_stats stats() const;

 private:
  std::shared_ptr<shared> shared_;
};

}  // namespace v0
}  // namespace ottla

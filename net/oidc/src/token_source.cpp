// token_source: when a token is asked for, who waits for it, and what they are told when it does not come.
#include "token_source.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <random>
#include <thread>

#include "ottla/net/backoff.hpp"
#include "token_request.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using clock = std::chrono::steady_clock;

// A thread that was told to stop ends at once, unless it is looking a name up: then it is left behind.
constexpr std::chrono::milliseconds patience_at_the_end{100};

std::uint64_t any_seed() { return std::uint64_t{std::random_device{}()} << 32 | std::random_device{}(); }

}  // namespace

//                       nobody asks      somebody asks
//     token is fresh    -                has it at once
//     80 to 85 % over   -                waits for a new one; if that fails, has the old one
//     no token          -                waits for one; if that fails, is told why
//     failed lately     -                the old one or why, at once, until the back-off is over
struct token_source::shared {
  shared(oidc_config with, token_endpoint at, std::vector<std::pair<std::string, std::string>> more)
      : config(std::move(with)),
        endpoint(std::move(at)),
        extensions(std::move(more)),
        chance(any_seed()),
        waiting(config.retry_backoff, config.retry_backoff_max, chance) {}

  const oidc_config config;
  const token_endpoint endpoint;
  const std::vector<std::pair<std::string, std::string>> extensions;

  std::mutex mutex;
  std::condition_variable changed;
  random_stream chance;
  backoff waiting;
  secret token;
  clock::time_point renew_at{};  // of the token
  clock::time_point over_at{};
  clock::time_point retry_at{};
  error last_failure;
  std::vector<sasl_answer> asked;
  bool running = false;  // the thread
  bool overdue = false;  // and its request, which nobody waits for any more
  bool closed = false;

  sasl_credentials credentials() const {
    sasl_credentials out;
    out.token = token;
    out.extensions = extensions;
    return out;
  }

  // Under the lock: what can be said without asking, if that is anything.
  std::optional<result<sasl_credentials>> at_hand(clock::time_point now) const {
    if (!token.empty() && now < renew_at) return credentials();
    if (!overdue && (running || now >= retry_at)) return std::nullopt;
    if (!token.empty() && now < over_at) return credentials();
    return result<sasl_credentials>(unexpected(last_failure));
  }

  void settle(std::unique_lock<std::mutex>& lock, result<oidc_token> got) {
    const auto now = clock::now();
    if (got) {
      const auto lifetime = std::chrono::nanoseconds(got->lifetime);
      token = got->text;
      over_at = now + lifetime;
      renew_at = now + lifetime / 100 * 80 +
                 std::chrono::nanoseconds(chance.below(static_cast<std::uint64_t>(lifetime.count() / 20 + 1)));
      waiting.reset();
      retry_at = {};
    } else {
      last_failure = got.error();
      retry_at = now + waiting.next();
    }
    const bool old_one = !got && !token.empty() && now < over_at;
    const auto said =
        got || old_one ? result<sasl_credentials>(credentials()) : result<sasl_credentials>(unexpected(last_failure));
    if (got && got->lifetime.count() == 0) token.wipe(), token = {};
    const auto whom = std::exchange(asked, {});
    running = overdue;  // who asks from here on has a thread of his own, or an answer at once
    lock.unlock();
    for (const sasl_answer& one : whom) one(said);
    lock.lock();
  }

  // Two threads: one is in the request, this one minds the deadline and the end, of which HTTP libraries know little.
  static void run(std::shared_ptr<shared> self) {
    token_request request(self->config, self->endpoint);
    std::optional<result<oidc_token>> got;
    std::unique_lock lock(self->mutex);
    std::thread asking([&] {
      result<oidc_token> told = request.run();
      const std::lock_guard inner(self->mutex);
      got.emplace(std::move(told));
      self->changed.notify_all();
    });
    const auto deadline = clock::now() + self->config.connect_timeout + self->config.read_timeout;
    self->changed.wait_until(lock, deadline, [&] { return self->closed || got.has_value(); });
    const bool late = !self->closed && !got;
    if (late) {
      self->overdue = true;
      self->settle(lock, unexpected(token_error(self->endpoint.origin + self->endpoint.path, "does not answer in time",
                                                "check that it runs", true)));
    }
    if (!got) {
      lock.unlock();
      request.stop();
      lock.lock();
      // Between its name look-up and its socket the request has nothing that stop() could end.
      while (!self->changed.wait_for(lock, patience_at_the_end, [&] { return got.has_value(); })) {
        lock.unlock();
        request.stop();
        lock.lock();
      }
    }
    lock.unlock();
    asking.join();
    lock.lock();
    if (late || self->closed) {
      self->overdue = self->running = false;
    } else {
      self->settle(lock, std::move(*got));
    }
    self->changed.notify_all();
  }
};

token_source::token_source(oidc_config config, token_endpoint endpoint,
                           std::vector<std::pair<std::string, std::string>> extensions)
    : state_(std::make_shared<shared>(std::move(config), std::move(endpoint), std::move(extensions))) {}

token_source::~token_source() {
  std::unique_lock lock(state_->mutex);
  state_->closed = true;
  state_->asked.clear();
  state_->changed.notify_all();
  state_->changed.wait_for(lock, patience_at_the_end, [&] { return !state_->running; });
}

void token_source::ask(sasl_answer answer) {
  std::unique_lock lock(state_->mutex);
  if (auto known = state_->at_hand(clock::now())) {
    lock.unlock();
    return answer(std::move(*known));
  }
  state_->asked.push_back(std::move(answer));
  if (std::exchange(state_->running, true)) return;
  std::thread(shared::run, state_).detach();
}

}  // namespace v0
}  // namespace ottla

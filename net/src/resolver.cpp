// resolver: one thread, started by the first name that is not an address, and left behind if it hangs in a look-up at
// the end.
#include "resolver.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <condition_variable>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <thread>

namespace ottla {
inline namespace v0 {
namespace {

struct question {
  lookup_id id;
  std::string host;
  std::uint16_t port;
};

lookup_answer look_up(const std::string& host, std::uint16_t port, int flags) {
  lookup_answer out;
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* list = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (failed != 0) {
    out.failure = ::gai_strerror(failed);
    return out;
  }
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
    ip_address one;
    one.port = port;
    if (at->ai_family == AF_INET) {
      sockaddr_in v4;
      std::memcpy(&v4, at->ai_addr, sizeof v4);
      std::memcpy(one.bytes.data(), &v4.sin_addr, 4);
    } else if (at->ai_family == AF_INET6) {
      sockaddr_in6 v6;
      std::memcpy(&v6, at->ai_addr, sizeof v6);
      std::memcpy(one.bytes.data(), &v6.sin6_addr, 16);
      one.v6 = true;
      one.scope = v6.sin6_scope_id;
    } else {
      continue;
    }
    out.addresses.push_back(one);
  }
  ::freeaddrinfo(list);
  if (out.addresses.empty()) out.failure = "it has no IPv4 or IPv6 address";
  return out;
}

}  // namespace

struct resolver::shared {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<question> asked;
  std::map<lookup_id, lookup_answer> answers;
  std::vector<lookup_id> announced;
  std::set<lookup_id> wanted;
  std::function<void()> answered;
  bool running = false;
  bool closed = false;

  void settle(lookup_id id, lookup_answer answer) {
    if (!wanted.contains(id)) return;
    answers[id] = std::move(answer);
    announced.push_back(id);
  }

  static void run(std::shared_ptr<shared> self) {
    std::unique_lock lock(self->mutex);
    for (;;) {
      self->changed.wait(lock, [&] { return self->closed || !self->asked.empty(); });
      if (self->closed) return;
      const question next = self->asked.front();
      self->asked.pop_front();
      if (!self->wanted.contains(next.id)) continue;
      lock.unlock();
      lookup_answer answer = look_up(next.host, next.port, AI_ADDRCONFIG);
      lock.lock();
      if (self->closed) return;
      self->settle(next.id, std::move(answer));
      const auto tell = self->answered;
      lock.unlock();
      tell();
      lock.lock();
    }
  }
};

resolver::resolver(std::function<void()> answered) : state_(std::make_shared<shared>()) {
  state_->answered = std::move(answered);
}

resolver::~resolver() {
  {
    std::lock_guard lock(state_->mutex);
    state_->closed = true;
  }
  state_->changed.notify_all();
}

lookup_id resolver::start(std::string_view host, std::uint16_t port) {
  const lookup_id id{next_++};
  const std::string name(host);
  lookup_answer numeric = look_up(name, port, AI_NUMERICHOST);
  bool spawn = false;
  {
    std::lock_guard lock(state_->mutex);
    state_->wanted.insert(id);
    if (!numeric.addresses.empty()) {
      state_->settle(id, std::move(numeric));
    } else {
      state_->asked.push_back({id, name, port});
      spawn = !std::exchange(state_->running, true);
    }
  }
  if (!spawn) {
    state_->changed.notify_all();
    return id;
  }
  std::thread(shared::run, state_).detach();
  return id;
}

std::vector<lookup_id> resolver::take_answered() {
  std::lock_guard lock(state_->mutex);
  return std::exchange(state_->announced, {});
}

lookup_answer resolver::answer(lookup_id lookup) {
  std::lock_guard lock(state_->mutex);
  state_->wanted.erase(lookup);
  lookup_answer out;
  if (auto found = state_->answers.find(lookup); found != state_->answers.end()) {
    out = std::move(found->second);
    state_->answers.erase(found);
  }
  return out;
}

void resolver::forget(lookup_id lookup) { (void)answer(lookup); }

}  // namespace v0
}  // namespace ottla

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
  bool canonical;
};

// What a reverse look-up says; empty where nothing is known.
std::string name_of(const addrinfo& at) {
  char host[NI_MAXHOST] = {};
  const int failed = ::getnameinfo(at.ai_addr, at.ai_addrlen, host, sizeof host, nullptr, 0, NI_NAMEREQD);
  return failed == 0 ? host : std::string();
}

lookup_answer look_up(const std::string& host, std::uint16_t port, int flags, bool canonical = false) {
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
    if (canonical) out.canonical.push_back(name_of(*at));
    out.addresses.push_back(std::move(one));
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

  bool waits(lookup_id id) const { return !closed && wanted.contains(id) && !answers.contains(id); }
  void settle(lookup_id id, lookup_answer answer) {
    if (!waits(id)) return;
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
      lookup_answer answer = look_up(next.host, next.port, AI_ADDRCONFIG, next.canonical);
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

lookup_id resolver::start(std::string_view host, std::uint16_t port, bool canonical) {
  const lookup_id id{next_++};
  const std::string name(host);
  lookup_answer numeric = canonical ? lookup_answer{} : look_up(name, port, AI_NUMERICHOST);
  bool spawn = false;
  {
    std::lock_guard lock(state_->mutex);
    state_->wanted.insert(id);
    if (!numeric.addresses.empty()) {
      state_->settle(id, std::move(numeric));
    } else {
      state_->asked.push_back({id, name, port, canonical});
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

lookup_id resolver::start_known(ip_address address) {
  const lookup_id id{next_++};
  std::lock_guard lock(state_->mutex);
  state_->wanted.insert(id);
  lookup_answer known;
  known.addresses.push_back(std::move(address));
  state_->settle(id, std::move(known));
  return id;
}

class resolver::elsewhere final : public names_answer::sink {
 public:
  elsewhere(std::shared_ptr<shared> state, lookup_id id, std::uint16_t port)
      : state_(std::move(state)), id_(id), port_(port) {}
  ~elsewhere() override {
    if (!wanted()) return;
    error_context context;
    context.detail = "the connector gave no answer";
    settle(unexpected(error(client_code::broker_unreachable, std::move(context))));
  }
  void settle(result<std::vector<ip_address>> what) override {
    lookup_answer answer;
    if (what) answer.addresses = std::move(*what);
    for (ip_address& one : answer.addresses) one.port = port_;
    if (answer.addresses.empty()) {
      answer.failure = what ? "the connector knows no address" : what.error().context().detail;
      if (answer.failure.empty()) answer.failure = what.error().message();
    }
    std::function<void()> tell;
    {
      std::lock_guard lock(state_->mutex);
      if (!state_->waits(id_)) return;
      state_->settle(id_, std::move(answer));
      tell = state_->answered;
    }
    tell();
  }
  bool wanted() const override {
    std::lock_guard lock(state_->mutex);
    return state_->waits(id_);
  }

 private:
  std::shared_ptr<shared> state_;
  lookup_id id_;
  std::uint16_t port_;
};

std::pair<lookup_id, names_answer> resolver::start_elsewhere(std::uint16_t port) {
  const lookup_id id{next_++};
  {
    std::lock_guard lock(state_->mutex);
    state_->wanted.insert(id);
  }
  return {id, names_answer(std::make_shared<elsewhere>(state_, id, port))};
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

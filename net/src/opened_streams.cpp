// opened_streams: answers of the program's connector, checked and kept until the next poll.
#include "opened_streams.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <mutex>
#include <set>

namespace ottla {
inline namespace v0 {
namespace {

bool is_stream(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

void prepare(int fd) {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

}  // namespace

struct opened_streams::shared {
  std::mutex mutex;
  std::set<link_id> wanted;
  std::vector<arrival> arrived;
  std::function<void()> tell;
};

class opened_streams::answer final : public stream_answer::sink {
 public:
  answer(std::shared_ptr<shared> state, link_id link) : state_(std::move(state)), link_(link) {}
  ~answer() override { arrive({link_, {}, "the connector gave no answer"}); }
  void settle(result<int> what) override {
    arrival one{link_, unique_fd(what ? *what : -1), {}};
    if (!what) {
      one.refusal = what.error().context().detail.empty() ? what.error().message() : what.error().context().detail;
    } else if (!is_stream(*what)) {
      one.stream = {};
      one.refusal = "the connector's descriptor is no stream socket";
    } else {
      prepare(*what);
    }
    arrive(std::move(one));
  }
  bool wanted() const override {
    std::lock_guard lock(state_->mutex);
    return state_->wanted.contains(link_);
  }

 private:
  void arrive(arrival one) {
    std::function<void()> tell;
    {
      std::lock_guard lock(state_->mutex);
      if (state_->wanted.erase(link_) == 0) return;  // `one` closes its stream behind the lock's end
      state_->arrived.push_back(std::move(one));
      tell = state_->tell;
    }
    tell();
  }

  std::shared_ptr<shared> state_;
  link_id link_;
};

opened_streams::opened_streams(std::function<void()> arrived) : state_(std::make_shared<shared>()) {
  state_->tell = std::move(arrived);
}

opened_streams::~opened_streams() {
  std::lock_guard lock(state_->mutex);
  state_->wanted.clear();
  state_->arrived.clear();
}

stream_answer opened_streams::expect(link_id link) {
  {
    std::lock_guard lock(state_->mutex);
    state_->wanted.insert(link);
  }
  return stream_answer(std::make_shared<answer>(state_, link));
}

void opened_streams::forget(link_id link) {
  std::lock_guard lock(state_->mutex);
  state_->wanted.erase(link);
  std::erase_if(state_->arrived, [&](const arrival& one) { return one.link == link; });
}

std::vector<opened_streams::arrival> opened_streams::take() {
  std::lock_guard lock(state_->mutex);
  return std::exchange(state_->arrived, {});
}

}  // namespace v0
}  // namespace ottla

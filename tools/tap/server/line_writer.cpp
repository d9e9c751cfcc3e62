// Lines to stdout on a thread of its own.
#include "line_writer.hpp"

#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace ottla {
inline namespace v0 {
namespace tap {
namespace {

// Not by stdio: a thread that is stuck in it would hold its lock when the process ends.
bool write_all(const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t wrote = ::write(STDOUT_FILENO, text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    done += static_cast<std::size_t>(wrote);
  }
  return true;
}

}  // namespace

struct line_writer::shared {
  std::mutex mutex;
  std::condition_variable changed;
  std::string waiting;
  std::size_t most = 0;
  bool writing = false;
  bool gone = false;
  bool closed = false;
  std::function<void()> reader_gone;

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [&] { return closed || !waiting.empty(); });
      if (waiting.empty()) return;
      const std::string text = std::exchange(waiting, {});
      writing = true;
      changed.notify_all();
      lock.unlock();
      const bool wrote = write_all(text);
      lock.lock();
      writing = false;
      gone = !wrote;
      changed.notify_all();
      if (!gone) continue;
      if (!closed && reader_gone) reader_gone();
      return;
    }
  }
};

line_writer::line_writer(std::size_t most_waiting_bytes, std::function<void()> reader_gone)
    : shared_(std::make_shared<shared>()) {
  shared_->most = most_waiting_bytes;
  shared_->reader_gone = std::move(reader_gone);
  // Detached: a reader that neither reads nor goes away may hold it for ever.
  std::thread([state = shared_] { state->run(); }).detach();
}

line_writer::~line_writer() {
  const std::lock_guard lock(shared_->mutex);
  shared_->closed = true;
  shared_->changed.notify_all();
}

bool line_writer::put(std::string line) {
  const std::lock_guard lock(shared_->mutex);
  if (shared_->waiting.size() > shared_->most) return false;
  shared_->waiting += line;
  shared_->changed.notify_all();
  return true;
}

bool line_writer::put_patiently(std::string line) {
  std::unique_lock lock(shared_->mutex);
  shared_->changed.wait(lock, [&] { return shared_->gone || shared_->waiting.size() <= shared_->most; });
  if (shared_->gone) return false;
  shared_->waiting += line;
  shared_->changed.notify_all();
  return true;
}

void line_writer::put_anyway(std::string line) {
  const std::lock_guard lock(shared_->mutex);
  shared_->waiting += line;
  shared_->changed.notify_all();
}

bool line_writer::drain(std::chrono::milliseconds longest) {
  std::unique_lock lock(shared_->mutex);
  shared_->changed.wait_for(lock, longest,
                            [&] { return shared_->gone || (shared_->waiting.empty() && !shared_->writing); });
  return !shared_->gone && shared_->waiting.empty() && !shared_->writing;
}

}  // namespace tap
}  // namespace v0
}  // namespace ottla

// input_reader: waits for the input and for the signal at once.
#include "input_reader.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "interrupt.hpp"

namespace ottla_tool {

input_reader::status input_reader::fill() {
  pollfd both[2] = {{descriptor_, POLLIN, 0}, {interrupt::descriptor(), POLLIN, 0}};
  for (;;) {
    if (interrupt::requested()) return status::interrupted;
    if (::poll(both, interrupt::descriptor() < 0 ? 1 : 2, -1) < 0 && errno != EINTR) return status::failed;
    if (both[0].revents == 0) continue;
    const std::size_t before = buffer_.size();
    buffer_.resize(before + (std::size_t{64} << 10));
    const ssize_t got = ::read(descriptor_, buffer_.data() + before, buffer_.size() - before);
    buffer_.resize(before + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return status::failed;
    ended_ = got == 0;
    return status::line;
  }
}

input_reader::status input_reader::next(std::string_view& line) {
  bool skipping = false;
  for (;;) {
    const std::size_t end = buffer_.find('\n', searched_);
    if (end != std::string::npos || (ended_ && begin_ < buffer_.size())) {
      const std::size_t stop = end == std::string::npos ? buffer_.size() : end;
      line = std::string_view(buffer_).substr(begin_, stop - begin_);
      begin_ = searched_ = end == std::string::npos ? stop : stop + 1;
      return skipping ? status::too_long : status::line;
    }
    if (ended_) return skipping ? status::too_long : status::end;
    buffer_.erase(0, begin_);
    begin_ = 0;
    if (buffer_.size() > limit) {
      skipping = true;
      buffer_.clear();
    }
    searched_ = buffer_.size();
    if (const status got = fill(); got != status::line) return got;
  }
}

input_reader::status input_reader::all(std::string& into) {
  while (!ended_) {
    if (const status got = fill(); got != status::line) return got;
    if (buffer_.size() > limit) return status::too_long;
  }
  into = std::move(buffer_);
  return status::end;
}

}  // namespace ottla_tool

// stdout_buffer: what is printed record by record, on its way to stdout in large pieces.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <string>

namespace ottla_tool {

/// stdout, written when a poll's records are all printed or much has gathered.
class stdout_buffer {
 public:
  std::string& text() { return text_; }
  bool flush_if_large() { return text_.size() < (std::size_t{256} << 10) || flush(); }
  bool flush() {
    std::size_t done = 0;
    while (done < text_.size()) {
      const ssize_t wrote = ::write(STDOUT_FILENO, text_.data() + done, text_.size() - done);
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return false;
      done += static_cast<std::size_t>(wrote);
    }
    text_.clear();
    return true;
  }

 private:
  std::string text_;
};

}  // namespace ottla_tool

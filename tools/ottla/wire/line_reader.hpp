// Lines of bounded length from a stream.
#pragma once

#include <cstddef>
#include <istream>
#include <string>

namespace ottla::wire {

class line_reader {
 public:
  explicit line_reader(std::istream& in, std::size_t limit) : in_{in}, limit_{limit} {}

  /// False at the end of input. A last line without a line feed is a line.
  bool next();
  /// Without the line feed; cut off at the limit.
  [[nodiscard]] const std::string& line() const { return line_; }
  [[nodiscard]] bool too_long() const { return too_long_; }
  /// Whether the next call would have to wait for whoever writes.
  [[nodiscard]] bool would_wait() const { return in_.rdbuf()->in_avail() <= 0; }

 private:
  std::istream& in_;
  std::size_t limit_;
  std::string line_;
  bool too_long_ = false;
};

}  // namespace ottla::wire

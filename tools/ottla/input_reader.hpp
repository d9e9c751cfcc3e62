// input_reader: lines, or all bytes, of a descriptor, interrupted by a signal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ottla_tool {

class input_reader {
 public:
  /// Borrows the descriptor.
  explicit input_reader(int descriptor) : descriptor_(descriptor) {}

  enum class status { line, end, interrupted, too_long, failed };
  /// A line without its line feed, valid until the next call; the last one need not have a line feed. A line above the
  /// limit is skipped and told as too_long. `failed`: errno says why.
  status next(std::string_view& line);
  /// Everything to the end; too_long above the limit.
  status all(std::string& into);
  /// Whether next() could answer without waiting for whoever writes.
  bool has_line() const { return buffer_.find('\n', begin_) != std::string::npos; }

  static constexpr std::size_t limit = std::size_t{256} << 20;

 private:
  status fill();

  int descriptor_;
  std::string buffer_;
  std::size_t begin_ = 0;
  std::size_t searched_ = 0;
  bool ended_ = false;
};

}  // namespace ottla_tool

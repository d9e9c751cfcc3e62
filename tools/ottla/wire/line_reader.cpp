// Reads character by character from the stream's buffer, so that a line without end takes no memory.
#include "line_reader.hpp"

namespace ottla::wire {

bool line_reader::next() {
  constexpr std::size_t usual = std::size_t{1} << 20;
  if (line_.capacity() > usual) line_ = {};
  line_.clear();
  too_long_ = false;
  std::streambuf& buffer = *in_.rdbuf();
  constexpr auto end = std::char_traits<char>::eof();
  auto c = buffer.sbumpc();
  if (c == end) return false;
  for (; c != end && c != '\n'; c = buffer.sbumpc()) {
    if (line_.size() == limit_)
      too_long_ = true;
    else
      line_.push_back(std::char_traits<char>::to_char_type(c));
  }
  return true;
}

}  // namespace ottla::wire

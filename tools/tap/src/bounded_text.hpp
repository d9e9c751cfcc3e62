// A stream that keeps what is written to it up to a bound: a frame may become ten times as much text.
#pragma once

#include <cstddef>
#include <ostream>
#include <streambuf>
#include <string>
#include <utility>

namespace ottla {
inline namespace v0 {
namespace tap {

class bounded_text {
 public:
  explicit bounded_text(std::size_t most) : sink_(most), out_(&sink_) {}

  std::ostream& stream() { return out_; }
  /// Something was dropped: what is kept is no whole text.
  [[nodiscard]] bool overflowed() const { return sink_.overflowed; }
  std::string take() { return std::move(sink_.text); }

 private:
  struct sink : std::streambuf {
    explicit sink(std::size_t bound) : most(bound) {}
    std::streamsize xsputn(const char* from, std::streamsize count) override {
      overflowed = overflowed || text.size() + static_cast<std::size_t>(count) > most;
      if (!overflowed) text.append(from, static_cast<std::size_t>(count));
      return count;
    }
    int_type overflow(int_type one) override {
      const char c = traits_type::to_char_type(one);
      xsputn(&c, 1);
      return traits_type::not_eof(one);
    }

    std::size_t most;
    std::string text;
    bool overflowed = false;
  };

  sink sink_;
  std::ostream out_;
};

}  // namespace tap
}  // namespace v0
}  // namespace ottla

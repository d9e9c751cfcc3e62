// An answer of the stand-in: bytes of its own and stretches of the prepared batches, to be sent as one gather list.
#pragma once
#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <vector>

namespace ottla {
inline namespace v0 {
namespace mock {

class peer_answer {
 public:
  void add_copy(std::span<const std::byte> bytes) {
    parts_.push_back({nullptr, own_.size(), bytes.size()});
    own_.insert(own_.end(), bytes.begin(), bytes.end());
  }
  /// The bytes must outlive the answer.
  void add_view(std::span<const std::byte> bytes) { parts_.push_back({bytes.data(), 0, bytes.size()}); }

  bool sent() const { return next_ == parts_.size(); }
  /// Fills as much of the list as fits; returns how many entries.
  std::size_t fill(std::span<iovec> list) const {
    std::size_t count = 0;
    for (std::size_t i = next_; i < parts_.size() && count < list.size(); ++i, ++count) {
      const part& p = parts_[i];
      const std::byte* at = p.foreign != nullptr ? p.foreign : own_.data() + p.begin;
      const std::size_t skip = i == next_ ? done_ : 0;
      list[count] = {const_cast<std::byte*>(at + skip), p.size - skip};  // sendmsg only reads
    }
    return count;
  }
  /// Notes that the first `bytes` of what is left have gone; returns what remains of `bytes` behind this answer's end.
  std::size_t advance(std::size_t bytes) {
    while (bytes != 0 && !sent()) {
      const std::size_t left = parts_[next_].size - done_;
      if (bytes < left) {
        done_ += bytes;
        return 0;
      }
      bytes -= left;
      ++next_;
      done_ = 0;
    }
    return bytes;
  }

 private:
  struct part {
    const std::byte* foreign;  // null: own_ from `begin`
    std::size_t begin;
    std::size_t size;
  };
  std::vector<std::byte> own_;
  std::vector<part> parts_;
  std::size_t next_ = 0;
  std::size_t done_ = 0;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla

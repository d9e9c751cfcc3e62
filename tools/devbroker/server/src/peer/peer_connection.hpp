// One client of the stand-in: skims what comes, discards records without copying them, sends gather lists.
#pragma once
#include <deque>
#include <vector>

#include "file_descriptor.hpp"
#include "peer/peer_service.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

class peer_connection {
 public:
  peer_connection(file_descriptor fd, peer_service& service) : fd_(std::move(fd)), service_(service) {}

  int fd() const { return fd_.get(); }
  /// Reads and answers until the socket is empty or the turn is over. False when the connection is done for.
  bool read();
  /// Sends until the socket is full. False when the connection is done for.
  bool send();
  bool wants_to_send() const { return !answers_.empty(); }
  bool wants_to_read() const { return answers_.size() < most_answers; }

 private:
  static constexpr std::size_t most_answers = 64;

  enum class progress { made, needs_more, broken };

  bool take();
  progress take_frame();
  progress take_produce();
  std::size_t there() const { return end_ - begin_; }

  file_descriptor fd_;
  peer_service& service_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(std::size_t{64} << 10);
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool skimming_ = false;
  std::size_t discard_ = 0;  // bytes of record data still to be thrown away
  produce_skimmer skimmer_;
  std::deque<peer_answer> answers_;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla

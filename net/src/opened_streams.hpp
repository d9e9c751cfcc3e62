// opened_streams: where the streams that the program's connector opens arrive, from any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ottla/net/connector.hpp"
#include "unique_fd.hpp"

namespace ottla {
inline namespace v0 {

class opened_streams {
 public:
  struct arrival {
    link_id link;
    unique_fd stream;     ///< non-blocking; none: it failed
    std::string refusal;  ///< and why
  };

  /// `arrived` is called on any thread, and must stay callable after this object is gone.
  explicit opened_streams(std::function<void()> arrived);
  /// Whatever arrives later is closed.
  ~opened_streams();
  opened_streams(const opened_streams&) = delete;
  opened_streams& operator=(const opened_streams&) = delete;

  stream_answer expect(link_id link);
  /// Nobody waits for that link any more.
  void forget(link_id link);
  /// What arrived since the last call.
  std::vector<arrival> take();

 private:
  struct shared;
  class answer;
  std::shared_ptr<shared> state_;
};

}  // namespace v0
}  // namespace ottla

// Lines to stdout on a thread of its own: a slow reader must not hold up what the tap carries.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace ottla {
inline namespace v0 {
namespace tap {

class line_writer {
 public:
  /// `reader_gone` is called once, on the writer's thread.
  line_writer(std::size_t most_waiting_bytes, std::function<void()> reader_gone);
  ~line_writer();
  line_writer(const line_writer&) = delete;
  line_writer& operator=(const line_writer&) = delete;

  /// False: too much waits already, and the line was dropped.
  bool put(std::string line);
  /// The same, but waits for room: for a producer that nobody is waiting for. False: the reader is gone.
  bool put_patiently(std::string line);
  /// Beyond the bound: the end of a document must not be missing.
  void put_anyway(std::string line);
  /// Until everything is written, the reader is gone, or the time is over.
  bool drain(std::chrono::milliseconds longest);

 private:
  struct shared;
  std::shared_ptr<shared> shared_;
};

}  // namespace tap
}  // namespace v0
}  // namespace ottla

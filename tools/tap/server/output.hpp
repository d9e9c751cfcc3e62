// Where lines go: as they are, or as elements of one JSON document; and what is said of those that had to be dropped.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "line_writer.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {

class output {
 public:
  output(bool one_document, std::function<void()> reader_gone)
      : writer_(most_waiting, std::move(reader_gone)), one_document_(one_document) {}

  /// Drops the line when the reader is too slow, and counts it.
  void put(std::string line) {
    if (!writer_.put(element(std::move(line)))) ++dropped_;
  }
  bool put_patiently(std::string line) { return writer_.put_patiently(element(std::move(line))); }
  /// How many lines were dropped since it was last asked.
  std::uint64_t take_dropped() { return std::exchange(dropped_, 0); }

  /// Ends the document. False: not everything was written.
  bool close(std::chrono::milliseconds longest) {
    if (one_document_) writer_.put_anyway(first_ ? "[]\n" : "\n]\n");
    return writer_.drain(longest);
  }

 private:
  static constexpr std::size_t most_waiting = std::size_t{64} << 20;

  std::string element(std::string line) {
    if (!one_document_) return line;
    if (!line.empty() && line.back() == '\n') line.pop_back();
    return (std::exchange(first_, false) ? "[\n" : ",\n") + line;
  }

  line_writer writer_;
  bool one_document_;
  bool first_ = true;
  std::uint64_t dropped_ = 0;
};

}  // namespace tap
}  // namespace v0
}  // namespace ottla

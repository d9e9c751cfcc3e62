// Reads a capture file packet by packet and gives the TCP segments in it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "segment.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {

class packet_reader {
 public:
  packet_reader();
  ~packet_reader();
  packet_reader(const packet_reader&) = delete;
  packet_reader& operator=(const packet_reader&) = delete;

  /// pcap or pcapng. Not empty: why it cannot be read.
  std::string open(const std::string& path);
  /// The next segment of TCP; false at the end, or where the file breaks off: trouble() says so.
  bool next(segment& out);
  [[nodiscard]] const std::string& trouble() const;
  [[nodiscard]] std::uint64_t packets() const;
  /// Packets that claim to be TCP over IP and could not be read.
  [[nodiscard]] std::uint64_t malformed() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace tap
}  // namespace v0
}  // namespace ottla

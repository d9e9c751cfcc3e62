// `ottla tap --pcap`: a capture, without a network.
#include <cstdio>

#include "ottla/tap/run_tap.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {

int run_capture(const run_capture_options& options) {
  std::fprintf(stderr, "ottla tap: --pcap is not there yet, so %s was not read.\n", options.file.c_str());
  return 2;
}

}  // namespace tap
}  // namespace v0
}  // namespace ottla

// `ottla tap --pcap`: a capture, without a network.
#include "ottla/tap/run_tap.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "../server/output.hpp"
#ifdef OTTLA_HAS_CAPTURE
#include "captured_connection.hpp"
#include "packet_reader.hpp"
#endif

namespace ottla {
inline namespace v0 {
namespace tap {

#ifndef OTTLA_HAS_CAPTURE

int run_capture(const run_capture_options&) {
  std::fprintf(stderr,
               "ottla tap: this build reads no captures, as libtins and libpcap were missing; install libtins-dev and "
               "libpcap-dev (tools/setup does) and build again.\n");
  return 1;
}

#else

namespace {

constexpr std::size_t most_connections = 100'000;

/// All connections of the capture, by their two ends in a fixed order.
class connections {
 public:
  connections(const run_capture_options& options, output& lines)
      : options_(options), output_(lines), maker_(options.form, options.records) {}

  /// False: nobody reads the output any more.
  bool add(segment one) {
    if (options_.port && one.from.port != *options_.port && one.to.port != *options_.port) return true;
    const auto key = std::minmax(one.from, one.to);
    auto found = all_.find(key);
    if (found != all_.end() && found->second->is_another(one)) {
      leave(found->second.get());
      all_.erase(found);
      found = all_.end();
    }
    if (found == all_.end()) {
      const bool begins = (one.syn && !one.rst) || !one.payload.empty();  // late acknowledgements begin nothing
      if (!begins) return true;
      if (all_.size() >= most_connections) {
        ++crowded_out_;
        return true;
      }
      auto made = std::make_unique<captured_connection>(++count_, one, options_.port, maker_, [this](std::string line) {
        reader_gone_ = reader_gone_ || !output_.put_patiently(std::move(line));
      });
      found = all_.emplace(key, std::move(made)).first;
    }
    last_ = one.when;
    found->second->add(std::move(one));
    return !reader_gone_;
  }

  void finish() {
    for (auto& [ends, one] : all_) {
      one->finish(last_);
      leave(one.get());
    }
  }

  std::string summary() const {
    std::string out = std::to_string(count_) + " TCP connections, " + std::to_string(shown_) + " shown";
    if (count_ > shown_) out += "; the others do not begin with a request of Kafka's (--port N shows those of a port)";
    if (crowded_out_ != 0) out += "; " + std::to_string(crowded_out_) + " packets of further connections left out";
    return out;
  }

 private:
  void leave(const captured_connection* one) { shown_ += one->is_shown() ? 1 : 0; }

  const run_capture_options& options_;
  output& output_;
  line_maker maker_;
  std::map<std::pair<endpoint, endpoint>, std::unique_ptr<captured_connection>> all_;
  instant last_{};
  std::uint64_t count_ = 0;
  std::uint64_t shown_ = 0;
  std::uint64_t crowded_out_ = 0;
  bool reader_gone_ = false;
};

}  // namespace

int run_capture(const run_capture_options& options) {
  packet_reader packets;
  if (const std::string why = packets.open(options.file); !why.empty()) {
    std::fprintf(stderr, "ottla tap: cannot read %s: %s.\n", options.file.c_str(), why.c_str());
    return 1;
  }
  output lines(options.one_document, nullptr);
  connections all(options, lines);
  segment one;
  while (packets.next(one)) {
    if (!all.add(std::move(one))) return 1;
  }
  all.finish();
  const bool written = lines.close(std::chrono::hours(1000));  // a reader may take its time: nothing is held up
  if (!options.quiet) {
    std::fprintf(stderr, "%llu packets, %llu of them malformed; %s.\n",
                 static_cast<unsigned long long>(packets.packets()),
                 static_cast<unsigned long long>(packets.malformed()), all.summary().c_str());
  }
  if (packets.trouble().empty()) return written ? 0 : 1;
  std::fprintf(stderr, "ottla tap: %s breaks off: %s; what stands before that was shown.\n", options.file.c_str(),
               packets.trouble().c_str());
  return 1;
}

#endif

}  // namespace tap
}  // namespace v0
}  // namespace ottla

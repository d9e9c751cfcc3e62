// `ottla bench peer`: a stand-in for a broker that costs as little as possible, so that only the client is measured.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "ottla/protocol/compression.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

struct run_peer_options {
  std::string listen_host = "127.0.0.1";
  std::uint16_t listen_port = 9092;     ///< 0: the system picks
  int partitions = 12;                  ///< of every topic that is asked for, 1 to 10,000
  std::size_t record_bytes = 100;       ///< of each record's value, in what a consumer gets
  std::size_t batch_bytes = 1'000'000;  ///< of one batch's records before compression, at most 64 MiB
  protocol::codec compression = protocol::codec::none;
  std::int16_t max_produce_version = 13;  ///< 3 to 13: what ApiVersions offers at most
  std::int16_t max_fetch_version = 18;    ///< 4 to 18
};

/// Acknowledges Produce at once and discards the records without looking at them; answers Fetch with one prepared batch
/// again and again, its base offset set to fit, so that every partition of every topic seems to hold 2^40 records.
/// Prints `ready HOST:PORT` on stdout and returns 0 after SIGINT or SIGTERM, 1 if it cannot listen, 2 for options that
/// make no sense.
int run_peer(const run_peer_options& options);

}  // namespace mock
}  // namespace v0
}  // namespace ottla

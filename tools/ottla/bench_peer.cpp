// ottla bench peer: mounts the stand-in broker, for a process of its own.
#include <CLI/App.hpp>

#include "command.hpp"
#include "failure.hpp"
#include "listen_address.hpp"
#include "options.hpp"
#include "ottla/mock/run_peer.hpp"

namespace ottla_tool {
namespace {

constexpr std::pair<std::string_view, ottla::protocol::codec> codecs[] = {{"gzip", ottla::protocol::codec::gzip},
                                                                          {"snappy", ottla::protocol::codec::snappy},
                                                                          {"lz4", ottla::protocol::codec::lz4},
                                                                          {"zstd", ottla::protocol::codec::zstd}};

class bench_peer : public runner {
 public:
  explicit bench_peer(CLI::App& options) {
    options.add_option("--listen", listen_, "Where it listens; port 0 picks")->type_name("HOST:PORT");
    number_option(options, "--partitions", partitions_, "Of every topic that is asked for (default 12)", 1, 10'000);
    bytes_option(options, "--size", size_, "Of each value that is served (default 100)");
    bytes_option(options, "--batch-bytes", batch_bytes_,
                 "Of each batch that is served, before compression (default 1000000)");
    choice_option(options, "--compression", compression_, "Of the batches that are served",
                  {"none", "gzip", "snappy", "lz4", "zstd"});
    number_option(options, "--max-produce-version", max_produce_, "The highest that is offered", 3, 13);
    number_option(options, "--max-fetch-version", max_fetch_, "The highest that is offered", 4, 18);
  }

  int run(const globals& with) override {
    ottla::mock::run_peer_options how;
    listen_address at;
    if (const int status = read_listen_option(with, "bench peer", listen_, at); status != 0) return status;
    how.listen_host = at.host;
    how.listen_port = at.port;
    how.partitions = static_cast<int>(partitions_.value_or(how.partitions));
    how.record_bytes = static_cast<std::size_t>(size_.value_or(how.record_bytes));
    how.batch_bytes = static_cast<std::size_t>(batch_bytes_.value_or(how.batch_bytes));
    how.max_produce_version = static_cast<std::int16_t>(max_produce_.value_or(how.max_produce_version));
    how.max_fetch_version = static_cast<std::int16_t>(max_fetch_.value_or(how.max_fetch_version));
    for (const auto& [name, value] : codecs) {
      if (compression_ == name) how.compression = value;
    }
    return ottla::mock::run_peer(how);
  }

 private:
  std::string listen_ = "127.0.0.1:9092";
  std::optional<std::int64_t> partitions_, max_produce_, max_fetch_;
  std::optional<std::uint64_t> size_, batch_bytes_;
  std::optional<std::string> compression_;
};

}  // namespace

std::unique_ptr<runner> declare_bench_peer(CLI::App& options) { return std::make_unique<bench_peer>(options); }

}  // namespace ottla_tool

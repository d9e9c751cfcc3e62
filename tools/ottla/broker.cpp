// ottla broker: mounts the dev broker.
#include <CLI/App.hpp>

#include "command.hpp"
#include "failure.hpp"
#include "listen_address.hpp"
#include "options.hpp"
#include "ottla/mock/run_broker.hpp"
#include "ottla/net/setting_row.hpp"

namespace ottla_tool {
namespace {

class broker_command : public runner {
 public:
  explicit broker_command(CLI::App& options) {
    options
        .add_option("--listen", listen_,
                    "Where the first node listens, the others on the ports behind it; port 0 picks")
        ->type_name("HOST:PORT");
    // -b and --brokers are the client's list of addresses elsewhere; here there is none to name, so the long form
    // counts nodes.
    number_option(options, "--brokers", brokers_, "How many nodes", 1, 64);
    list_option(options, "--topic", topics_, "A topic to begin with; repeatable", "NAME:PARTITIONS");
    options.add_option("--data-dir", data_dir_, "Not there yet: data stays in memory")->type_name("DIR");
    options.add_flag("--auto-create-topics", auto_create_, "Make topics that clients ask for");
    number_option(options, "--seed", seed_, "Topic ids and session ids come from this");
  }

  int run(const globals& with) override {
    ottla::mock::run_broker_options how;
    listen_address at;
    if (const int status = read_listen_option(with, "broker", listen_, at); status != 0) return status;
    how.listen_host = at.host;
    how.listen_port = at.port;
    how.brokers = static_cast<int>(brokers_.value_or(1));
    how.auto_create_topics = auto_create_;
    how.seed = static_cast<std::uint64_t>(seed_.value_or(1));
    how.verbose = with.verbosity > 0;
    if (!data_dir_.empty()) how.data_dir = data_dir_;
    for (const std::string& topic : topics_) {
      const std::size_t colon = topic.rfind(':');
      std::int64_t partitions = 0;
      if (colon == std::string::npos || colon == 0 || !ottla::parse_integer(topic.substr(colon + 1), partitions) ||
          partitions < 1 || partitions > 100'000) {
        return report_usage(with, "broker", "--topic: '" + topic + "' is not NAME:PARTITIONS");
      }
      how.topics.emplace_back(topic.substr(0, colon), static_cast<int>(partitions));
    }
    return ottla::mock::run_broker(how);
  }

 private:
  std::string listen_ = "127.0.0.1:9092";
  std::optional<std::int64_t> brokers_;
  std::vector<std::string> topics_;
  std::string data_dir_;
  bool auto_create_ = false;
  std::optional<std::int64_t> seed_;
};

}  // namespace

std::unique_ptr<runner> declare_broker(CLI::App& options) { return std::make_unique<broker_command>(options); }

}  // namespace ottla_tool

// client_setup: everything a command needs to open a cluster and its roles, filled from files, the environment and the
// command line.
#pragma once

#include "globals.hpp"
#include "ottla/client_settings.hpp"
#include "ottla/cluster.hpp"

namespace ottla_tool {

class client_setup {
 public:
  client_setup();
  client_setup(const client_setup&) = delete;
  client_setup& operator=(const client_setup&) = delete;

  /// Files first, then -b or OTTLA_BROKERS, then -X, then --timeout; later wins. Sets the logger of -v.
  ottla::result<void> read(const globals& with);
  /// An option of a command that has a setting of its own: `option` is told as the origin.
  ottla::result<void> set(std::string_view name, std::string_view value, std::string_view option) {
    return settings.set(name, value, option);
  }

  ottla::cluster_config cluster;
  ottla::producer_config producer;
  ottla::consumer_config consumer;
  ottla::settings settings;  // fills the three above

 private:
  ottla::result<void> apply_timeout(std::chrono::nanoseconds timeout);
};

}  // namespace ottla_tool

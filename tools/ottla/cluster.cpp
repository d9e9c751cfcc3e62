// ottla cluster describe: id, controller, brokers.
#include <CLI/App.hpp>

#include "command.hpp"
#include "failure.hpp"
#include "ottla/admin.hpp"
#include "ottla/net/address.hpp"
#include "print.hpp"
#include "session.hpp"

namespace ottla_tool {
namespace {

class cluster_describe : public runner {
 public:
  int run(const globals& with) override {
    client_setup setup;
    auto cluster = open_session(with, setup);
    if (!cluster) return report_failure(with, cluster.error());
    auto got = ottla::admin(*cluster).describe_cluster(with.operation_timeout());
    if (!got) return report_failure(with, got.error());
    text_table table({"BROKER", "ADDRESS", "RACK", "CONTROLLER"});
    json brokers = json::array();
    for (const ottla::broker_description& one : got->brokers) {
      const bool controls = one.id == got->controller;
      table.add({std::to_string(one.id), ottla::address_text(one.host, one.port), one.rack.empty() ? "-" : one.rack,
                 controls ? "yes" : ""});
      brokers.push_back({{"id", one.id},
                         {"host", one.host},
                         {"port", one.port},
                         {"rack", one.rack.empty() ? json(nullptr) : json(one.rack)}});
    }
    if (with.output == output_form::text) {
      return put("cluster " + (got->id.empty() ? std::string("without an id") : got->id) + "\n" + table.to_string())
                 ? status_done
                 : status_failed;
    }
    const json out{{"clusterId", got->id}, {"controllerId", got->controller}, {"brokers", brokers}};
    return put(dumped(out, with.output == output_form::json ? 2 : -1) + "\n") ? status_done : status_failed;
  }
};

}  // namespace

std::unique_ptr<runner> declare_cluster_describe(CLI::App&) { return std::make_unique<cluster_describe>(); }

}  // namespace ottla_tool

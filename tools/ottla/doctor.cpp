// ottla doctor: one page about what stands between here and the cluster, and what to do about it.
#include "doctor/cluster_checks.hpp"
#include "doctor/listener_checks.hpp"
#include "doctor/probe.hpp"

#include <CLI/App.hpp>

#include "command.hpp"
#include "failure.hpp"
#include "options.hpp"
#include "ottla/net/address.hpp"
#include "print.hpp"
#include "session.hpp"

namespace ottla_tool {
namespace {

class doctor_command : public runner {
 public:
  explicit doctor_command(CLI::App& options) {
    text_option(options, "--probe-topic", probe_, "Write a record to this topic and read it back")->type_name("TOPIC");
  }

  int run(const globals& with) override {
    client_setup setup;
    auto cluster = open_session(with, setup);
    if (!cluster) return report_failure(with, cluster.error());
    const auto addresses = ottla::parse_bootstrap(setup.cluster.bootstrap);
    if (!addresses) return report_failure(with, addresses.error());
    const auto within = std::min<doctor::patience>(with.operation_timeout(), longest_step);

    doctor::findings found;
    bool any = false;
    for (const ottla::host_port& address : *addresses) {
      any = (doctor::look_at_way(address, setup.cluster, within, found) &&
             doctor::look_at_connection(address, setup.cluster, within, found)) ||
            any;
    }
    if (any) {
      doctor::look_at_cluster(*cluster, within, found);
      doctor::look_at_clock(*cluster, within, found);
      if (probe_) doctor::look_at_round_trip(*cluster, *probe_, setup.producer, setup.consumer, within, found);
    }
    return show(with, found);
  }

 private:
  static constexpr std::chrono::milliseconds longest_step{10'000};

  static int show(const globals& with, const doctor::findings& found) {
    text_table table({"", "CHECK", "WHAT", "FOUND"});
    std::string text;
    json list = json::array();
    bool is_well = true;
    for (const doctor::finding& one : found) {
      is_well = is_well && one.how != doctor::standing::fail;
      table.add({std::string(name(one.how)), one.check, one.subject.empty() ? "-" : one.subject, one.told});
      if (!one.advice.empty()) table.add({"", "", "", "-> " + one.advice});
      list.push_back({{"status", name(one.how)},
                      {"check", one.check},
                      {"subject", one.subject.empty() ? json(nullptr) : json(one.subject)},
                      {"found", one.told},
                      {"advice", one.advice.empty() ? json(nullptr) : json(one.advice)}});
    }
    const int status = is_well ? status_done : status_failed;
    if (with.output != output_form::json) return std::max(status, print_list(with, table, list));
    const json document{{"ok", is_well}, {"checks", list}};
    return put(dumped(document, 2) + "\n") ? status : static_cast<int>(status_failed);
  }

  std::optional<std::string> probe_;
};

}  // namespace

std::unique_ptr<runner> declare_doctor(CLI::App& options) { return std::make_unique<doctor_command>(options); }

}  // namespace ottla_tool

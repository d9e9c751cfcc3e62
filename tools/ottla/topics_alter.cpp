// ottla topics alter: more partitions, other settings.
#include <CLI/App.hpp>

#include "command.hpp"
#include "config_pair.hpp"
#include "failure.hpp"
#include "options.hpp"
#include "ottla/admin.hpp"
#include "print.hpp"
#include "session.hpp"

namespace ottla_tool {
namespace {

class topics_alter : public runner {
 public:
  explicit topics_alter(CLI::App& options) {
    options.add_option("TOPIC", names_, "Which topics")->required();
    number_option(options, "-p,--partitions", partitions_, "How many partitions it shall have: more than it has", 1,
                  1'000'000);
    list_option(options, "-c", set_, "A setting of the topic; repeatable", "NAME=VALUE");
    list_option(options, "--reset", reset_, "A setting that shall be the cluster's default again; repeatable", "NAME");
    options.add_flag("--validate-only", validate_only_, "Change nothing, only say whether it could be done");
  }

  int run(const globals& with) override {
    std::vector<ottla::config_change> changes;
    for (const std::string& text : set_) {
      auto pair = config_pair(text);
      if (!pair) return report_usage(with, "topics alter", "-c: '" + text + "' is not NAME=VALUE");
      changes.push_back({std::move(pair->name), std::move(pair->value)});
    }
    for (const std::string& name : reset_) changes.push_back({name, std::nullopt, ottla::config_operation::remove});
    if (!partitions_ && changes.empty())
      return report_usage(with, "topics alter", "nothing to change: say --partitions, -c or --reset");
    client_setup setup;
    auto cluster = open_session(with, setup);
    if (!cluster) return report_failure(with, cluster.error());
    ottla::admin admin(*cluster);
    std::vector<bool> is_done(names_.size(), true);
    if (partitions_) {
      if (const ottla::error failure = enlarge(with, admin, is_done)) return report_failure(with, failure);
    }
    if (!changes.empty()) {
      if (const ottla::error failure = configure(with, admin, changes, is_done)) return report_failure(with, failure);
    }
    return show(with, is_done);
  }

 private:
  ottla::error enlarge(const globals& with, ottla::admin& admin, std::vector<bool>& is_done) const {
    std::vector<ottla::partition_count> asked;
    for (const std::string& name : names_) asked.push_back({name, static_cast<std::int32_t>(*partitions_)});
    const auto told =
        admin.create_partitions(asked, {.timeout = with.operation_timeout(), .validate_only = validate_only_});
    if (!told) return told.error();
    for (std::size_t i = 0; i < told->size(); ++i) note(with, (*told)[i].failure, i, is_done);
    return {};
  }

  ottla::error configure(const globals& with, ottla::admin& admin, const std::vector<ottla::config_change>& changes,
                         std::vector<bool>& is_done) const {
    std::vector<ottla::config_changes> asked;
    for (const std::string& name : names_) asked.push_back({.name = name, .changes = changes});
    const auto told =
        admin.alter_configs(asked, {.timeout = with.operation_timeout(), .validate_only = validate_only_});
    if (!told) return told.error();
    for (std::size_t i = 0; i < told->size(); ++i) note(with, (*told)[i].failure, i, is_done);
    return {};
  }

  static void note(const globals& with, const ottla::error& failure, std::size_t at, std::vector<bool>& is_done) {
    if (!failure) return;
    (void)report_failure(with, failure);
    is_done[at] = false;
  }

  int show(const globals& with, const std::vector<bool>& is_done) const {
    int status = status_done;
    std::string text;
    json list = json::array();
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (!is_done[i]) {
        status = status_failed;
        continue;
      }
      text += names_[i] + (validate_only_ ? "  could be altered" : "  altered") +
              (partitions_ ? ", " + std::to_string(*partitions_) + (*partitions_ == 1 ? " partition" : " partitions")
                           : "") +
              "\n";
      json& one = list.emplace_back(json{{"name", names_[i]}, {"altered", !validate_only_}});
      if (partitions_) one["partitions"] = *partitions_;
    }
    if (with.output != output_form::text) return std::max(status, print_list(with, text_table({}), list));
    return put(text) ? status : status_failed;
  }

  std::vector<std::string> names_;
  std::optional<std::int64_t> partitions_;
  std::vector<std::string> set_;
  std::vector<std::string> reset_;
  bool validate_only_ = false;
};

}  // namespace

std::unique_ptr<runner> declare_topics_alter(CLI::App& options) { return std::make_unique<topics_alter>(options); }

}  // namespace ottla_tool

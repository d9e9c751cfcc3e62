// ottla groups list, describe, delete, lag.
#include <CLI/App.hpp>
#include <algorithm>

#include "command.hpp"
#include "failure.hpp"
#include "group_text.hpp"
#include "options.hpp"
#include "ottla/admin.hpp"
#include "session.hpp"

namespace ottla_tool {
namespace {

/// One that is named twice is meant once.
std::vector<std::string> each_once(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const std::string& one : names) {
    if (std::find(out.begin(), out.end(), one) == out.end()) out.push_back(one);
  }
  return out;
}

void isolation_option(CLI::App& options, std::optional<std::string>& into) {
  choice_option(options, "--isolation", into, "read_committed: the end is the last stable offset",
                {"read_uncommitted", "read_committed"});
}

ottla::read_isolation isolation_of(const std::optional<std::string>& said) {
  return said == "read_committed" ? ottla::read_isolation::committed : ottla::read_isolation::uncommitted;
}

class groups_list : public runner {
 public:
  explicit groups_list(CLI::App& options) {
    list_option(options, "--state", states_, "Only groups in this state, such as Stable or Empty; repeatable", "STATE");
    list_option(options, "--type", types_, "Only groups of this type: classic, consumer, share, streams; repeatable",
                "TYPE");
  }

  int run(const globals& with) override {
    client_setup setup;
    auto cluster = open_session(with, setup);
    if (!cluster) return report_failure(with, cluster.error());
    auto found =
        ottla::admin(*cluster).list_groups({.states = states_, .types = types_, .timeout = with.operation_timeout()});
    if (!found) return report_failure(with, found.error());
    int status = status_done;
    for (const ottla::broker_failure& one : found->failures) status = report_failure(with, one.failure);
    text_table table({"GROUP", "TYPE", "STATE", "PROTOCOL", "COORDINATOR"});
    json list = json::array();
    for (const ottla::listed_group& one : found->groups) {
      const auto shown = [](const std::string& text) { return text.empty() ? "-" : text; };
      table.add(
          {one.group, shown(one.type), shown(one.state), shown(one.protocol_type), std::to_string(one.coordinator)});
      list.push_back({{"group", one.group},
                      {"type", one.type},
                      {"state", one.state},
                      {"protocolType", one.protocol_type},
                      {"coordinator", one.coordinator}});
    }
    return std::max(status, print_list(with, table, list));
  }

 private:
  std::vector<std::string> states_, types_;
};

/// describe and lag ask the same and show it differently.
class groups_shown : public runner {
 public:
  explicit groups_shown(CLI::App& options) {
    options.add_option("GROUP", names_, "Which groups")->required();
    isolation_option(options, isolation_);
  }

  int run(const globals& with) override {
    client_setup setup;
    auto cluster = open_session(with, setup);
    if (!cluster) return report_failure(with, cluster.error());
    auto found = ottla::admin(*cluster).describe_lag(
        each_once(names_), {.isolation = isolation_of(isolation_), .timeout = with.operation_timeout()});
    if (!found) return report_failure(with, found.error());
    int status = status_done;
    for (const ottla::group_lag& one : *found) {
      const ottla::error& why = one.description.failure ? one.description.failure : one.failure;
      if (why) status = report_failure(with, why);
      if (one.description.failure) continue;
      for (const ottla::partition_lag& part : one.partitions) {
        if (part.failure) status = report_failure(with, part.failure);
      }
      add(one);
    }
    return std::max(status, show(with));
  }

 protected:
  virtual void add(const ottla::group_lag& one) = 0;
  virtual int show(const globals& with) = 0;

 private:
  std::vector<std::string> names_;
  std::optional<std::string> isolation_;
};

class groups_describe final : public groups_shown {
 public:
  using groups_shown::groups_shown;

 private:
  void add(const ottla::group_lag& one) override {
    text_ += (text_.empty() ? "" : "\n") + describe_text(one);
    list_.push_back(describe_json(one));
  }
  int show(const globals& with) override {
    if (with.output != output_form::text) return print_list(with, text_table({}), list_);
    return put(text_) ? status_done : status_failed;
  }

  std::string text_;
  json list_ = json::array();
};

class groups_lag final : public groups_shown {
 public:
  using groups_shown::groups_shown;

 private:
  void add(const ottla::group_lag& one) override {
    add_lag(table_, one);
    add_lag(list_, one);
  }
  int show(const globals& with) override { return print_list(with, table_, list_); }

  text_table table_ = lag_table();
  json list_ = json::array();
};

class groups_delete : public runner {
 public:
  explicit groups_delete(CLI::App& options) {
    options.add_option("GROUP", names_, "Which groups; none may have members")->required();
    options.add_flag("--if-exists", if_exists_, "A group that is not there is no failure");
  }

  int run(const globals& with) override {
    client_setup setup;
    auto cluster = open_session(with, setup);
    if (!cluster) return report_failure(with, cluster.error());
    auto gone = ottla::admin(*cluster).delete_groups(each_once(names_),
                                                     {.timeout = with.operation_timeout(), .if_exists = if_exists_});
    if (!gone) return report_failure(with, gone.error());
    int status = status_done;
    std::string text;
    json list = json::array();
    for (const ottla::deleted_group& one : *gone) {
      if (one.failure) {
        status = report_failure(with, one.failure);
        continue;
      }
      text += one.group + "  deleted\n";
      list.push_back({{"group", one.group}, {"deleted", true}});
    }
    if (with.output != output_form::text) return std::max(status, print_list(with, text_table({}), list));
    return put(text) ? status : status_failed;
  }

 private:
  std::vector<std::string> names_;
  bool if_exists_ = false;
};

}  // namespace

std::unique_ptr<runner> declare_groups_list(CLI::App& options) { return std::make_unique<groups_list>(options); }
std::unique_ptr<runner> declare_groups_describe(CLI::App& options) {
  return std::make_unique<groups_describe>(options);
}
std::unique_ptr<runner> declare_groups_lag(CLI::App& options) { return std::make_unique<groups_lag>(options); }
std::unique_ptr<runner> declare_groups_delete(CLI::App& options) { return std::make_unique<groups_delete>(options); }

}  // namespace ottla_tool

// ottla topics list, describe, create, delete.
#include <CLI/App.hpp>

#include "command.hpp"
#include "config_pair.hpp"
#include "failure.hpp"
#include "options.hpp"
#include "ottla/admin.hpp"
#include "print.hpp"
#include "session.hpp"
#include "topic_text.hpp"

namespace ottla_tool {
namespace {

class topics_list : public runner {
 public:
  explicit topics_list(CLI::App& options) {
    options.add_flag("--internal", internal_, "Show the cluster's own topics too");
  }

  int run(const globals& with) override {
    client_setup setup;
    auto cluster = open_session(with, setup);
    if (!cluster) return report_failure(with, cluster.error());
    auto topics = ottla::admin(*cluster).list_topics(internal_, with.operation_timeout());
    if (!topics) return report_failure(with, topics.error());
    text_table table({"TOPIC", "PARTITIONS", "REPLICAS"});
    json list = json::array();
    for (const ottla::topic_description& one : *topics) {
      const int replicas = ottla::replication_factor(one);
      table.add({one.name, std::to_string(one.partitions.size()), std::to_string(replicas)});
      list.push_back({{"name", one.name},
                      {"id", id_text(one.id)},
                      {"partitions", one.partitions.size()},
                      {"replicationFactor", replicas},
                      {"internal", one.internal}});
    }
    return print_list(with, table, list);
  }

 private:
  bool internal_ = false;
};

class topics_describe : public runner {
 public:
  explicit topics_describe(CLI::App& options) {
    options.add_option("TOPIC", names_, "Which topics")->required();
    options.add_flag("--configs", configs_, "Show the topics' settings too");
  }

  int run(const globals& with) override {
    client_setup setup;
    auto cluster = open_session(with, setup);
    if (!cluster) return report_failure(with, cluster.error());
    ottla::admin admin(*cluster);
    auto topics = admin.describe_topics(names_, with.operation_timeout());
    if (!topics) return report_failure(with, topics.error());
    std::vector<ottla::config_description> configs(topics->size());
    if (configs_) {
      std::vector<ottla::config_resource> resources;
      for (const std::string& name : names_) resources.push_back({.name = name, .keys = {}});
      auto described = admin.describe_configs(resources, with.operation_timeout());
      if (!described) return report_failure(with, described.error());
      configs = std::move(*described);
    }
    int status = status_done;
    std::string text;
    json list = json::array();
    for (std::size_t i = 0; i < topics->size(); ++i) {
      const ottla::error failure = (*topics)[i].failure ? (*topics)[i].failure : configs[i].failure;
      if (failure) {
        status = report_failure(with, failure);
        continue;
      }
      text += (text.empty() ? "" : "\n") + describe_text((*topics)[i], configs[i].entries);
      list.push_back(describe_json((*topics)[i], configs_ ? &configs[i].entries : nullptr));
    }
    if (with.output != output_form::text) return std::max(status, print_list(with, text_table({}), list));
    return put(text) ? status : status_failed;
  }

 private:
  std::vector<std::string> names_;
  bool configs_ = false;
};

class topics_create : public runner {
 public:
  explicit topics_create(CLI::App& options) {
    options.add_option("TOPIC", names_, "Names of the topics")->required();
    number_option(options, "-p,--partitions", partitions_, "How many partitions; 0 or -1 is the cluster's default", -1,
                  1'000'000);
    number_option(options, "-r,--replication-factor", replicas_, "How many replicas; 0 or -1 is the cluster's default",
                  -1, 32767);
    list_option(options, "-c", configs_, "A setting of the topic; repeatable", "NAME=VALUE");
    choice_option(options, "--cleanup-policy", cleanup_, "What becomes of old records",
                  {"delete", "compact", "compact,delete", "delete,compact"});
    options.add_flag("--if-not-exists", if_not_exists_, "A topic that is there already is no failure");
    options.add_flag("--validate-only", validate_only_, "Create nothing, only say whether it could be done");
  }

  int run(const globals& with) override {
    ottla::new_topic model;
    model.partitions = static_cast<std::int32_t>(partitions_.value_or(ottla::cluster_default));
    model.replication_factor = static_cast<std::int16_t>(replicas_.value_or(ottla::cluster_default));
    for (const std::string& pair : configs_) {
      auto setting = config_pair(pair);
      if (!setting) return report_usage(with, "topics create", "-c: '" + pair + "' is not NAME=VALUE");
      if (cleanup_ && pair.starts_with("cleanup.policy=")) {
        return report_usage(with, "topics create", "--cleanup-policy and -c cleanup.policy contradict each other");
      }
      model.configs.push_back(std::move(*setting));
    }
    if (cleanup_) {
      const bool both = cleanup_->find(',') != std::string::npos;
      model.configs.push_back(ottla::cleanup_policy(both ? ottla::cleanup::compact | ottla::cleanup::remove
                                                    : *cleanup_ == "compact" ? ottla::cleanup::compact
                                                                             : ottla::cleanup::remove));
    }
    std::vector<ottla::new_topic> topics(names_.size(), model);
    for (std::size_t i = 0; i < names_.size(); ++i) topics[i].name = names_[i];
    client_setup setup;
    auto cluster = open_session(with, setup);
    if (!cluster) return report_failure(with, cluster.error());
    auto made = ottla::admin(*cluster).create_topics(
        topics,
        {.timeout = with.operation_timeout(), .if_not_exists = if_not_exists_, .validate_only = validate_only_});
    if (!made) return report_failure(with, made.error());
    return show(with, *made);
  }

 private:
  int show(const globals& with, const std::vector<ottla::created_topic>& made) const {
    int status = status_done;
    std::string text;
    json list = json::array();
    for (const ottla::created_topic& one : made) {
      if (one.failure) {
        status = status_failed;
        (void)report_failure(with, one.failure);
        continue;
      }
      const std::string how = one.existed ? "exists already" : validate_only_ ? "could be created" : "created";
      text += one.name + "  " + how +
              (one.partitions > 0 && !one.existed
                   ? ", " + std::to_string(one.partitions) + (one.partitions == 1 ? " partition" : " partitions")
                   : "") +
              "\n";
      list.push_back({{"name", one.name},
                      {"id", id_text(one.id)},
                      {"created", !one.existed && !validate_only_},
                      {"existed", one.existed},
                      {"partitions", one.partitions},
                      {"replicationFactor", one.replication_factor}});
    }
    if (with.output != output_form::text) return std::max(status, print_list(with, text_table({}), list));
    return put(text) ? status : status_failed;
  }

  std::vector<std::string> names_;
  std::optional<std::int64_t> partitions_;
  std::optional<std::int64_t> replicas_;
  std::vector<std::string> configs_;
  std::optional<std::string> cleanup_;
  bool if_not_exists_ = false;
  bool validate_only_ = false;
};

class topics_delete : public runner {
 public:
  explicit topics_delete(CLI::App& options) {
    options.add_option("TOPIC", names_, "Which topics")->required();
    options.add_flag("--if-exists", if_exists_, "A topic that is not there is no failure");
  }

  int run(const globals& with) override {
    client_setup setup;
    auto cluster = open_session(with, setup);
    if (!cluster) return report_failure(with, cluster.error());
    auto gone =
        ottla::admin(*cluster).delete_topics(names_, {.timeout = with.operation_timeout(), .if_exists = if_exists_});
    if (!gone) return report_failure(with, gone.error());
    int status = status_done;
    std::string text;
    json list = json::array();
    for (const ottla::deleted_topic& one : *gone) {
      if (one.failure) {
        status = status_failed;
        (void)report_failure(with, one.failure);
        continue;
      }
      text += one.name + "  deleted\n";
      list.push_back({{"name", one.name}, {"deleted", true}});
    }
    if (with.output != output_form::text) return std::max(status, print_list(with, text_table({}), list));
    return put(text) ? status : status_failed;
  }

 private:
  std::vector<std::string> names_;
  bool if_exists_ = false;
};

}  // namespace

std::unique_ptr<runner> declare_topics_list(CLI::App& options) { return std::make_unique<topics_list>(options); }
std::unique_ptr<runner> declare_topics_describe(CLI::App& options) {
  return std::make_unique<topics_describe>(options);
}
std::unique_ptr<runner> declare_topics_create(CLI::App& options) { return std::make_unique<topics_create>(options); }
std::unique_ptr<runner> declare_topics_delete(CLI::App& options) { return std::make_unique<topics_delete>(options); }

}  // namespace ottla_tool

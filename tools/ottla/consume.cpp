// ottla consume: records of topics or partitions, from one place to another, in the form that is asked for.
#include <CLI/App.hpp>
#include <algorithm>

#include "command.hpp"
#include "consume_run.hpp"
#include "failure.hpp"
#include "options.hpp"
#include "ottla/admin.hpp"
#include "regular_expression.hpp"
#include "session.hpp"

namespace ottla_tool {
namespace {

/// A POSIX extended regular expression over topic names.
ottla::result<std::vector<std::string>> matching_topics(ottla::cluster& cluster, const std::string& pattern,
                                                        std::chrono::milliseconds timeout) {
  std::string problem;
  const auto compiled = regular_expression::compile(pattern, problem);
  if (!compiled) return failure_of(ottla::client_code::invalid_argument, "the pattern " + pattern, problem);
  auto topics = ottla::admin(cluster).list_topics(false, timeout);
  std::vector<std::string> out;
  if (topics) {
    for (const ottla::topic_description& one : *topics) {
      if (compiled->finds(one.name)) out.push_back(one.name);
    }
  }
  if (!topics) return ottla::unexpected(topics.error());
  if (out.empty())
    return failure_of(ottla::client_code::unknown_topic, "topics that match " + pattern, "there are none");
  return out;
}

class consume_command : public runner {
 public:
  explicit consume_command(CLI::App& options) {
    options.add_option("TOPIC", o_.topics, "A name, NAME:PARTITION, or ^a regular expression")->required();
    text_option(options, "--from", o_.from,
                "beginning, end (default), OFFSET, -N (before the end), @MILLIS or @2026-11-21T05:00:00Z");
    text_option(options, "--to", o_.to,
                "end (as it is now), OFFSET, @MILLIS or @ISO8601; what stands there is not read any more");
    number_option(options, "--count", o_.count, "Stop after so many records");
    options.add_flag("--exit-at-end", o_.exit_at_end, "Stop at the end as it is now");
    choice_option(options, "--isolation", o_.isolation, "Whether open and aborted transactions are shown",
                  {"read_committed", "read_uncommitted"});
    text_option(options, "--filter-key", o_.filter_key, "Only records with this key");
    text_option(options, "-f,--format", o_.format,
                "%t topic %p partition %o offset %T time %k key %v value %h headers ... (default %v\\n)");
    text_option(
        options, "-g,--group", group_,
        "Share the topics with the group's other members, begin where it committed (--from: where it did not), and "
        "commit what was written");
    choice_option(options, "--group-protocol", group_protocol_,
                  "Who shares partitions out: the members (classic, default), or the brokers (KIP-848, Kafka 4.0)",
                  {"classic", "consumer"});
    options.add_flag("--no-commit", o_.no_commit, "Commit nothing (without a group nothing is committed anyway)");
  }

  int run(const globals& with) override {
    if (group_ && group_->empty()) return report_usage(with, "consume", "--group needs a name");
    const bool stored = o_.from == "stored";
    std::optional<stop_place> to;
    const auto from = o_.from && !stored ? parse_from(*o_.from) : std::nullopt;
    if (o_.from && !stored && !from)
      return report_usage(with, "consume",
                          "--from: '" + *o_.from + "' is none of beginning, end, OFFSET, -N, @MILLIS, @ISO8601");
    if (o_.to && !(to = parse_to(*o_.to)))
      return report_usage(with, "consume", "--to: '" + *o_.to + "' is none of end, OFFSET, @MILLIS, @ISO8601");
    if (o_.format && with.output_given && with.json())
      return report_usage(with, "consume",
                          "--format and --output " + std::string(with.output == output_form::json ? "json" : "jsonl") +
                              " contradict each other");
    std::string problem;
    const auto printer = with.output == output_form::jsonl  ? make_jsonl_printer()
                         : with.output == output_form::json ? make_json_printer()
                                                            : make_format_printer(o_.format.value_or("%v\\n"), problem);
    if (!printer) return report_usage(with, "consume", "--format: " + problem);
    client_setup setup;
    auto cluster = open_session(with, setup);
    if (!cluster) return report_failure(with, cluster.error());
    if (auto done = configure(with, setup, *cluster, from); !done) return report_failure(with, done.error());
    if (group_protocol_ == "consumer" && setup.consumer.group.empty())
      return report_usage(with, "consume", "--group-protocol consumer needs a consumer group: name it with --group");
    if (stored && setup.consumer.group.empty())
      return report_usage(with, "consume", "--from stored needs a consumer group: name it with --group");
    return consume_run(with, o_, *cluster, setup.consumer, *printer, to).run();
  }

 private:
  ottla::result<void> configure(const globals& with, client_setup& setup, ottla::cluster& cluster,
                                const std::optional<ottla::start_position>& from) {
    ottla::consumer_config& config = setup.consumer;
    if (o_.isolation) {
      if (auto done = setup.set("isolation.level", *o_.isolation, "--isolation"); !done) return done;
    }
    // An offset that is not there is told; a position that retention overtook goes on with the oldest record that is
    // left.
    if (!setup.settings.given("consumer", "reset")) {
      const bool exact = from && from->from == ottla::start_position::kind::offset;
      config.reset = exact ? ottla::offset_reset::none : ottla::offset_reset::earliest;
    }
    if (from) config.start = *from;
    if (group_) {
      if (auto done = setup.set("group.id", *group_, "--group"); !done) return done;
    }
    if (group_protocol_) {
      if (auto done = setup.set("group.protocol", *group_protocol_, "--group-protocol"); !done) return done;
    }
    if (auto done = ottla::settle_consumer(setup.settings, config); !done) return done;
    if (!config.group.empty()) return subscribe(config);
    for (const std::string& text : o_.topics) {
      if (text.starts_with('^')) {
        auto found = matching_topics(cluster, text, with.operation_timeout());
        if (!found) return ottla::unexpected(found.error());
        config.topics.insert(config.topics.end(), found->begin(), found->end());
        continue;
      }
      const auto parsed = parse_topic_argument(text);
      if (!parsed)
        return failure_of(ottla::client_code::invalid_argument, "the topic '" + text + "'",
                          "it is none of NAME, NAME:PARTITION, ^REGEX");
      if (parsed->partition) {
        config.partitions.push_back({parsed->topic, *parsed->partition, {}});
      } else {
        config.topics.push_back(parsed->topic);
      }
    }
    std::sort(config.topics.begin(), config.topics.end());
    config.topics.erase(std::unique(config.topics.begin(), config.topics.end()), config.topics.end());
    return {};
  }

  /// A group takes names, or one pattern, or single partitions that are read without membership.
  ottla::result<void> subscribe(ottla::consumer_config& config) const {
    int kinds[3] = {0, 0, 0};
    for (const std::string& text : o_.topics) {
      if (text.starts_with('^')) {
        config.topic_pattern = text;
        ++kinds[0];
        continue;
      }
      const auto parsed = parse_topic_argument(text);
      if (!parsed)
        return failure_of(ottla::client_code::invalid_argument, "the topic '" + text + "'",
                          "it is none of NAME, NAME:PARTITION, ^REGEX");
      ++kinds[parsed->partition ? 1 : 2];
      if (parsed->partition) {
        config.partitions.push_back({parsed->topic, *parsed->partition, {}});
      } else {
        config.topics.push_back(parsed->topic);
      }
    }
    if (kinds[0] > 1 || (kinds[0] > 0) + (kinds[1] > 0) + (kinds[2] > 0) > 1)
      return failure_of(ottla::client_code::invalid_argument, "the topics of group " + config.group,
                        "names, partitions and one pattern exclude each other in a group");
    return {};
  }

  consume_options o_;
  std::optional<std::string> group_, group_protocol_;
};

}  // namespace

std::unique_ptr<runner> declare_consume(CLI::App& options) { return std::make_unique<consume_command>(options); }

}  // namespace ottla_tool

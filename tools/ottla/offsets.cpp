// ottla offsets: where each partition of a topic begins and ends.
#include <CLI/App.hpp>

#include "command.hpp"
#include "failure.hpp"
#include "options.hpp"
#include "ottla/admin.hpp"
#include "print.hpp"
#include "session.hpp"

namespace ottla_tool {
namespace {

class offsets_command : public runner {
 public:
  explicit offsets_command(CLI::App& options) {
    options.add_option("TOPIC", topic_, "Which topic")->required();
    choice_option(options, "--isolation", isolation_, "read_committed: the end is the last stable offset",
                  {"read_uncommitted", "read_committed"});
  }

  int run(const globals& with) override {
    client_setup setup;
    auto cluster = open_session(with, setup);
    if (!cluster) return report_failure(with, cluster.error());
    ottla::admin admin(*cluster);
    auto described = admin.describe_topics({&topic_, 1}, with.operation_timeout());
    if (!described) return report_failure(with, described.error());
    if (described->front().failure) return report_failure(with, described->front().failure);
    std::vector<ottla::offset_query> queries;
    for (const auto& part : described->front().partitions) {
      queries.push_back({topic_, part.partition, ottla::earliest_offset});
      queries.push_back({topic_, part.partition, ottla::latest_offset});
    }
    const auto isolation =
        isolation_ == "read_committed" ? ottla::read_isolation::committed : ottla::read_isolation::uncommitted;
    auto offsets = admin.list_offsets(queries, isolation, with.operation_timeout());
    if (!offsets) return report_failure(with, offsets.error());
    return show(with, *offsets);
  }

 private:
  static int show(const globals& with, const std::vector<ottla::offset_answer>& offsets) {
    int status = status_done;
    text_table table({"PARTITION", "BEGINNING", "END", "RECORDS", "EPOCH"});
    json list = json::array();
    for (std::size_t i = 0; i + 1 < offsets.size(); i += 2) {
      const ottla::offset_answer& first = offsets[i];
      const ottla::offset_answer& last = offsets[i + 1];
      if (first.failure || last.failure) {
        status = report_failure(with, first.failure ? first.failure : last.failure);
        continue;
      }
      const std::int64_t count = last.offset - first.offset;
      table.add({std::to_string(first.partition), std::to_string(first.offset), std::to_string(last.offset),
                 std::to_string(count), std::to_string(last.leader_epoch)});
      list.push_back({{"topic", first.topic},
                      {"partition", first.partition},
                      {"beginning", first.offset},
                      {"end", last.offset},
                      {"records", count},
                      {"leaderEpoch", last.leader_epoch}});
    }
    return std::max(status, print_list(with, table, list));
  }

  std::string topic_;
  std::optional<std::string> isolation_;
};

}  // namespace

std::unique_ptr<runner> declare_offsets(CLI::App& options) { return std::make_unique<offsets_command>(options); }

}  // namespace ottla_tool

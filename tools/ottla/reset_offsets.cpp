// ottla groups reset-offsets: where a group without members goes on reading.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <cerrno>
#include <cstring>
#include <map>

#include "command.hpp"
#include "failure.hpp"
#include "input_reader.hpp"
#include "options.hpp"
#include "ottla/admin.hpp"
#include "print.hpp"
#include "reset_place.hpp"
#include "session.hpp"

namespace ottla_tool {
namespace {

using ottla::topic_partition;
constexpr std::string_view command_name = "groups reset-offsets";

/// One partition on its way: where it should go, and what is known of its log.
struct reset_row {
  reset_place place{};
  reset_bounds log{};
  std::int64_t offset = -1;
  ottla::error failure{};
};
using reset_rows = std::map<topic_partition, reset_row>;

class groups_reset_offsets : public runner {
 public:
  explicit groups_reset_offsets(CLI::App& options) {
    options.add_option("GROUP", group_, "Which group; it must have no members")->required();
    text_option(options, "--to", to_,
                "earliest, latest, an offset, or the first record of a time: @MILLIS or @ISO8601; kept inside the log")
        ->type_name("PLACE");
    number_option(options, "--shift-by", shift_, "By so many records from where it is; negative is back",
                  -std::numeric_limits<std::int64_t>::max());
    text_option(options, "--from-file", file_,
                "Lines TOPIC,PARTITION,OFFSET, or what --output jsonl prints here; - is stdin")
        ->type_name("PATH");
    list_option(options, "--topic", topics_, "Which topic, or which of its partitions; repeatable",
                "TOPIC[:PARTITION,...]");
    options.add_flag("--all-topics", all_topics_, "All partitions that the group has committed offsets for");
    options.add_flag("--execute", execute_, "Do it; without this it is only shown");
    options.add_flag("--dry-run", dry_run_, "Only show it: what happens without --execute");
  }

  int run(const globals& with) override {
    if (const int status = read_usage(with); status != 0) return status;
    client_setup setup;
    auto cluster = open_session(with, setup);
    if (!cluster) return report_failure(with, cluster.error());
    ottla::admin admin(*cluster);
    const auto timeout = with.operation_timeout();
    auto described = admin.describe_groups({&group_, 1}, timeout);
    if (!described) return report_failure(with, described.error());
    const ottla::group_description& about = described->front();
    const bool there = !about.failure;
    if (!there && !about.failure.is(ottla::protocol::error_code::group_id_not_found))
      return report_failure(with, about.failure);
    if (!about.members.empty()) return report_failure(with, has_members(about));
    std::vector<ottla::committed_partition> committed;
    if (there) {
      const ottla::group_offsets_query query{.group = group_};
      auto found = admin.list_group_offsets({&query, 1}, {.timeout = timeout});
      if (!found) return report_failure(with, found.error());
      if (found->front().failure) return report_failure(with, found->front().failure);
      committed = std::move(found->front().partitions);
    }
    if (all_topics_ && committed.empty()) {
      const ottla::error missing = there ? nothing_committed() : about.failure;
      return report_failure(with, missing);
    }
    reset_rows rows = listed_;
    if (const int status = choose(with, admin, committed, rows); status != 0) return status;
    for (const ottla::committed_partition& one : committed) {
      if (auto row = rows.find({one.topic, one.partition}); row != rows.end()) row->second.log.committed = one.offset;
    }
    if (const int status = look_into_logs(with, admin, rows); status != 0) return status;
    if (execute_) {
      if (const int status = commit(with, admin, rows); status != 0) return status;
    }
    return show(with, rows);
  }

 private:
  int read_usage(const globals& with) {
    const int places = (to_ ? 1 : 0) + (shift_ ? 1 : 0) + (file_ ? 1 : 0);
    if (places != 1)
      return report_usage(with, command_name, "exactly one of --to, --shift-by and --from-file says where to");
    if (execute_ && dry_run_) return report_usage(with, command_name, "--execute and --dry-run contradict each other");
    if (file_ && (all_topics_ || !topics_.empty()))
      return report_usage(with, command_name, "--from-file names the partitions itself");
    if (!file_ && all_topics_ == !topics_.empty())
      return report_usage(with, command_name, "either --topic or --all-topics says which partitions");
    if (to_) {
      const auto place = parse_reset(*to_);
      if (!place) {
        return report_usage(with, command_name,
                            "--to: '" + *to_ + "' is not earliest, latest, an offset, @MILLIS or @ISO8601");
      }
      place_ = *place;
    } else if (shift_) {
      place_ = {reset_place::kind::shift, *shift_};
    }
    for (const std::string& one : topics_) {
      const auto choice = parse_topic_choice(one);
      if (!choice)
        return report_usage(with, command_name, "--topic: '" + one + "' is not TOPIC or TOPIC:PARTITION,...");
      chosen_.push_back(*choice);
    }
    return file_ ? read_file(with) : 0;
  }

  int read_file(const globals& with) {
    const bool from_stdin = *file_ == "-";
    const int descriptor = from_stdin ? STDIN_FILENO : ::open(file_->c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
      return report_usage(with, command_name, "--from-file " + *file_ + " cannot be opened: " + std::strerror(errno));
    }
    const int status = read_lines(with, descriptor);
    if (!from_stdin) ::close(descriptor);
    return status;
  }

  int read_lines(const globals& with, int descriptor) {
    input_reader lines(descriptor);
    std::string_view line;
    for (std::size_t number = 1;; ++number) {
      const auto status = lines.next(line);
      if (status == input_reader::status::end) break;
      if (status == input_reader::status::interrupted) return status_interrupted;
      const std::string place = "--from-file, line " + std::to_string(number);
      if (status != input_reader::status::line)
        return report_bad_input(with, command_name, place + " cannot be read", "check the file");
      while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
      if (line.empty()) continue;
      const auto said = parse_file_line(line);
      if (!said) {
        return report_bad_input(with, command_name, place + " is not TOPIC,PARTITION,OFFSET",
                                "nothing was changed; correct it and try again");
      }
      if (!listed_.emplace(said->at, reset_row{.place = {reset_place::kind::offset, said->offset}}).second) {
        return report_bad_input(with, command_name, place + " names a partition for the second time",
                                "nothing was changed; correct it and try again");
      }
    }
    if (listed_.empty())
      return report_bad_input(with, command_name, "--from-file holds no partition", "check the file");
    return 0;
  }

  ottla::error has_members(const ottla::group_description& about) const {
    ottla::error_context context;
    context.asked = "reset offsets of group " + group_;
    context.detail = "it has " + std::to_string(about.members.size()) +
                     (about.members.size() == 1 ? " member" : " members") + " (" + about.state +
                     "), and offsets are reset while it has none";
    context.advice = "stop its consumers and try again";
    return {ottla::protocol::error_code::non_empty_group, std::move(context)};
  }

  ottla::error nothing_committed() const {
    return failure_of(ottla::client_code::no_position, "reset offsets of group " + group_,
                      "it has committed nothing yet", "name partitions with --topic");
  }

  int choose(const globals& with, ottla::admin& admin, const std::vector<ottla::committed_partition>& committed,
             reset_rows& rows) const {
    if (all_topics_) {
      for (const ottla::committed_partition& one : committed)
        rows.emplace(topic_partition{one.topic, one.partition}, reset_row{.place = place_});
    }
    std::vector<std::string> whole;
    for (const topic_choice& one : chosen_) {
      if (one.partitions.empty()) whole.push_back(one.topic);
      for (const std::int32_t partition : one.partitions)
        rows.emplace(topic_partition{one.topic, partition}, reset_row{.place = place_});
    }
    if (whole.empty()) return 0;
    auto topics = admin.describe_topics(whole, with.operation_timeout());
    if (!topics) return report_failure(with, topics.error());
    for (const ottla::topic_description& one : *topics) {
      if (one.failure) return report_failure(with, one.failure);
      for (const auto& part : one.partitions)
        rows.emplace(topic_partition{one.name, part.partition}, reset_row{.place = place_});
    }
    return 0;
  }

  /// Nothing is changed for any partition unless the place of each is known.
  int look_into_logs(const globals& with, ottla::admin& admin, reset_rows& rows) const {
    std::vector<ottla::offset_query> queries;
    for (const auto& [at, row] : rows) {
      queries.push_back({at.topic, at.partition, ottla::earliest_offset});
      queries.push_back({at.topic, at.partition, ottla::latest_offset});
      const bool by_time = row.place.to == reset_place::kind::timestamp;
      queries.push_back({at.topic, at.partition, by_time ? row.place.value : ottla::latest_offset});
    }
    auto found = admin.list_offsets(queries, ottla::read_isolation::uncommitted, with.operation_timeout());
    if (!found) return report_failure(with, found.error());
    int status = 0;
    auto next = found->begin();
    for (auto& [at, row] : rows) {
      const ottla::offset_answer &first = *next++, &last = *next++, &then = *next++;
      const ottla::error& why = first.failure ? first.failure : last.failure ? last.failure : then.failure;
      if (why) {
        status = report_failure(with, why);
        continue;
      }
      row.log.beginning = first.offset;
      row.log.end = last.offset;
      row.log.at_time = then.offset;
      const auto where = resolve(row.place, row.log);
      if (!where) {
        status = report_failure(with, failure_of(ottla::client_code::no_position,
                                                 "shift the offset of group " + group_ + " for " + at.topic + "-" +
                                                     std::to_string(at.partition),
                                                 "nothing was committed for it", "use --to instead"));
        continue;
      }
      row.offset = *where;
      if (!with.quiet && row.place.to == reset_place::kind::offset && row.place.value != *where) {
        std::fprintf(stderr, "ottla: %s-%d: %lld is outside of the log (%lld to %lld); %lld is taken instead\n",
                     at.topic.c_str(), at.partition, static_cast<long long>(row.place.value),
                     static_cast<long long>(row.log.beginning), static_cast<long long>(row.log.end),
                     static_cast<long long>(*where));
      }
    }
    return status;
  }

  int commit(const globals& with, ottla::admin& admin, reset_rows& rows) const {
    std::vector<ottla::group_offset> offsets;
    for (const auto& [at, row] : rows)
      offsets.push_back({.topic = at.topic, .partition = at.partition, .offset = row.offset});
    auto done = admin.alter_group_offsets(group_, offsets, with.operation_timeout());
    if (!done) return report_failure(with, done.error());
    auto outcome = done->begin();
    for (auto& [at, row] : rows) row.failure = (outcome++)->failure;
    return 0;
  }

  int show(const globals& with, const reset_rows& rows) const {
    int status = status_done;
    text_table table({"GROUP", "TOPIC", "PARTITION", "FROM", "TO"});
    json list = json::array();
    for (const auto& [at, row] : rows) {
      if (row.failure) {
        status = report_failure(with, row.failure);
        continue;
      }
      const bool known = row.log.committed >= 0;
      table.add({group_, at.topic, std::to_string(at.partition), known ? std::to_string(row.log.committed) : "-",
                 std::to_string(row.offset)});
      list.push_back({{"group", group_}, {"topic", at.topic}, {"partition", at.partition}});
      list.back()["previousOffset"] = known ? json(row.log.committed) : json(nullptr);
      list.back()["offset"] = row.offset;
      list.back()["executed"] = execute_;
    }
    if (!execute_ && !with.quiet && !with.json())
      std::fprintf(stderr, "ottla: nothing was changed; --execute sets these offsets\n");
    return std::max(status, print_list(with, table, list));
  }

  std::string group_;
  std::optional<std::string> to_, file_;
  std::optional<std::int64_t> shift_;
  std::vector<std::string> topics_;
  bool all_topics_ = false, execute_ = false, dry_run_ = false;
  reset_place place_{};
  std::vector<topic_choice> chosen_;
  reset_rows listed_;
};

}  // namespace

std::unique_ptr<runner> declare_groups_reset_offsets(CLI::App& options) {
  return std::make_unique<groups_reset_offsets>(options);
}

}  // namespace ottla_tool

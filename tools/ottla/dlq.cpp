// ottla dlq list, show.
#include <CLI/App.hpp>

#include "command.hpp"
#include "failure.hpp"
#include "letter_reader.hpp"
#include "letter_text.hpp"
#include "options.hpp"
#include "print.hpp"
#include "regular_expression.hpp"
#include "session.hpp"
#include "stdout_buffer.hpp"

namespace ottla_tool {
namespace {

class dlq_list : public runner {
 public:
  explicit dlq_list(CLI::App& options) : names_(options) {
    options.add_option("TOPIC", topic_, "The dead letter topic, or NAME:PARTITION")->required();
    number_option(options, "--partition", partition_, "Only this partition", 0, INT32_MAX);
    text_option(options, "--from", from_, "beginning (default), OFFSET, -N (before the end), @MILLIS or @ISO8601");
    text_option(options, "--until", until_, "end (as it is now, default), OFFSET, @MILLIS or @ISO8601");
    number_option(options, "--max", max_, "Stop after so many");
    text_option(options, "--error-matches", pattern_,
                "Only those whose error's text this POSIX extended regular expression finds");
    options.add_flag("--summary", only_summary_, "Only how many there are of each origin and error, on stdout");
  }

  int run(const globals& with) override {
    letter_range what;
    std::string problem;
    if (!read_range(what, problem)) return report_usage(with, "dlq list", problem);
    if (auto valid = names_.get().validate(); !valid)
      return report_usage(with, "dlq list", valid.error().context().detail);
    std::optional<regular_expression> wanted;
    if (pattern_ && !(wanted = regular_expression::compile(*pattern_, problem)))
      return report_usage(with, "dlq list", "--error-matches: " + problem);
    client_setup setup;
    auto cluster = open_session(with, setup);
    if (!cluster) return report_failure(with, cluster.error());
    letter_counts counts;
    stdout_buffer out;
    const bool rows = !only_summary_;
    if (rows && with.output == output_form::text) out.text() += letter_head();
    bool reader_gone = false;
    auto read = letter_reader(with, *cluster, setup.consumer, what).run([&](const ottla::record_view& record) {
      if (max_ && counts.total() >= static_cast<std::uint64_t>(*max_)) return false;
      const ottla::dead_letter_note note = ottla::read_dead_letter(record.headers(), names_.get());
      if (wanted && !wanted->finds(note.error)) return true;
      counts.add(note);
      if (!rows) return true;
      if (with.output == output_form::json) out.text() += counts.total() == 1 ? "[\n" : ",\n";
      out.text() += with.json() ? letter_json(record, note, false) : letter_line(record, note);
      if (with.output == output_form::jsonl) out.text() += '\n';
      reader_gone = !out.flush_if_large();
      return !reader_gone;
    });
    if (!read && counts.total() == 0) return report_failure(with, read.error());
    if (rows && with.output == output_form::json) out.text() += counts.total() == 0 ? "[]\n" : "\n]\n";
    if (!rows) out.text() += with.json() ? counts.json(with.output == output_form::jsonl) : counts.text();
    if (reader_gone || !out.flush()) return status_failed;
    if (rows && !with.quiet) say_summary(counts);
    return read ? status_done : report_failure(with, read.error());
  }

 private:
  bool read_range(letter_range& into, std::string& problem) const {
    const auto topic = parse_topic_argument(topic_);
    if (!topic) return problem = "'" + topic_ + "' is neither NAME nor NAME:PARTITION", false;
    into.topic = topic->topic;
    into.partition = topic->partition;
    if (partition_) into.partition = static_cast<std::int32_t>(*partition_);
    if (from_) {
      const auto from = parse_from(*from_);
      if (!from)
        return problem = "--from: '" + *from_ + "' is none of beginning, end, OFFSET, -N, @MILLIS, @ISO8601", false;
      into.from = *from;
    }
    if (until_) {
      const auto until = parse_to(*until_);
      if (!until) return problem = "--until: '" + *until_ + "' is none of end, OFFSET, @MILLIS, @ISO8601", false;
      into.until = *until;
    }
    return true;
  }

  void say_summary(const letter_counts& counts) const {
    std::string text = std::to_string(counts.total()) + (counts.total() == 1 ? " dead letter" : " dead letters") + "\n";
    if (counts.total() > 0) text += counts.text();
    std::fputs(text.c_str(), stderr);
  }

  letter_names names_;
  std::string topic_;
  std::optional<std::int64_t> partition_, max_;
  std::optional<std::string> from_, until_, pattern_;
  bool only_summary_ = false;
};

class dlq_show : public runner {
 public:
  explicit dlq_show(CLI::App& options) : names_(options) {
    options.add_option("TOPIC", topic_, "The dead letter topic, or NAME:PARTITION")->required();
    number_option(options, "--offset", offset_, "Where it is in its partition")->required();
    number_option(options, "--partition", partition_, "Which partition; not needed if the topic has only one", 0,
                  INT32_MAX);
    options.add_flag("--hex", hex_, "The value in hexadecimal, also where it is text");
  }

  int run(const globals& with) override {
    const auto topic = parse_topic_argument(topic_);
    if (!topic) return report_usage(with, "dlq show", "'" + topic_ + "' is neither NAME nor NAME:PARTITION");
    if (auto valid = names_.get().validate(); !valid)
      return report_usage(with, "dlq show", valid.error().context().detail);
    letter_range what;
    what.topic = topic->topic;
    what.partition = topic->partition;
    if (partition_) what.partition = static_cast<std::int32_t>(*partition_);
    client_setup setup;
    auto cluster = open_session(with, setup);
    if (!cluster) return report_failure(with, cluster.error());
    auto partitions = partitions_of(with, *cluster, what.topic, what.partition);
    if (!partitions) return report_failure(with, partitions.error());
    if (partitions->size() > 1) {
      const std::string last = std::to_string(partitions->size() - 1);
      return report_usage(with, "dlq show",
                          "topic " + what.topic + " has " + std::to_string(partitions->size()) +
                              " partitions, and each has its own offset " + std::to_string(*offset_) +
                              ": name one with --partition, 0 to " + last);
    }
    what.partition = partitions->front();
    what.from = ottla::at_offset(*offset_);
    return show(with, *cluster, setup.consumer, what);
  }

 private:
  int show(const globals& with, ottla::cluster& cluster, const ottla::consumer_config& base, const letter_range& what) {
    std::string text;
    std::int64_t next = -1;  // what stands there instead
    auto read = letter_reader(with, cluster, base, what).run([&](const ottla::record_view& record) {
      if (record.offset() < *offset_) return true;
      if (record.offset() > *offset_) return next = record.offset(), false;
      const ottla::dead_letter_note note = ottla::read_dead_letter(record.headers(), names_.get());
      text = with.json() ? letter_json(record, note, true) + "\n" : letter_page(record, note, hex_);
      return false;
    });
    if (!read) return report_failure(with, read.error());
    if (!text.empty()) return put(text) ? status_done : status_failed;
    const std::string where = what.topic + "-" + std::to_string(*what.partition);
    return report_failure(with,
                          failure_of(ottla::client_code::offset_out_of_range,
                                     "the record at offset " + std::to_string(*offset_) + " of " + where,
                                     next < 0 ? "the partition ends before it"
                                              : "there is none; the next one is at offset " + std::to_string(next),
                                     "ottla dlq list " + what.topic + " shows which there are"));
  }

  letter_names names_;
  std::string topic_;
  std::optional<std::int64_t> offset_, partition_;
  bool hex_ = false;
};

}  // namespace

std::unique_ptr<runner> declare_dlq_list(CLI::App& options) { return std::make_unique<dlq_list>(options); }
std::unique_ptr<runner> declare_dlq_show(CLI::App& options) { return std::make_unique<dlq_show>(options); }

}  // namespace ottla_tool

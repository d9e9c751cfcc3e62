// ottla dlq replay: the face of ottla::dead_letter_replay: options in, a line for each letter and a summary out.
#include <CLI/App.hpp>

#include "command.hpp"
#include "failure.hpp"
#include "json_text.hpp"
#include "letter_text.hpp"
#include "options.hpp"
#include "ottla/service/dead_letter_replay.hpp"
#include "print.hpp"
#include "regular_expression.hpp"
#include "session.hpp"
#include "stdout_buffer.hpp"

namespace ottla_tool {
namespace {

using outcome = ottla::replayed_letter::outcome;

std::string place(const ottla::topic_partition& where, std::int64_t offset) {
  return where.topic + (where.partition < 0 ? "" : "-" + std::to_string(where.partition)) +
         (offset < 0 ? "" : "@" + std::to_string(offset));
}

const char* word_of(outcome what) {
  switch (what) {
    case outcome::sent:
      return "sent";
    case outcome::found:
      return "found";
    case outcome::would_send:
      return "wouldSend";
    case outcome::no_origin:
      return "noOrigin";
    case outcome::refused:
      break;
  }
  return "refused";
}

std::string line_of(const ottla::replayed_letter& one) {
  const std::string from = place(one.letter, one.offset), to = place(one.to, one.to_offset);
  switch (one.what) {
    case outcome::sent:
      return from + " sent to " + to;
    case outcome::found:
      return from + " was sent to " + to + " by a replay that was interrupted";
    case outcome::would_send:
      return from + " would go to " + to;
    case outcome::no_origin:
      return from + " left: it does not say where it came from (--to says where it shall go)";
    case outcome::refused:
      break;
  }
  return from + " left: " + one_line(one.why.message(), 1000);
}

std::string json_of(const ottla::replayed_letter& one) {
  json out{{"topic", one.letter.topic}, {"partition", one.letter.partition}, {"offset", one.offset}};
  out["outcome"] = word_of(one.what);
  const auto number = [](std::int64_t known) { return known < 0 ? json() : json(known); };
  out["toTopic"] = one.to.topic.empty() ? json() : json(one.to.topic);
  out["toPartition"] = number(one.to.partition);
  out["toOffset"] = number(one.to_offset);
  if (one.why) out["error"] = std::string(one.why.name()), out["message"] = one.why.message();
  return dumped(out);
}

class dlq_replay : public runner {
 public:
  explicit dlq_replay(CLI::App& options) : names_(options) {
    options.add_option("TOPIC", how_.topic, "The dead letter topic")->required();
    text_option(options, "--to", how_.to, "Where all shall go, instead of each where it came from");
    text_option(options, "--error-matches", pattern_,
                "Only those whose error's text this POSIX extended regular expression finds; the others stay, and may "
                "be replayed later");
    number_option(options, "--max", max_, "Send so many at most");
    options.add_flag("--dry-run", how_.dry_run, "Say what would be sent, and change nothing");
    choice_option(options, "--in-doubt", in_doubt_,
                  "Letters of an interrupted replay of which nobody can tell any more whether they were sent: stop "
                  "(default), send (perhaps twice), leave-out (perhaps never)",
                  {"stop", "send", "leave-out"});
    options
        .add_option("--marker-header", how_.marker,
                    "The header that is added, with TOPIC/PARTITION/OFFSET of the letter (default " + how_.marker + ")")
        ->type_name("NAME");
    options
        .add_option("--memory-group", how_.group,
                    "The group that remembers what was replayed (default ottla-dlq-replay.TOPIC); brokers forget it "
                    "after offsets.retention.minutes")
        ->type_name("GROUP");
  }

  int run(const globals& with) override {
    how_.names = names_.get();
    if (auto valid = how_.validate(); !valid) return report_usage(with, "dlq replay", valid.error().context().detail);
    std::string problem;
    std::optional<regular_expression> wanted;
    if (pattern_ && !(wanted = regular_expression::compile(*pattern_, problem)))
      return report_usage(with, "dlq replay", "--error-matches: " + problem);
    if (wanted) how_.wanted = [&](const ottla::dead_letter_note& note) { return wanted->finds(note.error); };
    if (max_) how_.max = static_cast<std::uint64_t>(*max_);
    if (in_doubt_ == "send") how_.in_doubt = ottla::replay_doubt::send;
    if (in_doubt_ == "leave-out") how_.in_doubt = ottla::replay_doubt::leave_out;
    how_.timeout = with.operation_timeout();
    how_.on_letter = [&](const ottla::replayed_letter& one) { show(with, one); };
    how_.on_notice = [&](std::string_view text) {
      if (!with.quiet) std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
    };
    how_.stop_wanted = [this] { return interrupt::requested() || reader_gone_; };
    client_setup setup;
    auto cluster = open_session(with, setup);
    if (!cluster) return report_failure(with, cluster.error());
    interrupt::graceful();  // what was sent is remembered before it ends
    return finish(with, ottla::dead_letter_replay(*cluster, how_).run());
  }

 private:
  void show(const globals& with, const ottla::replayed_letter& one) {
    if (with.output == output_form::json) out_.text() += shown_ == 0 ? "{\"letters\":[\n" : ",\n";
    ++shown_;
    out_.text() += with.json() ? json_of(one) : line_of(one);
    if (with.output != output_form::json) out_.text() += '\n';
    // At once: who kills us wants to have seen what was sent.
    reader_gone_ = !out_.flush() || reader_gone_;
  }

  int finish(const globals& with, const ottla::result<ottla::replay_summary>& ended) {
    const ottla::replay_summary said = ended ? *ended : ottla::replay_summary{};
    if (with.output == output_form::json && (ended || shown_ > 0)) {
      json counts{{"sent", said.sent},          {"found", said.found},
                  {"earlier", said.earlier},    {"notWanted", said.not_wanted},
                  {"noOrigin", said.no_origin}, {"refused", said.refused},
                  {"stopped", said.stopped}};
      if (shown_ == 0) out_.text() += "{\"letters\":[";
      out_.text() += "\n]" + (ended ? "," + dumped(counts).substr(1) : std::string("}")) + "\n";
    }
    if (!out_.flush() || reader_gone_) return status_failed;
    const bool interrupted = interrupt::requested();
    if (!ended)
      return interrupted && ended.error().is(ottla::client_code::cancelled) ? status_interrupted
                                                                            : report_failure(with, ended.error());
    if (!with.quiet) say_summary(said);
    if (interrupted) return status_interrupted;
    return said.no_origin + said.refused > 0 ? status_failed : status_done;
  }

  void say_summary(const ottla::replay_summary& said) const {
    const auto count = [](std::uint64_t number, const char* what) {
      return number == 0 ? std::string() : ", " + std::to_string(number) + what;
    };
    const std::string text = std::to_string(said.sent) + (how_.dry_run ? " would be sent" : " sent") +
                             count(said.found, " found to be sent by an interrupted replay") +
                             count(said.earlier, " replayed earlier") +
                             count(said.not_wanted, " left because their errors do not match") +
                             count(said.no_origin, " left without a known origin (--to says where they shall go)") +
                             count(said.refused, " left because they could not be sent") +
                             (said.stopped ? "; there may be more" : "") + "\n";
    std::fputs(text.c_str(), stderr);
  }

  letter_names names_;
  ottla::dead_letter_replay_options how_;
  std::optional<std::string> pattern_, in_doubt_;
  std::optional<std::int64_t> max_;
  stdout_buffer out_;
  std::uint64_t shown_ = 0;
  bool reader_gone_ = false;
};

}  // namespace

std::unique_ptr<runner> declare_dlq_replay(CLI::App& options) { return std::make_unique<dlq_replay>(options); }

}  // namespace ottla_tool

// service_consumer_state: what the log is told.
#include <string>

#include "service_consumer_state.hpp"

namespace ottla {
inline namespace v0 {
namespace {

std::string text(std::span<const topic_partition> which) {
  std::string out;
  for (const topic_partition& one : which)
    out += (out.empty() ? "" : " ") + one.topic + "-" + std::to_string(one.partition);
  return out;
}

struct wording {
  log_level level;
  std::string_view msg;
};
wording wording_of(flow_note::kind what) {
  switch (what) {
    case flow_note::kind::retry:
      return {log_level::debug, "a message failed and will be tried again"};
    case flow_note::kind::tiered:
      return {log_level::info, "a message failed and waits in a retry topic"};
    case flow_note::kind::follows:
      return {log_level::debug, "a message follows an earlier one of its key to a retry topic"};
    case flow_note::kind::dead_lettered:
      return {log_level::warning, "a message was given up and is in the dead letter topic"};
    case flow_note::kind::skipped:
      return {log_level::error, "a message was given up and is skipped: there is no dead letter topic"};
    case flow_note::kind::stopped:
      return {log_level::error, "a partition is stopped"};
    case flow_note::kind::goes_on:
      return {log_level::info, "a partition goes on"};
  }
  return {log_level::info, {}};
}

}  // namespace

void service_consumer_state::log_notes() {
  std::vector<flow_note> notes;
  error commit_failed;
  {
    const std::lock_guard lock(mutex_);
    notes = flow_.take_notes();
    commit_failed = std::exchange(commit_trouble_, {});
  }
  if (commit_failed)
    log(log_level::warning, "a commit failed and will be repeated", commit_failed, service_operation::commit);
  if (!options_.log) return;
  for (const flow_note& one : notes) {
    const wording say = wording_of(one.what);
    if (!options_.log->writes(say.level)) continue;
    const bool of_a_message = one.offset >= 0;
    const log_field fields[] = {{"group", std::string_view(options_.reading.group)},
                                {"topic", std::string_view(one.where.topic)},
                                {"partition", std::int64_t{one.where.partition}},
                                {"offset", one.offset},
                                {"tries", std::int64_t{one.tries}},
                                {"reason", std::string_view(one.why)},
                                {"type", std::string_view(one.type)},
                                {"retry_in_ms", std::int64_t{one.pause / std::chrono::milliseconds(1)}},
                                {"to", std::string_view(one.to)}};
    const std::size_t shown = !of_a_message ? 3 : !one.to.empty() ? 9 : one.what == flow_note::kind::retry ? 8 : 7;
    options_.log->write({.level = say.level,
                         .msg = say.msg,
                         .failure = one.failure ? &one.failure : nullptr,
                         .doing = service_operation::dead_letter,
                         .fields = {fields, shown}});
  }
}

void service_consumer_state::log(log_level level, std::string_view msg, const error& why, service_operation doing,
                                 std::span<const topic_partition> which) const {
  if (!options_.log || !options_.log->writes(level)) return;
  const std::string partitions = text(which);
  const log_field fields[] = {{"group", std::string_view(options_.reading.group)},
                              {"partitions", std::string_view(partitions)}};
  const std::size_t shown = which.empty() ? 1 : 2;
  options_.log->write(
      {.level = level, .msg = msg, .failure = why ? &why : nullptr, .doing = doing, .fields = {fields, shown}});
}

void service_consumer_state::log_end(const error& why, std::chrono::nanoseconds took) const {
  if (!options_.log) return;
  const log_field fields[] = {{"group", std::string_view(options_.reading.group)}};
  options_.log->write({.level = why ? log_level::error : log_level::info,
                       .msg = "consumer closed",
                       .duration = took,
                       .failure = why ? &why : nullptr,
                       .doing = service_operation::consume,
                       .fields = fields});
}

}  // namespace v0
}  // namespace ottla

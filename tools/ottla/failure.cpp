// failure: sentences and objects on stderr.
#include "failure.hpp"

#include <cstdio>

#include "print.hpp"

namespace ottla_tool {
namespace {

void say(const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); }

}  // namespace

std::string to_json(const ottla::error& why) {
  const ottla::error_context& at = why.context();
  json out{{"error", why.name()},
           {"message", why.message()},
           {"asked", at.asked},
           {"broker", at.broker},
           {"detail", at.detail}};
  out["attempts"] = at.attempts;
  out["elapsedMs"] = at.elapsed / std::chrono::milliseconds(1);
  out["retriable"] = why.retriable();
  out["persisted"] = why.persisted() == ottla::persistence::no ? "no" : "possibly";
  out["advice"] = at.advice;
  return dumped(out);
}

int report_failure(const globals& with, const ottla::error& why) {
  say(with.json() ? to_json(why) : "ottla: " + why.message());
  return why.is(ottla::client_code::invalid_config) || why.is(ottla::client_code::invalid_argument) ? status_usage
                                                                                                    : status_failed;
}

int report_usage(const globals& with, std::string_view command, std::string_view what, std::string_view suggestion) {
  const std::string place = command.empty() ? "ottla" : "ottla " + std::string(command);
  const std::string advice = suggestion.empty()
                                 ? "see " + place + " --help"
                                 : "did you mean " + std::string(suggestion) + "? (" + place + " --help tells all)";
  if (with.json()) {
    say(dumped(json{{"error", "USAGE"},
                    {"message", std::string(what) + "; " + advice},
                    {"asked", place},
                    {"detail", what},
                    {"advice", advice}}));
  } else {
    say(place + ": " + std::string(what) + "; " + advice);
  }
  return status_usage;
}

int report_bad_input(const globals& with, std::string_view command, std::string_view what, std::string_view advice) {
  const std::string place = "ottla " + std::string(command);
  const std::string message = std::string(what) + (what.ends_with('?') ? " " : "; ") + std::string(advice);
  if (with.json()) {
    say(dumped(
        json{{"error", "BAD_INPUT"}, {"message", message}, {"asked", place}, {"detail", what}, {"advice", advice}}));
  } else {
    say(place + ": " + message);
  }
  return status_failed;
}

ottla::error failure_of(ottla::client_code code, std::string asked, std::string detail, std::string advice) {
  ottla::error_context context;
  context.asked = std::move(asked);
  context.detail = std::move(detail);
  context.advice = std::move(advice);
  return {code, std::move(context)};
}

}  // namespace ottla_tool

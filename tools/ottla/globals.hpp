// globals: the options every command takes, and the exit statuses every command ends with.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace ottla_tool {

enum exit_status : int { status_done = 0, status_failed = 1, status_usage = 2, status_interrupted = 130 };

enum class output_form { text, json, jsonl };

struct globals {
  std::string brokers;  ///< empty: not given
  std::vector<std::string> config_files;
  std::vector<std::string> properties;  ///< name=value
  std::optional<std::chrono::nanoseconds> timeout;
  int verbosity = 0;
  bool quiet = false;
  output_form output = output_form::text;
  bool output_given = false;

  static constexpr std::chrono::milliseconds default_timeout{30'000};
  /// How long one question to the cluster may take.
  std::chrono::milliseconds operation_timeout() const {
    return timeout ? std::chrono::ceil<std::chrono::milliseconds>(*timeout) : default_timeout;
  }
  bool json() const { return output != output_form::text; }
};

}  // namespace ottla_tool

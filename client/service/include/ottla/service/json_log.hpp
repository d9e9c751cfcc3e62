// json_log: structured logs, one JSON object a line, whatever bytes the texts hold; what is named as a secret is
// masked.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ottla/net/logger.hpp"
#include "ottla/net/time.hpp"
#include "ottla/service/service_code.hpp"

namespace ottla {
inline namespace v0 {

/// A free field. Borrows for the call.
struct log_field {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool, std::nullptr_t> value;
};

/// What one line says. Borrows for the call.
struct log_entry {
  log_level level = log_level::info;
  std::string_view msg{};
  std::string_view component{};  ///< empty: the log's own
  std::optional<std::chrono::nanoseconds> duration{};
  /// Null or no error: "error" is null. Otherwise its text, and "code" beside it.
  const ottla::error* failure = nullptr;
  service_operation doing = service_operation::request;  ///< for the code
  std::span<const log_field> fields{};
};

/// "debug", "info", "warning", "error".
std::string_view name(log_level level);

/// One line without its end:
///
///     {"level":"warning","ts":"2026-11-21T13:21:22.123Z","component":"kafka","msg":"send failed","duration_ms":45.123,
///      "brokers":["kafka-1:9092"],"error":"...","code":"KAFKA_SEND_FAILED","topic":"orders"}
///
/// Always valid JSON in one line: control characters are escaped, bytes that are not UTF-8 become U+FFFD, numbers that
/// JSON does not know become null. Texts above 16 KiB are cut. A free field with the name of a fixed one gets a `_`
/// behind it; of two with one name the last stays. `duration_ms` is null where nothing was measured.
///
/// Secrets: a free field whose name says so (password, secret, token, credential, authorization, api key, private key,
/// jaas, in any case) shows `****`, and so does what follows such a word and `=` or `:` in the texts.
std::string log_line(const log_entry& entry, std::string_view component, std::span<const std::string> brokers,
                     wall_ms at);

/// Whether a name stands for a secret.
bool names_secret(std::string_view name);
/// The text, with what follows a secret's name and `=` or `:` masked.
std::string without_secrets(std::string_view text);

/// Takes one line, without its end. Called on the thread that logs; must be safe on any, and not throw.
using log_sink = std::function<void(std::string_view line)>;
/// Writes each line at once, so that lines of several threads do not mix.
log_sink stderr_sink();

struct json_log_config {
  std::string component = "kafka";
  std::vector<std::string> brokers{};  ///< as configured; shown with each line
  log_level least = log_level::info;   ///< what is below is not written
  log_sink sink{};                     ///< none: stderr_sink()
  std::function<wall_ms()> clock{};    ///< none: the system's clock. Any thread.
};

/// Any thread.
class json_log {
 public:
  explicit json_log(json_log_config config = {});

  bool writes(log_level level) const { return level >= config_.least; }
  void write(const log_entry& entry) const;
  /// For cluster_config::log: the core's own lines in the same form. The log must outlive what it is given to.
  logger as_logger() const;

 private:
  json_log_config config_;
};

}  // namespace v0
}  // namespace ottla

// verdict: what a handler says of a message: done, try again, or never try again.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ottla/result.hpp"

namespace ottla {
inline namespace v0 {

/// The type of `done`.
struct done_tag {};

/// Failed this time: tried again as the retry policy says, with a pause of its own if it has one. The document's name;
/// `retry` and `retry_in` make the same.
struct temporary_error {
  std::string why{};
  std::optional<std::chrono::milliseconds>
      delay{};                           ///< before the next try, instead of the policy's; below 0 counts as 0
  std::string type = "temporary_error";  ///< what a dead letter names as the exception type
};

/// Would fail each time: straight to the dead letters. The document's name; `reject` makes the same.
struct non_retryable_error {
  std::string why{};
  std::string type = "non_retryable_error";  ///< what a dead letter names as the exception type
};

/// One handler's outcome for one message. Owns its text; move it or copy it.
class [[nodiscard]] verdict {
 public:
  enum class kind : std::uint8_t {
    done,    ///< handled
    retry,   ///< not this time; after the policy's last try it goes to the dead letters
    reject,  ///< to the dead letters at once
  };

  verdict(done_tag) noexcept {}  // NOLINT: implicit, so that handlers return what they mean
  verdict(temporary_error e);
  verdict(non_retryable_error e);
  /// A plain error is tried again, whatever its code: only the handler knows what can never succeed. error{} is done.
  verdict(const error& e);
  /// Success is done, an error as above.
  verdict(const result<void>& r) {
    if (!r) *this = r.error();
  }

  verdict(const verdict& other);
  verdict(verdict&&) noexcept = default;
  verdict& operator=(const verdict& other) { return *this = verdict(other); }
  verdict& operator=(verdict&&) noexcept = default;
  ~verdict() = default;

  kind what() const { return kind_; }
  bool is_done() const { return kind_ == kind::done; }
  bool is_retry() const { return kind_ == kind::retry; }
  bool is_reject() const { return kind_ == kind::reject; }
  /// What went wrong, for people, logs and the dead letter's headers. Empty when done.
  const std::string& why() const { return said().why; }
  /// The kind of failure in the application's words, or the error's own name ("BROKER_UNREACHABLE").
  const std::string& type() const { return said().type; }
  /// The handler's own pause before the next try; nothing: the policy's. Never below 0.
  std::optional<std::chrono::milliseconds> delay() const { return said().delay; }
  /// Names the kind of failure: `return ottla::reject("no amount").as("bad_order");`.
  verdict as(std::string type) &&;

 private:
  // Most verdicts are done, and each message has one: what only the others need lies apart.
  struct failure {
    std::string why{};
    std::string type{};
    std::optional<std::chrono::milliseconds> delay{};
  };
  const failure& said() const { return failure_ ? *failure_ : none(); }
  static const failure& none();

  kind kind_ = kind::done;
  std::unique_ptr<failure> failure_;
};

// Behind the enumeration: g++ takes enumerators of the same name for shadows.
/// The message was handled: `return ottla::done;`. Its offset may be committed.
inline constexpr done_tag done{};
/// Try again, after the policy's pause.
inline verdict retry(std::string why) { return temporary_error{.why = std::move(why)}; }
/// Try again, after this pause.
inline verdict retry_in(std::chrono::milliseconds delay, std::string why) {
  return temporary_error{.why = std::move(why), .delay = delay};
}
/// Never try again: to the dead letters.
inline verdict reject(std::string why) { return non_retryable_error{.why = std::move(why)}; }

}  // namespace v0
}  // namespace ottla

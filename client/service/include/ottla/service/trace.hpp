// trace: the W3C trace context of a message, in its headers, and the hooks by which a tracing library takes part.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/delivery.hpp"
#include "ottla/net/random.hpp"
#include "ottla/record.hpp"
#include "ottla/service/envelope.hpp"
#include "ottla/service/verdict.hpp"

namespace ottla {
inline namespace v0 {

/// Where in a trace something happens: W3C Trace Context, level 1.
struct trace_context {
  std::array<std::uint8_t, 16> trace_id{};
  std::array<std::uint8_t, 8> span_id{};  ///< of whom the next span is a child
  std::uint8_t flags = 0;                 ///< bit 0: sampled
  std::string state{};                    ///< tracestate, as it came; empty: none

  bool sampled() const { return (flags & 1) != 0; }
  /// Neither id is all zeros.
  bool valid() const;
  friend bool operator==(const trace_context&, const trace_context&) = default;
};

inline constexpr std::string_view traceparent_header = "traceparent";
inline constexpr std::string_view tracestate_header = "tracestate";

/// "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", 55 characters.
std::string format_traceparent(const trace_context& at);
/// Nothing if it is not of that form: upper-case digits, ids of zeros, version ff. Of a version above 00 the first four
/// fields count.
std::optional<trace_context> parse_traceparent(std::string_view text);

/// The context that a message carries. Nothing without exactly one traceparent that can be read. Several tracestate
/// headers are one list; one above 512 bytes is left out.
std::optional<trace_context> read_trace(std::span<const record_header> headers);
/// The same of anything with `headers()` to iterate that have `name` and a `value` as `blob` or optional bytes: a
/// record_view, a message.
template <class Record>
std::optional<trace_context> read_trace_of(const Record& from) {
  std::vector<record_header> headers;
  for (const auto& one : from.headers()) {
    if (one.name == traceparent_header || one.name == tracestate_header) {
      headers.push_back({one.name, blob(one.value).optional()});
    }
  }
  return read_trace(headers);
}

/// One message on its way out. Borrows for the call.
struct send_trace {
  std::string_view topic{};
  std::string_view client_id{};
  const trace_context* parent = nullptr;  ///< what the sender gave; null: nothing
  std::span<const record_header> headers{};
  std::size_t bytes = 0;  ///< of key, value and headers
};
/// One message about to be handled. Borrows for the call.
struct process_trace {
  std::string_view topic{};
  std::int32_t partition = -1;
  std::int64_t offset = -1;
  std::string_view group{};
  int attempt = 1;                        ///< 1: the first
  const trace_context* parent = nullptr;  ///< what the message carries; null: nothing
};

/// What a tracing library (OpenTelemetry, say) implements. Any thread; must neither block nor throw. What is not
/// overridden does nothing. Numbers are the hooks' own names for spans; 0: none.
class trace_hooks {
 public:
  virtual ~trace_hooks() = default;

  /// Before a message goes, on the sender's thread; `add` takes further headers. `end_send` is called with the number
  /// once the outcome is known, on any thread; `end_send` with a failure also if the message was refused.
  virtual std::uint64_t begin_send(const send_trace& of, std::vector<envelope_header>& add) noexcept {
    (void)of, (void)add;
    return 0;
  }
  virtual void end_send(std::uint64_t span, const delivery& outcome) noexcept { (void)span, (void)outcome; }

  /// Around each try of a handler, on the thread that runs it. What begin_process leaves in `current` is what the
  /// handler passes on as the parent of what it sends.
  virtual std::uint64_t begin_process(const process_trace& of, trace_context& current) noexcept {
    if (of.parent != nullptr) current = *of.parent;
    return 0;
  }
  virtual void end_process(std::uint64_t span, const verdict& said) noexcept { (void)span, (void)said; }
};

/// One try of a handler as its consumer sees it: begins with the message, ends with the verdict; without hooks it only
/// tells what the message carries. One thread.
///
///     process_span span(hooks, {.topic = r.topic(), .partition = r.partition(), .offset = r.offset()},
///     read_trace_of(r)); const verdict said = handle(message, span.current()); span.end(said);
class process_span {
 public:
  process_span(trace_hooks* hooks, process_trace of, const std::optional<trace_context>& carried) : hooks_(hooks) {
    of.parent = carried ? &*carried : nullptr;
    if (hooks_ != nullptr) {
      number_ = hooks_->begin_process(of, current_);
    } else if (carried) {
      current_ = *carried;
    }
  }
  process_span(const process_span&) = delete;
  process_span& operator=(const process_span&) = delete;
  /// Null where no trace is known.
  const trace_context* current() const { return current_.valid() ? &current_ : nullptr; }
  void end(const verdict& said) {
    if (hooks_ != nullptr) hooks_->end_process(number_, said);
  }

 private:
  trace_hooks* hooks_;
  std::uint64_t number_ = 0;
  trace_context current_{};
};

/// Carries the context on without a tracing library: a message gets a traceparent of its parent's trace (or of a new
/// one) with a span id of its own, and tracestate goes along. A message that has a traceparent already keeps it.
class trace_propagation final : public trace_hooks {
 public:
  /// `seed`: of the ids; one that the system drew. `sample_new`: whether traces that begin here are marked as sampled.
  explicit trace_propagation(std::uint64_t seed, bool sample_new = false)
      : rng_(random_stream::derive(seed, "trace")), sample_new_(sample_new) {}
  std::uint64_t begin_send(const send_trace& of, std::vector<envelope_header>& add) noexcept override;
  std::uint64_t begin_process(const process_trace& of, trace_context& current) noexcept override;

 private:
  trace_context next(const trace_context* parent);

  std::mutex mutex_;
  random_stream rng_;
  bool sample_new_;
};

}  // namespace v0
}  // namespace ottla

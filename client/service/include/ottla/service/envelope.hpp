// envelope: an event with its metadata, apart from how it travels; who publishes it, and who handles it.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ottla/delivery.hpp"
#include "ottla/net/random.hpp"
#include "ottla/net/time.hpp"
#include "ottla/net/unique_function.hpp"
#include "ottla/result.hpp"
#include "ottla/service/verdict.hpp"

namespace ottla {
inline namespace v0 {

struct envelope_header {
  std::string name{};
  std::optional<std::string> value{};  ///< null is not empty
  friend bool operator==(const envelope_header&, const envelope_header&) = default;
};

/// Owns all of it. Texts are UTF-8; `key` and `payload` are bytes. The attributes are those of CloudEvents 1.0
/// (`correlationid` and `causationid` among its extensions).
struct envelope {
  std::string id{};      ///< unique for its source: new_event_id
  std::string type{};    ///< "com.example.order.paid"
  std::string source{};  ///< who says it: a URI reference, "/billing"
  std::optional<wall_ms> time{};
  std::string correlation_id{};  ///< of the conversation; empty: none
  std::string causation_id{};    ///< the event that caused this one; empty: none
  std::string subject{};         ///< empty: none
  std::string data_schema{};     ///< empty: none
  std::string content_type{};    ///< of the payload, "application/json"; empty: not said
  /// Further attributes by name (a to z and 0 to 9), as text.
  std::vector<std::pair<std::string, std::string>> extensions{};
  /// The record's other headers, in order; names may repeat. `content-type` and `ce_...` are not among them.
  std::vector<envelope_header> headers{};
  std::optional<std::string> key{};      ///< the record's
  std::optional<std::string> payload{};  ///< null: a tombstone, or an event without data

  friend bool operator==(const envelope&, const envelope&) = default;

  /// The value of the last header of that name; nothing if there is none, or it is null.
  std::optional<std::string_view> header(std::string_view name) const;
  /// The same for extensions.
  std::optional<std::string_view> extension(std::string_view name) const;
};

/// A random UUID (version 4): 8-4-4-4-12 lower-case digits. Two draws of the stream. As unique as the stream's seed:
/// one stream per process, seeded by the system.
std::string new_event_id(random_stream& rng);

/// An event that `cause` led to: same correlation (or the cause's own id, if it began the conversation), caused by it.
envelope caused_by(const envelope& cause, envelope next);

/// Handles incoming events. Which threads call it is said where it is registered.
class handler {
 public:
  virtual ~handler() = default;
  virtual verdict handle(const envelope& event) = 0;
};

/// Publishes events. Any thread.
class event_publisher {
 public:
  using outcome = unique_function<void(const delivery&)>;

  virtual ~event_publisher() = default;
  /// Takes the event; `told` is called once with its outcome, possibly before this returns. An error: not taken, and
  /// `told` will not be called.
  virtual result<void> publish(std::string_view topic, const envelope& event, outcome told) = 0;
  /// Publishes and waits for the outcome.
  virtual result<delivery> publish(std::string_view topic, const envelope& event,
                                   std::chrono::milliseconds timeout) = 0;
  /// Waits until everything taken has its outcome, then takes no more. Idempotent.
  virtual result<void> close(std::chrono::milliseconds timeout) = 0;
};

}  // namespace v0
}  // namespace ottla

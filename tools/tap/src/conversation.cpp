// One client's connection as a machine: cuts, pairs, rewrites, reports.
#include "ottla/tap/conversation.hpp"

#include <utility>

#include "big_endian.hpp"
#include "frame_cutter.hpp"
#include "headers.hpp"
#include "ottla/protocol/api_key.hpp"
#include "pending_requests.hpp"
#include "resynchronise.hpp"
#include "rewrite.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {
namespace {

using protocol::bytes_view;

void append(std::vector<std::byte>& out, bytes_view bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

void append_size(std::vector<std::byte>& out, std::size_t size) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::byte>(size >> shift & 0xff));
}

}  // namespace

class conversation::machine {
 public:
  machine(conversation_options options, observer seen, stand_in replaced)
      : options_(options),
        seen_(std::move(seen)),
        stand_in_(std::move(replaced)),
        pending_(options.most_pending),
        requests_(options.largest_decoded),
        responses_(options.largest_decoded),
        searching_requests_(options.begins_midway),
        searching_responses_(options.begins_midway) {}

  void from_client(bytes_view bytes, instant now) {
    if (opaque_) return;
    if (searching_requests_) {
      const auto found = find_request(bytes, options_.largest_decoded);
      if (!found) return skip(direction::to_broker, bytes.size());
      skip(direction::to_broker, *found);
      searching_requests_ = false;
      report_skipped(direction::to_broker, now);
      bytes = bytes.subspan(*found);
    }
    while (!bytes.empty()) {
      bytes = bytes.subspan(requests_.take(bytes));
      if (!requests_.trouble().empty()) return turn_opaque(direction::to_broker, requests_, now);
      if (requests_.oversized() && requests_.kept_complete() && !std::exchange(request_told_, true)) take_request(now);
      if (!requests_.complete()) continue;
      if (!request_told_) take_request(now);
      begin_request();
    }
  }

  void from_broker(bytes_view bytes, instant now, std::vector<std::byte>& out) {
    if (opaque_) {
      release(out);
      return append(out, bytes);
    }
    if (searching_responses_) {
      if (!begins_response(bytes, options_.largest_decoded, pending_)) {
        append(out, bytes);
        return skip(direction::to_client, bytes.size());
      }
      searching_responses_ = false;
      report_skipped(direction::to_client, now);
    }
    while (!bytes.empty()) {
      const auto taken = bytes.first(responses_.take(bytes));
      bytes = bytes.subspan(taken.size());
      if (!responses_.trouble().empty()) {
        turn_opaque(direction::to_client, responses_, now);
        append(out, undecided_);
        append(out, taken);
        begin_response();
        return append(out, bytes);
      }
      pass(taken, out);
      if (responses_.oversized() && responses_.kept_complete() && !std::exchange(response_told_, true))
        take_response(now, out);
      if (!responses_.complete()) continue;
      if (!response_told_) take_response(now, out);
      begin_response();
    }
  }

  void broker_ended(std::vector<std::byte>& out) { release(out); }

  void lost(direction way, instant now) {
    if (opaque_) return;
    if (way == direction::to_broker) {
      begin_request();
      searching_requests_ = true;
    } else {
      begin_response();
      searching_responses_ = true;
    }
    report({.way = way, .state = message_state::skipped, .when = now, .note = "the capture lacks bytes here"});
  }

  bool is_kafka() const { return kafka_; }
  bool is_opaque() const { return opaque_; }

 private:
  /// What of the current response has gone out.
  enum class passing : std::uint8_t { undecided, held, streamed };

  void report(const message& what) { seen_(what); }

  void skip(direction way, std::size_t bytes) {
    (way == direction::to_broker ? skipped_requests_ : skipped_responses_) += bytes;
  }

  void report_skipped(direction way, instant now) {
    std::size_t& bytes = way == direction::to_broker ? skipped_requests_ : skipped_responses_;
    if (bytes == 0) return;
    report({.way = way,
            .state = message_state::skipped,
            .when = now,
            .size = std::exchange(bytes, 0),
            .note = "no frame begins in them: the capture began in the middle"});
  }

  void turn_opaque(direction way, const frame_cutter& where, instant now) {
    opaque_ = true;
    report({.way = way,
            .state = message_state::opaque,
            .when = now,
            .frame = where.prefix(),
            .note = std::string(where.trouble())});
  }

  void take_request(instant now) {
    const bytes_view frame = requests_.kept();
    message what{.way = direction::to_broker, .when = now, .size = requests_.size(), .frame = frame};
    what.request = parse_head(frame);
    const bool known = what.request && is_known_request(frame, *what.request);
    kafka_ = kafka_ || known;
    if (raw_tokens_ && !known) {
      pending_.add({.head = std::nullopt, .sent = now});
      what.state = message_state::token;
      what.request.reset();
      what.frame = {};
      return report(what);
    }
    raw_tokens_ = false;
    if (!what.request) {
      what.state = message_state::malformed;
      return report(what);
    }
    if (requests_.oversized()) what.state = message_state::streamed;
    if (!wants_no_response(frame, *what.request)) pending_.add({.head = what.request, .sent = now});
    report(what);
  }

  /// Bytes of the current response go out as they come, unless an address may be in them.
  void pass(bytes_view taken, std::vector<std::byte>& out) {
    if (passing_ == passing::streamed) return append(out, taken);
    if (passing_ == passing::held) return;
    if (responses_.complete() || responses_.kept().size() >= 4)
      passing_ = holds_addresses() ? passing::held : passing::streamed;
    if (passing_ == passing::undecided) return append(undecided_, taken);
    if (passing_ == passing::held) return;
    append(out, undecided_);
    append(out, taken);
  }

  bool holds_addresses() const {
    if (!stand_in_ || responses_.oversized() || responses_.kept().size() < 4) return false;
    const pending_request* asked = pending_.find(static_cast<std::int32_t>(load32(responses_.kept())));
    return asked != nullptr && asked->head && may_hold_addresses(*asked->head);
  }

  void take_response(instant now, std::vector<std::byte>& out) {
    const bytes_view frame = responses_.kept();
    message what{.way = direction::to_client, .when = now, .size = responses_.size(), .frame = frame};
    std::optional<pending_request> asked;
    if (frame.size() >= 4) {
      asked = pending_.take(static_cast<std::int32_t>(load32(frame)));
    } else {
      asked = pending_.take_token();
    }
    if (asked) what.latency = now.mono - asked->sent.mono;
    if (asked && asked->head) {
      what.request = std::move(asked->head);
      if (responses_.oversized()) what.state = message_state::streamed;
      look_for_handshake(frame, *what.request);
    } else if (asked) {
      what.state = message_state::token;
      what.frame = {};
    } else {
      what.state = frame.size() < 4 ? message_state::malformed : message_state::unpaired;
    }
    if (passing_ == passing::held) what.rewritten = release_rewritten(what, out);
    report(what);
  }

  std::size_t release_rewritten(const message& what, std::vector<std::byte>& out) {
    std::vector<std::byte> anew;
    const std::size_t count = rewrite_addresses(what.frame, *what.request, stand_in_, anew);
    const bytes_view frame = count == 0 ? what.frame : bytes_view(anew);
    append_size(out, frame.size());
    append(out, frame);
    passing_ = passing::streamed;
    return count;
  }

  /// After a handshake of version 0 bare tokens follow in frames without headers, until requests go on (KIP-152 ended
  /// that).
  void look_for_handshake(bytes_view frame, const request_head& head) {
    if (protocol::api_key{head.api_key} != protocol::api_key::sasl_handshake || head.version != 0) return;
    raw_tokens_ = frame.size() >= 6 && load16(frame.subspan(4)) == 0;
  }

  void begin_request() {
    requests_.next();
    request_told_ = false;
  }

  void begin_response() {
    responses_.next();
    undecided_.clear();
    passing_ = passing::undecided;
    response_told_ = false;
  }

  /// What was held back goes out as it came.
  void release(std::vector<std::byte>& out) {
    if (passing_ == passing::undecided) append(out, undecided_);
    if (passing_ == passing::held) {
      append(out, responses_.prefix());
      append(out, responses_.kept());
    }
    begin_response();
  }

  conversation_options options_;
  observer seen_;
  stand_in stand_in_;
  pending_requests pending_;
  frame_cutter requests_;
  frame_cutter responses_;
  bool request_told_ = false;
  bool response_told_ = false;
  passing passing_ = passing::undecided;
  std::vector<std::byte> undecided_;  // the beginning of a response, until its correlation id is there: up to 7 bytes
  bool kafka_ = false;
  bool opaque_ = false;
  bool raw_tokens_ = false;
  bool searching_requests_;
  bool searching_responses_;
  std::size_t skipped_requests_ = 0;
  std::size_t skipped_responses_ = 0;
};

conversation::conversation(conversation_options options, observer seen, stand_in replaced)
    : machine_(std::make_unique<machine>(options, std::move(seen), std::move(replaced))) {}
conversation::conversation(conversation&&) noexcept = default;
conversation::~conversation() = default;

void conversation::from_client(bytes_view bytes, instant now) { machine_->from_client(bytes, now); }
void conversation::from_broker(bytes_view bytes, instant now, std::vector<std::byte>& out) {
  machine_->from_broker(bytes, now, out);
}
void conversation::broker_ended(std::vector<std::byte>& out) { machine_->broker_ended(out); }
void conversation::lost(direction way, instant now) { machine_->lost(way, now); }
bool conversation::is_kafka() const { return machine_->is_kafka(); }
bool conversation::is_opaque() const { return machine_->is_opaque(); }

}  // namespace tap
}  // namespace v0
}  // namespace ottla

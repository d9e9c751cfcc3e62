// core's metadata: when it is asked for, of whom, and what follows from no answer.
#include <algorithm>

#include "connection.hpp"
#include "ottla/net/core.hpp"

namespace ottla {
inline namespace v0 {
namespace {

// A paused broker accepts connections and says nothing. After this long another one is asked as well; the first answer
// counts.
constexpr std::chrono::milliseconds metadata_hedge{1000};
constexpr std::size_t max_refresh_tries = 4;

}  // namespace

steady_ns core::rebootstrap_at() const {
  if (config_.recovery == metadata_recovery::none || metadata_.brokers().empty()) return never;
  return after(metadata_.failing_since(), config_.rebootstrap_trigger);
}

// Whoever still waits for an old broker's answer keeps its connection; nothing new goes there.
void core::rebootstrap(std::string_view why) {
  log(log_level::warning, "metadata", std::string(why) + ": starting again from the bootstrap addresses");
  metadata_.rebootstrap();
  refresh_tries_.clear();
  hedge_at_ = never;
  dirty_ = true;
}

void core::refresh_metadata() {
  if (now_.mono >= rebootstrap_at()) rebootstrap("the known brokers gave no metadata for too long");
  if (metadata_.due(now_.mono)) {
    metadata_.started();
    ++refresh_round_;
    refresh_tries_.clear();
    refresh_outstanding_ = 0;
    ask_for_metadata();
  } else if (now_.mono >= hedge_at_) {
    ask_for_metadata();
  }
}

// False if every address that could be asked was asked in this round.
bool core::ask_for_metadata() {
  hedge_at_ = never;
  const connection_key key = pick_any(refresh_tries_);
  if (refresh_tries_.size() >= max_refresh_tries ||
      std::find(refresh_tries_.begin(), refresh_tries_.end(), key) != refresh_tries_.end()) {
    return false;
  }
  refresh_tries_.push_back(key);
  hedge_at_ = after(now_.mono, metadata_hedge);
  ++refresh_outstanding_;
  request ask = make_request<protocol::MetadataRequest>(
      [topics = metadata_.wanted_topics(), create = config_.allow_auto_create_topics](
          protocol::MetadataRequest& message, std::int16_t version, protocol::arena& memory) {
        using topic = protocol::MetadataRequest::MetadataRequestTopic;
        topic* list = memory.make<topic>(topics.size());
        for (std::size_t i = 0; i < topics.size(); ++i) list[i].name = std::string_view(topics[i]);
        message.topics = protocol::array<topic>(list, topics.size());
        if (version >= 4) message.allow_auto_topic_creation = create;
      });
  ask.min_version = 1;  // 0 cannot say "no topics"
  ask.done = [this, round = refresh_round_](response&& answer) { on_metadata(round, std::move(answer)); };
  find_or_open(key)->send(std::move(ask));
  dirty_ = true;
  return true;
}

void core::on_metadata(std::uint64_t round, response&& answer) {
  if (round != refresh_round_ || refresh_tries_.empty()) return;  // a hedge that lost
  dirty_ = true;
  --refresh_outstanding_;
  auto message = decode<protocol::MetadataResponse>(answer);
  if (!message) return metadata_failed(message.error());
  const protocol::error_code refusal = (*message)->error_code;
  if (refusal != protocol::error_code::none) {  // KIP-1102
    error_context context;
    context.asked = "Metadata";
    context.broker = answer.broker;
    const error why(refusal, std::move(context));
    log(log_level::warning, "metadata", why.message());
    refresh_tries_.clear();
    hedge_at_ = never;
    metadata_.failed(why, now_.mono);
    if (refusal == protocol::error_code::rebootstrap_required && config_.recovery == metadata_recovery::rebootstrap)
      rebootstrap(answer.broker + " asks for it");
    return;
  }
  refresh_tries_.clear();
  hedge_at_ = never;
  metadata_.applied(**message, now_.mono, metadata_jitter_);
}

void core::metadata_failed(const error& why) {
  log(log_level::warning, "metadata", why.message());
  if (shut_down_) return;
  // A connection that we ended ourselves says nothing of the brokers (C-56).
  if (!why.is(client_code::cancelled)) metadata_.stumbled(now_.mono);
  if (ask_for_metadata()) return;  // the next address at once; only when all failed do we wait
  if (refresh_outstanding_ == 0) {
    refresh_tries_.clear();
    metadata_.failed(why, now_.mono);
  }
}

}  // namespace v0
}  // namespace ottla

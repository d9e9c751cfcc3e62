// producer_runtime: what the two producers of the service layer share: a message's way through parking, guards and
// trace hooks into the client's producer, and its outcome back.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>

#include "guard_timer.hpp"
#include "kept_record.hpp"
#include "ottla/producer.hpp"
#include "ottla/service/producers.hpp"
#include "outstanding.hpp"
#include "write_report.hpp"

namespace ottla {
inline namespace v0 {

/// Any thread. Three ways, the plainest that serves:
///
///     with a cookie    no guards, no trace hooks, nobody waits: straight into its batch, nothing is allocated
///     with a handler   somebody waits for this one's outcome, or hooks do
///     kept             a copy that waits until its topic is known, or passes the guards
class producer_runtime : public std::enable_shared_from_this<producer_runtime> {
 public:
  using told_function = unique_function<void(const delivery&)>;

  producer_runtime(cluster& on, producer_options options, producer_type type);
  /// Once, when this is shared.
  void begin();
  /// The last handle goes.
  bool forked() const { return cluster_->forked(); }
  void end();

  result<void> valid() const { return config_error_ ? result<void>(config_error_) : result<void>(); }
  /// Where nobody waits for the outcome. Inline: it is a cost of every message.
  [[gnu::always_inline]] result<void> give(const producer_message& what) {
    topic_slot* const to = straight_.load(std::memory_order_acquire);
    if (to == nullptr || !(what.topic.empty() ? to->is_default : what.topic == to->name)) [[unlikely]]
      return give_with_care(what);
    const record one = record_of(what);
    const std::size_t bytes = to->report->told_bytes(one);
    if (!write_report::fits_cookie(bytes)) [[unlikely]]
      return give_with_care(what);
    return send_plain(*to, one, bytes);
  }
  result<void> give(const producer_message& what, told_function told);
  std::vector<delivery> deliver(std::span<const producer_message> many, std::chrono::milliseconds timeout);
  result<void> flush(std::chrono::milliseconds timeout);
  result<void> health(std::chrono::milliseconds timeout) const;
  result<void> close(std::chrono::milliseconds timeout);
  service_producer_stats stats() const;

 private:
  struct sending {
    write_meta meta;
    told_function told;
    outstanding::hold hold;
  };
  using sending_ptr = std::shared_ptr<sending>;
  struct parked {
    std::unique_ptr<kept_record> what;
    sending_ptr how;
    std::size_t bytes;
    steady_ns deadline;
  };
  struct topic_slot {
    std::string_view name;
    bool is_default = false;
    write_report* report = nullptr;
    ottla::topic handle;
    topic_id label = 0;
    std::atomic<bool> ready{false};  // its partitions are known, and nobody waits whom one could overtake
    std::mutex mutex;                // of what follows; sends of parked messages are made under it
    std::deque<parked> waiting;
    bool asked = false;
  };
  struct guarded_send;

  topic_slot& slot(std::string_view name);
  bool is_ready(topic_slot& to);
  static record record_of(const producer_message& what) {
    record out;
    out.key = what.key;
    out.value = what.value;
    out.headers = what.headers;
    out.partition = what.partition;
    out.timestamp = what.timestamp;
    return out;
  }
  [[gnu::always_inline]] result<void> send_plain(topic_slot& to, const record& what, std::size_t bytes) {
    result<void> taken = to.handle.send(what, to.report->cookie(bytes));
    if (!taken) [[unlikely]]
      refused_plain(to, what, taken.error());
    return taken;
  }
  [[gnu::cold]] result<void> give_with_care(const producer_message& what);
  [[gnu::cold]] static void refused_plain(const topic_slot& to, const record& what, const error& why);
  result<void> refuse(const write_meta& of, std::string_view topic, error why);
  result<void> give_slowly(topic_slot& to, const producer_message& what, record plain, std::size_t bytes,
                           told_function told);
  bool park(topic_slot& to, const record& what, const sending_ptr& how, result<void>& taken);
  void ask_partitions(topic_slot& to, steady_ns deadline);
  void topic_known(topic_slot& to, error why);
  void fail_parked(error why);
  bool wait_kept(steady_ns deadline);
  error launch(const ottla::topic& to, const record& what, const sending_ptr& how);
  void guard(const ottla::topic& to, std::unique_ptr<kept_record> what, sending_ptr how);
  static void settle(write_report& report, sending& how, const delivery& outcome);
  error state_error(client_code code, std::string_view topic, std::string detail, std::string advice = {}) const;

  std::shared_ptr<cluster_state> cluster_;
  const producer_options options_;
  const producer_type type_;
  const producer_config config_;
  std::shared_ptr<write_report> report_;
  producer producer_;
  const error config_error_;
  std::shared_ptr<guard_timer> guards_;
  std::shared_ptr<outstanding> kept_ = std::make_shared<outstanding>();
  std::atomic<std::size_t> parked_count_{0};
  std::atomic<std::size_t> parked_bytes_{0};
  std::atomic<bool> closed_{false};
  bool plain_ = false;  // since begin: messages that nobody waits for need nothing but a cookie
  topic_slot* default_ = nullptr;
  std::atomic<topic_slot*> straight_{nullptr};  // where the last message went, if the next one may go the plainest way
  std::mutex slots_mutex_;
  std::map<std::string, std::unique_ptr<topic_slot>, std::less<>> slots_;
};

/// The configuration in force.
producer_config effective_config(const producer_options& options, producer_type type);

}  // namespace v0
}  // namespace ottla

// One transactional id: who may write under it, in which epoch, and how far its transaction is (KIP-98, 360, 588, 890).
#pragma once
#include <algorithm>
#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "durable/journal.hpp"
#include "ottla/mock/instant.hpp"
#include "ottla/protocol/error_code.hpp"
#include "storage/end_marker.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

using protocol::error_code;

/// What Kafka calls PrepareEpochFence and Dead are moments that nobody can see here.
enum class transaction_state : std::uint8_t {
  empty,
  ongoing,
  prepare_commit,  // decided; the markers are on their way
  prepare_abort,
  complete_commit,
  complete_abort,
};
std::string_view name(transaction_state state);

struct producer_claim {
  std::int64_t id = -1;
  std::int16_t epoch = -1;
  bool operator==(const producer_claim&) const = default;
};

struct partition_ref {
  std::string topic;
  std::int32_t index = -1;
  auto operator<=>(const partition_ref&) const = default;
};
using partition_set = std::set<partition_ref>;

struct claim_result {
  error_code error = error_code::none;
  producer_claim now = {};  // with no error: how the producer calls itself from here on
};

/// Where ids for new producers come from. They are set aside in blocks, as in Kafka: after a restart the rest of a
/// block is skipped.
class producer_ids {
 public:
  explicit producer_ids(journal& book) : book_(book) {}

  std::int64_t take() {
    if (next_ >= set_aside_) {
      set_aside_ = next_ + block;
      save();
    }
    return next_++;
  }
  void save() {
    book_.add(entry_kind::producer_ids, [&](entry_writer& out) { out.number(set_aside_); });
  }
  /// All below are taken.
  void skip_to(std::int64_t next) { next_ = set_aside_ = std::max(next, next_); }

 private:
  static constexpr std::int64_t block = 1000;

  journal& book_;
  std::int64_t next_ = 1000;
  std::int64_t set_aside_ = next_;
};

/// It knows neither the wire nor the clock.
///
///            partitions added              EndTxn, timeout, a newer instance          all markers written
///     Empty ──────────────────► Ongoing ────────────────────────────────────► Prepare… ──────────────────► Complete…
///       ▲                          ▲                                                                           │
///       └── InitProducerId ────────┼───────────────────────────────────────────────────────────────────────────┤
///                                  └─────────────────────────── partitions added ──────────────────────────────┘
class transaction {
 public:
  transaction(std::string id, std::int64_t producer_id) : id_(std::move(id)), producer_{producer_id, -1} {}

  /// A producer begins under this id, or (with `own`, KIP-360) goes on with a new epoch after an error. An open
  /// transaction is aborted first: the error is CONCURRENT_TRANSACTIONS then, and is_completing() true.
  claim_result init(std::chrono::milliseconds timeout, std::optional<producer_claim> own, int server_version,
                    producer_ids& ids, instant now);
  error_code add(const producer_claim& who, const partition_set& partitions, instant now);
  /// Whether add() would be refused, whatever the partitions.
  error_code check(const producer_claim& who) const;
  bool holds(const partition_ref& partition) const {
    return state_ == transaction_state::ongoing && partitions_.contains(partition);
  }
  /// `bumps_epochs`: EndTxn 5 and above. Repeated requests are recognised by their epoch then, else by the state.
  claim_result end(const producer_claim& who, bool commit, bool bumps_epochs, producer_ids& ids, instant now);
  /// Its time is up, or a newer producer wants its place.
  void abort(int server_version, instant now);

  bool is_completing() const {
    return state_ == transaction_state::prepare_commit || state_ == transaction_state::prepare_abort;
  }
  bool is_idle() const { return state_ != transaction_state::ongoing && !is_completing(); }
  /// While it completes: what is to be written into each partition that is left. The coordinator's epoch is left blank.
  end_marker marker() const;
  void written(const partition_ref& partition) { partitions_.erase(partition); }
  /// All markers stand.
  void complete(instant now);

  const std::string& id() const { return id_; }
  transaction_state state() const { return state_; }
  const producer_claim& producer() const { return producer_; }
  const partition_set& partitions() const { return partitions_; }
  std::chrono::milliseconds timeout() const { return timeout_; }
  std::int64_t started() const { return started_; }  // wall time in ms, -1: no transaction yet
  std::chrono::nanoseconds times_out_at() const { return times_out_at_; }
  std::chrono::milliseconds last_change() const { return last_change_; }  // wall time
  std::size_t size_bytes() const;

  void save(entry_writer& out) const;
  /// False if the bytes make no sense. What runs must be told the time afterwards: resume().
  bool load(entry_reader& in);
  /// After a restart: the transaction times out when it would have.
  void resume(instant now);

 private:
  claim_result begin_epoch(std::optional<producer_claim> own, producer_ids& ids);
  claim_result prepare(bool commit, bool bumps_epochs, producer_ids& ids, instant now);
  bool may_end(const producer_claim& who, bool is_retry) const;
  bool is_exhausted() const;

  std::string id_;
  producer_claim producer_;
  std::int64_t previous_id_ = -1;     // before the last change of state
  std::int64_t next_id_ = -1;         // for when the transaction is complete: the epochs of this one are used up
  std::int16_t previous_epoch_ = -1;  // a producer that names it has missed the answer to its last request
  transaction_state state_ = transaction_state::empty;
  bool bumps_epochs_ = false;  // of the transaction that completes
  partition_set partitions_;
  std::chrono::milliseconds timeout_{};
  std::int64_t started_ = -1;
  std::chrono::nanoseconds times_out_at_{};
  std::chrono::milliseconds last_change_{};
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla

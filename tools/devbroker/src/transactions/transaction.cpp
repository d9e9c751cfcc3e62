// One transactional id: who may write under it, in which epoch, and how far its transaction is.
#include "transactions/transaction.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

// The last epoch but one is the last that a producer gets: the one above it is for the marker that fences it.
constexpr std::int16_t last_marker_epoch = std::numeric_limits<std::int16_t>::max();
constexpr std::int16_t last_epoch = last_marker_epoch - 1;

std::int16_t after(std::int16_t epoch) {
  return epoch == last_marker_epoch ? epoch : static_cast<std::int16_t>(epoch + 1);
}

}  // namespace

std::string_view name(transaction_state state) {
  switch (state) {
    case transaction_state::empty:
      return "Empty";
    case transaction_state::ongoing:
      return "Ongoing";
    case transaction_state::prepare_commit:
      return "PrepareCommit";
    case transaction_state::prepare_abort:
      return "PrepareAbort";
    case transaction_state::complete_commit:
      return "CompleteCommit";
    case transaction_state::complete_abort:
      return "CompleteAbort";
  }
  return "";
}

bool transaction::is_exhausted() const { return producer_.epoch >= last_epoch; }

claim_result transaction::init(std::chrono::milliseconds timeout, std::optional<producer_claim> own, int server_version,
                               producer_ids& ids, instant now) {
  // An id that was given up because its epochs were used up may still be named by who has not heard of it.
  const auto is_known = [&](const producer_claim& who) {
    return producer_.epoch < 0 || who.id == producer_.id || (who.id == previous_id_ && who.epoch >= last_epoch);
  };
  if (own && !is_known(*own)) return {error_code::producer_fenced};
  if (is_completing()) return {error_code::concurrent_transactions};
  if (state_ == transaction_state::ongoing) {
    abort(server_version, now);
    return {error_code::concurrent_transactions};
  }
  const claim_result begun = begin_epoch(own, ids);
  if (begun.error != error_code::none) return begun;
  state_ = transaction_state::empty;
  timeout_ = timeout;
  started_ = -1;
  last_change_ = now.wall;
  return begun;
}

claim_result transaction::begin_epoch(std::optional<producer_claim> own, producer_ids& ids) {
  const std::int64_t id = producer_.id;
  if (is_exhausted() && (!own || own->epoch == producer_.epoch)) {
    previous_epoch_ = own ? producer_.epoch : std::int16_t{-1};
    producer_ = {ids.take(), 0};
  } else if (!own) {
    previous_epoch_ = -1;
    producer_.epoch = after(producer_.epoch);
  } else if (producer_.epoch < 0 || own->epoch == producer_.epoch) {
    previous_epoch_ = std::exchange(producer_.epoch, after(producer_.epoch));
  } else if (own->epoch != previous_epoch_) {
    return {error_code::producer_fenced};
  }
  previous_id_ = id;
  return {error_code::none, producer_};
}

error_code transaction::check(const producer_claim& who) const {
  if (who.id != producer_.id) return error_code::invalid_producer_id_mapping;
  if (who.epoch != producer_.epoch) return error_code::producer_fenced;
  return is_completing() ? error_code::concurrent_transactions : error_code::none;
}

error_code transaction::add(const producer_claim& who, const partition_set& partitions, instant now) {
  if (const error_code error = check(who); error != error_code::none) return error;
  const bool all_there = std::includes(partitions_.begin(), partitions_.end(), partitions.begin(), partitions.end());
  if (state_ == transaction_state::ongoing && all_there) return error_code::none;
  if (state_ != transaction_state::ongoing) {
    started_ = now.wall.count();
    times_out_at_ = now.mono + timeout_;
  }
  state_ = transaction_state::ongoing;
  previous_id_ = producer_.id;
  partitions_.insert(partitions.begin(), partitions.end());
  last_change_ = now.wall;
  return error_code::none;
}

end_marker transaction::marker() const {
  return {.producer_id = producer_.id,
          .producer_epoch = producer_.epoch,
          .commit = state_ == transaction_state::prepare_commit,
          .transaction_version = bumps_epochs_ ? 2 : 0};
}

std::size_t transaction::size_bytes() const {
  constexpr std::size_t partition_cost = 96;
  std::size_t sum = sizeof(transaction) + 2 * id_.size() + partitions_.size() * partition_cost;
  for (const partition_ref& p : partitions_) sum += p.topic.size();
  return sum;
}

void transaction::save(entry_writer& out) const {
  out.number(producer_.id);
  out.number(producer_.epoch);
  out.number(previous_id_);
  out.number(next_id_);
  out.number(previous_epoch_);
  out.number(static_cast<std::uint8_t>(state_));
  out.flag(bumps_epochs_);
  out.number(static_cast<std::int64_t>(timeout_.count()));
  out.number(started_);
  out.number(static_cast<std::int64_t>(last_change_.count()));
  out.count(partitions_.size());
  for (const partition_ref& p : partitions_) {
    out.text(std::string_view(p.topic));
    out.number(p.index);
  }
}

bool transaction::load(entry_reader& in) {
  producer_.id = in.number<std::int64_t>();
  producer_.epoch = in.number<std::int16_t>();
  previous_id_ = in.number<std::int64_t>();
  next_id_ = in.number<std::int64_t>();
  previous_epoch_ = in.number<std::int16_t>();
  const auto state = in.number<std::uint8_t>();
  bumps_epochs_ = in.flag();
  timeout_ = std::chrono::milliseconds(in.number<std::int64_t>());
  started_ = in.number<std::int64_t>();
  last_change_ = std::chrono::milliseconds(in.number<std::int64_t>());
  partitions_.clear();
  const std::size_t partitions = in.count();
  for (std::size_t i = 0; i < partitions && in.ok(); ++i) {
    std::string topic = in.text();
    partitions_.insert({std::move(topic), in.number<std::int32_t>()});
  }
  if (!in.is_done() || state > static_cast<std::uint8_t>(transaction_state::complete_abort)) return false;
  state_ = static_cast<transaction_state>(state);
  return true;
}

void transaction::resume(instant now) {
  const std::chrono::milliseconds left = std::chrono::milliseconds(started_) + timeout_ - now.wall;
  times_out_at_ = now.mono + std::clamp(left, std::chrono::milliseconds(0), timeout_);
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla

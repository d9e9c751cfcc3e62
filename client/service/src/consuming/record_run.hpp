// record_run: records of one part of a poll that are handled one behind the other: all of them, or some.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "ottla/consumed_record.hpp"
#include "ottla/net/time.hpp"

namespace ottla {
inline namespace v0 {

/// What the runs of one part share: its memory is kept as long as any of its records is. The flow's lock.
struct part_account {
  std::size_t bytes = 0;
  std::size_t left = 0;                     // records that are not finished
  std::optional<partition_records> copy{};  // once it was copied out of its response
  instant read{};                           // when it came
};

class record_run {
 public:
  record_run(partition_records part, std::shared_ptr<part_account> account)
      : part_(std::move(part)), account_(std::move(account)), at_(part_.begin()), left_(part_.size()) {}
  /// `chosen`: at least one, in order, of that part.
  record_run(partition_records part, std::shared_ptr<part_account> account, std::vector<record_view> chosen)
      : part_(std::move(part)), account_(std::move(account)), left_(chosen.size()), chosen_(std::move(chosen)) {}

  bool ended() const { return left_ == 0; }
  std::size_t left() const { return left_; }
  /// Valid until `next`. Not at the end.
  const record_view& front() const { return chosen_.empty() ? *at_ : chosen_[index_]; }
  void next() {
    --left_;
    if (chosen_.empty()) {
      ++at_;
    } else {
      ++index_;
    }
  }
  /// All records between its first and its last are its own.
  bool whole() const { return chosen_.empty(); }
  /// For whoever walks the records from `front` on by itself: through this, or, where it is null, through an array that
  /// `front` lies in. Then says how many it passed.
  record_iterator* walk() { return chosen_.empty() ? &at_ : nullptr; }
  void passed(std::size_t records) {
    left_ -= records;
    if (!chosen_.empty()) index_ += records;
  }
  part_account& account() const { return *account_; }

  /// The first record alone.
  record_run front_alone() const;
  /// The same, and this run then begins behind it.
  record_run take_front();
  /// Goes on in a copy of the part, so that the response it came in can go. The flow's lock.
  void detach();

 private:
  partition_records part_;
  std::shared_ptr<part_account> account_;
  record_iterator at_;
  std::size_t left_ = 0;
  std::vector<record_view> chosen_;
  std::size_t index_ = 0;
  bool detached_ = false;
};

}  // namespace v0
}  // namespace ottla

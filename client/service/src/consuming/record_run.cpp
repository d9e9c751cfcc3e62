// record_run: splitting one, and moving one to memory of its own.
#include "record_run.hpp"

namespace ottla {
inline namespace v0 {

record_run record_run::front_alone() const {
  record_run out(part_, account_, {front()});
  out.detached_ = detached_;
  return out;
}

record_run record_run::take_front() {
  record_run out = front_alone();
  next();
  return out;
}

void record_run::detach() {
  if (detached_ || ended()) return;
  detached_ = true;
  if (!account_->copy) account_->copy = part_.to_owned();
  const std::int64_t offset = front().offset();
  partition_records copy = *account_->copy;
  record_iterator at = copy.begin();
  while (at->offset() != offset) ++at;
  if (chosen_.empty()) {
    at_ = std::move(at);
  } else {
    std::vector<record_view> same;
    for (std::size_t i = index_; i < chosen_.size(); ++i) {
      while (at->offset() != chosen_[i].offset()) ++at;
      same.push_back(*at);
    }
    chosen_ = std::move(same);
    index_ = 0;
  }
  part_ = std::move(copy);
}

}  // namespace v0
}  // namespace ottla

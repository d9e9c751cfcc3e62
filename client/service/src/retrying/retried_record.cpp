// retried_record: headers to facts.
#include "retried_record.hpp"

#include <algorithm>

namespace ottla {
inline namespace v0 {
namespace {

// Nobody tries more often; it keeps sums from overflowing whatever a header says.
constexpr int most_tries = 1'000'000;

}  // namespace

retried_record::retried_record(const record_view& from, int tier, const dead_letter_names& names)
    : note_(read_dead_letter(from.headers(), names)), tier_(tier) {
  if (note_.from.topic.empty() || note_.from.partition < 0 || note_.offset < 0) {
    note_.from = {std::string(from.topic()), from.partition()};
    note_.offset = from.offset();
    note_.timestamp = from.timestamp();
  }
  if (note_.retries >= 0) tries_ = std::min(note_.retries, most_tries) + 1;
  if (tries_ == 0) note_.error.clear();
}

std::chrono::nanoseconds retried_record::wait(wall_ms read, std::chrono::milliseconds longest) const {
  if (!note_.due || *note_.due <= read) return std::chrono::nanoseconds(0);
  // Compared before they are subtracted: a header may say anything that fits.
  const wall_ms last = read + longest;
  return std::min(*note_.due, last) - read;
}

}  // namespace v0
}  // namespace ottla

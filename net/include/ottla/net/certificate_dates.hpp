// certificate_dates: until when the certificates of a cluster's connections are good, ours and the brokers'.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/net/time.hpp"

namespace ottla {
inline namespace v0 {

struct certificate_date {
  std::string whose;    ///< "client", or a broker's host:port
  std::string subject;  ///< of the certificate that ends first: of a chain that may be an authority's
  wall_ms not_after{};
};

/// Written by the core's thread, read from any.
class certificate_dates {
 public:
  /// True: the date is new here, or another than before.
  bool note(certificate_date one) {
    std::lock_guard lock(mutex_);
    certificate_date& known = dates_[one.whose];
    const bool other = known.whose.empty() || known.not_after != one.not_after;
    known = std::move(one);
    return other;
  }
  /// In the order of whose they are.
  std::vector<certificate_date> all() const {
    std::lock_guard lock(mutex_);
    std::vector<certificate_date> out;
    for (const auto& [whose, date] : dates_) out.push_back(date);
    return out;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, certificate_date, std::less<>> dates_;
};

}  // namespace v0
}  // namespace ottla

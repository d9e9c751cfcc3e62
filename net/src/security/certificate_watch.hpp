// certificate_watch: looks at the certificates of each handshake, and says when one of them ends soon.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "ottla/net/certificate_dates.hpp"
#include "ottla/net/logger.hpp"

struct ssl_st;

namespace ottla {
inline namespace v0 {

/// The one that ends first: of our own certificate and its chain, or of the broker's as it was verified (as it was
/// sent, where nothing is verified). Nothing where there is none, as on a session that was resumed.
std::optional<certificate_date> own_certificate_date(const ssl_st* session);
std::optional<certificate_date> peer_certificate_date(const ssl_st* session, std::string broker);

/// On the core's thread; `dates` is for any.
class certificate_watch {
 public:
  /// Fewer days than these are a warning, once a day.
  static constexpr int few_days = 30;

  /// After a handshake with this broker.
  void look(const ssl_st* session, const std::string& broker, wall_ms now, const logger& log);
  void note(certificate_date one, wall_ms now, const logger& log);
  certificate_dates dates;

 private:
  std::map<std::string, wall_ms, std::less<>> warned_;
};

}  // namespace v0
}  // namespace ottla

// transaction: what became of a transaction when it was asked to end.
#pragma once

#include <cstdint>
#include <string_view>

#include "ottla/error.hpp"

namespace ottla {
inline namespace v0 {

/// How a call that ends a transaction came out. Each asks for something else, so there is no plain "it failed".
enum class transaction_outcome : std::uint8_t {
  committed,   ///< readers of committed records see all of it
  aborted,     ///< they see none of it
  must_abort,  ///< it cannot be committed; nothing of it is. Call abort_transaction, then begin anew
  /// Committed or not, this client does not know which. With `timed_out` it still tries: the same call again waits on.
  /// With any other error nobody will find out here, and the next transaction may begin; committed offsets, if the
  /// transaction had some, tell what happened.
  unknown,
  fatal,    ///< not committed; a newer producer has this transactional id, or it is not allowed: close the producer
  refused,  ///< nothing was done: the call does not fit (no transaction is open, ...)
};

/// "COMMITTED" and so on.
std::string_view name(transaction_outcome outcome);

struct [[nodiscard]] transaction_result {
  transaction_outcome outcome = transaction_outcome::refused;
  error why{};  ///< set for all but committed and aborted

  bool committed() const { return outcome == transaction_outcome::committed; }
  bool aborted() const { return outcome == transaction_outcome::aborted; }
};

}  // namespace v0
}  // namespace ottla

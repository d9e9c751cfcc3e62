// A fetch that waits for bytes, and how it is answered when they come or its time is up.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "api/parked_request.hpp"
#include "cluster/fetch_sessions.hpp"
#include "ottla/mock/instant.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// The session holds the partitions. A fetch without a session has one of its own, with id 0, that no cache knows.
struct pending_fetch final : parked_request {
  std::shared_ptr<fetch_session> session;
  bool incremental = false;  // leave out partitions of which nothing new is to be told
  bool read_committed = false;
  std::string rack = {};  // the reader's; empty: it does not say
  std::int64_t min_bytes = 0;
  std::int64_t max_bytes = 0;
  std::chrono::nanoseconds deadline{};  // on instant::mono

  /// Whether there is enough to answer now: the bytes are there, a partition has an error, or there is nothing to wait
  /// for.
  bool is_ready(const call& c) const override;
  std::chrono::nanoseconds answer_by() const override { return deadline; }
  void write_answer(call& c, protocol::writer& out) override;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla

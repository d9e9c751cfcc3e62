// part_outcomes: answers that tell of each thing that was asked by itself: which of them mean that nothing was done,
// what one means.
#pragma once

#include <algorithm>

#include "ask.hpp"

namespace ottla {
inline namespace v0 {

/// An answer is worth repeating only if the broker did nothing at all: every part says so.
template <class Parts>
error nothing_done(const Parts& parts, const std::string& broker, std::string_view asked) {
  const auto refuses_all = [](const auto& part) {
    return part.error_code == protocol::error_code::not_controller ||
           part.error_code == protocol::error_code::throttling_quota_exceeded;
  };
  if (parts.empty() || !std::all_of(parts.begin(), parts.end(), refuses_all)) return {};
  return refused(parts.front().error_code, std::string(asked), broker, parts.front().error_message);
}

/// What the broker said of one part; `none` is where the parts end: it was not mentioned (C-60).
template <class Part>
error outcome_of(const Part* found, const Part* none, std::string asked, const std::string& broker) {
  if (found == none) return not_mentioned(std::move(asked), broker, persistence::possibly);
  if (found->error_code == protocol::error_code::none) return {};
  return refused(found->error_code, std::move(asked), broker, found->error_message);
}

}  // namespace v0
}  // namespace ottla

// Sends many damaged requests to one broker and says what became of each.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz_case.hpp"
#include "fuzz_link.hpp"

namespace ottla::fuzz {

enum class outcome : std::uint8_t {
  answered,      ///< without an error code
  error_answer,  ///< with one
  closed,        ///< the connection, which is a broker's right
  silent,        ///< no answer in time, but the broker answers others
  undecodable,   ///< a finding: an answer that is none to this request
  hang,          ///< a finding: the broker answers nobody in time
  gone,          ///< a finding: nobody accepts connections any more
};
inline constexpr std::size_t outcomes = 7;
/// "error answer".
std::string_view name(outcome what);
constexpr bool is_finding(outcome what) { return what >= outcome::undecodable; }

struct fuzz_options {
  endpoint target;
  std::uint64_t seed = 1;
  std::uint64_t first_run = 0;
  std::uint64_t runs = 1000;
  std::chrono::milliseconds deadline{2000};
  std::vector<const protocol_text::message_type*> among;
  std::function<bool()> stop;  ///< asked between runs
};

struct finding {
  std::uint64_t run = 0;
  outcome what = outcome::answered;
  fuzz_case sent;
  std::string detail;
};

struct fuzz_report {
  std::uint64_t runs = 0;
  std::array<std::uint64_t, outcomes> counts{};
  std::vector<finding> findings;  ///< at most `most_findings`
};
inline constexpr std::size_t most_findings = 20;

/// The API keys that the broker offers; nullopt if it does not answer ApiVersions before the deadline.
std::optional<std::vector<std::int16_t>> offered_apis(const endpoint& target, std::chrono::milliseconds deadline);

/// Every request has a connection of its own, so that a finding needs nothing before it. Ends early when the broker is
/// gone, when it hangs, or with the last finding there is room for.
fuzz_report fuzz_broker(const fuzz_options& how);

/// What became of one case.
finding try_case(const fuzz_options& how, std::uint64_t run);

}  // namespace ottla::fuzz

// One request to send to a broker, well formed or damaged: everything about it follows from a seed and a run number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/protocol_text/messages.hpp"

namespace ottla::fuzz {

struct fuzz_case {
  const protocol_text::message_type* message = nullptr;
  std::int16_t version = 0;  ///< as the header claims; the message may have none of that number
  std::int32_t correlation = 0;
  std::string what;              ///< what was done to it, for people
  std::vector<std::byte> frame;  ///< with its size in front
  bool complete = true;          ///< false: the size says more than there is, so that a broker has to wait
  bool judged = true;            ///< false: the header is damaged, so that nothing can be said of an answer
};

/// The requests of an API; of all of them if `api` is empty. Empty if there is no such API.
std::vector<const protocol_text::message_type*> requests_of(std::string_view api);

/// The same for the same arguments, on every machine. `among` is not empty; it chooses the message and nothing else:
/// with that message alone, seed and run give the same bytes.
fuzz_case make_case(std::uint64_t seed, std::uint64_t run, std::span<const protocol_text::message_type* const> among);

}  // namespace ottla::fuzz

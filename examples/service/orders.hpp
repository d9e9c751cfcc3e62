// orders: what the messages are, and what handling one comes to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ottla/service/envelope.hpp"
#include "ottla/service/verdict.hpp"

namespace example {

struct order {
  enum class kind { ok, temporary, poison } what = kind::ok;
  std::uint64_t index = 0;
  int failures = 0;  // temporary: tries that fail before one succeeds
};

/// The order of that number: the same for the same seed.
order draw_order(std::uint64_t seed, std::uint64_t index, double temporary_rate, double poison_rate);
/// As an event that can be published: {"index":7,"kind":"temporary","failures":2}.
ottla::envelope to_event(const order& what, ottla::random_stream& ids);
/// Nothing: the payload is not an order.
std::optional<order> from_event(const ottla::envelope& event);

/// What a real handler would find out by asking a database.
ottla::verdict work_on(const order& what, int tries);

}  // namespace example

// roles: what the service does: sends orders, handles them, looks after the dead ones.
#pragma once

#include <stop_token>

#include "options.hpp"
#include "ottla/service.hpp"

namespace example {

/// Adds the consumer of orders: retries, and after the last try the dead letter topic.
ottla::result<void> add_orders(ottla::service& to, const options& how);
/// Adds the consumer of dead letters: it tells somebody. Prints them only where nobody else does.
ottla::result<void> add_dead_letters(ottla::service& to, const options& how);
/// Sends all orders, and returns when each has its outcome. False: not all are in the topic; the log says why.
bool send_orders(ottla::service& by, const options& how, std::stop_token until);

}  // namespace example

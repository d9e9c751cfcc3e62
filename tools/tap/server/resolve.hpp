// Names to addresses without waiting: on a detached thread, as a look-up cannot be cut short and stopping must be.
#pragma once

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ottla/tap/endpoint.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {

/// `found` runs in the loop, with an error in words or at least one address.
void resolve(const std::shared_ptr<asio::io_context>& loop, const endpoint& what,
             std::function<void(std::string, std::vector<asio::ip::tcp::endpoint>)> found);

}  // namespace tap
}  // namespace v0
}  // namespace ottla

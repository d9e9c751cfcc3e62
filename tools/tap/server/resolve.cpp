// Names to addresses without waiting.
#include "resolve.hpp"

#include <asio/ip/address.hpp>
#include <asio/post.hpp>
#include <thread>
#include <utility>

namespace ottla {
inline namespace v0 {
namespace tap {

void resolve(const std::shared_ptr<asio::io_context>& loop, const endpoint& what,
             std::function<void(std::string, std::vector<asio::ip::tcp::endpoint>)> found) {
  asio::error_code not_numeric;
  const auto address = asio::ip::make_address(what.host, not_numeric);
  if (!not_numeric) {
    asio::post(*loop, [address, port = what.port, found = std::move(found)] { found({}, {{address, port}}); });
    return;
  }
  std::thread([loop, what, found = std::move(found)]() mutable {
    asio::io_context own;
    asio::ip::tcp::resolver resolver(own);
    asio::error_code wrong;
    const auto results = resolver.resolve(what.host, std::to_string(what.port), wrong);
    std::vector<asio::ip::tcp::endpoint> out;
    for (const auto& one : results) out.push_back(one.endpoint());
    std::string why = wrong ? wrong.message() : out.empty() ? "the name has no address" : "";
    asio::post(*loop, [why = std::move(why), out = std::move(out), found = std::move(found)] { found(why, out); });
  }).detach();
}

}  // namespace tap
}  // namespace v0
}  // namespace ottla

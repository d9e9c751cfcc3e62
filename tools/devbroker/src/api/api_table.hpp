// Which APIs are served, in which versions, by which handler.
#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "api/call.hpp"
#include "ottla/protocol/api_key.hpp"
#include "ottla/protocol/reader.hpp"
#include "ottla/protocol/writer.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// Reads the request's body, has it handled and writes the response's body if the verdict is answer. `forced`: the
/// error to answer with instead of applying the request.
using serve_function = verdict (*)(call&, protocol::reader&, protocol::writer&,
                                   std::optional<protocol::error_code> forced);

struct api_entry {
  protocol::api_key key;
  std::int16_t min_version;
  std::int16_t max_version;
  std::int16_t (*request_header_version)(std::int16_t version);
  std::int16_t (*response_header_version)(std::int16_t version);
  serve_function serve;
};

/// In the order of the keys. What is advertised is exactly this, but for the floor of Produce (see api_versions.cpp).
std::span<const api_entry> api_table();
const api_entry* find_api(std::int16_t key);

}  // namespace mock
}  // namespace v0
}  // namespace ottla

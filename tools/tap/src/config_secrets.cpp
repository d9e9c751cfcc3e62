// Passwords that are set as configuration.
#include "config_secrets.hpp"

#include <algorithm>
#include <string_view>

#include "ottla/protocol/alter_configs.hpp"
#include "ottla/protocol/api_key.hpp"
#include "ottla/protocol/incremental_alter_configs.hpp"
#include "ottla/protocol/reader.hpp"
#include "ottla/protocol/writer.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {
namespace {

bool is_secret(std::string_view name) {
  constexpr std::string_view words[] = {"password", "secret", "jaas", "credential", "keystore.key", "private"};
  return std::any_of(std::begin(words), std::end(words),
                     [&](std::string_view word) { return name.find(word) != std::string_view::npos; });
}

template <class Request>
protocol::bytes_view mask(protocol::bytes_view body, std::int16_t version, std::vector<std::byte>& storage) {
  protocol::arena memory;
  protocol::reader in(body, memory);
  Request request;
  read(in, request, version);
  if (!in.ok() || in.remaining() != 0) return body;
  bool any = false;
  for (auto& resource : request.resources) {
    for (auto& config : resource.configs) {
      if (!config.value || !is_secret(config.name)) continue;
      config.value = "****";
      any = true;
    }
  }
  if (!any) return body;
  protocol::writer out;
  write(out, request, version);
  storage.assign(out.view().begin(), out.view().end());
  return storage;
}

}  // namespace

protocol::bytes_view without_config_secrets(protocol::bytes_view body, const request_head& head,
                                            std::vector<std::byte>& storage) {
  switch (protocol::api_key{head.api_key}) {
    case protocol::api_key::alter_configs:
      return mask<protocol::AlterConfigsRequest>(body, head.version, storage);
    case protocol::api_key::incremental_alter_configs:
      return mask<protocol::IncrementalAlterConfigsRequest>(body, head.version, storage);
    default:
      return body;
  }
}

}  // namespace tap
}  // namespace v0
}  // namespace ottla

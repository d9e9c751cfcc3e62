// flat_json: a JSON object of texts, as AWS_MSK_IAM's messages are.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace ottla {
inline namespace v0 {
namespace mock {

/// Nothing for anything else than one object whose members are texts, each name once. \u is read up to \u007f.
std::optional<std::map<std::string, std::string>> read_flat_json(std::string_view text);

}  // namespace mock
}  // namespace v0
}  // namespace ottla

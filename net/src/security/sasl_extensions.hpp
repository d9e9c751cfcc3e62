// sasl_extensions: the extensions of OAUTHBEARER (KIP-342) as a text, name=value,name=value.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ottla {
inline namespace v0 {

using extension_list = std::vector<std::pair<std::string, std::string>>;

/// A name is letters and must not be `auth`, a value has visible characters and blanks (RFC 7628, 3.1).
bool is_extension(std::string_view name, std::string_view value);
/// False: it does not have that form, and nothing was changed.
bool read_extensions(std::string_view text, extension_list& to);
std::string show_extensions(const extension_list& extensions);

}  // namespace v0
}  // namespace ottla

// json_members: the members of a JSON object as pieces of its text, so that what is passed on stays byte for byte.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ottla {
inline namespace v0 {

struct json_member {
  std::string name;
  std::string_view value;  ///< its text, without blanks around it; borrows from the whole
};

/// Whether it is one JSON value. As deep as it likes: nothing recurses.
bool is_json(std::string_view text);
/// The members in order. Nothing: not a JSON object, or a name comes twice.
std::optional<std::vector<json_member>> json_members(std::string_view text);
/// A string's content, or the text itself of a number, true or false. Nothing for null, arrays and objects. `value` is
/// one JSON value.
std::optional<std::string> json_scalar(std::string_view value);
/// A JSON string. `text` is UTF-8.
std::string json_string(std::string_view text);

}  // namespace v0
}  // namespace ottla

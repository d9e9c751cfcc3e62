// A message as one JSON object.
#pragma once

#include <string>
#include <string_view>

#include "description.hpp"
#include "ottla/tap/line_maker.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {

std::string json_line(const message& what, const description& known, const connection_label& where);
std::string json_remark(std::string_view event, instant when, const connection_label& where, const std::string& note);

}  // namespace tap
}  // namespace v0
}  // namespace ottla

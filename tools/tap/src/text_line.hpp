// A message as an aligned line for people.
#pragma once

#include <string>
#include <string_view>

#include "description.hpp"
#include "ottla/tap/line_maker.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {

std::string text_line(const message& what, const description& known, const connection_label& where,
                      protocol::arena& memory);
/// Without time, connection and end; of the records each batch.
std::string text_words(const message& what, const description& known, protocol::arena& memory);
std::string text_remark(std::string_view event, instant when, const connection_label& where, const std::string& note);

}  // namespace tap
}  // namespace v0
}  // namespace ottla

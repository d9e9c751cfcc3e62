// Messages as lines.
#include "ottla/tap/line_maker.hpp"

#include "description.hpp"
#include "json_line.hpp"
#include "ottla/protocol_text/json_writer.hpp"
#include "text_line.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {

std::string line_maker::line(const message& what, const connection_label& where) {
  memory_.reset();
  const description known = describe(what, with_records_, memory_);
  return form_ == line_form::json ? json_line(what, known, where) : text_line(what, known, where, memory_);
}

std::string line_maker::words(const message& what) {
  memory_.reset();
  return text_words(what, describe(what, true, memory_), memory_);
}

std::string line_maker::remark(std::string_view event, instant when, const connection_label& where,
                               const std::string& note) {
  return form_ == line_form::json ? json_remark(event, when, where, note) : text_remark(event, when, where, note);
}

std::string line_maker::ready_object(const std::string& address) {
  protocol_text::json_writer out;
  out.begin_object();
  out.key("kind");
  out.string("ready");
  out.key("listen");
  out.string(address);
  out.end_object();
  return out.text() + "\n";
}

}  // namespace tap
}  // namespace v0
}  // namespace ottla

// The parts of reading JSON that do not depend on a message.
#include "json_read_archive.hpp"

#include <span>

#include "ottla/protocol_text/encodings.hpp"
#include "ottla/protocol_text/messages.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol_text {

namespace {
constexpr std::size_t longest_json_string = 32767;
constexpr std::size_t shown_name = 64;

std::string excerpt(std::string_view text) {
  if (text.size() <= shown_name) return std::string{text};
  return std::string{text.substr(0, shown_name)} + "...";
}
}  // namespace

void json_read_archive::fail(std::string_view what) {
  if (!ok()) return;
  for (const step& one : path_) {
    if (!error_.empty()) error_ += '.';
    error_ += one.name;
    if (one.index != no_index) error_ += '[' + std::to_string(one.index) + ']';
  }
  if (error_.empty()) error_ = "the message";
  error_ += ' ';
  error_ += what;
}

json_value* json_read_archive::member(const char* name) {
  if (!ok()) return nullptr;
  names_.push_back(name);
  json_value* const start = frame_.last != nullptr ? frame_.last->next : frame_.object->first;
  json_value* found = nullptr;
  for (json_value* at = start; at != nullptr && found == nullptr; at = at->next)
    if (at->name == name) found = at;
  for (json_value* at = frame_.object->first; at != start && found == nullptr; at = at->next)
    if (at->name == name) found = at;
  if (found == nullptr) return nullptr;
  found->visited = true;
  frame_.last = found;
  return found;
}

json_value* json_read_archive::required(const char* name) {
  json_value* found = member(name);
  if (found == nullptr && ok()) {
    path_.push_back({name, no_index});
    fail("is missing");
    path_.pop_back();
  }
  return found;
}

void json_read_archive::check_all_visited(const frame& done) {
  const std::span<const std::string_view> known{names_.data() + done.first_name, names_.size() - done.first_name};
  for (const json_value* at = done.object->first; at != nullptr; at = at->next) {
    if (at->visited || at->name.starts_with('_')) continue;
    const std::string shown = excerpt(at->name);
    for (const std::string_view name : known)
      if (name == at->name) return fail("has " + shown + " twice");
    const std::string_view close = nearest(at->name, known);
    return fail("has no " + shown + " in version " + std::to_string(version_) +
                (close.empty() ? std::string{} : "; did you mean " + std::string{close} + "?"));
  }
}

void json_read_archive::integer(const json_value& in, std::int64_t low, std::int64_t high, std::int64_t& out) {
  if (in.kind != json_kind::integer) {
    return fail(in.kind == json_kind::real ? "must be an integer in range, without point or exponent"
                                           : "must be an integer");
  }
  if (in.integer < low || in.integer > high) return fail("is out of range");
  out = in.integer;
}

void json_read_archive::value(json_value& in, bool& out) {
  if (in.kind != json_kind::boolean) return fail("must be true or false");
  out = in.boolean;
}

void json_read_archive::value(json_value& in, double& out) {
  if (in.kind == json_kind::real) {
    out = in.real;
  } else if (in.kind == json_kind::integer) {
    out = static_cast<double>(in.integer);
  } else if (in.kind == json_kind::string && in.text() == "NaN") {
    out = std::numeric_limits<double>::quiet_NaN();
  } else if (in.kind == json_kind::string && in.text() == "Infinity") {
    out = std::numeric_limits<double>::infinity();
  } else if (in.kind == json_kind::string && in.text() == "-Infinity") {
    out = -std::numeric_limits<double>::infinity();
  } else {
    fail("must be a number, \"NaN\", \"Infinity\" or \"-Infinity\"");
  }
}

void json_read_archive::value(json_value& in, std::string_view& out) {
  if (in.kind != json_kind::string) return fail("must be a string");
  if (in.size > longest_json_string) return fail("is a string above 32767 bytes");
  out = in.text();
}

void json_read_archive::value(json_value& in, protocol::bytes_view& out) {
  if (in.kind != json_kind::string) return fail("must be a string of base64");
  const auto bytes = parse_base64(in.text(), memory_);
  if (!bytes) return fail("is not well-formed base64");
  out = *bytes;
}

void json_read_archive::value(json_value& in, protocol::uuid& out) {
  if (in.kind != json_kind::string) return fail("must be a uuid of 22 characters");
  const auto parsed = parse_uuid(in.text());
  if (!parsed) return fail("is not a well-formed uuid of 22 characters");
  out = *parsed;
}

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla

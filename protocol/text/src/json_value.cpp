// Feeds nlohmann's event parser into our own nodes, so that depth and memory are bounded before they are taken.
#include "ottla/protocol_text/json_value.hpp"

#include <array>
#include <limits>
#include <nlohmann/json.hpp>

namespace ottla {
inline namespace v0 {
namespace protocol_text {

namespace {

class builder {
 public:
  builder(protocol::arena& memory, std::string& error) : memory_{memory}, error_{error} {}
  [[nodiscard]] json_value* root() const { return root_; }

  bool null() { return add(json_kind::null) != nullptr; }
  bool boolean(bool value) {
    json_value* node = add(json_kind::boolean);
    if (node != nullptr) node->boolean = value;
    return node != nullptr;
  }
  bool number_integer(std::int64_t value) {
    json_value* node = add(json_kind::integer);
    if (node != nullptr) node->integer = value;
    return node != nullptr;
  }
  bool number_unsigned(std::uint64_t value) {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return number_float(static_cast<double>(value), {});
    return number_integer(static_cast<std::int64_t>(value));
  }
  bool number_float(double value, const std::string&) {
    json_value* node = add(json_kind::real);
    if (node != nullptr) node->real = value;
    return node != nullptr;
  }
  bool string(std::string& value) {
    json_value* node = add(json_kind::string);
    if (node == nullptr) return false;
    const std::string_view copy = memory_.copy(value);
    if (copy.data() == nullptr) return too_large();
    node->characters = copy.data();
    node->size = static_cast<std::uint32_t>(copy.size());
    return true;
  }
  bool binary(nlohmann::json::binary_t&) { return false; }
  bool key(std::string& value) {
    name_ = memory_.copy(value);
    return name_.data() != nullptr || too_large();
  }
  bool start_object(std::size_t) { return open(json_kind::object); }
  bool start_array(std::size_t) { return open(json_kind::array); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) {
    error_ = "not JSON: byte " + std::to_string(position) + " cannot stand there";
    return false;
  }

 private:
  struct level {
    json_value* parent;
    json_value* last;
  };

  bool too_large() {
    error_ = "the JSON is too large";
    return false;
  }

  json_value* add(json_kind kind) {
    json_value* node = memory_.make<json_value>(1);
    if (node == nullptr) {
      too_large();
      return nullptr;
    }
    node->kind = kind;
    node->name = std::exchange(name_, {});
    if (depth_ == 0) {
      root_ = node;
      return node;
    }
    level& around = levels_[depth_ - 1];
    (around.last == nullptr ? around.parent->first : around.last->next) = node;
    around.last = node;
    ++around.parent->size;
    return node;
  }

  bool open(json_kind kind) {
    if (depth_ == json_depth_limit) {
      error_ = "the JSON is nested too deeply";
      return false;
    }
    json_value* node = add(kind);
    if (node == nullptr) return false;
    node->first = nullptr;
    levels_[depth_++] = {node, nullptr};
    return true;
  }

  bool close() {
    --depth_;
    return true;
  }

  protocol::arena& memory_;
  std::string& error_;
  json_value* root_ = nullptr;
  std::string_view name_;
  std::size_t depth_ = 0;
  std::array<level, json_depth_limit> levels_{};
};

}  // namespace

json_value* parse_json(std::string_view text, protocol::arena& memory, std::string& error) {
  builder into{memory, error};
  if (text.size() > std::numeric_limits<std::uint32_t>::max()) {
    error = "the JSON is too large";
    return nullptr;
  }
  return nlohmann::json::sax_parse(text.begin(), text.end(), &into) ? into.root() : nullptr;
}

json_value* find_member(json_value& object, std::string_view name) {
  json_value* found = nullptr;
  if (object.kind != json_kind::object) return found;
  for (json_value* member = object.first; member != nullptr; member = member->next)
    if (member->name == name) found = member;
  return found;
}

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla

// A fault as JSON and back.
#include "fault_json.hpp"

#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "cluster_json.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using nlohmann::json;
constexpr std::array<std::pair<fault_action, std::string_view>, 8> actions{{
    {fault_action::answer_error, "answer_error"},
    {fault_action::drop_answer, "drop_answer"},
    {fault_action::close_after, "close_after"},
    {fault_action::close_before, "close_before"},
    {fault_action::close_mid_frame, "close_mid_frame"},
    {fault_action::delay, "delay"},
    {fault_action::corrupt_answer, "corrupt_answer"},
    {fault_action::throttle, "throttle"},
}};

std::string all_actions() {
  std::string out;
  for (const auto& [action, name] : actions) out += (out.empty() ? "" : ", ") + std::string(name);
  return out;
}

/// The value of an enumeration of the protocol by the name that `name()` gives it, or by its number.
template <class Enum>
std::optional<Enum> by_name(const json& in, int first, int last) {
  if (in.is_number_integer()) {
    const auto number = in.get<std::int64_t>();
    if (number < first || number > last) return std::nullopt;
    return static_cast<Enum>(number);
  }
  if (!in.is_string()) return std::nullopt;
  for (int i = first; i <= last; ++i)
    if (name(static_cast<Enum>(i)) == in.get_ref<const std::string&>()) return static_cast<Enum>(i);
  return std::nullopt;
}

bool is_whole(const json& in, std::int64_t least, std::int64_t most) {
  return in.is_number_integer() && in.get<std::int64_t>() >= least && in.get<std::int64_t>() <= most;
}

}  // namespace

nlohmann::ordered_json to_json(const fault& trouble, const broker& of) {
  nlohmann::ordered_json out;
  out["api"] = name(trouble.key);
  for (const auto& [action, text] : actions)
    if (action == trouble.action) out["action"] = text;
  out["count"] = trouble.count;
  if (trouble.action == fault_action::answer_error) out["error"] = name(trouble.error);
  if (trouble.hold.count() != 0) out["holdMs"] = trouble.hold.count();
  if (trouble.node) out["node"] = of.node(*trouble.node).id;
  return out;
}

std::string read_fault(const json& in, const broker& of, fault& out) {
  if (!in.is_object()) return R"(a fault is an object such as {"api": "Produce", "action": "drop_answer"})";
  if (!in.contains("api")) return R"("api" is missing: the name or the key of an API)";
  bool error_given = false, hold_given = false;
  for (const auto& [member, value] : in.items()) {
    if (member == "api") {
      const auto key = by_name<protocol::api_key>(value, 0, 127);
      if (!key) return R"("api": )" + value.dump() + " is no API's name or key";
      out.key = *key;
    } else if (member == "action") {
      bool known = false;
      for (const auto& [action, text] : actions) {
        if (!value.is_string() || value.get_ref<const std::string&>() != text) continue;
        out.action = action;
        known = true;
      }
      if (!known) return R"("action": )" + value.dump() + " is none of " + all_actions();
    } else if (member == "error") {
      const auto error = by_name<protocol::error_code>(value, -1, 200);
      if (!error) return R"("error": )" + value.dump() + " is no error's name or code";
      out.error = *error;
      error_given = true;
    } else if (member == "count") {
      if (!is_whole(value, 1, std::numeric_limits<int>::max())) return R"("count" is a whole number from 1 on)";
      out.count = value.get<int>();
    } else if (member == "holdMs") {
      if (!is_whole(value, 0, 3'600'000)) return R"("holdMs" is a whole number from 0 to 3600000)";
      out.hold = std::chrono::milliseconds(value.get<std::int64_t>());
      hold_given = true;
    } else if (member == "node") {
      if (!value.is_number_integer()) return R"("node" is a node's id)";
      out.node = node_of(of, value);
      if (!out.node) return R"("node": there is no node )" + value.dump();
    } else {
      return '"' + member + R"(" is no member of a fault: api, action, error, count, holdMs, node)";
    }
  }
  const bool holds = out.action == fault_action::delay || out.action == fault_action::throttle;
  if (holds != hold_given)
    return holds ? R"("holdMs" is missing: for how long)" : R"("holdMs" is for delay and throttle)";
  const bool errs = out.action == fault_action::answer_error;
  if (errs != error_given) return errs ? R"("error" is missing: what to answer)" : R"("error" is for answer_error)";
  return {};
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla

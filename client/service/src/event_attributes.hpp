// event_attributes: the names CloudEvents gives to an envelope's members, in one place for both directions and both
// modes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ottla/result.hpp"
#include "ottla/service/envelope.hpp"

namespace ottla {
inline namespace v0 {

inline constexpr std::string_view spec_version = "1.0";
inline constexpr std::string_view attribute_prefix = "ce_";
inline constexpr std::string_view content_type_header = "content-type";
inline constexpr std::string_view structured_type = "application/cloudevents";
inline constexpr std::string_view structured_json = "application/cloudevents+json";

/// All attributes of an event but the content type, specversion first; invalid_argument if it is none. Extensions keep
/// their order.
result<std::vector<std::pair<std::string, std::string>>> attributes_of(const envelope& event);
/// Takes one attribute in; names that are not known become extensions.
void take_attribute(envelope& event, std::string_view name, std::string value);
/// invalid_argument unless the event has what every event must.
result<void> complete(const envelope& event, const std::optional<std::string>& version);

/// "application/JSON; charset=utf-8" is application/json: the media type in lower case, without parameters.
std::string media_type(std::string_view content_type);
/// Whether a payload of that type is JSON: application/json, text/json, anything+json.
bool is_json_type(std::string_view content_type);

error bad_event(std::string detail);

}  // namespace v0
}  // namespace ottla

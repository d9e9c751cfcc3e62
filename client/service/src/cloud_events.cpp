// cloud_events: the two modes of the binding, both ways.
#include "ottla/service/cloud_events.hpp"

#include <utility>

#include "base64.hpp"
#include "event_attributes.hpp"
#include "json_members.hpp"
#include "utf8.hpp"

namespace ottla {
inline namespace v0 {
namespace {

// The member of the JSON form that carries the payload, with a comma before it; empty without one.
std::string data_member(const envelope& event) {
  if (!event.payload) return {};
  const std::string& payload = *event.payload;
  // Without a content type `data` means JSON, so only JSON may stand there.
  const bool as_json = event.content_type.empty() || is_json_type(event.content_type);
  if (as_json && is_json(payload) && is_utf8(payload) && !payload.starts_with('\xef')) return ",\"data\":" + payload;
  if (!as_json && is_utf8(payload)) return ",\"data\":" + json_string(payload);
  return ",\"data_base64\":\"" + to_base64(payload) + "\"";
}

result<void> take_structured(envelope& event, std::string_view text) {
  const auto members = json_members(text);
  if (!members) return bad_event("its value is not a JSON object with distinct names");
  std::optional<std::string> version;
  std::optional<std::string_view> data, base64;
  event.content_type.clear();
  for (const json_member& one : *members) {
    if (one.value == "null") continue;  // as if it were not there
    if (one.name == "data") {
      data = one.value;
    } else if (one.name == "data_base64") {
      base64 = one.value;
    } else {
      auto value = json_scalar(one.value);
      if (!value) return bad_event("the attribute " + one.name + " is neither text, number nor boolean");
      if (one.name == "specversion") {
        version = std::move(value);
      } else {
        take_attribute(event, one.name, std::move(*value));
      }
    }
  }
  if (data && base64) return bad_event("it has both data and data_base64");
  if (base64) {
    const auto letters = json_scalar(*base64);
    auto bytes = letters ? from_base64(*letters) : std::nullopt;
    if (!bytes) return bad_event("its data_base64 is not base64");
    event.payload = std::move(*bytes);
  } else if (data) {
    const bool text_data = !event.content_type.empty() && !is_json_type(event.content_type) && data->starts_with('"');
    event.payload = text_data ? *json_scalar(*data) : std::string(*data);
  }
  return complete(event, version);
}

std::optional<std::string> owned(blob from) {
  return from.is_null() ? std::nullopt : std::optional(std::string(from.text()));
}

}  // namespace

record encoded_event::as_record() const {
  record out;
  out.key = key_ ? blob(*key_) : blob();
  out.value = value_ ? blob(*value_) : blob();
  out.headers = views_;
  out.timestamp = timestamp_;
  return out;
}

result<encoded_event> encode_event(const envelope& event, envelope_mode mode) {
  encoded_event out;
  out.key_ = event.key;
  out.value_ = event.payload;
  if (event.time) out.timestamp_ = event.time->time_since_epoch().count();
  if (!out.key_ && mode != envelope_mode::plain) {
    if (const auto partition_key = event.extension("partitionkey")) out.key_ = std::string(*partition_key);
  }
  if (mode == envelope_mode::plain) {
    if (!event.content_type.empty()) out.headers_.push_back({std::string(content_type_header), event.content_type});
  } else {
    auto attributes = attributes_of(event);
    if (!attributes) return unexpected(attributes.error());
    if (mode == envelope_mode::binary) {
      for (auto& [name, value] : *attributes)
        out.headers_.push_back({std::string(attribute_prefix) + name, std::move(value)});
      if (!event.content_type.empty()) out.headers_.push_back({std::string(content_type_header), event.content_type});
    } else {
      std::string text;
      for (const auto& [name, value] : *attributes)
        text += (text.empty() ? "{" : ",") + json_string(name) + ":" + json_string(value);
      if (!event.content_type.empty()) text += ",\"datacontenttype\":" + json_string(event.content_type);
      out.value_ = text + data_member(event) + "}";
      out.headers_.push_back({std::string(content_type_header), std::string(structured_json) + "; charset=UTF-8"});
    }
  }
  for (const envelope_header& one : event.headers) {
    if (one.name == content_type_header || one.name.starts_with(attribute_prefix)) {
      return bad_event("the header " + one.name + " belongs to the binding");
    }
    out.headers_.push_back(one);
  }
  // The views point into the strings, and these stay where they are when the vector is moved.
  for (const envelope_header& one : out.headers_) {
    out.views_.push_back({one.name, (one.value ? blob(*one.value) : blob()).optional()});
  }
  return out;
}

result<decoded_event> decode_event(blob key, blob value, std::span<const record_header> headers) {
  decoded_event out;
  envelope& event = out.event;
  event.key = owned(key);
  std::optional<std::string> version;
  for (const record_header& one : headers) {
    const std::optional<std::string> text = owned(one.value);
    if (one.name == content_type_header && text) {
      event.content_type = *text;
    } else if (one.name == "ce_specversion" && text) {
      version = text;
    } else if (!one.name.starts_with(attribute_prefix)) {
      event.headers.push_back({std::string(one.name), text});
    }
  }
  const std::string type = media_type(event.content_type);
  if (type.starts_with(structured_type)) {
    out.mode = envelope_mode::structured;
    if (type != structured_json) return bad_event("its format " + type + " is not " + std::string(structured_json));
    auto taken = take_structured(event, value.text());
    if (!taken) return unexpected(taken.error());
    return out;
  }
  event.payload = owned(value);
  if (!version) {
    // No event: what looks like an attribute is a header like others.
    event.headers.clear();
    for (const record_header& one : headers) {
      if (one.name != content_type_header || !one.value)
        event.headers.push_back({std::string(one.name), owned(one.value)});
    }
    return out;
  }
  out.mode = envelope_mode::binary;
  for (const record_header& one : headers) {
    if (!one.name.starts_with(attribute_prefix) || one.name == "ce_specversion") continue;
    const std::optional<std::string> text = owned(one.value);
    if (text) take_attribute(event, one.name.substr(attribute_prefix.size()), *text);
  }
  auto checked = complete(event, version);
  if (!checked) return unexpected(checked.error());
  return out;
}

result<decoded_event> decode_event(const record_view& record) {
  std::vector<record_header> headers;
  for (const auto& one : record.headers()) headers.push_back({one.name, one.value});
  return decode_event(record.key(), record.value(), headers);
}

}  // namespace v0
}  // namespace ottla

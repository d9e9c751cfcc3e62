// dead_letter: notes to headers and back.
#include "ottla/service/dead_letter.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "checked_config.hpp"
#include "rfc3339.hpp"
#include "utf8.hpp"

namespace ottla {
inline namespace v0 {
namespace {

// Long enough to find the cause, short enough that a record near the broker's limit still fits with it.
constexpr std::size_t longest_error = 1024;

constexpr std::string_view fixed_names[] = {
    original_topic_header,     original_partition_header, original_offset_header,
    original_timestamp_header, consumer_group_header,     consumer_id_header,
    exception_type_header,     retry_due_header,          retry_tier_header};

bool is_of_a_note(std::string_view name, const dead_letter_names& names) {
  return name == names.retry_count || name == names.error_message || name == names.failed_timestamp ||
         std::find(std::begin(fixed_names), std::end(fixed_names), name) != std::end(fixed_names);
}

std::vector<record_header> collect(header_range from) {
  std::vector<record_header> out;
  for (const auto& one : from) out.push_back({one.name, one.value});
  return out;
}

/// Decimal digits alone, within the type; `missing` otherwise.
template <class Number>
Number number_of(std::string_view text, Number missing) {
  Number out{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failed == std::errc() && end == text.data() + text.size() && out >= 0 ? out : missing;
}

}  // namespace

result<void> dead_letter_names::validate() const {
  const std::string_view ours[] = {retry_count, error_message, failed_timestamp};
  for (std::size_t i = 0; i < std::size(ours); ++i) {
    if (ours[i].empty()) return bad_config("dead_letter_names", "the name of a header is empty");
    const bool fixed = std::find(std::begin(fixed_names), std::end(fixed_names), ours[i]) != std::end(fixed_names);
    if (fixed || std::find(ours, ours + i, ours[i]) != ours + i) {
      return bad_config("dead_letter_names", "two headers have the name \"" + std::string(ours[i]) + "\"");
    }
  }
  return {};
}

dead_letter_headers::dead_letter_headers(std::span<const record_header> own, const dead_letter_note& note,
                                         const dead_letter_names& names) {
  text_.reserve(3 + std::size(fixed_names));
  const auto say = [this](std::string_view name, std::string value) {
    text_.push_back({std::string(name), std::move(value)});
  };
  const auto say_if_known = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) say(name, value);
  };
  if (note.retries >= 0) say(names.retry_count, std::to_string(note.retries));
  say(names.error_message, std::string(cut_utf8(note.error, longest_error)));
  if (note.failed_at) say(names.failed_timestamp, to_rfc3339(*note.failed_at));
  say_if_known(original_topic_header, note.from.topic);
  if (note.from.partition >= 0) say(original_partition_header, std::to_string(note.from.partition));
  if (note.offset >= 0) say(original_offset_header, std::to_string(note.offset));
  if (note.timestamp >= 0) say(original_timestamp_header, std::to_string(note.timestamp));
  say_if_known(consumer_group_header, note.group);
  say_if_known(consumer_id_header, note.consumer);
  say_if_known(exception_type_header, note.exception_type);
  if (note.due) say(retry_due_header, std::to_string(note.due->time_since_epoch().count()));
  if (note.tier > 0) say(retry_tier_header, std::to_string(note.tier));

  views_.reserve(own.size() + text_.size());
  std::copy_if(own.begin(), own.end(), std::back_inserter(views_),
               [&](const record_header& one) { return !is_of_a_note(one.name, names); });
  for (const owned& one : text_) views_.push_back({one.name, blob(one.value).bytes()});
}

dead_letter_headers::dead_letter_headers(header_range own, const dead_letter_note& note, const dead_letter_names& names)
    : dead_letter_headers(std::span<const record_header>(collect(own)), note, names) {}

dead_letter_note read_dead_letter(std::span<const record_header> headers, const dead_letter_names& names) {
  dead_letter_note out;
  for (const record_header& one : headers) {
    const std::string_view value = blob(one.value).text();
    if (one.name == names.retry_count) out.retries = number_of(value, -1);
    if (one.name == names.error_message) out.error = value;
    if (one.name == names.failed_timestamp) out.failed_at = from_rfc3339(value);
    if (one.name == original_topic_header) out.from.topic = value;
    if (one.name == original_partition_header) out.from.partition = number_of(value, std::int32_t{-1});
    if (one.name == original_offset_header) out.offset = number_of(value, std::int64_t{-1});
    if (one.name == original_timestamp_header) out.timestamp = number_of(value, std::int64_t{-1});
    if (one.name == consumer_group_header) out.group = value;
    if (one.name == consumer_id_header) out.consumer = value;
    if (one.name == exception_type_header) out.exception_type = value;
    if (one.name == retry_due_header) {
      const std::int64_t due = number_of(value, std::int64_t{-1});
      out.due = due >= 0 ? std::optional(wall_ms(std::chrono::milliseconds(due))) : std::nullopt;
    }
    if (one.name == retry_tier_header) out.tier = number_of(value, 0);
  }
  return out;
}

dead_letter_note read_dead_letter(header_range headers, const dead_letter_names& names) {
  return read_dead_letter(std::span<const record_header>(collect(headers)), names);
}

}  // namespace v0
}  // namespace ottla

// setting_row: how a table's row is made from a pointer to member: parsing, showing and range come from the member's
// type.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "ottla/net/settings.hpp"

namespace ottla {
inline namespace v0 {

/// "200ms", "5s", "1.5s", "10us", "2m", "1h"; a bare number is milliseconds. False: malformed or out of int64.
bool parse_duration(std::string_view text, std::chrono::nanoseconds& out);
/// The shortest exact form: "5s", "1500ms", "50us".
std::string show_duration(std::chrono::nanoseconds value);
/// "4096", "64KiB", "16MiB", "1GiB", "1000000".
bool parse_bytes(std::string_view text, std::uint64_t& out);
/// Digits with an optional sign; nothing else.
bool parse_integer(std::string_view text, std::int64_t& out);
/// true|false|1|0|yes|no|on|off in any case.
bool parse_boolean(std::string_view text, bool& out);
bool same_word(std::string_view a, std::string_view b);  ///< ASCII, case ignored

/// Describes a row's names and words; the rest is deduced.
struct row_text {
  std::string_view member, java, librdkafka, range, meaning, differs = {};
};

template <class Struct>
void lend_default(void (*look)(const void*, void*), void* context) {
  const Struct fresh{};
  look(&fresh, context);
}

template <class Value>
struct setting_codec;
template <>
struct setting_codec<std::string> {
  static constexpr setting_kind kind = setting_kind::text;
  static bool set(std::string& to, std::string_view text, std::int64_t, std::int64_t) { return to = text, true; }
  static std::string show(const std::string& value) { return value; }
};
template <>
struct setting_codec<bool> {
  static constexpr setting_kind kind = setting_kind::boolean;
  static bool set(bool& to, std::string_view text, std::int64_t, std::int64_t) { return parse_boolean(text, to); }
  static std::string show(bool value) { return value ? "true" : "false"; }
};
template <class Rep, class Period>
struct setting_codec<std::chrono::duration<Rep, Period>> {
  using duration = std::chrono::duration<Rep, Period>;
  static constexpr setting_kind kind = setting_kind::duration;
  static bool set(duration& to, std::string_view text, std::int64_t min, std::int64_t max) {
    std::chrono::nanoseconds parsed{};
    if (!parse_duration(text, parsed)) return false;
    const auto value = std::chrono::duration_cast<duration>(parsed);
    if (value != parsed || value.count() < min || value.count() > max) return false;
    return to = value, true;
  }
  static std::string show(duration value) { return show_duration(value); }
};
template <class Integer>
requires(std::is_integral_v<Integer> && !std::is_same_v<Integer, bool>) struct setting_codec<Integer> {
  static constexpr bool is_size = std::is_same_v<Integer, std::size_t>;
  static constexpr setting_kind kind = is_size ? setting_kind::bytes : setting_kind::integer;
  static bool set(Integer& to, std::string_view text, std::int64_t min, std::int64_t max) {
    std::int64_t value = 0;
    std::uint64_t size = 0;
    if (is_size ? !parse_bytes(text, size) || !std::in_range<std::int64_t>(size) : !parse_integer(text, value))
      return false;
    if (is_size) value = static_cast<std::int64_t>(size);
    if (value < min || value > max || !std::in_range<Integer>(value)) return false;
    return to = static_cast<Integer>(value), true;
  }
  static std::string show(Integer value) { return std::to_string(value); }
};

template <class Pointer>
struct member_parts;
template <class Struct, class Value>
struct member_parts<Value Struct::*> {
  using struct_type = Struct;
  using value_type = Value;
};

/// A row for a text, bool, number or duration. Min and Max are in the member's own unit.
template <auto Member, std::int64_t Min = 0, std::int64_t Max = std::numeric_limits<std::int64_t>::max()>
constexpr setting row(const row_text& text) {
  using struct_type = typename member_parts<decltype(Member)>::struct_type;
  using value_codec = setting_codec<typename member_parts<decltype(Member)>::value_type>;
  setting out;
  out.member = text.member, out.java = text.java, out.librdkafka = text.librdkafka;
  out.kind = value_codec::kind;
  out.range = text.range, out.meaning = text.meaning, out.differs = text.differs;
  out.set = [](void* target, std::string_view value) {
    return value_codec::set(static_cast<struct_type*>(target)->*Member, value, Min, Max);
  };
  out.show = [](const void* target) { return value_codec::show(static_cast<const struct_type*>(target)->*Member); };
  out.make_default = &lend_default<struct_type>;
  return out;
}

template <class Value>
struct named_choice {
  std::string_view name;
  Value value;
};

/// A row for an enumeration; the first name of a value is the one shown.
template <auto Member, const auto& Choices>
constexpr setting choice_row(const row_text& text) {
  using struct_type = typename member_parts<decltype(Member)>::struct_type;
  setting out;
  out.member = text.member, out.java = text.java, out.librdkafka = text.librdkafka;
  out.kind = setting_kind::choice;
  out.range = text.range, out.meaning = text.meaning, out.differs = text.differs;
  out.set = [](void* target, std::string_view value) {
    for (const auto& one : Choices) {
      if (same_word(one.name, value)) return static_cast<struct_type*>(target)->*Member = one.value, true;
    }
    return false;
  };
  out.show = [](const void* target) {
    for (const auto& one : Choices) {
      if (one.value == static_cast<const struct_type*>(target)->*Member) return std::string(one.name);
    }
    return std::string("?");
  };
  out.make_default = &lend_default<struct_type>;
  return out;
}

}  // namespace v0
}  // namespace ottla

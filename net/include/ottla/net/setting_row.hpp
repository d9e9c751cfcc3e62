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
struct setting_codec<secret> {
  static constexpr setting_kind kind = setting_kind::text;
  static bool set(secret& to, std::string_view text, std::int64_t, std::int64_t) { return to = text, true; }
  static std::string show(const secret& value) { return value.empty() ? "" : "****"; }
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

/// A member, or a member of a member: what a path of pointers leads to from a Struct.
template <auto First, auto... Rest>
struct member_path;
template <class Struct, class Value, Value Struct::*First, auto... Rest>
struct member_path<First, Rest...> {
  using struct_type = Struct;
  static auto& in(auto& from) {
    if constexpr (sizeof...(Rest) == 0) {
      return from.*First;
    } else {
      return member_path<Rest...>::in(from.*First);
    }
  }
  using value_type = std::remove_reference_t<decltype(in(std::declval<Struct&>()))>;
};

/// What every row of a member of this type has.
template <class Path>
constexpr setting begin_row(const row_text& text, setting_kind kind) {
  setting out;
  out.member = text.member, out.java = text.java, out.librdkafka = text.librdkafka;
  out.kind = kind;
  out.range = text.range, out.meaning = text.meaning, out.differs = text.differs;
  out.secret = std::is_same_v<typename Path::value_type, secret>;
  out.make_default = &lend_default<typename Path::struct_type>;
  return out;
}

template <class Path, std::int64_t Min, std::int64_t Max>
constexpr setting value_row(const row_text& text) {
  using value_codec = setting_codec<typename Path::value_type>;
  setting out = begin_row<Path>(text, value_codec::kind);
  out.set = [](void* target, std::string_view value) {
    return value_codec::set(Path::in(*static_cast<typename Path::struct_type*>(target)), value, Min, Max);
  };
  out.show = [](const void* target) {
    return value_codec::show(Path::in(*static_cast<const typename Path::struct_type*>(target)));
  };
  return out;
}

/// A row for a text, secret, bool, number or duration. Min and Max are in the member's own unit.
template <auto Member, std::int64_t Min = 0, std::int64_t Max = std::numeric_limits<std::int64_t>::max()>
constexpr setting row(const row_text& text) {
  return value_row<member_path<Member>, Min, Max>(text);
}
/// The same for a member of a member, without a range.
template <auto... Members>
constexpr setting row_in(const row_text& text) {
  return value_row<member_path<Members...>, 0, std::numeric_limits<std::int64_t>::max()>(text);
}

template <class Value>
struct named_choice {
  std::string_view name;
  Value value;
};

/// A row for an enumeration; the first name of a value is the one shown.
template <const auto& Choices, class Path>
constexpr setting named_row(const row_text& text) {
  setting out = begin_row<Path>(text, setting_kind::choice);
  out.set = [](void* target, std::string_view value) {
    for (const auto& one : Choices) {
      if (!same_word(one.name, value)) continue;
      return Path::in(*static_cast<typename Path::struct_type*>(target)) = one.value, true;
    }
    return false;
  };
  out.show = [](const void* target) {
    for (const auto& one : Choices) {
      if (one.value == Path::in(*static_cast<const typename Path::struct_type*>(target))) return std::string(one.name);
    }
    return std::string("?");
  };
  return out;
}
template <auto Member, const auto& Choices>
constexpr setting choice_row(const row_text& text) {
  return named_row<Choices, member_path<Member>>(text);
}
/// The same for a member of a member.
template <const auto& Choices, auto... Members>
constexpr setting choice_row_in(const row_text& text) {
  return named_row<Choices, member_path<Members...>>(text);
}

}  // namespace v0
}  // namespace ottla

// Leads a walk that reads: fills a message from bytes.
#pragma once

#include <optional>
#include <string_view>
#include <type_traits>

#include "ottla/protocol/reader.hpp"
#include "walker.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol {

class read_archive {
 public:
  read_archive(reader& in, std::int16_t version, bool flexible) : in_{in}, version_{version}, flexible_{flexible} {}
  [[nodiscard]] std::int16_t version() const { return version_; }

  template <class T>
  void field(const char*, T& out) {
    value(out);
  }
  template <class T>
  void secret(const char*, T& out) {
    value(out);
  }
  template <class T>
  void nullable(const char*, std::optional<T>& out, bool allowed) {
    optional_value(out, allowed);
  }
  void records(const char*, bytes_view& out) { value(out); }
  void nullable_records(const char*, std::optional<bytes_view>& out) { optional_value(out, true); }
  void never_compact(const char*, std::optional<std::string_view>& out) { out = in_.nullable_string(); }
  void absent(const char*, bool) {}
  void untagged(tagged_fields& unknown);
  template <class W, class M>
  void tagged(M& out);

 private:
  class tag_match;
  /// Walks the tagged section: `known(tag)` reads the body of a tag and says true, or leaves it and says false.
  template <class F>
  void each_tag(tagged_fields& unknown, F&& known);
  void keep(tagged_fields& unknown, std::uint32_t tag, std::size_t size, std::size_t most);

  void value(bool& out) { out = in_.boolean(); }
  void value(std::int8_t& out) { out = in_.int8(); }
  void value(std::int16_t& out) { out = in_.int16(); }
  void value(std::uint16_t& out) { out = in_.uint16(); }
  void value(std::int32_t& out) { out = in_.int32(); }
  void value(std::uint32_t& out) { out = in_.uint32(); }
  void value(std::int64_t& out) { out = in_.int64(); }
  void value(double& out) { out = in_.float64(); }
  void value(uuid& out) { out = in_.uuid_value(); }
  void value(std::string_view& out) { out = flexible_ ? in_.compact_string() : in_.string(); }
  void value(bytes_view& out) { out = flexible_ ? in_.compact_bytes() : in_.bytes(); }
  template <class T>
  void value(T& out);
  template <class T>
  void value(array<T>& out);

  void optional_value(std::optional<std::string_view>& out, bool allowed);
  void optional_value(std::optional<bytes_view>& out, bool allowed);
  template <class T>
  void optional_value(std::optional<array<T>>& out, bool allowed);
  template <class T>
  void optional_value(std::optional<T>& out, bool allowed);
  template <class T>
  void elements(array<T>& out, std::size_t count);

  reader& in_;
  std::int16_t version_;
  bool flexible_;
};

/// Reads a tag's value if the number is the one that stands on the wire.
class read_archive::tag_match {
 public:
  tag_match(read_archive& archive, std::uint32_t tag) : archive_{archive}, tag_{tag} {}
  [[nodiscard]] std::int16_t version() const { return archive_.version_; }
  [[nodiscard]] bool found() const { return found_; }
  template <class T>
  void tag(std::uint32_t number, const char*, T& out, bool) {
    if (number == tag_) found_ = true, archive_.value(out);
  }
  template <class T>
  void nullable_tag(std::uint32_t number, const char*, std::optional<T>& out, bool) {
    if (number == tag_) found_ = true, archive_.optional_value(out, true);
  }

 private:
  read_archive& archive_;
  std::uint32_t tag_;
  bool found_ = false;
};

template <class T>
void read_archive::value(T& out) {
  if constexpr (std::is_enum_v<T>) {
    std::underlying_type_t<T> raw;
    value(raw);
    out = static_cast<T>(raw);
  } else {
    walker<T>::walk(*this, out);
  }
}

template <class T>
void read_archive::value(array<T>& out) {
  const auto count = in_.array_size(flexible_, min_element_size<T>(version_, flexible_));
  if (!count) return in_.fail(wire_error::unexpected_null);
  elements(out, *count);
}

template <class T>
void read_archive::elements(array<T>& out, std::size_t count) {
  if (count == 0) return;  // empty already: no need to open the arena for it
  T* first = in_.memory().template make<T>(count);
  if (first == nullptr) return in_.fail(wire_error::memory_limit);
  out = array<T>{first, count};
  for (T& element : out) {
    value(element);
    if (!in_.ok()) return;
  }
}

template <class T>
void read_archive::optional_value(std::optional<array<T>>& out, bool allowed) {
  const auto count = in_.array_size(flexible_, min_element_size<T>(version_, flexible_));
  if (!count) {
    out.reset();
    if (!allowed) in_.fail(wire_error::unexpected_null);
    return;
  }
  elements(out.emplace(), *count);
}

/// A nullable struct has one byte in front: negative for null (KIP-893).
template <class T>
void read_archive::optional_value(std::optional<T>& out, bool allowed) {
  if (in_.int8() < 0) {
    out.reset();
    if (!allowed) in_.fail(wire_error::unexpected_null);
    return;
  }
  value(out.emplace(
      T{}));  // emplace() fails with clang: T is nested and its defaults were not known when optional<T> was
}

template <class F>
void read_archive::each_tag(tagged_fields& unknown, F&& known) {
  const std::uint32_t count = in_.uvarint();
  if (count > in_.remaining() / 2) return in_.fail(wire_error::too_many_elements);
  std::int64_t last = -1;
  for (std::uint32_t left = count; left > 0 && in_.ok(); --left) {
    const std::uint32_t tag = in_.uvarint();
    const std::uint32_t size = in_.uvarint();
    if (!in_.ok()) return;
    if (tag <= last) return in_.fail(wire_error::bad_tagged_fields);
    last = tag;
    const std::byte* outer_end = nullptr;
    if (!in_.narrow(size, outer_end)) return;
    if (!known(tag)) keep(unknown, tag, size, left);
    in_.widen(outer_end);
  }
}

template <class W, class M>
void read_archive::tagged(M& out) {
  each_tag(out.unknown_tagged_fields, [&](std::uint32_t tag) {
    tag_match match{*this, tag};
    W::tags(match, out);
    return match.found();
  });
}

template <class M>
void read_message(reader& in, M& out, std::int16_t version) {
  out = M{};
  if (version < M::min_version || version > M::max_unstable_version) return in.fail(wire_error::unsupported_version);
  read_archive archive{in, version, version >= walker<M>::first_flexible};
  walker<M>::walk(archive, out);
  if (!in.ok()) out = M{};  // nobody gets to see half a message
}

}  // namespace protocol
}  // namespace v0
}  // namespace ottla

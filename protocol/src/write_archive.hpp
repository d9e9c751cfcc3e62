// Leads a walk that writes: appends a message's bytes.
#pragma once

#include <optional>
#include <string_view>
#include <type_traits>

#include "ottla/protocol/writer.hpp"
#include "walker.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol {

class write_archive {
 public:
  write_archive(writer& out, std::int16_t version, bool flexible) : out_{out}, version_{version}, flexible_{flexible} {}
  [[nodiscard]] std::int16_t version() const { return version_; }

  template <class T>
  void field(const char* name, const T& in) {
    value(in);
    blame(name);
  }
  template <class T>
  void secret(const char* name, const T& in) {
    field(name, in);
  }
  template <class T>
  void nullable(const char* name, const std::optional<T>& in, bool allowed) {
    if (!in && !allowed) out_.fail(wire_error::unexpected_null, name);
    optional_value(in);
    blame(name);
  }
  void records(const char* name, bytes_view in) {
    out_.records(in, flexible_);
    blame(name);
  }
  void nullable_records(const char* name, const std::optional<bytes_view>& in);
  void never_compact(const char* name, const std::optional<std::string_view>& in) {
    out_.nullable_string(in);
    blame(name);
  }
  void absent(const char* name, bool is_default) {
    if (!is_default) out_.fail(wire_error::field_not_in_version, name);
  }
  void untagged(const tagged_fields& unknown);
  template <class W, class M>
  void tagged(const M& in);

 private:
  class tag_counter;
  class tag_writer;

  void value(bool in) { out_.boolean(in); }
  void value(std::int8_t in) { out_.int8(in); }
  void value(std::int16_t in) { out_.int16(in); }
  void value(std::uint16_t in) { out_.uint16(in); }
  void value(std::int32_t in) { out_.int32(in); }
  void value(std::uint32_t in) { out_.uint32(in); }
  void value(std::int64_t in) { out_.int64(in); }
  void value(double in) { out_.float64(in); }
  void value(const uuid& in) { out_.uuid_value(in); }
  void value(const std::string_view& in) { flexible_ ? out_.compact_string(in) : out_.string(in); }
  void value(const bytes_view& in) { flexible_ ? out_.compact_bytes(in) : out_.bytes(in); }
  template <class T>
  void value(const T& in);
  template <class T>
  void value(const array<T>& in);

  void optional_value(const std::optional<std::string_view>& in);
  void optional_value(const std::optional<bytes_view>& in);
  template <class T>
  void optional_value(const std::optional<array<T>>& in);
  template <class T>
  void optional_value(const std::optional<T>& in);
  /// Names the field of an error that a primitive raised.
  void blame(const char* name) {
    if (!out_.ok()) out_.blame(name);
  }

  writer& out_;
  std::int16_t version_;
  bool flexible_;
};

class write_archive::tag_counter {
 public:
  explicit tag_counter(std::int16_t version) : version_{version} {}
  [[nodiscard]] std::int16_t version() const { return version_; }
  [[nodiscard]] std::size_t count() const { return count_; }
  template <class T>
  void tag(std::uint32_t, const char*, const T&, bool is_default) {
    count_ += !is_default;
  }
  template <class T>
  void nullable_tag(std::uint32_t, const char*, const T&, bool is_default) {
    count_ += !is_default;
  }

 private:
  std::int16_t version_;
  std::size_t count_ = 0;
};

/// Writes the known tags that are set, and the unknown ones between them.
class write_archive::tag_writer {
 public:
  tag_writer(write_archive& archive, const tagged_fields& unknown) : archive_{archive}, unknown_{unknown} {}
  [[nodiscard]] std::int16_t version() const { return archive_.version_; }
  template <class T>
  void tag(std::uint32_t number, const char* name, const T& in, bool is_default) {
    if (is_default) return;
    const std::size_t body = begin(number);
    archive_.field(name, in);
    archive_.out_.end_sized(body);
  }
  template <class T>
  void nullable_tag(std::uint32_t number, const char* name, const std::optional<T>& in, bool is_default) {
    if (is_default) return;
    const std::size_t body = begin(number);
    archive_.nullable(name, in, true);
    archive_.out_.end_sized(body);
  }
  /// Unknown tags below `limit` that were not written yet.
  void unknown_below(std::uint64_t limit);

 private:
  std::size_t begin(std::uint32_t number);

  write_archive& archive_;
  const tagged_fields& unknown_;
  std::size_t next_ = 0;
  std::int64_t last_ = -1;
};

template <class T>
void write_archive::value(const T& in) {
  if constexpr (std::is_enum_v<T>)
    value(static_cast<std::underlying_type_t<T>>(in));
  else
    walker<T>::walk(*this, in);
}

template <class T>
void write_archive::value(const array<T>& in) {
  out_.array_size(in.size(), flexible_);
  for (const T& element : in) value(element);
}

template <class T>
void write_archive::optional_value(const std::optional<array<T>>& in) {
  if (in)
    value(*in);
  else
    out_.array_size(std::nullopt, flexible_);
}

/// A nullable struct has one byte in front: negative for null (KIP-893).
template <class T>
void write_archive::optional_value(const std::optional<T>& in) {
  out_.int8(in ? 1 : -1);
  if (in) value(*in);
}

template <class W, class M>
void write_archive::tagged(const M& in) {
  tag_counter counter{version_};
  W::tags(counter, in);
  out_.uvarint(static_cast<std::uint32_t>(counter.count() + in.unknown_tagged_fields.size()));
  tag_writer tags{*this, in.unknown_tagged_fields};
  W::tags(tags, in);
  tags.unknown_below(std::uint64_t{1} << 32);
}

template <class M>
void write_message(writer& out, const M& in, std::int16_t version) {
  if (version < M::min_version || version > M::max_unstable_version) return out.fail(wire_error::unsupported_version);
  write_archive archive{out, version, version >= walker<M>::first_flexible};
  walker<M>::walk(archive, in);
}

}  // namespace protocol
}  // namespace v0
}  // namespace ottla

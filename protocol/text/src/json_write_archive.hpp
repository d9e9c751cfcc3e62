// Leads a walk that shows a message as JSON.
#pragma once

#include <optional>
#include <string_view>
#include <type_traits>

#include "ottla/protocol_text/json_writer.hpp"
#include "walker.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol_text {

class json_write_archive {
 public:
  json_write_archive(json_writer& out, std::int16_t version) : out_{out}, version_{version} {}
  [[nodiscard]] std::int16_t version() const { return version_; }

  template <class T>
  void field(const char* name, const T& in) {
    out_.key(name);
    value(in);
  }
  template <class T>
  void secret(const char* name, const T& in) {
    if (!out_.masks_secrets()) return field(name, in);
    out_.key(name);
    out_.string("****");
  }
  template <class T>
  void nullable(const char* name, const std::optional<T>& in, bool) {
    out_.key(name);
    in ? value(*in) : out_.null();
  }
  void records(const char* name, const protocol::bytes_view& in) { field(name, in); }
  void nullable_records(const char* name, const std::optional<protocol::bytes_view>& in) { nullable(name, in, true); }
  void never_compact(const char* name, const std::optional<std::string_view>& in) { nullable(name, in, true); }
  void absent(const char*, bool) {}
  void untagged(const protocol::tagged_fields&) {}
  template <class W, class M>
  void tagged(const M& in) {
    W::tags(*this, in);
  }
  template <class T>
  void tag(std::uint32_t, const char* name, const T& in, bool is_default) {
    if (!is_default) field(name, in);
  }
  template <class T>
  void nullable_tag(std::uint32_t, const char* name, const std::optional<T>& in, bool is_default) {
    if (!is_default) nullable(name, in, true);
  }

  void value(bool in) { out_.boolean(in); }
  void value(double in) { out_.real(in); }
  void value(const std::string_view& in) { out_.string(in); }
  void value(const protocol::bytes_view& in) { out_.base64(in); }
  void value(const protocol::uuid& in) { out_.uuid(in); }
  template <class T>
  void value(const T& in) {
    if constexpr (std::is_enum_v<T>) {
      out_.integer(static_cast<std::underlying_type_t<T>>(in));
    } else if constexpr (std::is_integral_v<T>) {
      out_.integer(in);
    } else {
      out_.begin_object();
      protocol::walker<T>::walk(*this, in);
      out_.end_object();
    }
  }
  template <class T>
  void value(const protocol::array<T>& in) {
    out_.begin_array();
    for (const T& element : in) value(element);
    out_.end_array();
  }

 private:
  json_writer& out_;
  std::int16_t version_;
};

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla

// Leads a walk that fills a message from parsed JSON and says exactly what does not fit.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "ottla/protocol/arena.hpp"
#include "ottla/protocol_text/json_value.hpp"
#include "walker.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol_text {

class json_read_archive {
 public:
  json_read_archive(protocol::arena& memory, std::int16_t version) : memory_{memory}, version_{version} {}
  [[nodiscard]] std::int16_t version() const { return version_; }
  [[nodiscard]] bool ok() const { return error_.empty(); }
  [[nodiscard]] std::string take_error() { return std::move(error_); }

  /// The whole message.
  template <class T>
  void root(json_value& in, T& out) {
    structure(in, out);
  }

  template <class T>
  void field(const char* name, T& out) {
    if (json_value* in = required(name)) named(name, [&] { not_null(*in, out); });
  }
  template <class T>
  void secret(const char* name, T& out) {
    field(name, out);
  }
  template <class T>
  void nullable(const char* name, std::optional<T>& out, bool allowed) {
    if (json_value* in = required(name)) named(name, [&] { maybe_null(*in, out, allowed); });
  }
  void records(const char* name, protocol::bytes_view& out) { field(name, out); }
  void nullable_records(const char* name, std::optional<protocol::bytes_view>& out) { nullable(name, out, true); }
  void never_compact(const char* name, std::optional<std::string_view>& out) { nullable(name, out, true); }
  void absent(const char*, bool) {}
  void untagged(const protocol::tagged_fields&) {}
  template <class W, class M>
  void tagged(M& out) {
    W::tags(*this, out);
  }
  template <class T>
  void tag(std::uint32_t, const char* name, T& out, bool) {
    if (json_value* in = member(name)) named(name, [&] { not_null(*in, out); });
  }
  template <class T>
  void nullable_tag(std::uint32_t, const char* name, std::optional<T>& out, bool) {
    if (json_value* in = member(name)) named(name, [&] { maybe_null(*in, out, true); });
  }

 private:
  /// The object that is being read, and where the last member was found: the next one usually stands behind it.
  struct frame {
    json_value* object;
    json_value* last;
    std::size_t first_name;  // into names_: what this version has
  };
  struct step {
    const char* name;
    std::size_t index;
  };
  static constexpr std::size_t no_index = static_cast<std::size_t>(-1);

  json_value* member(const char* name);
  json_value* required(const char* name);
  void fail(std::string_view what);
  void check_all_visited(const frame& done);
  void integer(const json_value& in, std::int64_t low, std::int64_t high, std::int64_t& out);

  template <class F>
  void named(const char* name, F&& read) {
    path_.push_back({name, no_index});
    read();
    path_.pop_back();
  }
  template <class T>
  void not_null(json_value& in, T& out) {
    if (in.kind == json_kind::null) return fail("must not be null");
    value(in, out);
  }
  template <class T>
  void maybe_null(json_value& in, std::optional<T>& out, bool allowed) {
    if (in.kind != json_kind::null) return value(in, out.emplace(T{}));
    out.reset();
    if (!allowed) fail("must not be null in this version");
  }

  void value(json_value& in, bool& out);
  void value(json_value& in, double& out);
  void value(json_value& in, std::string_view& out);
  void value(json_value& in, protocol::bytes_view& out);
  void value(json_value& in, protocol::uuid& out);
  template <class T>
  void value(json_value& in, T& out) {
    if constexpr (std::is_enum_v<T>) {
      std::underlying_type_t<T> raw{};
      value(in, raw);
      out = static_cast<T>(raw);
    } else if constexpr (std::is_integral_v<T>) {
      std::int64_t wide = 0;
      integer(in, std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), wide);
      out = static_cast<T>(wide);
    } else {
      structure(in, out);
    }
  }
  template <class T>
  void value(json_value& in, protocol::array<T>& out) {
    if (in.kind != json_kind::array) return fail("must be an array");
    T* first = memory_.template make<T>(in.size);
    if (first == nullptr) return fail("is too large");
    out = protocol::array<T>{first, in.size};
    std::size_t index = 0;
    for (json_value* element = in.first; element != nullptr && ok(); element = element->next) {
      path_.back().index = index;
      not_null(*element, first[index++]);
    }
    path_.back().index = no_index;
  }
  template <class T>
  void structure(json_value& in, T& out) {
    if (in.kind != json_kind::object) return fail("must be an object");
    const frame outer = frame_;
    frame_ = {&in, nullptr, names_.size()};
    protocol::walker<T>::walk(*this, out);
    if (ok()) check_all_visited(frame_);
    names_.resize(frame_.first_name);
    frame_ = outer;
  }

  protocol::arena& memory_;
  std::int16_t version_;
  frame frame_{};
  std::vector<std::string_view> names_;
  std::vector<step> path_;
  std::string error_;
};

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla

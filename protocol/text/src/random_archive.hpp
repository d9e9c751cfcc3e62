// Leads a walk that fills a message with random values, edges more often than chance would have them.
#pragma once

#include <limits>
#include <optional>
#include <string_view>
#include <type_traits>

#include "ottla/protocol/arena.hpp"
#include "ottla/protocol_text/seeded_random.hpp"
#include "walker.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol_text {

/// The arena is taken to be large enough: past its limit values stay empty.
class random_archive {
 public:
  random_archive(seeded_random& source, protocol::arena& memory, std::int16_t version)
      : random_{source}, memory_{memory}, version_{version} {}
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
    if (allowed && random_.one_in(4)) return out.reset();
    value(out.emplace(T{}));
  }
  void records(const char*, protocol::bytes_view& out) { value(out); }
  void nullable_records(const char* name, std::optional<protocol::bytes_view>& out) { nullable(name, out, true); }
  void never_compact(const char* name, std::optional<std::string_view>& out) { nullable(name, out, true); }
  void absent(const char*, bool) {}
  void untagged(protocol::tagged_fields& unknown);
  template <class W, class M>
  void tagged(M& out) {
    W::tags(*this, out);
    untagged(out.unknown_tagged_fields);
  }
  template <class T>
  void tag(std::uint32_t, const char*, T& out, bool) {
    if (random_.one_in(2)) value(out);
  }
  template <class T>
  void nullable_tag(std::uint32_t, const char* name, std::optional<T>& out, bool) {
    if (random_.one_in(2)) nullable(name, out, true);
  }

 private:
  void value(bool& out) { out = random_.one_in(2); }
  void value(double& out);
  void value(std::string_view& out);
  void value(protocol::bytes_view& out);
  void value(protocol::uuid& out);
  template <class T>
  void value(T& out) {
    if constexpr (std::is_enum_v<T>) {
      std::underlying_type_t<T> raw{};
      value(raw);
      out = static_cast<T>(raw);
    } else if constexpr (std::is_integral_v<T>) {
      out = static_cast<T>(integer(std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
    } else {
      ++depth_;
      protocol::walker<T>::walk(*this, out);
      --depth_;
    }
  }
  template <class T>
  void value(protocol::array<T>& out) {
    const std::size_t count = array_length(std::is_class_v<T>);
    T* first = memory_.template make<T>(count);
    if (first == nullptr) return;
    out = protocol::array<T>{first, count};
    for (T& element : out) value(element);
  }
  std::int64_t integer(std::int64_t low, std::int64_t high);
  std::size_t array_length(bool of_structs);

  seeded_random& random_;
  protocol::arena& memory_;
  std::int16_t version_;
  unsigned depth_ = 0;
};

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla

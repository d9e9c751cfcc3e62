// kept_record: a message with memory of its own, for one that waits: for its topic, for a guard.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ottla/record.hpp"

namespace ottla {
inline namespace v0 {

/// Bytes of keys, values and headers: what telemetry and rate limits count.
inline std::size_t payload_bytes(const record& what) {
  std::size_t out = what.key.size() + what.value.size();
  for (const record_header& one : what.headers) out += one.name.size() + (one.value ? one.value->size() : 0);
  return out;
}

/// One piece of memory; views into it. Not moved: what borrows from it would dangle.
class kept_record {
 public:
  explicit kept_record(const record& from) : record_(from) {
    bytes_.reserve(payload_bytes(from));
    headers_.reserve(from.headers.size());
    record_.key = keep(from.key);
    record_.value = keep(from.value);
    for (const record_header& one : from.headers) {
      headers_.push_back({keep(blob(one.name)).text(), keep(blob(one.value)).optional()});
    }
    record_.headers = headers_;
  }
  kept_record(const kept_record&) = delete;
  kept_record& operator=(const kept_record&) = delete;
  const record& get() const { return record_; }

 private:
  blob keep(const blob& what) {
    if (what.is_null()) return what;
    const std::size_t at = bytes_.size();  // reserved: nothing moves
    bytes_.append(what.text());
    return blob(std::string_view(bytes_).substr(at));
  }

  std::string bytes_;
  std::vector<record_header> headers_;
  record record_;
};

}  // namespace v0
}  // namespace ottla

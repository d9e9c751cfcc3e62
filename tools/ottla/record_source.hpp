// record_source: where produce gets its records from: lines, JSON lines, one binary value, or made up.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "owned_record.hpp"

namespace ottla_tool {

enum class source_status {
  record,      ///< `into` holds the next one
  bad_record,  ///< a record that cannot be read; `problem` says why; there may be more
  end,
  interrupted,
  failed,  ///< the input cannot be read on; `problem` says why
};

class record_source {
 public:
  virtual ~record_source() = default;
  virtual source_status next(owned_record& into, std::string& problem) = 0;
};

/// What produce's options say about every record.
struct record_defaults {
  std::optional<std::string> key;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
  std::int32_t partition = ottla::any_partition;
};

/// A record per line; with a separator what stands before its first occurrence is the key.
std::unique_ptr<record_source> make_line_source(int descriptor, record_defaults defaults,
                                                std::optional<std::string> key_separator);
std::unique_ptr<record_source> make_jsonl_source(int descriptor, record_defaults defaults);
/// All of the input is one record's value.
std::unique_ptr<record_source> make_binary_source(int descriptor, record_defaults defaults);
/// Record i has the key "key-<i mod 1000>", the header index=<i>, and a value of `size` printable bytes that begins
/// with i. The same i always gives the same record. No count: without end.
std::unique_ptr<record_source> make_made_up_source(record_defaults defaults, std::optional<std::uint64_t> count,
                                                   std::size_t size);

/// Spreads a number of events evenly over time, and catches up after a wait.
class pace {
 public:
  /// Per second; none: as fast as it goes.
  explicit pace(std::optional<double> rate) : rate_(rate), start_(std::chrono::steady_clock::now()) {}
  /// Waits until the next event is due. False: interrupted.
  bool wait();

 private:
  std::optional<double> rate_;
  std::chrono::steady_clock::time_point start_;
  std::uint64_t events_ = 0;
};

}  // namespace ottla_tool

// record_printer: what a consumed record looks like on stdout.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "globals.hpp"
#include "ottla/consumer.hpp"

namespace ottla_tool {

class record_printer {
 public:
  virtual ~record_printer() = default;
  virtual void begin(std::string& out) { (void)out; }
  virtual void print(std::string& out, const ottla::record_view& what) = 0;
  virtual void end(std::string& out) { (void)out; }
};

/// One JSON object a line.
std::unique_ptr<record_printer> make_jsonl_printer();
/// One JSON array.
std::unique_ptr<record_printer> make_json_printer();
/// %t topic, %p partition, %o offset, %T timestamp in ms, %e leader epoch, %k key, %v or %s value, %K and %S or %V
/// their lengths (-1: null), %h headers as name=value,..., %% a percent sign; \n \t \r \0 \\ \xHH. Null keys and values
/// print nothing. `problem` says what is wrong with the format if nothing is returned.
std::unique_ptr<record_printer> make_format_printer(std::string_view format, std::string& problem);

}  // namespace ottla_tool

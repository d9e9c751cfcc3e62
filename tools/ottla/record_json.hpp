// record_json: keys, values and headers as every JSON form of a record has them.
#pragma once

#include <string>
#include <string_view>

#include "ottla/consumed_record.hpp"

namespace ottla_tool {

/// ,"name":text, ,"name":null, or ,"nameBase64":... where it is not UTF-8.
void append_blob(std::string& out, std::string_view name, const ottla::blob& what);
/// ,"headers":[["name","text"|null|{"base64":".."}],...]
void append_headers(std::string& out, ottla::header_range headers);

}  // namespace ottla_tool

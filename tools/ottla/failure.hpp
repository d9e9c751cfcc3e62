// failure: how a command says on stderr that it could not do what was asked, and the exit status that goes with it.
#pragma once

#include <string>
#include <string_view>

#include "globals.hpp"
#include "ottla/error.hpp"

namespace ottla_tool {

/// One sentence, or with --output json the same as an object. 2 for what the caller has to correct in the call, 1 for
/// the rest.
int report_failure(const globals& with, const ottla::error& why);
/// Bad usage: always 2.
int report_usage(const globals& with, std::string_view command, std::string_view what,
                 std::string_view suggestion = {});
/// Data that cannot be read: always 1.
int report_bad_input(const globals& with, std::string_view command, std::string_view what, std::string_view advice);
/// An error object of the tool's own, for what no library call reports.
ottla::error failure_of(ottla::client_code code, std::string asked, std::string detail, std::string advice = {});
/// The parts of an error as one line of JSON.
std::string to_json(const ottla::error& why);

}  // namespace ottla_tool

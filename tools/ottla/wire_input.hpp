// wire_input: the options by which people name a message and hand over its bytes or its JSON.
#pragma once

#include <CLI/App.hpp>
#include <optional>
#include <string>

#include "globals.hpp"
#include "ottla/protocol_text/messages.hpp"
#include "wire/byte_forms.hpp"

namespace ottla_tool {

class wire_input {
 public:
  /// `what`: "BYTES" or "JSON", which may also be an argument.
  wire_input(CLI::App& options, std::string command, const std::string& what, const std::string& form_help);

  /// --api, --kind and --version, all of them; `kind` where --kind is not given and both exist. 0, or the exit status.
  int message(const globals& with, std::string_view kind, const ottla::protocol_text::message_type*& message,
              std::int16_t& version) const;
  /// The argument, the file, or stdin to its end. 0, or the exit status.
  int read(const globals& with, std::string& into) const;
  ottla::wire::byte_form form() const { return *ottla::wire::parse_byte_form(form_.value_or("hex")); }

  const std::string& command() const { return command_; }
  bool api_given() const { return api_.has_value(); }
  const std::optional<std::string>& kind() const { return kind_; }
  bool anything_given() const { return api_ || kind_ || version_ || file_ || form_ || argument_; }

 private:
  std::string command_;
  std::optional<std::string> api_, kind_, file_, form_, argument_;
  std::optional<std::int64_t> version_;
};

}  // namespace ottla_tool

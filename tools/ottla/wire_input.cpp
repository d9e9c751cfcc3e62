// wire_input: options, and where the input comes from.
#include "wire_input.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "failure.hpp"
#include "input_reader.hpp"
#include "options.hpp"
#include "wire/message_names.hpp"

namespace ottla_tool {

wire_input::wire_input(CLI::App& options, std::string command, const std::string& what, const std::string& form_help)
    : command_(std::move(command)) {
  options.add_option(what, argument_, "Instead of --file and stdin");
  text_option(options, "--api", api_, "Name or key of the message: Fetch, FetchRequest, 1");
  choice_option(options, "--kind", kind_, "Which of its messages", {"request", "response", "header", "data"});
  number_option(options, "--version", version_, "Of the message", 0, 32767);
  text_option(options, "--file", file_, "Where to read from; - is stdin, as without it")->type_name("PATH");
  choice_option(options, "--form", form_, form_help + " (default hex)", {"hex", "base64", "binary"});
}

int wire_input::message(const globals& with, std::string_view kind, const ottla::protocol_text::message_type*& message,
                        std::int16_t& version) const {
  if (!api_) return report_usage(with, command_, "--api is missing");
  if (!version_) return report_usage(with, command_, "--version is missing");
  const std::string_view wanted = kind_ ? std::string_view(*kind_) : kind;
  if (auto why = ottla::wire::find_message(*api_, wanted, *version_, message))
    return report_usage(with, command_, why->what, why->suggestion);
  version = static_cast<std::int16_t>(*version_);
  return 0;
}

int wire_input::read(const globals& with, std::string& into) const {
  if (argument_) {
    if (file_) return report_usage(with, command_, "the input is given twice, as an argument and with --file");
    into = *argument_;
    return 0;
  }
  const bool from_stdin = !file_ || *file_ == "-";
  const int descriptor = from_stdin ? STDIN_FILENO : ::open(file_->c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return report_usage(with, command_, "--file " + *file_ + " cannot be opened: " + std::strerror(errno));
  }
  const auto status = input_reader(descriptor).all(into);
  const std::string reason = std::strerror(errno);
  if (!from_stdin) ::close(descriptor);
  if (status == input_reader::status::failed)
    return report_bad_input(with, command_, "the input cannot be read: " + reason, "check --file");
  if (status == input_reader::status::too_long)
    return report_bad_input(with, command_, "the input is above 256 MiB", "cut it into messages");
  return status == input_reader::status::interrupted ? static_cast<int>(status_interrupted) : 0;
}

}  // namespace ottla_tool

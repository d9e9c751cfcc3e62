// ottla man: the manual page, from the table that parses the command line.
#include <CLI/App.hpp>

#include "command.hpp"
#include "options.hpp"
#include "print.hpp"

#ifndef OTTLA_VERSION
#define OTTLA_VERSION "unknown"
#endif

namespace ottla_tool {
namespace {

/// Text as roff takes it: no hyphen that is broken, no line that is a request.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '-') {
      out += "\\-";
    } else if (c == '\\') {
      out += "\\e";
    } else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) {
      out += std::string("\\&") + c;
    } else {
      out += c;
    }
  }
  return out;
}

std::string option_text(const CLI::Option& option) {
  std::string names;
  for (const std::string& one : option.get_snames())
    names += (names.empty() ? "" : ", ") + ("\\fB" + roff("-" + one) + "\\fR");
  for (const std::string& one : option.get_lnames())
    names += (names.empty() ? "" : ", ") + ("\\fB" + roff("--" + one) + "\\fR");
  if (names.empty()) {
    names = "\\fI" + roff(option.get_name()) + "\\fR";
  } else if (option.get_expected_max() > 0) {
    names += " \\fI" + roff(option.get_type_name()) + "\\fR";
  }
  return ".TP\n" + names + "\n" + roff(option.get_description()) + "\n";
}

std::string options_text(const CLI::App& app) {
  std::string out;
  for (const CLI::Option* one : app.get_options()) {
    if (one != app.get_help_ptr()) out += option_text(*one);
  }
  return out;
}

const CLI::App& app_of(const CLI::App& root, std::string_view path) {
  const CLI::App* at = &root;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find(' '), path.size());
    at = at->get_subcommand(std::string(path.substr(0, end)));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return *at;
}

std::string page(const CLI::App& root) {
  std::string out = ".TH OTTLA 1 \"\" \"ottla " + roff(OTTLA_VERSION) +
                    "\" \"User commands\"\n"
                    ".SH NAME\nottla \\- a Kafka client in one command\n"
                    ".SH SYNOPSIS\n.B ottla\n[\\fIoptions\\fR] \\fIcommand\\fR [\\fIoptions\\fR] [\\fIarguments\\fR]\n"
                    ".SH DESCRIPTION\nSends and reads records, describes and changes topics and groups, runs a broker "
                    "for development, shows what is "
                    "said on the wire, and measures.\nResults go to standard output, all else to standard error.\n"
                    ".SH OPTIONS\nThese go before or after every command.\n" +
                    options_text(root) + ".SH COMMANDS\n";
  for (const command& one : command_table()) {
    out += ".SS " + roff(one.path) + "\n" + roff(one.summary) + ".\n" + options_text(app_of(root, one.path));
    out += ".PP\nExample:\n.PP\n.nf\n.RS\n" + roff(one.example) + "\n.RE\n.fi\n";
  }
  return out +
         ".SH EXIT STATUS\n.TP\n0\ndone\n.TP\n1\nit failed, or part of it did\n.TP\n2\nbad usage or configuration\n"
         ".TP\n130\ninterrupted; what was acknowledged is reported, groups are left\n"
         ".SH ENVIRONMENT\n.TP\nOTTLA_BROKERS\nwhere to look for the cluster, if \\fB\\-b\\fR does not say\n"
         ".SH SEE ALSO\n\\fBottla config list\\fR shows every setting that \\fB\\-X\\fR and \\fB\\-F\\fR take, "
         "\\fBottla config "
         "explain\\fR \\fINAME\\fR all about one of them.\n";
}

class man_page : public runner {
 public:
  explicit man_page(CLI::App& options) : options_(options) {}

  int run(const globals&) override {
    const CLI::App* root = &options_;
    while (root->get_parent() != nullptr) root = root->get_parent();
    return put(page(*root)) ? status_done : status_failed;
  }

 private:
  CLI::App& options_;
};

}  // namespace

std::unique_ptr<runner> declare_man_page(CLI::App& options) { return std::make_unique<man_page>(options); }

}  // namespace ottla_tool

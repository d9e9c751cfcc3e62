// command_line: from argv to a runner that is ready, or to a sentence about what is wrong with argv.
#pragma once

#include <CLI/App.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "command.hpp"

namespace ottla_tool {

class command_line {
 public:
  command_line();
  /// Parses and runs. Returns the exit status.
  int run(int argc, char** argv);

 private:
  void look_for_output_form(int argc, char** argv);
  void declare_globals();
  void declare_commands();
  CLI::App& group_of(std::string_view path);
  const command* chosen() const;
  int refuse_rest(const command* what, const std::vector<std::string>& rest);
  std::vector<std::string> option_names(const command* what) const;

  globals globals_;
  CLI::App root_;
  std::map<std::string_view, CLI::App*> apps_;  // by path
  std::map<std::string_view, std::unique_ptr<runner>> runners_;
};

}  // namespace ottla_tool

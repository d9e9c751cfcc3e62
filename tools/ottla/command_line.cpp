// command_line: declares the table to CLI11, parses, and turns every misuse into one sentence and exit status 2.
#include "command_line.hpp"

#include <algorithm>
#include <cstdlib>

#include "failure.hpp"
#include "options.hpp"
#include "ottla/net/settings.hpp"

#ifndef OTTLA_VERSION
#define OTTLA_VERSION "unknown"
#endif

namespace ottla_tool {
namespace {

std::string_view last_word(std::string_view path) { return path.substr(path.rfind(' ') + 1); }

std::string examples() {
  std::string out = "Examples:";
  for (const command& one : command_table()) out += "\n  " + std::string(one.example);
  return out + "\n\nExit status: 0 done, 1 it failed or part of it did, 2 bad usage or configuration, 130 interrupted.";
}

/// The nearest of the candidates; empty if none is near.
std::string suggestion(const std::string& word, const std::vector<std::string>& candidates) {
  const std::vector<std::string_view> views(candidates.begin(), candidates.end());
  return std::string(ottla::nearest(word, views));
}

}  // namespace

command_line::command_line() : root_("Ottla: a Kafka client in one command.", "ottla") {
  root_.set_help_flag("-h,--help", "Tell all about a command");
  root_.set_version_flag("--version", "ottla " OTTLA_VERSION);
  root_.require_subcommand(0, 1);  // a topic may have the name of a command: after one command no other is looked for
  root_.allow_extras();
  root_.fallthrough();
  declare_globals();
  declare_commands();
  root_.footer(examples);
}

void command_line::declare_globals() {
  root_.add_option("-b,--brokers", globals_.brokers, "Where to look for the cluster (or OTTLA_BROKERS)")
      ->type_name("HOST:PORT,...");
  list_option(root_, "-F,--config", globals_.config_files, "Properties file with Java's or librdkafka's names", "FILE");
  list_option(root_, "-X", globals_.properties, "One setting, in the same names; repeatable", "NAME=VALUE");
  duration_option(root_, "--timeout", globals_.timeout,
                  "How long one question, or one record, may take: 5s, 200ms (default 30s; records 120s)");
  root_.add_flag("-v", globals_.verbosity, "Log to stderr; -vv logs more");
  root_.add_flag("-q", globals_.quiet, "No summary on stderr");
  root_
      .add_option_function<std::string>(
          "--output",
          [this](const std::string& form) {
            globals_.output_given = true;
            if (form == "text") {
              globals_.output = output_form::text;
            } else if (form == "json") {
              globals_.output = output_form::json;
            } else if (form == "jsonl") {
              globals_.output = output_form::jsonl;
            } else {
              throw CLI::ValidationError("--output", "'" + form + "' is not one of text|json|jsonl");
            }
          },
          "How data is printed, and errors with it")
      ->type_name("text|json|jsonl");
}

CLI::App& command_line::group_of(std::string_view path) {
  const std::size_t blank = path.rfind(' ');
  if (blank == std::string_view::npos) return root_;
  const std::string_view group = path.substr(0, blank);
  if (auto found = apps_.find(group); found != apps_.end()) return *found->second;
  CLI::App* added = root_.add_subcommand(std::string(group), "");
  std::string words;
  for (const command& one : command_table()) {
    if (one.path.substr(0, one.path.rfind(' ')) == group)
      words += (words.empty() ? "" : ", ") + std::string(last_word(one.path));
  }
  added->description(words);
  added->require_subcommand(0, 1);
  apps_[group] = added;
  return *added;
}

void command_line::declare_commands() {
  for (const command& one : command_table()) {
    CLI::App* app = group_of(one.path).add_subcommand(std::string(last_word(one.path)), std::string(one.summary));
    apps_[one.path] = app;
    app->footer("Example:\n  " + std::string(one.example) +
                "\n\nThe options of ottla --help go before or after the command.");
    runners_[one.path] = one.declare(*app);
  }
}

const command* command_line::chosen() const {
  const command* out = nullptr;
  for (const command& one : command_table()) {
    if (apps_.at(one.path)->parsed() && (out == nullptr || one.path.size() > out->path.size())) out = &one;
  }
  return out;
}

std::vector<std::string> command_line::option_names(const command* what) const {
  std::vector<std::string> out;
  const auto add = [&](const CLI::App& app) {
    for (const CLI::Option* option : app.get_options()) {
      for (const std::string& name : option->get_lnames()) out.push_back("--" + name);
      for (const std::string& name : option->get_snames()) out.push_back("-" + name);
    }
  };
  if (what != nullptr) add(*apps_.at(what->path));
  add(root_);
  return out;
}

int command_line::refuse_rest(const command* what, const std::vector<std::string>& rest) {
  const std::string& first = rest.front();
  const std::string path = what == nullptr ? "" : std::string(what->path);
  if (first.size() > 1 && first[0] == '-') {
    const std::string name = first.substr(0, first.find('='));
    return report_usage(globals_, path, "there is no option " + name, suggestion(name, option_names(what)));
  }
  if (what != nullptr) return report_usage(globals_, path, "'" + first + "' is one argument too many");
  std::vector<std::string> words;
  std::string group;
  for (const auto& [name, app] : apps_) {
    if (name.find(' ') == std::string_view::npos && app->parsed()) group = std::string(name);
  }
  for (const auto& [name, app] : apps_) {
    const bool inside = group.empty() ? name.find(' ') == std::string_view::npos : name.starts_with(group + " ");
    if (inside) words.emplace_back(last_word(name));
  }
  return report_usage(globals_, group, "there is no command '" + first + "'", suggestion(first, words));
}

/// How errors are shown is needed before parsing is done, as parsing is what may fail.
void command_line::look_for_output_form(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const std::string_view form = word == "--output" && i + 1 < argc ? std::string_view(argv[i + 1])
                                  : word.starts_with("--output=")    ? word.substr(9)
                                                                     : std::string_view{};
    if (form == "json") globals_.output = output_form::json;
    if (form == "jsonl") globals_.output = output_form::jsonl;
  }
}

int command_line::run(int argc, char** argv) {
  look_for_output_form(argc, argv);
  try {
    root_.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return root_.exit(help);
  } catch (const CLI::CallForVersion& version) {
    return root_.exit(version);
  } catch (const CLI::ParseError& wrong) {
    const command* what = chosen();
    return report_usage(globals_, what == nullptr ? "" : what->path, wrong.what());
  }
  if (globals_.brokers.empty()) {
    if (const char* from_environment = std::getenv("OTTLA_BROKERS")) globals_.brokers = from_environment;
  }
  const command* what = chosen();
  if (const std::vector<std::string> rest = root_.remaining(true); !rest.empty()) return refuse_rest(what, rest);
  if (what == nullptr) {
    for (const auto& [name, app] : apps_) {
      if (app->parsed()) return report_usage(globals_, name, "a command is missing");
    }
    return report_usage(globals_, "", "a command is missing");
  }
  return runners_.at(what->path)->run(globals_);
}

}  // namespace ottla_tool

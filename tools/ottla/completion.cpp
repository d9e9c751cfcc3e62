// ottla completion: what a shell has to know of the commands and their options, from the table that parses them.
#include <CLI/App.hpp>
#include <functional>
#include <map>

#include "command.hpp"
#include "failure.hpp"
#include "options.hpp"
#include "print.hpp"

namespace ottla_tool {
namespace {

/// The words that may follow a command: its subcommands or its options, and what all commands take.
struct place {
  std::string path;                                           ///< "topics create"; empty: ottla itself
  std::vector<std::pair<std::string, std::string>> commands;  ///< and what they do
  std::vector<const CLI::Option*> options;
};

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> out;
  for (const std::string& one : option.get_lnames()) out.push_back("--" + one);
  for (const std::string& one : option.get_snames()) out.push_back("-" + one);
  return out;
}

/// "none|gzip|zstd" as three words; nothing where any value may stand.
std::vector<std::string> choices_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  std::vector<std::string> out;
  if (type.find('|') == std::string::npos) return out;
  for (std::size_t at = 0; at <= type.size();) {
    const std::size_t end = std::min(type.find('|', at), type.size());
    out.push_back(type.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

bool takes_value(const CLI::Option& option) { return option.get_expected_max() > 0; }

std::vector<place> places_of(const CLI::App& root) {
  std::vector<place> out;
  const std::function<void(const CLI::App&, const std::string&)> walk = [&](const CLI::App& app,
                                                                            const std::string& path) {
    place here{path, {}, {}};
    for (const CLI::App* one : app.get_subcommands([](const CLI::App*) { return true; }))
      here.commands.emplace_back(one->get_name(), one->get_description());
    for (const CLI::Option* one : app.get_options()) {
      if (!names_of(*one).empty()) here.options.push_back(one);
    }
    out.push_back(here);
    for (const CLI::App* one : app.get_subcommands([](const CLI::App*) { return true; }))
      walk(*one, path.empty() ? one->get_name() : path + " " + one->get_name());
  };
  walk(root, "");
  return out;
}

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string out;
  for (const std::string& one : words) out += (out.empty() ? "" : between) + one;
  return out;
}

/// All options of a place and of ottla itself, which go with every command.
std::vector<const CLI::Option*> all_options(const place& here, const place& root) {
  std::vector<const CLI::Option*> out = here.options;
  if (&here != &root) out.insert(out.end(), root.options.begin(), root.options.end());
  return out;
}

std::string bash(const std::vector<place>& places) {
  const place& root = places.front();
  std::string out =
      "# bash completion for ottla: eval \"$(ottla completion bash)\"\n"
      "_ottla() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} path= word\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    case \"$path:$word\" in\n";
  for (const place& one : places) {
    for (const auto& [name, summary] : one.commands)
      out += "      '" + one.path + ":" + name + "') path='" + (one.path.empty() ? name : one.path + " " + name) +
             "' ;;\n";
  }
  out += "    esac\n  done\n  COMPREPLY=()\n  case \"$path:$before\" in\n";
  for (const place& one : places) {
    for (const CLI::Option* option : all_options(one, root)) {
      if (!takes_value(*option)) continue;
      std::vector<std::string> patterns;
      for (const std::string& name : names_of(*option)) patterns.push_back("'" + one.path + ":" + name + "'");
      const std::vector<std::string> choices = choices_of(*option);
      out += "    " + joined(patterns, "|") + ") ";
      // Files are what `-o default` of complete offers where nothing else is said.
      out += choices.empty() ? "return ;;\n"
                             : "COMPREPLY=($(compgen -W '" + joined(choices, " ") + "' -- \"$current\")); return ;;\n";
    }
  }
  out += "  esac\n  case \"$path\" in\n";
  for (const place& one : places) {
    std::vector<std::string> words;
    for (const auto& [name, summary] : one.commands) words.push_back(name);
    for (const CLI::Option* option : all_options(one, root)) {
      for (const std::string& name : names_of(*option)) words.push_back(name);
    }
    out += "    '" + one.path + "') COMPREPLY=($(compgen -W '" + joined(words, " ") + "' -- \"$current\")) ;;\n";
  }
  return out + "  esac\n}\ncomplete -o default -F _ottla ottla\n";
}

std::string zsh(const std::vector<place>& places) {
  return "#compdef ottla\n# zsh completion for ottla: source <(ottla completion zsh)\nautoload -U +X bashcompinit && "
         "bashcompinit\n" +
         bash(places);
}

std::string fish_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return out + "'";
}

std::string fish(const std::vector<place>& places) {
  std::string out = "# fish completion for ottla: ottla completion fish | source\n";
  for (const place& one : places) {
    std::string when;
    std::string words = one.path;
    for (std::size_t at = 0; at < words.size();) {
      const std::size_t end = std::min(words.find(' ', at), words.size());
      when += (when.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + words.substr(at, end - at));
      at = end + 1;
    }
    for (const auto& [name, summary] : one.commands) {
      std::vector<std::string> siblings;
      for (const auto& [sibling, its_summary] : one.commands) siblings.push_back(sibling);
      const std::string first = "not __fish_seen_subcommand_from " + joined(siblings, " ");
      out += "complete -c ottla -f -n " + fish_quoted(when.empty() ? first : when + "; and " + first) + " -a " +
             fish_quoted(name) + " -d " + fish_quoted(summary) + "\n";
    }
    for (const CLI::Option* option : one.options) {
      out += "complete -c ottla" + (when.empty() ? std::string() : " -n " + fish_quoted(when));
      for (const std::string& name : option->get_lnames()) out += " -l " + name;
      for (const std::string& name : option->get_snames()) out += " -s " + name;
      const std::vector<std::string> choices = choices_of(*option);
      if (!choices.empty()) out += " -x -a " + fish_quoted(joined(choices, " "));
      if (choices.empty() && takes_value(*option)) out += " -r";
      out += " -d " + fish_quoted(option->get_description()) + "\n";
    }
  }
  return out;
}

class completion : public runner {
 public:
  explicit completion(CLI::App& options) : options_(options) {
    options.add_option("SHELL", shell_, "bash, zsh or fish")->required();
  }

  int run(const globals& with) override {
    const CLI::App* root = &options_;
    while (root->get_parent() != nullptr) root = root->get_parent();
    const std::vector<place> places = places_of(*root);
    if (shell_ == "bash") return put(bash(places)) ? status_done : status_failed;
    if (shell_ == "zsh") return put(zsh(places)) ? status_done : status_failed;
    if (shell_ == "fish") return put(fish(places)) ? status_done : status_failed;
    return report_usage(with, "completion", "'" + shell_ + "' is not one of bash|zsh|fish");
  }

 private:
  CLI::App& options_;
  std::string shell_;
};

}  // namespace

std::unique_ptr<runner> declare_completion(CLI::App& options) { return std::make_unique<completion>(options); }

}  // namespace ottla_tool

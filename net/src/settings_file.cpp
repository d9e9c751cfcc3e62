// Reading settings from text in the grammar of Java's .properties files.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "ottla/net/settings.hpp"

namespace ottla {
inline namespace v0 {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\f'; }

/// A logical line: comments and empty lines are skipped, a line that ends in an odd number of backslashes goes on in
/// the next one.
class logical_lines {
 public:
  explicit logical_lines(std::string_view text) : rest_(text) {}

  bool next(std::string& out, int& number) {
    out.clear();
    while (!rest_.empty()) {
      std::string_view line = natural_line();
      if (out.empty() && (line.empty() || line[0] == '#' || line[0] == '!')) continue;
      if (out.empty()) number = line_;
      std::size_t backslashes = 0;
      while (backslashes < line.size() && line[line.size() - 1 - backslashes] == '\\') ++backslashes;
      const bool goes_on = backslashes % 2 == 1;
      out += line.substr(0, line.size() - (goes_on ? 1 : 0));
      if (!goes_on) return true;
    }
    return !out.empty();
  }

 private:
  std::string_view natural_line() {
    ++line_;
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    while (!line.empty() && is_blank(line[0])) line.remove_prefix(1);
    return line;
  }

  std::string_view rest_;
  int line_ = 0;
};

void append_utf8(std::string& out, unsigned code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xE0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

/// \t \n \r \f \uXXXX; any other character stands for itself.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    unsigned code = 0;
    if (c == 'u' && i + 4 < text.size() && std::sscanf(std::string(text.substr(i + 1, 4)).c_str(), "%4x", &code) == 1) {
      append_utf8(out, code);
      i += 4;
    } else {
      out += c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c == 'f' ? '\f' : c;
    }
  }
  return out;
}

/// The name ends at the first '=', ':' or blank that no backslash stands before.
std::size_t end_of_name(std::string_view line) {
  std::size_t i = 0;
  for (; i < line.size() && line[i] != '=' && line[i] != ':' && !is_blank(line[i]); ++i) {
    if (line[i] == '\\') ++i;
  }
  return std::min(i, line.size());
}

}  // namespace

result<void> settings::read_properties(std::string_view text, std::string_view origin) {
  logical_lines lines(text);
  std::string line;
  int number = 0;
  while (lines.next(line, number)) {
    const std::size_t end = end_of_name(line);
    std::string_view rest = std::string_view(line).substr(end);
    while (!rest.empty() && is_blank(rest[0])) rest.remove_prefix(1);
    if (!rest.empty() && (rest[0] == '=' || rest[0] == ':')) rest.remove_prefix(1);
    while (!rest.empty() && is_blank(rest[0])) rest.remove_prefix(1);
    while (!rest.empty() && is_blank(rest.back())) rest.remove_suffix(1);  // Java keeps them; no setting means them
    const std::string where = std::string(origin) + ":" + std::to_string(number);
    if (auto done = set(unescaped(std::string_view(line).substr(0, end)), unescaped(rest), where); !done) return done;
  }
  return {};
}

result<void> settings::read_file(const std::string& path) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                       [](std::FILE* f) { return std::fclose(f); });
  std::string text;
  char block[4096];
  std::size_t got = 0;
  while (file && (got = std::fread(block, 1, sizeof block, file.get())) > 0) text.append(block, got);
  if (!file || std::ferror(file.get()) != 0) {
    error_context context;
    context.asked = "reading the properties file " + path;
    context.detail = std::strerror(errno);
    return error(client_code::invalid_config, std::move(context));
  }
  return read_properties(text, path);
}

}  // namespace v0
}  // namespace ottla

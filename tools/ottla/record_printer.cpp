// record_printer: JSON lines, a JSON array, and kcat-like formats.
#include "record_printer.hpp"

#include <vector>

#include "json_text.hpp"
#include "options.hpp"
#include "record_json.hpp"

namespace ottla_tool {
namespace {

void append_record(std::string& out, const ottla::record_view& what) {
  out += "{\"topic\":";
  append_json_string(out, what.topic());
  out += ",\"partition\":";
  append_number(out, what.partition());
  out += ",\"offset\":";
  append_number(out, what.offset());
  out += ",\"timestamp\":";
  append_number(out, what.timestamp());
  out += what.timestamp_type() == ottla::timestamp_type::append ? ",\"timestampType\":\"append\",\"leaderEpoch\":"
                                                                : ",\"timestampType\":\"create\",\"leaderEpoch\":";
  append_number(out, what.leader_epoch());
  append_blob(out, "key", what.key());
  append_blob(out, "value", what.value());
  append_headers(out, what.headers());
  out += '}';
}

class jsonl_printer : public record_printer {
 public:
  void print(std::string& out, const ottla::record_view& what) override {
    append_record(out, what);
    out += '\n';
  }
};

class json_printer : public record_printer {
 public:
  void begin(std::string& out) override { out += '['; }
  void print(std::string& out, const ottla::record_view& what) override {
    out += std::exchange(first_, false) ? "\n" : ",\n";
    append_record(out, what);
  }
  void end(std::string& out) override { out += first_ ? "]\n" : "\n]\n"; }

 private:
  bool first_ = true;
};

class format_printer : public record_printer {
 public:
  struct piece {
    char what;  // 0: text
    std::string text;
  };
  explicit format_printer(std::vector<piece> pieces) : pieces_(std::move(pieces)) {}

  void print(std::string& out, const ottla::record_view& what) override {
    for (const piece& one : pieces_) append(out, one, what);
  }

 private:
  static void append(std::string& out, const piece& one, const ottla::record_view& what) {
    switch (one.what) {
      case 't':
        out += what.topic();
        break;
      case 'p':
        append_number(out, what.partition());
        break;
      case 'o':
        append_number(out, what.offset());
        break;
      case 'T':
        append_number(out, what.timestamp());
        break;
      case 'e':
        append_number(out, what.leader_epoch());
        break;
      case 'k':
        out += what.key().text();
        break;
      case 'v':
      case 's':
        out += what.value().text();
        break;
      case 'K':
        append_number(out, what.key().is_null() ? -1 : static_cast<std::int64_t>(what.key().size()));
        break;
      case 'V':
      case 'S':
        append_number(out, what.value().is_null() ? -1 : static_cast<std::int64_t>(what.value().size()));
        break;
      case 'h':
        append_pairs(out, what);
        break;
      default:
        out += one.text;
        break;
    }
  }
  static void append_pairs(std::string& out, const ottla::record_view& what) {
    bool first = true;
    for (const auto& header : what.headers()) {
      if (!std::exchange(first, false)) out += ',';
      out += header.name;
      out += '=';
      out += header.value ? ottla::protocol::as_text(*header.value) : "NULL";
    }
  }

  std::vector<piece> pieces_;
};

}  // namespace

std::unique_ptr<record_printer> make_jsonl_printer() { return std::make_unique<jsonl_printer>(); }
std::unique_ptr<record_printer> make_json_printer() { return std::make_unique<json_printer>(); }

std::unique_ptr<record_printer> make_format_printer(std::string_view format, std::string& problem) {
  std::vector<format_printer::piece> pieces;
  std::string plain;
  const auto end_plain = [&] {
    if (!plain.empty()) pieces.push_back({0, unescaped(std::exchange(plain, {}))});
  };
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] == '\\' && i + 1 < format.size()) {
      plain += format[i];
      plain += format[++i];
      continue;
    }
    if (format[i] != '%') {
      plain += format[i];
      continue;
    }
    const char what = i + 1 < format.size() ? format[++i] : '\0';
    if (what == '%') {
      plain += '%';
    } else if (what != '\0' && std::string_view("tpoTekvsKVSh").find(what) != std::string_view::npos) {
      end_plain();
      pieces.push_back({what, {}});
    } else {
      problem = what == '\0'
                    ? "a % stands at its end"
                    : std::string("%") + what + " is not known; there are %t %p %o %T %e %k %v %s %K %V %S %h %%";
      return nullptr;
    }
  }
  end_plain();
  return std::make_unique<format_printer>(std::move(pieces));
}

}  // namespace ottla_tool

// ottla config list, explain, check: the table of settings, and what a call resolves to.
#include <CLI/App.hpp>

#include "client_setup.hpp"
#include "command.hpp"
#include "failure.hpp"
#include "options.hpp"
#include "print.hpp"

namespace ottla_tool {
namespace {

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    out.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return out;
}

json describe(std::string_view scope, const ottla::setting& row) {
  json out{{"name", row.usual_name()}, {"scope", scope}, {"member", row.member}};
  out["java"] = row.java.empty() ? json(nullptr) : json(row.java);
  out["librdkafka"] = split(row.librdkafka);
  out["type"] = ottla::name(row.kind);
  out["range"] = row.range;
  out["default"] = row.default_value();
  out["since"] = row.since;
  out["secret"] = row.secret;
  out["meaning"] = row.meaning;
  out["differs"] = row.differs;
  return out;
}

std::string paragraph(std::string_view scope, const ottla::setting& row) {
  std::string out =
      std::string(row.usual_name()) + "  (" + std::string(scope) + ", since " + std::string(row.since) + ")\n";
  out += "  " + std::string(row.meaning) + "\n";
  out += "  member      " + std::string(row.member) + "\n";
  if (!row.java.empty()) out += "  Java        " + std::string(row.java) + "\n";
  if (!row.librdkafka.empty()) out += "  librdkafka  " + std::string(row.librdkafka) + "\n";
  out += "  type        " + std::string(ottla::name(row.kind)) + ", " + std::string(row.range) + "\n";
  out += "  default     " + row.default_value() + "\n";
  if (!row.differs.empty()) out += "  differs     " + std::string(row.differs) + "\n";
  return out;
}

class config_list : public runner {
 public:
  int run(const globals& with) override {
    client_setup setup;
    text_table table({"NAME", "SCOPE", "ALIASES", "TYPE", "RANGE", "DEFAULT", "SINCE", "MEANING", "DIFFERS"});
    json list = json::array();
    for (const ottla::setting_group& group : setup.settings.groups()) {
      for (const ottla::setting& row : group.rows) {
        std::string aliases(row.member);
        if (!row.librdkafka.empty()) aliases += "," + std::string(row.librdkafka);
        table.add({std::string(row.usual_name()), std::string(group.scope), aliases, std::string(ottla::name(row.kind)),
                   std::string(row.range), row.default_value(), std::string(row.since), std::string(row.meaning),
                   std::string(row.differs)});
        list.push_back(describe(group.scope, row));
      }
    }
    return print_list(with, table, list);
  }
};

class config_explain : public runner {
 public:
  explicit config_explain(CLI::App& options) { options.add_option("NAME", name_, "By any of its names")->required(); }

  int run(const globals& with) override {
    client_setup setup;
    std::string text;
    json list = json::array();
    for (const ottla::setting_group& group : setup.settings.groups()) {
      for (const ottla::setting& row : group.rows) {
        if (!row.has_name(name_)) continue;
        text += (text.empty() ? "" : "\n") + paragraph(group.scope, row);
        list.push_back(describe(group.scope, row));
      }
    }
    if (list.empty()) {
      // Setting it says why it is not in the table; a value that no foreign name accepts keeps it from being taken
      // silently.
      if (auto why = setup.settings.set(name_, "\n", {}); !why) return report_failure(with, why.error());
      return report_failure(with, failure_of(ottla::client_code::invalid_config, "setting " + name_,
                                             "it has no meaning in Ottla and is accepted without effect"));
    }
    if (with.output == output_form::text) return put(text) ? status_done : status_failed;
    return put(dumped(list.size() == 1 ? list[0] : list, with.output == output_form::json ? 2 : -1) + "\n")
               ? status_done
               : status_failed;
  }

 private:
  std::string name_;
};

class config_check : public runner {
 public:
  explicit config_check(CLI::App& options) { options.add_option("FILE", files_, "Properties files, as with -F"); }

  int run(const globals& given) override {
    globals with = given;
    with.config_files.insert(with.config_files.end(), files_.begin(), files_.end());
    client_setup setup;
    if (auto done = setup.read(with); !done) return report_failure(with, done.error());
    if (auto done = ottla::settle_producer(setup.settings, setup.producer); !done)
      return report_failure(with, done.error());
    if (auto done = ottla::settle_consumer(setup.settings, setup.consumer); !done)
      return report_failure(with, done.error());
    if (auto opened = ottla::cluster::open(setup.cluster); !opened) return report_failure(with, opened.error());
    text_table table({"SCOPE", "NAME", "VALUE", "FROM"});
    json list = json::array();
    for (const ottla::setting_in_force& one : setup.settings.in_force()) {
      const std::string origin = one.is_default() ? "default" : one.origin;
      table.add({std::string(one.scope), std::string(one.row->usual_name()), one.value, origin});
      list.push_back({{"scope", one.scope},
                      {"name", one.row->usual_name()},
                      {"value", one.value},
                      {"default", one.is_default()},
                      {"origin", origin}});
    }
    return print_list(with, table, list);
  }

 private:
  std::vector<std::string> files_;
};

}  // namespace

std::unique_ptr<runner> declare_config_list(CLI::App&) { return std::make_unique<config_list>(); }
std::unique_ptr<runner> declare_config_explain(CLI::App& options) { return std::make_unique<config_explain>(options); }
std::unique_ptr<runner> declare_config_check(CLI::App& options) { return std::make_unique<config_check>(options); }

}  // namespace ottla_tool

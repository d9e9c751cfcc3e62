// settings: the tables that let name=value pairs, in Java's or librdkafka's words, fill the configuration structs.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/net/config.hpp"
#include "ottla/result.hpp"

namespace ottla {
inline namespace v0 {

enum class setting_kind : std::uint8_t { text, boolean, integer, bytes, duration, choice };
std::string_view name(setting_kind kind);

/// One row: a member of a configuration struct under all its names. Rows are constants; their texts live as long as the
/// program.
struct setting {
  std::string_view member;      ///< of the struct: "linger"
  std::string_view java;        ///< the Java client's name; empty: it has none
  std::string_view librdkafka;  ///< librdkafka's names where they differ from Java's, comma separated
  setting_kind kind = setting_kind::text;
  std::string_view range;    ///< for people: "1ms and up", "none|gzip|snappy|lz4|zstd"
  std::string_view meaning;  ///< one line
  std::string_view differs;  ///< where the default or the meaning is not Java's or librdkafka's; empty: nowhere
  std::string_view since = "0.1";
  bool secret = false;  ///< shown as **** where it is set
  bool (*set)(void* target,
              std::string_view value) = nullptr;  ///< false: malformed or out of range, nothing was changed
  /// What is wrong with a value that set refuses, as a clause; nullptr where the range says it all.
  std::string (*objection)(std::string_view value) = nullptr;
  std::string (*show)(const void* target) = nullptr;  ///< in a form that set reads, but for secrets
  void (*make_default)(void (*look)(const void* target, void* context),
                       void* context) = nullptr;  ///< lends a fresh struct

  std::string default_value() const;
  bool has_name(std::string_view name) const;
  /// The name people know best: Java's, else librdkafka's first, else the member's.
  std::string_view usual_name() const;
};

/// A name of the Java client or librdkafka that fills nothing here, and why. Better said than silently ignored.
struct foreign_setting {
  std::string_view name;      ///< exact, or a prefix that ends in '*'
  std::string_view harmless;  ///< values that ask for nothing else than what Ottla does, '|' separated; '*': any
  std::string_view why;       ///< a clause: "TLS is not there yet"
};

/// A struct to fill and the rows that say how. The struct outlives the settings.
struct setting_group {
  std::string_view scope;  ///< "cluster", "producer", "consumer"
  std::span<const setting> rows;
  void* target = nullptr;
};

/// What a row resolved to.
struct setting_in_force {
  std::string_view scope;
  const setting* row = nullptr;
  std::string value;   ///< masked if secret
  std::string origin;  ///< where it was set; empty: the default holds
  bool is_default() const { return origin.empty(); }
};

/// Fills structs from names and values, and remembers where each came from. Later values win; two names of one setting
/// that disagree within one origin are an error. All errors are invalid_config and name the setting, its origin and, if
/// unknown, the nearest name.
class settings {
 public:
  explicit settings(std::vector<setting_group> groups, std::span<const foreign_setting> foreign = {});

  result<void> set(std::string_view name, std::string_view value, std::string_view origin);
  /// "name=value"; blanks around both are dropped.
  result<void> set_pair(std::string_view pair, std::string_view origin);
  /// Text in the grammar of Java's .properties files. Stops at the first error.
  result<void> read_properties(std::string_view text, std::string_view origin);
  /// A properties file; the file's name and line become the origin.
  result<void> read_file(const std::string& path);

  /// Whether anybody set this member.
  bool given(std::string_view scope, std::string_view member) const;
  /// Of every row, in the order of the tables.
  std::vector<setting_in_force> in_force() const;
  /// The same for people: one line per setting: scope, name, value, and where it comes from.
  std::string explain() const;
  /// Every name known here, for suggestions and completion.
  std::vector<std::string_view> names() const;
  const std::vector<setting_group>& groups() const { return groups_; }

 private:
  struct mention {
    const setting* row;
    std::string_view scope;
    std::string name;
    std::string value;
    std::string origin;
  };
  result<void> set_row(const setting_group& group, const setting& row, std::string_view name, std::string_view value,
                       std::string_view origin);
  const foreign_setting* find_foreign(std::string_view name) const;

  std::vector<setting_group> groups_;
  std::vector<foreign_setting> foreign_;
  std::vector<mention> mentions_;  // the last per row
};

/// Fills a cluster_config.
std::span<const setting> cluster_settings();
/// Names of both clients that have no counterpart here, or none yet.
std::span<const foreign_setting> foreign_settings();

/// The candidate with the smallest edit distance, if that is small enough to be a slip; empty otherwise.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace v0
}  // namespace ottla

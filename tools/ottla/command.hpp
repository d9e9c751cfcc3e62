// command: one row of the table of commands. Parsing, help and everything generated from it (completion, a man page)
// read this table.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "globals.hpp"

namespace CLI {
class App;
}

namespace ottla_tool {

/// A command with its options bound to its members.
class runner {
 public:
  virtual ~runner() = default;
  virtual int run(const globals& with) = 0;
};

struct command {
  std::string_view path;     ///< "topics create"
  std::string_view summary;  ///< one sentence
  std::string_view example;  ///< one command line
  /// Declares the command's options.
  std::unique_ptr<runner> (*declare)(CLI::App& options);
};

std::span<const command> command_table();

// One per file of the same name.
std::unique_ptr<runner> declare_produce(CLI::App& options);
std::unique_ptr<runner> declare_consume(CLI::App& options);
std::unique_ptr<runner> declare_topics_list(CLI::App& options);
std::unique_ptr<runner> declare_topics_describe(CLI::App& options);
std::unique_ptr<runner> declare_topics_create(CLI::App& options);
std::unique_ptr<runner> declare_topics_delete(CLI::App& options);
std::unique_ptr<runner> declare_topics_alter(CLI::App& options);
std::unique_ptr<runner> declare_doctor(CLI::App& options);
std::unique_ptr<runner> declare_cluster_describe(CLI::App& options);
std::unique_ptr<runner> declare_groups_list(CLI::App& options);
std::unique_ptr<runner> declare_groups_describe(CLI::App& options);
std::unique_ptr<runner> declare_groups_delete(CLI::App& options);
std::unique_ptr<runner> declare_groups_reset_offsets(CLI::App& options);
std::unique_ptr<runner> declare_groups_lag(CLI::App& options);
std::unique_ptr<runner> declare_offsets(CLI::App& options);
std::unique_ptr<runner> declare_config_list(CLI::App& options);
std::unique_ptr<runner> declare_config_explain(CLI::App& options);
std::unique_ptr<runner> declare_config_check(CLI::App& options);
std::unique_ptr<runner> declare_bench_produce(CLI::App& options);
std::unique_ptr<runner> declare_bench_consume(CLI::App& options);
std::unique_ptr<runner> declare_bench_latency(CLI::App& options);
std::unique_ptr<runner> declare_bench_peer(CLI::App& options);
std::unique_ptr<runner> declare_broker(CLI::App& options);
std::unique_ptr<runner> declare_tap(CLI::App& options);
std::unique_ptr<runner> declare_wire_decode(CLI::App& options);
std::unique_ptr<runner> declare_wire_encode(CLI::App& options);
std::unique_ptr<runner> declare_wire_roundtrip(CLI::App& options);
std::unique_ptr<runner> declare_wire_records(CLI::App& options);
std::unique_ptr<runner> declare_wire_info(CLI::App& options);
std::unique_ptr<runner> declare_wire_list(CLI::App& options);
std::unique_ptr<runner> declare_wire_schema(CLI::App& options);
std::unique_ptr<runner> declare_wire_send(CLI::App& options);
std::unique_ptr<runner> declare_dlq_list(CLI::App& options);
std::unique_ptr<runner> declare_dlq_show(CLI::App& options);
std::unique_ptr<runner> declare_dlq_replay(CLI::App& options);
std::unique_ptr<runner> declare_wire_fuzz(CLI::App& options);
std::unique_ptr<runner> declare_completion(CLI::App& options);
std::unique_ptr<runner> declare_man_page(CLI::App& options);

}  // namespace ottla_tool

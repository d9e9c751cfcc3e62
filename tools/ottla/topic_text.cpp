// topic_text: descriptions of topics as text and as JSON.
#include "topic_text.hpp"

#include "base64.hpp"

namespace ottla_tool {
namespace {

std::string joined(const std::vector<std::int32_t>& ids) {
  std::string out;
  for (const std::int32_t id : ids) out += (out.empty() ? "" : ",") + std::to_string(id);
  return out.empty() ? "-" : out;
}

}  // namespace

std::string id_text(const ottla::protocol::uuid& id) {
  if (id.is_zero()) return {};
  std::string out;
  append_base64(out, ottla::protocol::as_text(ottla::protocol::bytes_view(id.bytes)));
  for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return out.substr(0, out.find('='));
}

std::string describe_text(const ottla::topic_description& topic, const std::vector<ottla::config_entry>& configs) {
  std::string out = topic.name + "  " + std::to_string(topic.partitions.size()) + " partitions, " +
                    std::to_string(ottla::replication_factor(topic)) + " replicas" +
                    (topic.internal ? ", internal" : "");
  if (const std::string id = id_text(topic.id); !id.empty()) out += ", id " + id;
  text_table table({"  PARTITION", "LEADER", "EPOCH", "REPLICAS", "IN SYNC", "OFFLINE", "ERROR"});
  for (const ottla::partition_description& one : topic.partitions) {
    table.add({"  " + std::to_string(one.partition), one.leader < 0 ? "none" : std::to_string(one.leader),
               std::to_string(one.leader_epoch), joined(one.replicas), joined(one.in_sync), joined(one.offline),
               std::string(one.failure ? one.failure.name() : "")});
  }
  out += "\n" + table.to_string();
  if (configs.empty()) return out;
  text_table settings({"  SETTING", "VALUE", "SOURCE"});
  for (const ottla::config_entry& one : configs) {
    settings.add({"  " + one.name, one.sensitive ? "****" : one.value.value_or("(not set)"),
                  std::string(ottla::name(one.source))});
  }
  return out + settings.to_string();
}

json describe_json(const ottla::topic_description& topic, const std::vector<ottla::config_entry>* configs) {
  json out{{"name", topic.name}, {"id", id_text(topic.id)}, {"internal", topic.internal}};
  json& partitions = out["partitions"] = json::array();
  for (const ottla::partition_description& one : topic.partitions) {
    json entry{{"partition", one.partition}, {"leader", one.leader}, {"leaderEpoch", one.leader_epoch}};
    entry["replicas"] = one.replicas;
    entry["isr"] = one.in_sync;
    entry["offline"] = one.offline;
    if (one.failure) entry["error"] = one.failure.name();
    partitions.push_back(std::move(entry));
  }
  if (configs == nullptr) return out;
  json& settings = out["configs"] = json::array();
  for (const ottla::config_entry& one : *configs) {
    json entry{{"name", one.name}};
    entry["value"] = one.value && !one.sensitive ? json(*one.value) : json(nullptr);
    entry["source"] = ottla::name(one.source);
    entry["readOnly"] = one.read_only;
    entry["sensitive"] = one.sensitive;
    settings.push_back(std::move(entry));
  }
  return out;
}

}  // namespace ottla_tool

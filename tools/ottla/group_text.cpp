// group_text: groups as text and as JSON.
#include "group_text.hpp"

#include "ottla/net/address.hpp"

namespace ottla_tool {
namespace {

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }
std::string known(std::int64_t number) { return number < 0 ? "-" : std::to_string(number); }
json or_null(std::int64_t number) { return number < 0 ? json(nullptr) : json(number); }
json or_null(const std::optional<std::string>& text) { return text ? json(*text) : json(nullptr); }

std::string lag_of(const ottla::partition_lag& one) { return one.lag ? std::to_string(*one.lag) : "-"; }

const ottla::described_member* reader_of(const ottla::group_lag& group, const ottla::partition_lag& one) {
  return one.member ? &group.description.members[*one.member] : nullptr;
}

json partitions_json(const std::vector<ottla::topic_partitions>& what) {
  json out = json::array();
  for (const ottla::topic_partitions& one : what) out.push_back({{"topic", one.topic}, {"partitions", one.partitions}});
  return out;
}

json lag_json(const ottla::group_lag& group, const ottla::partition_lag& one) {
  const ottla::described_member* reader = reader_of(group, one);
  json out{{"topic", one.topic}, {"partition", one.partition}};
  out["committedOffset"] = or_null(one.committed);
  out["endOffset"] = or_null(one.end);
  out["lag"] = one.lag ? json(*one.lag) : json(nullptr);
  out["memberId"] = reader != nullptr ? json(reader->member_id) : json(nullptr);
  out["clientId"] = reader != nullptr ? json(reader->client_id) : json(nullptr);
  out["metadata"] = one.metadata;
  if (one.failure) out["error"] = one.failure.name();
  return out;
}

json member_json(const ottla::described_member& one, bool of_consumer_type) {
  json out{{"memberId", one.member_id}};
  out["instanceId"] = or_null(one.instance_id);
  out["clientId"] = one.client_id;
  out["host"] = one.host;
  out["topics"] = one.topics;
  out["assignment"] = one.readable ? partitions_json(one.assignment) : json(nullptr);
  if (!of_consumer_type) return out;
  out["topicRegex"] = or_null(one.topic_regex);
  out["rack"] = or_null(one.rack);
  out["memberEpoch"] = one.member_epoch;
  out["targetAssignment"] = partitions_json(one.target_assignment);
  return out;
}

}  // namespace

std::string partitions_text(const std::vector<ottla::topic_partitions>& what) {
  std::string out;
  for (const ottla::topic_partitions& one : what) {
    out += (out.empty() ? "" : " ") + one.topic + "[";
    for (std::size_t i = 0; i < one.partitions.size(); ++i)
      out += (i == 0 ? "" : ",") + std::to_string(one.partitions[i]);
    out += "]";
  }
  return or_dash(out);
}

std::string describe_text(const ottla::group_lag& group) {
  const ottla::group_description& about = group.description;
  std::string out = about.group + "  " + about.state + ", " + about.type;
  if (!about.assignor.empty()) out += ", assignor " + about.assignor;
  out += ", coordinator " + std::to_string(about.coordinator.id) + " (" +
         ottla::address_text(about.coordinator.host, about.coordinator.port) + ")";
  if (about.group_epoch >= 0) out += ", epoch " + std::to_string(about.group_epoch);
  out += ", " + std::to_string(about.members.size()) + (about.members.size() == 1 ? " member" : " members") + ", lag " +
         std::to_string(group.total) + "\n";
  if (!about.members.empty()) {
    text_table members({"  MEMBER", "INSTANCE", "CLIENT", "HOST", "ASSIGNMENT"});
    for (const ottla::described_member& one : about.members) {
      members.add({"  " + one.member_id, one.instance_id.value_or("-"), or_dash(one.client_id), or_dash(one.host),
                   one.readable ? partitions_text(one.assignment) : "(not a consumer's)"});
    }
    out += members.to_string();
  }
  if (group.partitions.empty()) return out;
  text_table lags({"  TOPIC", "PARTITION", "COMMITTED", "END", "LAG", "MEMBER", "ERROR"});
  for (const ottla::partition_lag& one : group.partitions) {
    const ottla::described_member* reader = reader_of(group, one);
    lags.add({"  " + one.topic, std::to_string(one.partition), known(one.committed), known(one.end), lag_of(one),
              reader != nullptr ? reader->member_id : "-", std::string(one.failure ? one.failure.name() : "")});
  }
  return out + lags.to_string();
}

json describe_json(const ottla::group_lag& group) {
  const ottla::group_description& about = group.description;
  const bool consumer_type = about.type == "consumer";
  json out{{"group", about.group},
           {"type", about.type},
           {"state", about.state},
           {"protocolType", about.protocol_type},
           {"assignor", about.assignor}};
  out["coordinator"] = {
      {"id", about.coordinator.id}, {"host", about.coordinator.host}, {"port", about.coordinator.port}};
  if (consumer_type) {
    out["groupEpoch"] = about.group_epoch;
    out["assignmentEpoch"] = about.assignment_epoch;
  }
  json& members = out["members"] = json::array();
  for (const ottla::described_member& one : about.members) members.push_back(member_json(one, consumer_type));
  json& partitions = out["partitions"] = json::array();
  for (const ottla::partition_lag& one : group.partitions) partitions.push_back(lag_json(group, one));
  out["totalLag"] = group.total;
  return out;
}

text_table lag_table() {
  return text_table({"GROUP", "TOPIC", "PARTITION", "COMMITTED", "END", "LAG", "MEMBER", "HOST", "CLIENT", "ERROR"});
}

void add_lag(text_table& to, const ottla::group_lag& group) {
  for (const ottla::partition_lag& one : group.partitions) {
    const ottla::described_member* reader = reader_of(group, one);
    to.add({group.description.group, one.topic, std::to_string(one.partition), known(one.committed), known(one.end),
            lag_of(one), reader != nullptr ? reader->member_id : "-", reader != nullptr ? or_dash(reader->host) : "-",
            reader != nullptr ? or_dash(reader->client_id) : "-", std::string(one.failure ? one.failure.name() : "")});
  }
}

void add_lag(json& to, const ottla::group_lag& group) {
  for (const ottla::partition_lag& one : group.partitions) {
    json line{{"group", group.description.group}};
    line.update(lag_json(group, one));
    to.push_back(std::move(line));
  }
}

}  // namespace ottla_tool

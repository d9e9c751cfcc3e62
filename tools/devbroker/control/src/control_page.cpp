// One request of the control port: which page it is for, what it asks, what the broker says.
#include "control_page.hpp"

#include <charconv>
#include <chrono>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <vector>

#include "cluster_json.hpp"
#include "fault_json.hpp"
#include "forbidden_json.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using nlohmann::json;

constexpr std::string_view help =
    R"(The control port of a dev broker. Bodies and answers are JSON; nodes go by their ids.

GET    /                             this page
GET    /cluster                      nodes and the APIs asked so far
GET    /topics[/NAME]                topics; partitions with leader, in-sync replicas, offsets
POST   /topics                       {"name": "t", "partitions": 3, "replicationFactor": 1, "settings": {"k": "v"}}
DELETE /topics/NAME
POST   /topics/NAME/P/leader         {"node": 2}: another replica leads, with a new epoch
POST   /topics/NAME/P/elect-unclean  a replica that runs leads, in sync or not, if none leads: what it lacks is lost
POST   /topics/NAME/P/out-of-sync    {"nodes": [3]}: only these replicas are out of sync; [] lets all back
POST   /topics/NAME/P/lag            {"node": 3, "delayMs": 500}: the replica gets later what is appended; without
                                      delayMs: it stays where it is. In sync until replica.lag.time.max.ms is over
POST   /topics/NAME/P/follow         {"node": 3}: it follows at once again
POST   /topics/NAME/P/cut            {"offset": 10}: records below it are gone
GET    /groups/NAME                  its coordinator and what it has committed
POST   /groups/NAME/coordinator      {"node": 2}
GET    /transactions/ID              of a transactional id: its coordinator, state, producer, partitions
POST   /transactions/ID/coordinator  {"node": 2}
POST   /nodes/ID/ACTION              stop, start, restart, pause, resume; crash: a stop that loses what was not flushed
POST   /nodes/ID/lag, follow         as above, for all replicas that the node has and does not lead
POST   /producers/ID/expire          forgets a producer id
GET    /faults                       what is still to come
POST   /faults                       {"api": "Produce", "action": "answer_error", "error": "NOT_LEADER_OR_FOLLOWER",
                                      "count": 2, "node": 1}; without a node: any. Other actions: drop_answer,
                                      close_after, close_before, close_mid_frame, corrupt_answer,
                                      delay and throttle with "holdMs"
DELETE /faults                       nothing more is to come
GET    /forbidden                    what is
POST   /forbidden                    {"topic": "orders", "operation": "write"}: nobody may; or "group", "transactionalId",
                                     "cluster": true. For some only: "principal": "User:alice", "host": "127.0.0.1"; for
                                     names that begin like this: "prefixed": true. It needs no --acl
DELETE /forbidden                    all is allowed again that no access control entry forbids

For example: curl -d '{"api": "Fetch", "action": "delay", "holdMs": 2000}' localhost:PORT/faults
)";

control_reply refuse(int status, std::string why) {
  return {status,
          nlohmann::ordered_json{{"error", std::move(why)}}.dump(-1, ' ', false, json::error_handler_t::replace)};
}
control_reply tell(const nlohmann::ordered_json& what, int status = 200) { return {status, what.dump()}; }
control_reply fine() { return {200, "{}"}; }

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number out{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> out;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::string_view part = path.substr(0, path.find('/'));
    if (!part.empty()) out.push_back(part);
    path.remove_prefix(part.size());
  }
  return out;
}

class page {
 public:
  page(broker& of, instant now, std::string_view method, std::string_view body) : broker_(of), now_(now) {
    get_ = method == "GET";
    post_ = method == "POST";
    delete_ = method == "DELETE";
    if (post_ && !body.empty()) body_ = json::parse(body, nullptr, false);
  }

  control_reply answer(std::span<const std::string_view> path) {
    if (body_.is_discarded()) return refuse(400, "the body is no JSON");
    if (path.empty()) return get_ ? control_reply{200, std::string(help), true} : unknown();
    const std::string_view room = path.front();
    path = path.subspan(1);
    if (room == "cluster" && path.empty() && get_) return tell(cluster_json(broker_));
    if (room == "topics") return topics(path);
    if (room == "groups") return groups(path);
    if (room == "transactions") return transactions(path);
    if (room == "nodes") return nodes(path);
    if (room == "producers") return producers(path);
    if (room == "faults" && path.empty()) return faults();
    if (room == "forbidden" && path.empty()) return forbidden();
    return unknown();
  }

 private:
  static control_reply unknown() { return refuse(404, "there is no such page; GET / lists them"); }

  control_reply topics(std::span<const std::string_view> path) {
    if (path.empty() && get_) return tell(topics_json(broker_));
    if (path.empty() && post_) return create_topic();
    if (path.empty()) return unknown();
    const std::string_view name = path.front();
    bool exists = false;
    for (const topic_info& t : broker_.topics()) exists = exists || t.name == name;
    if (!exists) return refuse(404, "there is no topic " + std::string(name));
    if (path.size() == 1 && get_) return tell(topic_json(broker_, name));
    if (path.size() == 1 && delete_) {
      broker_.delete_topic(name);
      return fine();
    }
    if (path.size() != 3 || !post_) return unknown();
    const auto index = number<std::int32_t>(path[1]);
    if (!index || !broker_.partition(name, *index))
      return refuse(404, "topic " + std::string(name) + " has no partition " + std::string(path[1]));
    if (path[2] == "leader") return move_leader(name, *index);
    if (path[2] == "elect-unclean") return elect_unclean(name, *index);
    if (path[2] == "lag" || path[2] == "follow") return follow(name, *index, path[2] == "lag");
    if (path[2] == "out-of-sync") return hold_out_of_sync(name, *index);
    if (path[2] == "cut") return cut(name, *index);
    return unknown();
  }

  control_reply create_topic() {
    constexpr int least = -1, most = 100'000;
    const auto whole = [&](const char* member) { return whole_member(member, least, most, -1); };
    const auto partitions = whole("partitions"), replicas = whole("replicationFactor");
    if (!body_.is_object() || !body_.contains("name") || !body_["name"].is_string() || !partitions || !replicas)
      return refuse(400,
                    R"(a topic is an object with "name", and perhaps "partitions", "replicationFactor", "settings")");
    std::map<std::string, std::string> settings;
    if (body_.contains("settings")) {
      if (!body_["settings"].is_object()) return refuse(400, R"("settings" is an object of texts)");
      for (const auto& [key, value] : body_["settings"].items()) {
        if (!value.is_string()) return refuse(400, R"("settings": the value of ")" + key + R"(" is no text)");
        settings[key] = value.get<std::string>();
      }
    }
    const auto name = body_["name"].get<std::string>();
    if (std::string why = broker_.create_topic(name, static_cast<std::int32_t>(*partitions),
                                               static_cast<std::int16_t>(*replicas), settings);
        !why.empty())
      return refuse(409, std::move(why));
    return tell(topic_json(broker_, name), 201);
  }

  control_reply move_leader(std::string_view topic, std::int32_t index) {
    const auto node = node_member();
    if (!node) return refuse(400, R"(the body says which node shall lead: {"node": 2})");
    if (!broker_.move_leader(topic, index, *node, now_))
      return refuse(409, "that node does not run, or is no replica in sync");
    return tell(topic_json(broker_, topic));
  }

  control_reply elect_unclean(std::string_view topic, std::int32_t index) {
    if (!broker_.elect_unclean(topic, index, now_)) return refuse(409, "it has a leader, or no replica of it runs");
    return tell(topic_json(broker_, topic));
  }

  /// Nothing for a delay that is none; within: whether there is one.
  std::optional<std::optional<std::chrono::milliseconds>> delay_member() const {
    constexpr std::int64_t longest = 3'600'000;
    const auto delay = whole_member("delayMs", 0, longest, -1);
    if (!delay) return std::nullopt;
    using wanted = std::optional<std::chrono::milliseconds>;
    return *delay < 0 ? wanted() : wanted(std::chrono::milliseconds(*delay));
  }

  control_reply follow(std::string_view topic, std::int32_t index, bool lags) {
    const auto node = node_member();
    const auto delay = delay_member();
    if (!node || !delay) return refuse(400, R"(the body says which replica: {"node": 3}, and perhaps "delayMs")");
    const bool is_done =
        lags ? broker_.lag(topic, index, *node, *delay, now_) : broker_.follow(topic, index, *node, now_);
    if (!is_done) return refuse(409, "that node leads, or is no replica of this partition");
    return tell(topic_json(broker_, topic));
  }

  control_reply hold_out_of_sync(std::string_view topic, std::int32_t index) {
    if (!body_.is_object() || !body_.contains("nodes") || !body_["nodes"].is_array())
      return refuse(400, R"(the body says which replicas: {"nodes": [2, 3]})");
    std::vector<std::size_t> nodes;
    for (const json& id : body_["nodes"]) {
      const auto node = node_of(broker_, id);
      if (!node) return refuse(400, "there is no node " + id.dump());
      nodes.push_back(*node);
    }
    if (!broker_.hold_out_of_sync(topic, index, nodes, now_))
      return refuse(409, "one of them leads, or is no replica of this partition");
    return tell(topic_json(broker_, topic));
  }

  control_reply cut(std::string_view topic, std::int32_t index) {
    const auto offset = whole_member("offset", 0, std::numeric_limits<std::int64_t>::max(), -1);
    if (!offset || *offset < 0) return refuse(400, R"(the body says up to where: {"offset": 10})");
    broker_.cut_front(topic, index, *offset, now_);
    return tell(topic_json(broker_, topic));
  }

  control_reply groups(std::span<const std::string_view> path) {
    if (path.size() == 1 && get_) return tell(group_json(broker_, path[0]));
    if (path.size() != 2 || path[1] != "coordinator" || !post_) return unknown();
    const auto node = node_member();
    if (!node) return refuse(400, R"(the body says which node: {"node": 2})");
    if (!broker_.move_coordinator(path[0], *node, now_)) return refuse(409, "that node does not run");
    return tell(group_json(broker_, path[0]));
  }

  control_reply transactions(std::span<const std::string_view> path) {
    if (path.size() == 1 && get_) return tell(transaction_json(broker_, path[0]));
    if (path.size() != 2 || path[1] != "coordinator" || !post_) return unknown();
    const auto node = node_member();
    if (!node) return refuse(400, R"(the body says which node: {"node": 2})");
    if (!broker_.move_transaction_coordinator(path[0], *node, now_)) return refuse(409, "that node does not run");
    return tell(transaction_json(broker_, path[0]));
  }

  control_reply nodes(std::span<const std::string_view> path) {
    if (path.size() != 2 || !post_) return unknown();
    const auto id = number<std::int32_t>(path[0]);
    const auto node = id ? node_of(broker_, *id) : std::nullopt;
    if (!node) return refuse(404, "there is no node " + std::string(path[0]));
    const bool runs = broker_.running(*node);
    if (path[1] == "stop") {
      broker_.stop(*node);
    } else if (path[1] == "start") {
      broker_.start(*node);
    } else if (path[1] == "restart") {
      broker_.restart(*node);
    } else if (path[1] == "crash") {
      broker_.crash(*node);
    } else if (path[1] == "lag") {
      const auto delay = delay_member();
      if (!delay) return refuse(400, R"("delayMs" is a whole number from 0 to 3600000)");
      broker_.lag(*node, *delay, now_);
    } else if (path[1] == "follow") {
      broker_.follow(*node, now_);
    } else if (path[1] == "pause" || path[1] == "resume") {
      if (!runs) return refuse(409, "that node does not run");
      if (path[1] == "pause") {
        broker_.pause(*node);
      } else {
        broker_.resume(*node, now_);
      }
    } else {
      return unknown();
    }
    return tell(cluster_json(broker_));
  }

  control_reply producers(std::span<const std::string_view> path) {
    if (path.size() != 2 || path[1] != "expire" || !post_) return unknown();
    const auto id = number<std::int64_t>(path[0]);
    if (!id) return refuse(400, "a producer id is a number");
    broker_.expire_producer(*id);
    return fine();
  }

  control_reply faults() {
    if (delete_) broker_.clear_faults();
    if (post_) {
      fault asked;
      if (std::string why = read_fault(body_, broker_, asked); !why.empty()) return refuse(400, std::move(why));
      broker_.inject(asked);
    }
    if (!post_ && !delete_ && !get_) return unknown();
    nlohmann::ordered_json out = nlohmann::ordered_json::array();
    for (const fault& f : broker_.faults()) out.push_back(to_json(f, broker_));
    return tell(out);
  }

  control_reply forbidden() {
    if (delete_) broker_.clear_forbidden();
    if (post_) {
      acl asked;
      if (std::string why = read_forbidden(body_, asked); !why.empty()) return refuse(400, std::move(why));
      broker_.forbid(std::move(asked));
    }
    if (!post_ && !delete_ && !get_) return unknown();
    nlohmann::ordered_json out = nlohmann::ordered_json::array();
    for (const acl& each : broker_.forbidden()) out.push_back(to_json(each));
    return tell(out);
  }

  std::optional<std::size_t> node_member() const {
    return body_.is_object() && body_.contains("node") ? node_of(broker_, body_["node"]) : std::nullopt;
  }
  /// Nothing for what is there and no whole number in these bounds.
  std::optional<std::int64_t> whole_member(const char* member, std::int64_t least, std::int64_t most,
                                           std::int64_t otherwise) const {
    if (!body_.is_object() || !body_.contains(member)) return otherwise;
    const json& value = body_[member];
    if (!value.is_number_integer() || value.get<std::int64_t>() < least || value.get<std::int64_t>() > most)
      return std::nullopt;
    return value.get<std::int64_t>();
  }

  broker& broker_;
  instant now_;
  bool get_, post_, delete_;
  json body_;
};

}  // namespace

control_reply control_page(broker& of, instant now, std::string_view method, std::string_view path,
                           std::string_view body) {
  return page(of, now, method, body).answer(parts_of(path));
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla

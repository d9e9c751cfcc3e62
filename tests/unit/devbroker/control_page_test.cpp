// The control port's pages, without HTTP around them: what they change, and what they say to a wrong request.
#include "control_page.hpp"

#include <nlohmann/json.hpp>

#include "fetch_support.hpp"

namespace ottla::test {
namespace {

using nlohmann::json;
using protocol::error_code;

class control_page : public testing::Test {
 protected:
  control_page() { EXPECT_EQ(kafka.create_topic("t", 2), ""); }
  static mock::broker_options three_nodes() {
    mock::broker_options options;
    options.nodes = {{1, "a", 9092, ""}, {2, "b", 9093, ""}, {3, "c", 9094, ""}};
    options.default_replication_factor = 3;
    return options;
  }
  json ask(std::string_view method, std::string_view path, std::string_view body = "", int status = 200) {
    const mock::control_reply told = mock::control_page(kafka, start, method, path, body);
    EXPECT_EQ(told.status, status) << method << " " << path << " " << body << ": " << told.body;
    return json::parse(told.body, nullptr, false);
  }
  std::string refusal(std::string_view method, std::string_view path, std::string_view body, int status) {
    const json told = ask(method, path, body, status);
    return told.is_object() && told.contains("error") ? told["error"].get<std::string>() : "no error is told";
  }
  mock::broker kafka{three_nodes()};
};

TEST_F(control_page, tells_the_cluster_and_what_was_asked_of_it) {
  client_end client(kafka);
  produce(client, "t", 0, batch({}));
  kafka.pause(1);
  const json told = ask("GET", "/cluster");
  EXPECT_EQ(told["nodes"].size(), 3u);
  EXPECT_EQ(told["nodes"][1], json::parse(R"({"id":2,"host":"b","port":9093,"running":true,"paused":true})"));
  EXPECT_EQ(told["requestsSeen"], json::parse(R"({"Produce":1})"));
}

TEST_F(control_page, makes_a_fault_that_the_next_request_meets_and_shows_what_is_left) {
  ask("POST", "/faults",
      R"({"api":"Produce","action":"answer_error","error":"NOT_LEADER_OR_FOLLOWER","count":2,"node":1})");
  client_end client(kafka);
  EXPECT_EQ(produce(client, "t", 0, batch({})).error, error_code::not_leader_or_follower);
  EXPECT_EQ(ask("GET", "/faults"),
            json::parse(
                R"([{"api":"Produce","action":"answer_error","count":1,"error":"NOT_LEADER_OR_FOLLOWER","node":1}])"));
  EXPECT_EQ(ask("DELETE", "/faults"), json::array());
  EXPECT_EQ(produce(client, "t", 0, batch({})).error, error_code::none);
}

TEST_F(control_page, forbids_what_it_is_told_to_and_shows_it_until_all_is_allowed_again) {
  ask("POST", "/forbidden", R"({"topic":"t","operation":"write"})");
  ask("POST", "/forbidden", R"({"group":"g-","operation":"all","prefixed":true,"principal":"User:CN=eve"})");
  client_end client(kafka);
  EXPECT_EQ(produce(client, "t", 0, batch({})).error, error_code::topic_authorization_failed);
  EXPECT_EQ(ask("GET", "/forbidden"), json::parse(R"([{"topic":"t","operation":"write","principal":"User:*","host":"*"},
              {"group":"g-","operation":"all","prefixed":true,"principal":"User:CN=eve","host":"*"}])"));
  EXPECT_EQ(ask("DELETE", "/forbidden"), json::array());
  EXPECT_EQ(produce(client, "t", 0, batch({})).error, error_code::none);
}

TEST_F(control_page, says_what_is_wrong_with_what_it_shall_forbid) {
  const auto why = [&](std::string_view body) { return refusal("POST", "/forbidden", body, 400); };
  EXPECT_NE(why("").find("is an object"), std::string::npos);
  EXPECT_NE(why(R"({"operation":"write"})").find("say one of"), std::string::npos);
  EXPECT_NE(why(R"({"topic":"t","group":"g"})").find("say one of"), std::string::npos);
  EXPECT_NE(why(R"({"topic":""})").find("by its name"), std::string::npos);
  EXPECT_NE(why(R"({"topic":"t","operation":"burn"})").find("none of all, read, write"), std::string::npos);
  EXPECT_NE(why(R"({"topic":"t","host":1})").find("is a text"), std::string::npos);
  EXPECT_NE(why(R"({"cluster":false})").find("by its name"), std::string::npos);
  EXPECT_EQ(ask("GET", "/forbidden"), json::array());
}

TEST_F(control_page, takes_apis_and_errors_by_number_and_a_time_for_what_is_held) {
  ask("POST", "/faults", R"({"api":1,"action":"answer_error","error":-1})");
  ask("POST", "/faults", R"({"api":"Fetch","action":"throttle","holdMs":250})");
  const json told = ask("GET", "/faults");
  EXPECT_EQ(told[0],
            json::parse(R"({"api":"Fetch","action":"answer_error","count":1,"error":"UNKNOWN_SERVER_ERROR"})"));
  EXPECT_EQ(told[1], json::parse(R"({"api":"Fetch","action":"throttle","count":1,"holdMs":250})"));
}

TEST_F(control_page, says_what_is_wrong_with_a_fault_and_makes_none) {
  const auto why = [&](std::string_view body) { return refusal("POST", "/faults", body, 400); };
  EXPECT_EQ(why("{"), "the body is no JSON");
  EXPECT_NE(why("").find("a fault is an object"), std::string::npos);
  EXPECT_NE(why(R"({"action":"delay","holdMs":1})").find(R"("api" is missing)"), std::string::npos);
  EXPECT_NE(why(R"({"api":"Produze"})").find(R"("Produze" is no API)"), std::string::npos);
  EXPECT_NE(why(R"({"api":99999})").find("99999 is no API"), std::string::npos);
  EXPECT_NE(why(R"({"api":"Fetch","action":"explode"})").find("none of answer_error, drop_answer"), std::string::npos);
  EXPECT_NE(why(R"({"api":"Fetch","action":"delay"})").find(R"("holdMs" is missing)"), std::string::npos);
  EXPECT_NE(why(R"({"api":"Fetch","action":"drop_answer","holdMs":5})").find("for delay and throttle"),
            std::string::npos);
  EXPECT_NE(why(R"({"api":"Fetch","action":"answer_error"})").find(R"("error" is missing)"), std::string::npos);
  EXPECT_NE(why(R"({"api":"Fetch","action":"close_after","count":0})").find("from 1 on"), std::string::npos);
  EXPECT_NE(why(R"({"api":"Fetch","action":"close_after","node":9})").find("no node 9"), std::string::npos);
  EXPECT_NE(why(R"({"api":"Fetch","action":"close_after","nodes":1})").find(R"("nodes" is no member)"),
            std::string::npos);
  EXPECT_EQ(kafka.faults_left(), 0);
}

TEST_F(control_page, stops_starts_pauses_and_resumes_nodes_by_their_ids) {
  ask("POST", "/nodes/2/stop");
  EXPECT_FALSE(kafka.running(1));
  EXPECT_EQ(refusal("POST", "/nodes/2/pause", "", 409), "that node does not run");
  ask("POST", "/nodes/2/start");
  EXPECT_TRUE(kafka.running(1));
  ask("POST", "/nodes/3/pause");
  EXPECT_TRUE(kafka.paused(2));
  ask("POST", "/nodes/3/resume");
  EXPECT_FALSE(kafka.paused(2));
  EXPECT_EQ(refusal("POST", "/nodes/4/stop", "", 404), "there is no node 4");
  EXPECT_EQ(refusal("POST", "/nodes/x/stop", "", 404), "there is no node x");
}

TEST_F(control_page, moves_leaders_and_coordinators) {
  EXPECT_EQ(ask("POST", "/topics/t/0/leader", R"({"node":3})")["partitions"][0]["leader"], 3);
  EXPECT_EQ(kafka.partition("t", 0)->leader_epoch, 1);
  kafka.stop(1);
  EXPECT_NE(refusal("POST", "/topics/t/0/leader", R"({"node":2})", 409).find("does not run"), std::string::npos);
  EXPECT_EQ(ask("POST", "/groups/g/coordinator", R"({"node":3})")["coordinator"], 3);
  EXPECT_EQ(ask("GET", "/groups/g")["coordinator"], 3);
  EXPECT_NE(refusal("POST", "/groups/g/coordinator", "{}", 400).find("which node"), std::string::npos);
  for (const int node : {3, 1}) {
    const json body{{"node", node}};
    EXPECT_EQ(ask("POST", "/transactions/copier/coordinator", body.dump())["coordinator"], node);
    EXPECT_EQ(ask("GET", "/transactions/copier")["coordinator"], node);
  }
  EXPECT_EQ(ask("GET", "/transactions/copier")["state"], nullptr);
  EXPECT_NE(refusal("POST", "/transactions/copier/coordinator", "{}", 400).find("which node"), std::string::npos);
  EXPECT_NE(refusal("POST", "/transactions/copier/coordinator", R"({"node":2})", 409).find("does not run"),
            std::string::npos);
}

TEST_F(control_page, holds_replicas_out_of_sync_until_it_lets_them_back) {
  EXPECT_EQ(ask("POST", "/topics/t/0/out-of-sync", R"({"nodes":[2,3]})")["partitions"][0]["inSync"],
            json::parse("[1]"));
  EXPECT_NE(refusal("POST", "/topics/t/0/out-of-sync", R"({"nodes":[1]})", 409).find("one of them leads"),
            std::string::npos);
  EXPECT_EQ(ask("POST", "/topics/t/0/out-of-sync", R"({"nodes":[]})")["partitions"][0]["inSync"],
            json::parse("[1,2,3]"));
}

TEST_F(control_page, has_replicas_lag_and_follow_and_leaders_lose_what_they_lack) {
  const auto logs = [&](const std::string& path, const std::string& body) {
    std::vector<std::int64_t> out;
    const auto told = ask("POST", path, body);
    for (const auto& log : told["partitions"][0]["logs"]) out.push_back(log["logEndOffset"].get<std::int64_t>());
    return out;
  };
  client_end client(kafka, 0);
  produce(client, "t", 0, batch({}), 1);
  ask("POST", "/topics/t/0/lag", R"({"node":2})");
  ask("POST", "/topics/t/0/lag", R"({"node":3,"delayMs":500})");
  produce(client, "t", 0, batch({}), 1);
  EXPECT_EQ(logs("/topics/t/0/follow", R"({"node":3})"), (std::vector<std::int64_t>{2, 1, 2}));
  EXPECT_EQ(ask("GET", "/topics/t")["partitions"][0]["highWatermark"], 1);
  EXPECT_EQ(ask("GET", "/topics/t")["partitions"][0]["logEndOffset"], 2);
  EXPECT_NE(refusal("POST", "/topics/t/0/lag", R"({"node":1})", 409).find("leads"), std::string::npos);
  EXPECT_NE(refusal("POST", "/topics/t/0/lag", R"({"node":2,"delayMs":"x"})", 400).find("delayMs"), std::string::npos);
  EXPECT_NE(refusal("POST", "/topics/t/0/elect-unclean", "", 409).find("leader"), std::string::npos);
  EXPECT_EQ(ask("POST", "/topics/t/0/leader", R"({"node":2})")["partitions"][0]["logEndOffset"], 1);
  ask("POST", "/nodes/3/lag", "");
  client_end second(kafka, 1);
  produce(second, "t", 0, batch({}), 1);
  EXPECT_EQ(kafka.partition("t", 0)->high_watermark, 1);
  ask("POST", "/nodes/3/follow", "");
  EXPECT_EQ(kafka.partition("t", 0)->high_watermark, 2);
  EXPECT_EQ(ask("POST", "/nodes/2/crash", "")["nodes"][1]["running"], false);
  EXPECT_EQ(kafka.partition("t", 0)->high_watermark, 2);
}

TEST_F(control_page, makes_and_removes_topics_and_cuts_their_logs) {
  ask("POST", "/topics", R"({"name":"new","partitions":3,"settings":{"retention.ms":"1000"}})", 201);
  EXPECT_EQ(ask("GET", "/topics"), json::parse(R"([{"name":"new","partitions":3},{"name":"t","partitions":2}])"));
  EXPECT_NE(refusal("POST", "/topics", R"({"name":"new"})", 409).find("exists"), std::string::npos);
  EXPECT_NE(refusal("POST", "/topics", R"({"name":"x","partitions":"many"})", 400).find("a topic is"),
            std::string::npos);
  EXPECT_NE(refusal("POST", "/topics", R"({"name":"x","settings":{"retention.ms":5}})", 400).find("retention.ms"),
            std::string::npos);
  client_end client(kafka);
  produce(client, "t", 0, batch({.values = {"a", "b", "c"}}));
  EXPECT_EQ(ask("POST", "/topics/t/0/cut", R"({"offset":2})")["partitions"][0]["logStartOffset"], 2);
  EXPECT_NE(refusal("POST", "/topics/t/0/cut", "", 400).find("up to where"), std::string::npos);
  ask("DELETE", "/topics/new");
  EXPECT_EQ(refusal("GET", "/topics/new", "", 404), "there is no topic new");
  EXPECT_EQ(refusal("POST", "/topics/t/7/cut", R"({"offset":0})", 404), "topic t has no partition 7");
}

TEST_F(control_page, forgets_a_producer_id) {
  client_end client(kafka);
  EXPECT_EQ(produce(client, "t", 0, batch_of(7, 0, 0)).error, error_code::none);
  EXPECT_EQ(produce(client, "t", 0, batch_of(7, 0, 5)).error, error_code::out_of_order_sequence_number);
  ask("POST", "/producers/7/expire");
  EXPECT_EQ(produce(client, "t", 0, batch_of(7, 0, 5)).error, error_code::none)
      << "as with Kafka, whoever is unknown begins anywhere";
  EXPECT_EQ(refusal("POST", "/producers/seven/expire", "", 400), "a producer id is a number");
}

TEST_F(control_page, knows_no_other_pages_and_lists_its_own) {
  for (const auto* path :
       {"/nothing", "/cluster/x", "/topics/t/0", "/topics/t/0/leader/now", "/nodes/1", "/nodes/1/burn"})
    EXPECT_EQ(refusal("POST", path, "", 404), "there is no such page; GET / lists them") << path;
  const auto told = mock::control_page(kafka, start, "GET", "/", "");
  EXPECT_TRUE(told.text);
  EXPECT_NE(told.body.find("POST   /faults"), std::string::npos);
}

}  // namespace
}  // namespace ottla::test

// Ten minutes without a way in: a wrong password, and brokers that hang up in the middle of the authentication, from
// the start and after a good while. A producer, a reader, a group's member and an admin live on meanwhile. Connections
// are counted on the wire.
#include <map>
#include <optional>

#include "ottla/admin.hpp"
#include "simulated.hpp"

namespace ottla::test {
namespace {

constexpr auto outage = 10min;
constexpr auto session = 20s;         // then a connection that is up has to say again who it is
constexpr auto one_backoff = 1200ms;  // reconnect_backoff_max and its jitter
constexpr auto round_trips = 100ms;
// To a node: of the cluster two, to the bootstrap address and to the broker; of the producer, the readers and the
// member.
constexpr int connections = 6;

enum class refusal { wrong_password, hanging_up };

mock::broker_options guarded() {
  mock::broker_options out = nodes(3);
  out.sasl.users = {{"alice", "right-secret"}};
  out.sasl.session_lifetime = session;
  return out;
}

/// What one of them has been told, and since when not.
struct witness {
  int calls = 0, errors = 0;
  std::chrono::nanoseconds longest_silence{};
  steady_ns last{};
  std::string other;  // a sentence that does not say what is wrong
};

struct refused : simulated, testing::WithParamInterface<refusal> {
  refused() : simulated(guarded()) {
    where.listen([this](const sim::wire_event& what) {
      if (what.what == sim::wire_event::kind::opens) ++opened[what.node];
    });
    EXPECT_EQ(where.cluster().create_topic("orders", 3), "");
  }

  void open_all(sasl_mechanism mechanism = sasl_mechanism::plain) {
    cluster_config config;
    config.bootstrap = "sim:9092,sim:9093,sim:9094";
    config.seed = 11;
    config.security = security_protocol::sasl_plaintext;
    config.sasl.mechanism = mechanism;
    config.sasl.provide = [this]() -> result<sasl_credentials> {
      sasl_credentials out;
      out.username = "alice";
      out.password = password;
      return out;
    };
    auto opened_cluster = cluster::open_on(std::make_unique<sim::sim_host>(where), config);
    ASSERT_TRUE(opened_cluster) << opened_cluster.error().message();
    on.emplace(*opened_cluster);
    writer.emplace(*on, producer_config{});
    reader.emplace(*on, consumer_config{});
    ASSERT_TRUE(reader->assign_topics({"orders"}));
    consumer_config grouped;
    grouped.group = "g";
    grouped.topics = {"orders"};
    member.emplace(*on, grouped);
    boss.emplace(*on);
  }

  void shut() {
    if (GetParam() == refusal::wrong_password) {
      password = "wrong-secret";
      return;
    }
    mock::fault silence;
    silence.key = protocol::api_key::sasl_authenticate;
    silence.action = mock::fault_action::close_before;
    silence.count = 1'000'000;
    where.cluster().inject(silence);
  }
  void let_in() {
    password = "right-secret";
    where.cluster().clear_faults();
  }
  static std::string_view sentence() {
    return GetParam() == refusal::wrong_password
               ? "Invalid username or password"
               : "the peer closed the connection during the authentication with PLAIN";
  }

  void heard(std::string_view who, const error& why) {
    witness& one = seen[std::string(who)];
    ++one.calls;
    if (!why) return;
    ++one.errors;
    if (one.last != steady_ns{}) one.longest_silence = std::max(one.longest_silence, where.now() - one.last);
    one.last = where.now();
    const std::string text = why.message();
    EXPECT_EQ(text.find("-secret"), std::string::npos) << text;
    if (text.find(sentence()) == std::string::npos) one.other = text;
  }
  void poll(std::string_view who, consumer& from) {
    const auto got = from.poll(500ms);
    if (got && !got->errors().empty()) return heard(who, got->errors()[0].why);
    heard(who, got ? error() : got.error());
  }
  /// Everybody does what they do, again and again.
  void live(std::chrono::nanoseconds time) {
    const steady_ns until = where.now() + time;
    while (where.now() < until) {
      record what;
      what.value = "x";
      const auto taken = writer->topic("orders").send(what, [this](const delivery& outcome) {
        ++outcomes;
        heard("delivery", outcome.failure);
      });
      heard("send", taken ? error() : taken.error());
      sent += taken ? 1 : 0;
      poll("reader", *reader);
      poll("member", *member);
      const auto listed = boss->list_topics(false, 5s);
      heard("admin", listed ? error() : listed.error());
      where.run_for(500ms);
    }
  }
  /// As often as the backoff allows for so many connections to each node, and no less than half as often for one.
  void expect_no_storm(int most, std::chrono::nanoseconds time) {
    ASSERT_EQ(opened.size(), 3u);
    for (const auto& [node, count] : opened) {
      EXPECT_LE(count, most * (time / 800ms + 6)) << "node " << node;
      EXPECT_GE(count, time / 2400ms) << "node " << node;
    }
  }
  void expect_one_sentence() {
    for (const auto& [who, one] : seen) EXPECT_EQ(one.other, "") << who;
  }
  /// Each is told once at most, of a try before then.
  void expect_all_work_within_one_backoff() {
    opened.clear();
    where.run_for(one_backoff + round_trips);
    for (consumer* one : {&*reader, &*member}) (void)one->poll(0ms), (void)one->poll(0ms);
    seen.clear();
    live(10s);
    for (const auto& [who, one] : seen) EXPECT_EQ(one.errors, 0) << who;
    for (const auto& [node, count] : opened) EXPECT_LE(count, connections) << "node " << node;
    EXPECT_TRUE(writer->flush(5s));
    EXPECT_GT(outcomes, 0);
    EXPECT_EQ(outcomes, sent);
  }

  std::string password = "right-secret";
  std::map<std::size_t, int> opened;  // by node
  std::map<std::string, witness> seen;
  int sent = 0, outcomes = 0;
  std::optional<cluster> on;
  std::optional<producer> writer;
  std::optional<consumer> reader, member;
  std::optional<admin> boss;
};

TEST_P(refused, from_the_start_everybody_is_told_and_nobody_storms_and_right_credentials_let_all_of_them_in) {
  shut();
  open_all();
  live(outage);
  expect_no_storm(1, outage);
  expect_one_sentence();
  EXPECT_EQ(sent, 0) << "nothing is known of the topic";
  for (const char* who : {"send", "reader", "member", "admin"}) EXPECT_EQ(seen[who].errors, seen[who].calls) << who;
  let_in();
  expect_all_work_within_one_backoff();
}

TEST_P(refused, after_a_good_while_likewise_and_each_record_has_one_outcome) {
  open_all();
  live(1min);
  for (const auto& [who, one] : seen) EXPECT_EQ(one.errors, 0) << who;
  EXPECT_EQ(outcomes, sent);
  seen.clear();
  opened.clear();
  shut();
  live(session);
  seen.clear();  // now all sessions are over
  live(outage - session);
  expect_no_storm(connections, outage);
  expect_one_sentence();
  EXPECT_EQ(seen["delivery"].errors, seen["delivery"].calls);
  EXPECT_EQ(seen["admin"].errors, seen["admin"].calls);
  if (GetParam() == refusal::wrong_password) {
    for (const char* who : {"reader", "member"}) EXPECT_LE(seen[who].longest_silence, 5s) << who;
  } else {  // which may end by itself: a poll waits for that, and who asks is told
    for (const auto& one : {&reader, &member})
      EXPECT_NE((*one)->trouble().message().find(sentence()), std::string::npos) << (*one)->trouble().message();
  }
  let_in();
  expect_all_work_within_one_backoff();
}

// SCRAM's hashes cost the broker's side real time: a minute of it.
using refused_by_scram = refused;
TEST_P(refused_by_scram, nobody_storms_either) {
  shut();
  open_all(sasl_mechanism::scram_sha_256);
  const auto listed = boss->list_topics(false, 5s);
  ASSERT_FALSE(listed);
  EXPECT_NE(listed.error().message().find("invalid credentials"), std::string::npos) << listed.error().message();
  where.run_for(1min);
  expect_no_storm(1, 1min);
}

std::string name_of(const testing::TestParamInfo<refusal>& how) {
  return how.param == refusal::hanging_up ? "hanging_up" : "wrong_password";
}

INSTANTIATE_TEST_SUITE_P(ways, refused, testing::Values(refusal::wrong_password, refusal::hanging_up), name_of);
INSTANTIATE_TEST_SUITE_P(ways, refused_by_scram, testing::Values(refusal::wrong_password), name_of);

}  // namespace
}  // namespace ottla::test

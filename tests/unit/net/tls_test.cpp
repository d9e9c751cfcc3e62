// TLS on a connection: who is believed, who we say we are, how small pieces travel, and that no plaintext is left
// inside.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "scripted_connection.hpp"
#include "tls_peer.hpp"

namespace ottla {
namespace {

using namespace std::chrono_literals;
using test::identity;

class over_tls : public test::scripted_connection {
 protected:
  over_tls() {
    config.security = security_protocol::ssl;
    config.tls.ca_pem = authority.certificate_pem();
    for (int i = 0; i < 1500; ++i) names.push_back(std::to_string(i) + std::string(200, 'x'));
    for (const std::string& name : names) many.emplace_back().name = name;
    wanted = protocol::array<protocol::MetadataRequest::MetadataRequestTopic>(many);
  }
  /// Opens a connection and lets it shake hands with the peer.
  void begin(broker_id broker = broker_id{1}) {
    secure();
    open(broker);
    ask("first");
    settle();
  }
  void settle() {
    step();
    for (int rounds = 0; rounds < 50; ++rounds) {
      if (io.links().empty() || io.last().closed) return;
      if (attached != io.links().size()) {
        peer.attach(io, io.last());
        attached = io.links().size();
      }
      if (!peer.work()) return;
      step();
    }
    FAIL() << "they talk for ever";
  }
  test::wire_request next() {
    auto found = test::take_request(peer.heard);
    EXPECT_TRUE(found) << "nothing was asked";
    return found ? std::move(*found) : test::wire_request{};
  }
  template <class Message>
  void say(const test::wire_request& to, const Message& message) {
    peer.say(test::response_frame(to.correlation, to.version, message));
    settle();
  }
  /// A request of some 300 KB, more than the driver should be bothered with at once.
  void ask_large(std::string name) {
    request what = make_request<protocol::MetadataRequest>(
        [this](protocol::MetadataRequest& m, std::int16_t, protocol::arena&) { m.topics = wanted; });
    what.min_version = 1;
    finish(std::move(what), std::move(name));
  }
  /// Likewise one that would change something.
  void change_large(std::string name) {
    finish(make_request<protocol::ProduceRequest>(
               [this](protocol::ProduceRequest& m, std::int16_t, protocol::arena& memory) {
                 using protocol::ProduceRequest;
                 auto* topic = memory.make<ProduceRequest::TopicProduceData>(1);
                 auto* part = memory.make<ProduceRequest::PartitionProduceData>(1);
                 part->records = records;
                 topic->partition_data = {part, 1};
                 m.topic_data = {topic, 1};
               }),
           std::move(name));
  }
  /// The next that was asked is that, whole.
  void expect_large() {
    const auto asked = next();
    const auto message = test::read_request<protocol::MetadataRequest>(asked);
    ASSERT_TRUE(message->topics);
    ASSERT_EQ(message->topics->size(), many.size());
    for (std::size_t i = 0; i < many.size(); ++i) ASSERT_EQ((*message->topics)[i].name, many[i].name) << i;
  }
  void say_versions() {
    std::vector<protocol::ApiVersionsResponse::ApiVersion> list{{3, 0, 13, {}}, {18, 0, 4, {}}, {0, 0, 12, {}}};
    protocol::ApiVersionsResponse out;
    out.api_keys = protocol::array<protocol::ApiVersionsResponse::ApiVersion>(list);
    say(next(), out);
  }
  std::string why() const { return told.empty() ? "nothing was told" : last.message(); }
  bool refused_with(std::string_view code, std::string_view part) {
    EXPECT_EQ(told, (lines{"first: " + std::string(code)}));
    return why().find(part) != std::string::npos;
  }

  static inline const identity authority{{.name = "Test authority"}};
  static inline const identity b1{{.name = "b1", .by = &authority}};
  test::tls_peer peer{b1};
  std::size_t attached = 0;
  std::vector<std::string> names;  // of topics that have 300 KB together
  const std::vector<std::byte> records = std::vector<std::byte>(400 << 10);
  std::vector<protocol::MetadataRequest::MetadataRequestTopic> many;
  protocol::array<protocol::MetadataRequest::MetadataRequestTopic> wanted;
};

TEST_F(over_tls, requests_and_answers_pass_and_the_host_is_named) {
  begin();
  ASSERT_TRUE(peer.established()) << peer.failure << why();
  EXPECT_EQ(peer.asked_name(), "b1");
  say_versions();
  EXPECT_EQ(one->now_in(), connection::state::ready);
  say(next(), protocol::MetadataResponse{});
  EXPECT_EQ(told.at(0).substr(0, 10), "first: v13");
}

TEST_F(over_tls, it_is_known_when_the_certificates_of_both_end) {
  const identity us{{.name = "us", .valid_for_days = 3, .by = &authority}};
  config.tls.certificate_pem = us.certificate_pem();
  config.tls.key_pem = us.key_pem();
  const auto before = std::chrono::system_clock::now().time_since_epoch();
  begin();
  ASSERT_TRUE(peer.established()) << peer.failure << why();
  const auto dates = guard->certificates.dates.all();
  ASSERT_EQ(dates.size(), 2u);
  EXPECT_EQ(dates[0].whose, "b1:9092");
  EXPECT_EQ(dates[1].whose, "client");
  EXPECT_NE(dates[1].subject.find("us"), std::string::npos) << dates[1].subject;
  EXPECT_LT(dates[0].not_after.time_since_epoch() - before, 25h);
  EXPECT_GT(dates[0].not_after.time_since_epoch() - before, 23h);
  EXPECT_LT(dates[1].not_after.time_since_epoch() - before, 73h);
  EXPECT_GT(dates[1].not_after.time_since_epoch() - before, 71h);
}

TEST_F(over_tls, an_authority_that_is_not_ours_is_not_believed) {
  const identity other{{.name = "Somebody"}};
  config.tls.ca_pem = other.certificate_pem();
  begin();
  EXPECT_TRUE(refused_with("TLS_FAILED", "unable to get local issuer certificate")) << why();
  EXPECT_NE(why().find("ssl.truststore.location"), std::string::npos) << why();
  EXPECT_FALSE(last.retriable());
}

TEST_F(over_tls, a_certificate_of_another_host_is_not_believed) {
  const identity b2{{.name = "b2", .by = &authority}};
  peer = test::tls_peer(b2);
  begin();
  EXPECT_TRUE(refused_with("TLS_FAILED", "hostname mismatch")) << why();
  EXPECT_NE(why().find("CN = b2"), std::string::npos) << why();
}

TEST_F(over_tls, a_bootstrap_address_is_taken_for_the_name_it_goes_by_where_that_was_asked_for) {
  const identity real{{.name = "node1.cluster.example", .by = &authority}};
  peer = test::tls_peer(real);
  config.lookup = dns_lookup::resolve_canonical_bootstrap_servers_only;
  io.canonical["b1"] = {"node1.cluster.example"};
  begin(broker_id{-2});
  EXPECT_TRUE(peer.established()) << peer.failure << why();
  EXPECT_EQ(peer.asked_name(), "node1.cluster.example");
}

TEST_F(over_tls, the_name_of_an_advertised_address_stays_what_it_is) {
  config.lookup = dns_lookup::resolve_canonical_bootstrap_servers_only;
  io.canonical["b1"] = {"node1.cluster.example"};
  begin();
  EXPECT_TRUE(peer.established()) << peer.failure << why();
  EXPECT_EQ(peer.asked_name(), "b1");
}

TEST_F(over_tls, an_address_that_goes_by_no_name_keeps_that_of_bootstrap) {
  config.lookup = dns_lookup::resolve_canonical_bootstrap_servers_only;
  io.canonical["b1"] = {""};
  begin(broker_id{-2});
  EXPECT_TRUE(peer.established()) << peer.failure << why();
}

TEST_F(over_tls, a_certificate_that_is_over_is_not_believed) {
  const identity old{{.name = "b1", .valid_for_days = -1, .by = &authority}};
  peer = test::tls_peer(old);
  begin();
  EXPECT_TRUE(refused_with("TLS_FAILED", "certificate has expired")) << why();
}

TEST_F(over_tls, names_are_not_compared_where_that_was_asked_for) {
  const identity b2{{.name = "b2", .by = &authority}};
  peer = test::tls_peer(b2);
  config.tls.verify_name = false;
  begin();
  EXPECT_TRUE(peer.established()) << why();
}

TEST_F(over_tls, without_verification_anybody_is_believed) {
  const identity nobody{{.name = "nobody"}};
  peer = test::tls_peer(nobody);
  config.tls.verify = false;
  begin();
  EXPECT_TRUE(peer.established()) << why();
}

TEST_F(over_tls, the_application_has_the_last_word) {
  const identity pinned{{.name = "elsewhere"}};  // signed by itself, of another name
  peer = test::tls_peer(pinned);
  std::vector<std::string> asked;
  config.tls.judge = [&](const tls_peer& of) {
    asked.push_back(std::string(of.host) + " | " + std::string(of.subject) + " | " + std::string(of.refusal));
    return of.pem == pinned.certificate_pem();
  };
  begin();
  EXPECT_TRUE(peer.established()) << why();
  ASSERT_FALSE(asked.empty());
  EXPECT_EQ(asked[0], "b1 | CN = elsewhere | self-signed certificate");
}

// OpenSSL stands between it and us: nothing may be thrown through there.
TEST_F(over_tls, a_last_word_that_is_an_exception_ends_the_process) {
  config.tls.judge = [](const tls_peer&) -> bool { throw std::runtime_error("a judge that throws"); };
  EXPECT_DEATH(
      {
        try {
          begin();
        } catch (const std::runtime_error&) {  // it must not come as far as this
        }
      },
      "a judge that throws");
}

TEST_F(over_tls, the_application_may_refuse_what_is_in_order) {
  config.tls.judge = [](const tls_peer&) { return false; };
  begin();
  EXPECT_TRUE(refused_with("TLS_FAILED", "the application does not accept it")) << why();
}

TEST_F(over_tls, we_show_our_certificate_where_one_is_asked_for) {
  const identity me{{.name = "me", .by = &authority}};
  peer = test::tls_peer(b1, &authority);
  config.tls.certificate_pem = me.certificate_pem();
  config.tls.key_pem = me.key_pem("word");
  config.tls.key_password = "word";
  begin();
  EXPECT_TRUE(peer.established()) << peer.failure << why();
}

TEST_F(over_tls, a_certificate_that_is_missing_is_told) {
  peer = test::tls_peer(b1, &authority);
  begin();
  EXPECT_TRUE(refused_with("TLS_FAILED", "certificate required")) << why();
}

TEST_F(over_tls, a_keystore_may_be_pkcs12) {
  const identity me{{.name = "me", .by = &authority}};
  peer = test::tls_peer(b1, &authority);
  const std::string path = ::testing::TempDir() + "over_tls.p12";
  std::ofstream(path, std::ios::binary) << me.pkcs12("word");
  config.tls.keystore_file = path;
  config.tls.keystore_password = "wrong";
  const auto wrong = link_security::make(config);
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message().find("its password is wrong"), std::string::npos) << wrong.error().message();
  config.tls.keystore_password = "word";
  begin();
  EXPECT_TRUE(peer.established()) << peer.failure << why();
  std::remove(path.c_str());
}

TEST_F(over_tls, a_second_link_resumes_the_session_of_the_first) {
  begin();
  EXPECT_FALSE(peer.resumed());
  say_versions();
  say(next(), protocol::MetadataResponse{});
  io.end(io.last());
  step();
  ask("again");
  now += 2s;
  settle();
  ASSERT_TRUE(peer.established()) << why();
  EXPECT_TRUE(peer.resumed());
}

TEST_F(over_tls, a_changed_file_is_used_by_the_next_link_and_a_broken_one_is_not) {
  const std::string path = ::testing::TempDir() + "over_tls_ca.pem";
  const identity other{{.name = "Somebody"}};
  std::ofstream(path) << other.certificate_pem();
  config.tls.ca_pem.clear();
  config.tls.ca_file = path;
  std::vector<std::string> logged;
  config.log = [&](log_level, std::string_view, std::string_view line) { logged.emplace_back(line); };
  begin();
  EXPECT_TRUE(refused_with("TLS_FAILED", "unable to get local issuer certificate")) << why();
  const auto again = [&] {
    told.clear();
    ask("first");
    now += 2s;
    settle();
    return peer.established();
  };
  std::ofstream(path) << "something longer than nothing, and no certificate";
  EXPECT_FALSE(again());
  ASSERT_EQ(logged.size(), 1u);
  EXPECT_NE(logged[0].find("the earlier ones are kept"), std::string::npos) << logged[0];
  std::ofstream(path) << authority.certificate_pem();
  EXPECT_TRUE(again()) << why();
  std::remove(path.c_str());
}

TEST_F(over_tls, small_pieces_travel_in_one_record) {
  begin();
  say_versions();
  say(next(), protocol::MetadataResponse{});
  const int before = peer.records;
  for (int i = 0; i < 5; ++i) ask("more");
  settle();
  EXPECT_EQ(peer.records, before + 1);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(next().key, protocol::MetadataRequest::api_key);
}

TEST_F(over_tls, a_socket_that_takes_little_gets_all_of_it_in_the_end) {
  begin();
  say_versions();
  say(next(), protocol::MetadataResponse{});
  told.clear();
  io.last().write_room = 7;
  ask("slow");
  step();
  for (int i = 0; i < 100 && told.empty(); ++i) {
    io.drain(io.last(), 7);
    step();
    if (i == 50) {
      peer.work();
      say(next(), protocol::MetadataResponse{});
    }
  }
  EXPECT_EQ(told.at(0).substr(0, 9), "slow: v13");
}

TEST_F(over_tls, records_of_a_large_request_go_out_some_at_a_time_in_one_write) {
  begin();
  say_versions();
  say(next(), protocol::MetadataResponse{});
  const int writes = io.last().writes, records = peer.records;
  const std::size_t sent = io.last().sent.size();
  ask_large("large");
  settle();
  const auto kib = static_cast<int>((io.last().sent.size() - sent) / 1024);
  EXPECT_GT(kib, 300);
  EXPECT_GE(peer.records - records, kib / 17);
  EXPECT_LE(io.last().writes - writes, kib / 64 + 1);
  expect_large();
}

TEST_F(over_tls, a_large_request_goes_on_where_the_socket_took_no_more) {
  begin();
  say_versions();
  say(next(), protocol::MetadataResponse{});
  told.clear();
  io.last().write_room = 0;
  ask_large("large");
  ask("small");
  step();
  for (int i = 0; i < 100 && !io.last().closed; ++i) {
    io.drain(io.last(), 7001);
    step();
  }
  settle();
  expect_large();
  EXPECT_EQ(next().key, protocol::MetadataRequest::api_key);
}

TEST_F(over_tls, a_large_request_of_which_only_ciphertext_is_left_is_possibly_done_when_the_link_ends) {
  begin();
  say_versions();
  say(next(), protocol::MetadataResponse{});
  told.clear();
  io.last().write_room = 0;
  change_large("large");
  step();
  io.end(io.last());
  step();
  EXPECT_EQ(told, (lines{"large: DISCONNECTED?"}));
}

TEST_F(over_tls, no_plaintext_is_left_inside) {
  begin();
  say_versions();
  const auto first = next();
  ask("second");
  settle();
  const auto second = next();
  io.last().read_chunk = 11;  // the socket gives little at a time; both answers come in one record
  auto both = test::response_frame(first.correlation, first.version, protocol::MetadataResponse{});
  const auto behind = test::response_frame(second.correlation, second.version, protocol::MetadataResponse{});
  both.insert(both.end(), behind.begin(), behind.end());
  peer.say(both);
  step();
  EXPECT_EQ(told.size(), 2u);
}

TEST_F(over_tls, a_listener_that_answers_in_plaintext_is_told) {
  secure();
  open();
  ask("first");
  step();
  io.feed(io.last(), test::bytes_of("HTTP/1.1 400 Bad Request\r\n\r\n"));
  step();
  EXPECT_TRUE(refused_with("TLS_FAILED", "wrong version number")) << why();
}

TEST_F(over_tls, a_listener_that_closes_is_told) {
  secure();
  open();
  ask("first");
  step();
  io.end(io.last());
  step();
  EXPECT_TRUE(refused_with("DISCONNECTED", "closed the connection during the TLS handshake")) << why();
}

TEST_F(over_tls, the_set_up_time_covers_it) {
  secure();
  open();
  ask("first");
  step();
  advance(config.connection_setup_timeout);
  EXPECT_TRUE(refused_with("BROKER_UNREACHABLE", "does not answer TLS in time")) << why();
}

TEST_F(over_tls, files_that_cannot_be_used_are_told_by_name_when_a_cluster_is_opened) {
  const auto refusal = [&](auto set) {
    cluster_config wrong = config;
    set(wrong.tls);
    auto made = link_security::make(wrong);
    return made ? std::string("it was taken") : made.error().message();
  };
  const auto has = [](const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; };
  const std::string missing = refusal([](tls_config& c) { c.ca_file = "/nowhere/ca.pem"; });
  EXPECT_TRUE(has(missing, "ssl.truststore.location") && has(missing, "/nowhere/ca.pem cannot be read")) << missing;
  const std::string empty = refusal([](tls_config& c) { c.ca_pem = "nothing"; });
  EXPECT_TRUE(has(empty, "there is no certificate in it")) << empty;
  const std::string alone = refusal([](tls_config& c) { c.certificate_pem = b1.certificate_pem(); });
  EXPECT_TRUE(has(alone, "a certificate needs its key")) << alone;
  const std::string other = refusal([](tls_config& c) {
    c.certificate_pem = b1.certificate_pem();
    c.key_pem = authority.key_pem();
  });
  EXPECT_TRUE(has(other, "they do not belong together")) << other;
  const std::string locked = refusal([](tls_config& c) {
    c.certificate_pem = b1.certificate_pem();
    c.key_pem = b1.key_pem("word");
  });
  EXPECT_TRUE(has(locked, "there is no password")) << locked;
  const std::string wrong = refusal([](tls_config& c) {
    c.certificate_pem = b1.certificate_pem();
    c.key_pem = b1.key_pem("word");
    c.key_password = "sword";
  });
  EXPECT_TRUE(has(wrong, "password is wrong")) << wrong;
  const std::string cipher = refusal([](tls_config& c) { c.cipher_list = "ROT13"; });
  EXPECT_TRUE(has(cipher, "ROT13")) << cipher;
}

}  // namespace
}  // namespace ottla

// over_tls: a scripted connection whose other end is OpenSSL's server, with certificates of an authority of its own.
#pragma once

#include "scripted_connection.hpp"
#include "tls_peer.hpp"

namespace ottla::test {

class over_tls : public scripted_connection {
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

}  // namespace ottla::test

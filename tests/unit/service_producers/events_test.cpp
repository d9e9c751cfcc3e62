// Events out and in: the publisher in all three modes, and handlers of events under a consumer of messages.
#include "listening.hpp"
#include "ottla/service/event_handler.hpp"
#include "ottla/service/event_publisher.hpp"

namespace ottla::test {
namespace {

class published : public listening {
 protected:
  envelope paid() {
    envelope out;
    out.id = "e1";
    out.type = "com.example.order.paid";
    out.source = "/billing";
    out.time = wall_ms(1'700'000'000'123ms);
    out.correlation_id = "c1";
    out.content_type = "application/json";
    out.key = "order-7";
    out.payload = R"({"amount":10})";
    return out;
  }
  /// What a service_consumer's message is to the adapter.
  struct fake_message {
    const record_view& from;
    const record_view& record() const { return from; }
  };
  template <class Handler>
  std::vector<verdict> handle_all(Handler with, std::size_t count) {
    std::vector<verdict> said;
    consumer_config config;
    config.topics = {"orders"};
    config.start = earliest;
    consumer from(on, config);
    for (int polls = 0; said.size() < count && polls < 10; ++polls) {
      auto got = from.poll(5s);
      EXPECT_TRUE(got);
      for (const record_view& record : got->records()) said.push_back(with(fake_message{record}));
    }
    return said;
  }
};

TEST_F(published, events_come_back_from_all_three_modes) {
  for (const envelope_mode mode : {envelope_mode::plain, envelope_mode::binary, envelope_mode::structured}) {
    kafka_event_publisher out(on, options(), mode);
    const auto sent = out.publish("orders", paid(), 5s);
    ASSERT_TRUE(sent) << sent.error().message();
    EXPECT_EQ(sent->offset, static_cast<int>(mode));
    EXPECT_TRUE(out.close(5s));
  }
  std::vector<envelope> seen;
  const auto said = handle_all(handle_events([&](const envelope& event) { seen.push_back(event); }), 3);
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_TRUE(said[0].is_done());
  EXPECT_EQ(seen[0].id, "");
  EXPECT_EQ(seen[0].payload, paid().payload);
  EXPECT_EQ(seen[1], paid());
  EXPECT_EQ(seen[2], paid());
}

TEST_F(published, without_waiting_an_event_tells_its_outcome) {
  kafka_event_publisher out(on, options());
  std::optional<std::int64_t> offset;
  ASSERT_TRUE(out.publish("", paid(), [&](const delivery& d) { offset = d.offset; }));  // the default topic
  EXPECT_FALSE(offset);
  where.run_until([&] { return offset.has_value(); }, where.now() + 5s);
  EXPECT_EQ(offset, 0);
  EXPECT_EQ(out.stats().records.records_acked, 1u);
  EXPECT_TRUE(out.health(5s));
}

TEST_F(published, what_is_no_event_is_not_taken_and_what_fails_is_an_error) {
  kafka_event_publisher out(on, options());
  envelope no_type = paid();
  no_type.type.clear();
  EXPECT_TRUE(out.publish("orders", no_type, 5s).error().is(client_code::invalid_argument));
  EXPECT_TRUE(out.publish("missing", paid(), 30s).error().is(client_code::unknown_topic));
  where.cluster().pause(0);
  EXPECT_TRUE(out.publish("orders", paid(), 1s).error().is(client_code::timed_out));
  ASSERT_TRUE(!out.close(1s));
  EXPECT_TRUE(out.publish("orders", paid(), 1s).error().is(client_code::closed));
}

TEST_F(published, a_handler_object_decides_and_a_malformed_event_is_rejected) {
  struct picky final : handler {
    verdict handle(const envelope& event) override { return event.id == "e1" ? retry("later") : verdict(done); }
  };
  {
    kafka_event_publisher out(on, options());
    ASSERT_TRUE(out.publish("orders", paid(), 5s));
    async_producer raw(on, options());
    const record_header broken[] = {{"ce_specversion", blob("1.0").optional()}, {"ce_id", blob("e2").optional()}};
    producer_message what = saying("x");
    what.headers = broken;
    ASSERT_TRUE(raw.send(what));
    ASSERT_TRUE(raw.close(5s));
  }
  const auto said = handle_all(handle_events(std::make_shared<picky>()), 2);
  ASSERT_EQ(said.size(), 2u);
  EXPECT_TRUE(said[0].is_retry());
  EXPECT_TRUE(said[1].is_reject());
  EXPECT_EQ(said[1].type(), "malformed_event");
}

}  // namespace
}  // namespace ottla::test

// Trace context on producers: headers on what goes out, and the hooks hear the outcome.
#include "listening.hpp"

namespace ottla::test {
namespace {

struct spans final : trace_hooks {
  std::uint64_t begin_send(const send_trace& of, std::vector<envelope_header>& add) noexcept override {
    add.push_back({"traceparent", format_traceparent(*of.parent)});
    told.push_back("begin " + std::string(of.topic) + " " + std::string(of.client_id));
    return ++last;
  }
  void end_send(std::uint64_t span, const delivery& outcome) noexcept override {
    told.push_back("end " + std::to_string(span) + " " +
                   (outcome ? "@" + std::to_string(outcome.offset) : std::string(outcome.failure.name())));
  }
  std::vector<std::string> told;
  std::uint64_t last = 0;
};

class traced_producers : public listening {
 protected:
  traced_producers() : parent(*parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")) {}
  trace_context parent;
  std::shared_ptr<spans> hooks = std::make_shared<spans>();
};

TEST_F(traced_producers, put_the_context_behind_the_messages_own_headers) {
  producer_options set = options();
  set.tracing = hooks;
  async_producer out(on, set);
  const record_header own{"own", blob("1").optional()};
  producer_message what = saying("a");
  what.headers = {&own, 1};
  what.trace = &parent;
  ASSERT_TRUE(out.send(what));
  ASSERT_TRUE(out.flush(5s));
  EXPECT_EQ(hooks->told, (std::vector<std::string>{"begin orders shop-1", "end 1 @0"}));
  consumer_config config;
  config.topics = {"orders"};
  config.start = earliest;
  consumer from(on, config);
  auto got = from.poll(5s);
  ASSERT_TRUE(got);
  for (const record_view& record : got->records()) {
    EXPECT_EQ(record.header("own").text(), "1");
    EXPECT_EQ(read_trace_of(record), parent);
  }
}

TEST_F(traced_producers, end_the_span_of_what_was_refused) {
  producer_options set = options();
  set.tracing = hooks;
  sync_producer out(on, set);
  producer_message what = saying("a", "missing");
  what.trace = &parent;
  EXPECT_FALSE(out.send(what));
  EXPECT_EQ(hooks->told, (std::vector<std::string>{"begin missing shop-1", "end 1 UNKNOWN_TOPIC"}));
}

}  // namespace
}  // namespace ottla::test

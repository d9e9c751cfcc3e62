// trace: traceparent as W3C writes it, what is not read, and hooks that carry it on.
#include "ottla/service/trace.hpp"

#include <gtest/gtest.h>

namespace ottla {
namespace {

constexpr std::string_view example = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

record_header header(std::string_view name, std::string_view value) { return {name, blob(value).optional()}; }

TEST(trace, a_traceparent_is_read_and_written_as_it_was) {
  const auto read = parse_traceparent(example);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->trace_id[0], 0x4b);
  EXPECT_EQ(read->span_id[7], 0xb7);
  EXPECT_TRUE(read->sampled());
  EXPECT_EQ(format_traceparent(*read), example);
}

TEST(trace, what_is_no_traceparent_is_not_read) {
  const std::string good(example);
  EXPECT_FALSE(parse_traceparent(""));
  EXPECT_FALSE(parse_traceparent(good.substr(0, 54)));
  EXPECT_FALSE(parse_traceparent(good + "-00"));  // version 00 ends here
  EXPECT_FALSE(parse_traceparent("ff" + good.substr(2)));
  EXPECT_FALSE(parse_traceparent("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"));
  EXPECT_FALSE(parse_traceparent("00-00000000000000000000000000000000-00f067aa0ba902b7-01"));
  EXPECT_FALSE(parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"));
  EXPECT_FALSE(parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e473600f067aa0ba902b7--01"));
  EXPECT_FALSE(parse_traceparent("00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    EXPECT_FALSE(parse_traceparent(good.substr(0, cut)));
    std::string broken = good;
    broken[cut] = 'g';
    EXPECT_FALSE(parse_traceparent(broken)) << broken;
  }
}

TEST(trace, a_later_version_may_be_longer_and_only_its_sampled_bit_counts) {
  const auto read = parse_traceparent("cc" + std::string(example).substr(2, 50) + "-ff-what-the-future-will-be-like");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->flags, 1);
  EXPECT_FALSE(parse_traceparent("cc" + std::string(example).substr(2) + ".what"));
}

TEST(trace, headers_carry_one_context_and_a_list_of_states) {
  const std::vector<record_header> headers{header("x", "y"), header("tracestate", "a=1"),
                                           header("traceparent", example), header("tracestate", "b=2")};
  const auto read = read_trace(headers);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->state, "a=1,b=2");
  EXPECT_FALSE(read_trace(std::vector<record_header>{header("tracestate", "a=1")}));
  EXPECT_FALSE(read_trace(std::vector<record_header>{header("traceparent", example), header("traceparent", example)}));
  EXPECT_FALSE(read_trace(std::vector<record_header>{{"traceparent", std::nullopt}}));
  const std::string long_state(600, 's');
  const auto cut =
      read_trace(std::vector<record_header>{header("traceparent", example), header("tracestate", long_state)});
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->state, "");
}

TEST(trace, propagation_goes_on_with_the_parents_trace_under_a_span_of_its_own) {
  trace_propagation hooks(7);
  trace_context parent = *parse_traceparent(example);
  parent.state = "a=1";
  send_trace of;
  of.parent = &parent;
  std::vector<envelope_header> added;
  hooks.begin_send(of, added);
  ASSERT_EQ(added.size(), 2u);
  const auto carried = parse_traceparent(*added[0].value);
  ASSERT_TRUE(carried);
  EXPECT_EQ(carried->trace_id, parent.trace_id);
  EXPECT_NE(carried->span_id, parent.span_id);
  EXPECT_TRUE(carried->sampled());
  EXPECT_EQ(added[1], (envelope_header{"tracestate", "a=1"}));
}

TEST(trace, propagation_begins_a_trace_where_there_is_none_and_leaves_one_that_is_there) {
  trace_propagation hooks(7, true);
  std::vector<envelope_header> first, second, third;
  hooks.begin_send({}, first);
  hooks.begin_send({}, second);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_TRUE(parse_traceparent(*first[0].value)->sampled());
  EXPECT_NE(first[0].value, second[0].value);
  const record_header has = header("traceparent", example);
  send_trace of;
  of.headers = {&has, 1};
  hooks.begin_send(of, third);
  EXPECT_TRUE(third.empty());
}

TEST(trace, a_process_span_tells_what_the_message_carries_and_hears_the_verdict) {
  struct listening final : trace_hooks {
    std::uint64_t begin_process(const process_trace& of, trace_context& current) noexcept override {
      seen = std::string(of.topic) + (of.parent != nullptr ? " with" : " without");
      current = *of.parent;
      return 42;
    }
    void end_process(std::uint64_t span, const verdict& said) noexcept override {
      seen += " " + std::to_string(span) + (said.is_done() ? " done" : " failed");
    }
    std::string seen;
  } hooks;
  const auto carried = parse_traceparent(example);
  process_trace of;
  of.topic = "orders";
  process_span span(&hooks, of, carried);
  ASSERT_NE(span.current(), nullptr);
  EXPECT_EQ(*span.current(), *carried);
  span.end(reject("no"));
  EXPECT_EQ(hooks.seen, "orders with 42 failed");
  process_span none(nullptr, of, std::nullopt);
  EXPECT_EQ(none.current(), nullptr);
}

}  // namespace
}  // namespace ottla

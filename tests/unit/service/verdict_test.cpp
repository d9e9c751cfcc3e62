// verdict: what handlers return, and what is read from it.
#include "ottla/service/verdict.hpp"

#include <gtest/gtest.h>

namespace ottla {
namespace {

using namespace std::chrono_literals;

// As a handler of the design page is written.
verdict handle(int what) {
  if (what == 0) return reject("not an order");
  if (what == 1) return retry_in(5s, "database busy");
  if (what == 2) return retry("try later");
  return done;
}

TEST(verdict, reads_as_the_design_page_writes_it) {
  EXPECT_TRUE(handle(3).is_done());
  EXPECT_EQ(handle(3).why(), "");
  EXPECT_TRUE(handle(0).is_reject());
  EXPECT_EQ(handle(0).why(), "not an order");
  EXPECT_FALSE(handle(0).delay());
  EXPECT_TRUE(handle(1).is_retry());
  EXPECT_EQ(handle(1).delay(), 5s);
  EXPECT_EQ(handle(2).what(), verdict::kind::retry);
  EXPECT_FALSE(handle(2).delay());
}

TEST(verdict, takes_the_documents_error_types) {
  const verdict temporary = temporary_error{.why = "busy", .delay = 5s};
  EXPECT_TRUE(temporary.is_retry());
  EXPECT_EQ(temporary.delay(), 5s);
  EXPECT_EQ(temporary.type(), "temporary_error");
  const verdict never = non_retryable_error{.why = "invalid message format"};
  EXPECT_TRUE(never.is_reject());
  EXPECT_EQ(never.why(), "invalid message format");
  EXPECT_EQ(never.type(), "non_retryable_error");
}

TEST(verdict, tries_a_plain_error_again_whatever_its_code) {
  error_context context;
  context.asked = "Save";
  context.detail = "no";
  const verdict plain = error(client_code::invalid_argument, context);
  EXPECT_TRUE(plain.is_retry());
  EXPECT_EQ(plain.type(), "INVALID_ARGUMENT");
  EXPECT_EQ(plain.why(), "Save failed with INVALID_ARGUMENT: no");
  EXPECT_FALSE(plain.delay());
}

TEST(verdict, takes_a_result_and_no_error_is_done) {
  EXPECT_TRUE(verdict(result<void>()).is_done());
  EXPECT_TRUE(verdict(error{}).is_done());
  EXPECT_TRUE(verdict(result<void>(error(client_code::closed, {}))).is_retry());
}

TEST(verdict, copies_have_words_of_their_own) {
  std::optional<verdict> first = reject("no amount").as("bad_order");
  verdict copy = *first;
  first.reset();
  EXPECT_EQ(copy.why(), "no amount");
  EXPECT_EQ(copy.type(), "bad_order");
  copy = verdict(done);
  EXPECT_TRUE(copy.is_done());
  EXPECT_EQ(copy.type(), "");
}

TEST(verdict, waits_no_negative_time) { EXPECT_EQ(retry_in(-1ms, "x").delay(), 0ms); }

TEST(verdict, carries_the_applications_word_for_the_failure) {
  EXPECT_EQ(reject("no amount").as("bad_order").type(), "bad_order");
}

}  // namespace
}  // namespace ottla

// service_code: every error has a name that dashboards know, and the documents' names are among them.
#include "ottla/service/service_code.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

namespace ottla {
namespace {

std::string_view of(client_code code, service_operation doing = service_operation::request) {
  return name(code_of(error(code, {}), doing));
}
std::string_view of(protocol::error_code code, service_operation doing = service_operation::request) {
  return name(code_of(error(code, {}), doing));
}

TEST(service_code, has_the_documents_names) {
  EXPECT_EQ(name(service_code::brokers_unavailable), "KAFKA_BROKERS_UNAVAILABLE");
  EXPECT_EQ(name(service_code::send_failed), "KAFKA_SEND_FAILED");
  EXPECT_EQ(name(service_code::invalid_config), "KAFKA_INVALID_CONFIG");
  EXPECT_EQ(of(client_code::broker_unreachable), "KAFKA_BROKERS_UNAVAILABLE");
  EXPECT_EQ(of(client_code::invalid_config), "KAFKA_INVALID_CONFIG");
  EXPECT_EQ(of(protocol::error_code::not_enough_replicas, service_operation::send), "KAFKA_SEND_FAILED");
}

TEST(service_code, names_each_code_once_with_meaning_and_advice) {
  std::set<std::string_view> names;
  int at = 0;
  for (const service_code_row& row : service_codes()) {
    EXPECT_EQ(static_cast<int>(row.code), ++at) << row.name;  // in the order of the enumeration, none left out
    EXPECT_TRUE(row.name.starts_with("KAFKA_")) << row.name;
    EXPECT_EQ(row.name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_"), std::string_view::npos) << row.name;
    EXPECT_FALSE(row.meaning.empty());
    EXPECT_FALSE(row.advice.empty());
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_EQ(name(row.code), row.name);
  }
  EXPECT_EQ(at, static_cast<int>(service_code::request_failed));
}

TEST(service_code, names_every_error_in_every_operation) {
  for (const auto doing : {service_operation::request, service_operation::send, service_operation::consume,
                           service_operation::commit, service_operation::dead_letter}) {
    for (int code = 1; code <= static_cast<int>(client_code::tls_failed); ++code) {
      EXPECT_FALSE(of(static_cast<client_code>(code), doing).empty()) << code;
    }
    for (int code = -1; code <= 300; ++code) {
      if (code != 0) {
        EXPECT_FALSE(of(static_cast<protocol::error_code>(code), doing).empty()) << code;
      }
    }
  }
}

TEST(service_code, lets_the_error_speak_before_the_operation) {
  EXPECT_EQ(of(client_code::delivery_timed_out, service_operation::send), "KAFKA_TIMEOUT");
  EXPECT_EQ(of(client_code::record_too_large, service_operation::send), "KAFKA_MESSAGE_TOO_LARGE");
  EXPECT_EQ(of(protocol::error_code::message_too_large, service_operation::send), "KAFKA_MESSAGE_TOO_LARGE");
  EXPECT_EQ(of(protocol::error_code::sasl_authentication_failed), "KAFKA_AUTH_FAILED");
  EXPECT_EQ(of(client_code::tls_failed, service_operation::send), "KAFKA_AUTH_FAILED");
  EXPECT_EQ(of(protocol::error_code::topic_authorization_failed, service_operation::send), "KAFKA_ACCESS_DENIED");
  EXPECT_EQ(of(protocol::error_code::illegal_generation, service_operation::commit), "KAFKA_CONSUMER_LOST");
  EXPECT_EQ(of(client_code::unknown_topic), "KAFKA_TOPIC_UNKNOWN");
  EXPECT_EQ(of(client_code::circuit_open, service_operation::send), "KAFKA_CIRCUIT_OPEN");
  EXPECT_EQ(of(client_code::rate_limited), "KAFKA_RATE_LIMITED");
  EXPECT_EQ(of(client_code::bulkhead_full), "KAFKA_BULKHEAD_FULL");
  EXPECT_EQ(of(client_code::closed), "KAFKA_CLOSED");
}

TEST(service_code, names_the_rest_after_what_was_being_done) {
  const auto vague = client_code::disconnected;
  EXPECT_EQ(of(vague, service_operation::request), "KAFKA_REQUEST_FAILED");
  EXPECT_EQ(of(vague, service_operation::send), "KAFKA_SEND_FAILED");
  EXPECT_EQ(of(vague, service_operation::consume), "KAFKA_CONSUME_FAILED");
  EXPECT_EQ(of(vague, service_operation::commit), "KAFKA_COMMIT_FAILED");
}

TEST(service_code, tells_of_a_dead_letter_that_was_not_written_whatever_the_cause) {
  EXPECT_EQ(of(client_code::unknown_topic, service_operation::dead_letter), "KAFKA_DLQ_WRITE_FAILED");
  EXPECT_EQ(of(protocol::error_code::message_too_large, service_operation::dead_letter), "KAFKA_DLQ_WRITE_FAILED");
}

TEST(service_code, stands_in_the_docs_as_in_the_table) {
  std::string expected = "| code | meaning | what to do |\n|---|---|---|\n";
  for (const service_code_row& row : service_codes()) {
    expected +=
        "| `" + std::string(row.name) + "` | " + std::string(row.meaning) + " | " + std::string(row.advice) + " |\n";
  }
  std::ifstream page(OTTLA_ERROR_CODES_PAGE);
  std::stringstream text;
  text << page.rdbuf();
  EXPECT_NE(text.str().find(expected), std::string::npos) << "the table in docs/service/error-codes.md should be:\n"
                                                          << expected;
}

TEST(service_code, has_none_for_no_error) {
  EXPECT_EQ(code_of(error{}, service_operation::dead_letter), service_code::none);
  EXPECT_EQ(name(service_code::none), "");
}

}  // namespace
}  // namespace ottla

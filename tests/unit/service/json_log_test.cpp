// json_log: lines as the document shows them, valid whatever is in them, and without secrets.
#include "ottla/service/json_log.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <thread>

#include "ottla/net/random.hpp"
#include "utf8.hpp"

namespace ottla {
namespace {

using namespace std::chrono_literals;

constexpr wall_ms noon{1'795'267'282'123ms};

std::string line(const log_entry& entry, const std::vector<std::string>& brokers = {}) {
  return log_line(entry, "kafka", brokers, noon);
}
nlohmann::json parsed(const log_entry& entry) { return nlohmann::json::parse(line(entry), nullptr, false); }

error send_failure(std::string detail) {
  error_context context;
  context.asked = "Produce to orders-3";
  context.detail = std::move(detail);
  return error(protocol::error_code::not_enough_replicas, context);
}

TEST(json_log, writes_the_fields_of_the_document_in_one_line) {
  EXPECT_EQ(line({.msg = "sent", .duration = 45'123'456ns}, {"kafka-1:9092", "kafka-2:9092"}),
            R"({"level":"info","ts":"2026-11-21T13:21:22.123Z","component":"kafka","msg":"sent","duration_ms":45.123,)"
            R"("brokers":["kafka-1:9092","kafka-2:9092"],"error":null})");
}

TEST(json_log, writes_an_error_with_its_code) {
  const error failure = send_failure("two of three are away");
  const log_field fields[] = {{"topic", "orders"}, {"partition", std::int64_t{3}}};
  EXPECT_EQ(line({.level = log_level::error,
                  .msg = "send failed",
                  .component = "producer",
                  .failure = &failure,
                  .doing = service_operation::send,
                  .fields = fields}),
            R"({"level":"error","ts":"2026-11-21T13:21:22.123Z","component":"producer","msg":"send failed",)"
            R"("duration_ms":null,"brokers":[],)"
            R"("error":"Produce to orders-3 failed with NOT_ENOUGH_REPLICAS: two of three are away",)"
            R"("code":"KAFKA_SEND_FAILED","topic":"orders","partition":3})");
}

TEST(json_log, keeps_the_type_of_free_fields) {
  const log_field fields[] = {{"i", std::int64_t{-1}},
                              {"u", std::numeric_limits<std::uint64_t>::max()},
                              {"d", 0.5},
                              {"b", true},
                              {"n", nullptr},
                              {"s", "x"},
                              {"nan", std::nan("")}};
  const auto read = parsed({.fields = fields});
  EXPECT_EQ(read["i"], -1);
  EXPECT_EQ(read["u"], std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(read["d"], 0.5);
  EXPECT_EQ(read["b"], true);
  EXPECT_TRUE(read["n"].is_null());
  EXPECT_EQ(read["s"], "x");
  EXPECT_TRUE(read["nan"].is_null());
}

TEST(json_log, never_writes_a_name_twice) {
  const log_field fields[] = {{"level", "mine"}, {"code", "E1"}, {"twice", "a"}, {"twice", "b"}, {"", "nameless"}};
  const std::string written = line({.msg = "m", .fields = fields});
  EXPECT_NE(written.find(R"("level_":"mine")"), std::string::npos);
  EXPECT_NE(written.find(R"("code_":"E1")"), std::string::npos);
  EXPECT_NE(written.find(R"("_":"nameless")"), std::string::npos);
  EXPECT_EQ(written.find(R"("twice":"a")"), std::string::npos);
  EXPECT_NE(written.find(R"("twice":"b")"), std::string::npos);
}

TEST(json_log, is_one_line_of_valid_json_for_any_bytes) {
  random_stream rng(11);
  for (int round = 0; round < 2'000; ++round) {
    std::string bytes;
    for (std::uint64_t n = rng.below(40); n > 0; --n) bytes += static_cast<char>(rng.below(round % 2 == 0 ? 256 : 64));
    const error failure = send_failure(bytes);
    const log_field fields[] = {{bytes, std::string_view(bytes)}};
    const std::string written =
        line({.msg = bytes, .component = bytes, .failure = &failure, .fields = fields}, {bytes});
    ASSERT_TRUE(nlohmann::json::accept(written)) << written;
    ASSERT_TRUE(is_utf8(written));
    ASSERT_EQ(written.find_first_of("\n\r"), std::string::npos);
  }
}

TEST(json_log, shows_bytes_that_are_no_text_as_replacements) {
  EXPECT_EQ(parsed({.msg = "a\xff"
                           "b\xc3"})["msg"],
            "a\xef\xbf\xbd"
            "b\xef\xbf\xbd");
  EXPECT_EQ(parsed({.msg = std::string_view("a\0\x01\n\"\\", 6)})["msg"], std::string("a\0\x01\n\"\\", 6));
}

TEST(json_log, cuts_long_texts_between_characters) {
  std::string longest;
  while (longest.size() < 20'000) longest += "\xe2\x82\xac";  // three bytes each
  const std::string shown = parsed({.msg = longest})["msg"];
  EXPECT_LE(shown.size(), 16u * 1024 + 3);
  EXPECT_TRUE(shown.ends_with("\xe2\x82\xac..."));
}

TEST(json_log_secrets, are_masked_by_the_name_of_their_field) {
  for (const char* name : {"password", "sasl.password", "SSL_KEY_PASSWORD", "client_secret", "accessToken",
                           "Authorization", "api-key", "X-Api-Key", "private key", "credentials", "sasl.jaas.config"}) {
    const log_field fields[] = {{name, "hunter2"}};
    EXPECT_EQ(line({.fields = fields}).find("hunter2"), std::string::npos) << name;
  }
  const log_field fields[] = {{"user", "felice"}, {"token", std::int64_t{1234567}}};
  EXPECT_EQ(parsed({.fields = fields})["user"], "felice");
  EXPECT_EQ(parsed({.fields = fields})["token"], "****");
}

TEST(json_log_secrets, are_masked_behind_their_name_in_texts) {
  const auto masked = [](std::string_view text) { return without_secrets(text); };
  EXPECT_EQ(masked("sasl.password=hunter2 user=felice"), "sasl.password=**** user=felice");
  EXPECT_EQ(masked("password: \"hunter 2\\\" x\", rest"), "password: ****, rest");
  EXPECT_EQ(masked(R"({"client_secret": "abc", "user": "felice"})"), R"({"client_secret": ****, "user": "felice"})");
  EXPECT_EQ(masked("Authorization: Bearer abc.def next"), "Authorization: **** next");
  EXPECT_EQ(masked("required username=\"u\" password='p';"), "required username=\"u\" password=****;");
  EXPECT_EQ(masked("KAFKA_PASSWORD="), "KAFKA_PASSWORD=");
  EXPECT_EQ(masked("password=\"never closed"), "password=****");
}

TEST(json_log_secrets, are_not_seen_where_there_are_none) {
  for (const char* text : {"the token expired", "TOPIC_AUTHORIZATION_FAILED: not allowed", "a = b", "", "secret", "x:y",
                           "failed with DELEGATION_TOKEN_EXPIRED: the delegation token has expired"}) {
    EXPECT_EQ(without_secrets(text), text);
  }
}

TEST(json_log_secrets, are_masked_in_an_errors_text) {
  const error failure = send_failure("refused sasl.password=hunter2");
  EXPECT_EQ(line({.msg = "token=hunter2", .failure = &failure}).find("hunter2"), std::string::npos);
}

TEST(json_log, writes_from_its_level_up_to_its_sink) {
  std::vector<std::string> lines;
  json_log log({.component = "orders",
                .brokers = {"b:1"},
                .least = log_level::warning,
                .sink = [&](std::string_view one) { lines.emplace_back(one); },
                .clock = [] { return noon; }});
  log.write({.level = log_level::info, .msg = "not this"});
  log.write({.level = log_level::warning, .msg = "this"});
  log.as_logger()(log_level::error, "connection", "lost");
  log.as_logger()(log_level::debug, "connection", "not this");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(
      lines[0],
      R"({"level":"warning","ts":"2026-11-21T13:21:22.123Z","component":"orders","msg":"this","duration_ms":null,"brokers":["b:1"],"error":null})");
  EXPECT_NE(lines[1].find(R"("component":"connection","msg":"lost")"), std::string::npos);
}

TEST(json_log, writes_whole_lines_to_stderr_from_many_threads) {
  testing::internal::CaptureStderr();
  {
    json_log log({.clock = [] { return noon; }});
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i) log.write({.msg = std::string(500, 'x')});
      });
    }
    for (auto& thread : threads) thread.join();
  }
  const std::string written = testing::internal::GetCapturedStderr();
  int count = 0;
  for (std::size_t at = 0, end = 0; (end = written.find('\n', at)) != std::string::npos; at = end + 1, ++count) {
    ASSERT_TRUE(nlohmann::json::accept(written.substr(at, end - at)));
  }
  EXPECT_EQ(count, 200);
}

}  // namespace
}  // namespace ottla

// The wire verbs as a script sees them: JSON lines in, JSON lines out.
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "wire/wire.hpp"

namespace ottla {
namespace {

using wire::verb;

std::vector<std::string> answers(verb what, const std::string& input) {
  std::istringstream in{input};
  std::ostringstream out;
  EXPECT_EQ(wire::run_jsonl(what, in, out), 0);
  std::vector<std::string> lines;
  std::istringstream text{out.str()};
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

std::string answer(verb what, const std::string& line) {
  const auto lines = answers(what, line + "\n");
  EXPECT_EQ(lines.size(), 1u);
  return lines.empty() ? "" : lines[0];
}

bool is_error(const std::string& line) { return line.starts_with(R"({"error":")"); }

TEST(wire, decodes_encodes_and_comes_back) {
  const std::string hex =
      "000000000000000000000202740200000000000600000000000000090000000000000009000000000000000000ffffffff"
      "040001020101090000000300000007000000";
  const std::string question = R"({"api":"Fetch","kind":"response","version":12,)";
  const std::string json =
      R"({"json":{"throttleTimeMs":0,"errorCode":0,"sessionId":0,"responses":[{"topic":"t","partitions":[{"partitionIndex":0,)"
      R"("errorCode":6,"highWatermark":9,"lastStableOffset":9,"logStartOffset":0,"abortedTransactions":null,)"
      R"("preferredReadReplica":-1,"records":"AAEC","currentLeader":{"leaderId":3,"leaderEpoch":7}}]}]}})";
  EXPECT_EQ(answer(verb::decode, question + R"("hex":")" + hex + "\"}"), json);
  EXPECT_EQ(answer(verb::encode, question + json.substr(1)), R"({"hex":")" + hex + "\"}");
  EXPECT_EQ(answer(verb::roundtrip, question + R"("hex":")" + hex + "\"}"), R"({"hex":")" + hex + "\"}");
}

TEST(wire, tells_about_versions) {
  EXPECT_EQ(answer(verb::info, R"({"api":"ApiVersions","kind":"response","version":3})"),
            R"({"key":18,"flexible":true,"headerVersion":0,"unstable":false})");
  EXPECT_EQ(answer(verb::info, R"({"api":"InitProducerId","kind":"request","version":6})"),
            R"({"key":22,"flexible":true,"headerVersion":2,"unstable":true})");
  EXPECT_EQ(answer(verb::info, R"({"api":"ConsumerProtocolAssignment","kind":"data","version":3})"),
            R"({"key":null,"flexible":false,"headerVersion":null,"unstable":false})");
}

TEST(wire, versions_of_a_newer_kafka_are_there_for_who_asks) {
  const std::string question =
      R"({"api":"DeleteGroups","kind":"response","version":3,"hex":"00000000020261000002620000")";
  const std::string refused = answer(verb::decode, question + "}");
  EXPECT_TRUE(is_error(refused) && refused.find("newer than Kafka 4.3") != std::string::npos) << refused;
  EXPECT_TRUE(is_error(answer(verb::decode, question + R"(,"ahead":1})")));
  EXPECT_EQ(answer(verb::decode, question + R"(,"ahead":true})"),
            R"({"json":{"throttleTimeMs":0,"results":[{"groupId":"a","errorCode":0,"errorMessage":"b"}]}})");
  EXPECT_EQ(answer(verb::info, R"({"api":"UnregisterController","kind":"request","version":0,"ahead":true})"),
            R"({"key":94,"flexible":true,"headerVersion":2,"unstable":true})");
}

TEST(wire, reads_batches) {
  EXPECT_EQ(answer(verb::records, R"({"hex":""})"), R"({"batches":[]})");
  EXPECT_EQ(answer(verb::records, R"({"hex":"000000"})"), R"({"batches":[],"trailingBytes":3})");
}

TEST(wire, answers_every_line_in_order_whatever_it_holds) {
  const std::string good = R"({"api":"ApiVersions","kind":"request","version":3,"hex":"0101"})";
  const std::string better = R"({"api":"ApiVersions","kind":"request","version":3,"hex":"010100"})";
  const auto lines = answers(verb::decode, "\n[]\n" + std::string(1, '\0') + "\n\xff\n" + std::string(1'000'000, '[') +
                                               "\n" + good + "\n" + better);
  ASSERT_EQ(lines.size(), 7u);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_TRUE(is_error(lines[i])) << lines[i];
  EXPECT_EQ(lines[5], R"({"error":"ends early"})");
  EXPECT_EQ(lines[6], R"({"json":{"clientSoftwareName":"","clientSoftwareVersion":""}})")
      << "without a line feed at the end";
  EXPECT_TRUE(answers(verb::decode, "").empty());
}

TEST(wire, refuses_questions_about_what_there_is_not) {
  for (const char* line : {R"({"api":"Fetc","kind":"request","version":4,"hex":""})",
                           R"({"api":"Fetch","kind":"data","version":4,"hex":""})",
                           R"({"api":"Fetch","kind":"request","version":3,"hex":""})",
                           R"({"api":"Fetch","kind":"request","version":19,"hex":""})",
                           R"({"api":"Fetch","kind":"request","version":"4","hex":""})",
                           R"({"api":"Fetch","kind":"request","version":4.0,"hex":""})",
                           R"({"api":"Fetch","kind":"request","hex":""})", R"({"kind":"request","version":4,"hex":""})",
                           R"({"api":"Heartbeat","kind":"response","version":0,"hex":"000"})",
                           R"({"api":"Heartbeat","kind":"response","version":0,"hex":"00 0"})",
                           R"({"api":"Heartbeat","kind":"response","version":0,"hex":"000000"})",
                           R"({"api":"Heartbeat","kind":"response","version":0,"hex":null})"})
    EXPECT_TRUE(is_error(answer(verb::decode, line))) << line;
}

TEST(wire, ignores_members_it_was_not_told_about_and_takes_upper_case_hex) {
  EXPECT_EQ(
      answer(verb::roundtrip, R"({"x":[1],"api":"Heartbeat","kind":"response","version":0,"hex":"001B","json":3})"),
      R"({"hex":"001b"})");
}

TEST(wire, refuses_a_line_above_its_limit_without_keeping_it) {
  const auto lines = answers(verb::decode, std::string(std::size_t{33} << 20, ' ') + "\n{}\n");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0], R"({"error":"the line is above 32 MiB"})");
}

TEST(wire, knows_its_verbs) {
  EXPECT_EQ(wire::parse_verb("roundtrip"), verb::roundtrip);
  EXPECT_FALSE(wire::parse_verb("Decode"));
}

}  // namespace
}  // namespace ottla

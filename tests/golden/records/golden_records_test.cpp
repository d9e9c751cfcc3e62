// Compares what Ottla sees in batches with what Apache Kafka's classes, which wrote or damaged them, see in them.
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "ottla/protocol_text/records_json.hpp"

namespace ottla::test {
namespace {

using json = nlohmann::json;

// {"name", "hex", "answer"} per line: ../oracle writes them. The environment's OTTLA_GOLDEN_RECORDS names another file.
std::vector<json> golden_cases() {
  const char* elsewhere = std::getenv("OTTLA_GOLDEN_RECORDS");
  gzFile file = gzopen(elsewhere != nullptr ? elsewhere : OTTLA_GOLDEN_RECORDS, "rb");
  if (file == nullptr) return {};
  std::string text;
  std::vector<char> block(1 << 16);
  for (int size; (size = gzread(file, block.data(), static_cast<unsigned>(block.size()))) > 0;) {
    text.append(block.data(), static_cast<std::size_t>(size));
  }
  gzclose(file);
  std::vector<json> cases;
  for (std::size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
    cases.push_back(json::parse(text.substr(at, end - at)));
  }
  return cases;
}

json answer(const std::string& hex) {
  std::string why;
  const auto text = protocol_text::records_json(hex, why);
  return text ? json::parse(*text) : json{{"error", why}};
}

TEST(GoldenRecords, OttlaSeesWhatTheOfficialClassesSee) {
  const auto cases = golden_cases();
  ASSERT_GT(cases.size(), 500U);
  std::size_t errors = 0;
  for (const json& one : cases) {
    const json ours = answer(one["hex"]);
    const json& theirs = one["answer"];
    if (theirs.contains("error")) {
      ++errors;
      EXPECT_TRUE(ours.contains("error"))
          << one["name"] << " is refused by Java: " << theirs << ", and read by us: " << ours;
    } else {
      EXPECT_EQ(ours, theirs) << one["name"];
    }
  }
  EXPECT_GT(errors, 100U);
}

}  // namespace
}  // namespace ottla::test

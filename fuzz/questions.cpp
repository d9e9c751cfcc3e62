// Any text as questions to `ottla wire`: one answer a line, each of them JSON.
#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <string>

#include "ottla/protocol_text/json_value.hpp"
#include "wire/wire.hpp"

// The first byte chooses the verb.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using ottla::wire::verb;
  if (size == 0) return 0;
  constexpr verb verbs[] = {verb::decode, verb::encode, verb::roundtrip, verb::records, verb::info};
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::istringstream in{text};
  std::ostringstream out;
  if (ottla::wire::run_jsonl(verbs[data[0] % std::size(verbs)], in, out) != 0) std::abort();
  auto lines = std::ranges::count(text, '\n');
  if (!text.empty() && text.back() != '\n') ++lines;
  std::istringstream answers{out.str()};
  for (std::string line, why; std::getline(answers, line); --lines) {
    ottla::protocol::arena memory;
    if (ottla::protocol_text::parse_json(line, memory, why) == nullptr) std::abort();
  }
  if (lines != 0) std::abort();
  return 0;
}

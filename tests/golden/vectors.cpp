// Reads JSON lines, plain or packed with zstd, with libraries that are not ours.
#include "vectors.hpp"

#include <zstd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

namespace ottla::test {

namespace {

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "golden vectors: %s\n", why.c_str());
  std::exit(1);
}

std::string unpacked(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  const std::string packed{std::istreambuf_iterator<char>{file}, {}};
  if (packed.empty()) give_up("cannot read " + path);
  if (packed.front() == '{') return packed;
  std::string out, piece(ZSTD_DStreamOutSize(), '\0');
  ZSTD_DStream* stream = ZSTD_createDStream();
  ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, 27);
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  while (in.pos < in.size) {
    ZSTD_outBuffer to{piece.data(), piece.size(), 0};
    if (ZSTD_isError(ZSTD_decompressStream(stream, &to, &in)) != 0) give_up("not zstd: " + path);
    out.append(piece, 0, to.pos);
  }
  ZSTD_freeDStream(stream);
  return out;
}

int digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

std::vector<std::byte> bytes_of(const std::string& hex) {
  std::vector<std::byte> out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out.push_back(static_cast<std::byte>(digit(hex[i]) << 4 | digit(hex[i + 1])));
  return out;
}

std::vector<golden_vector> load() {
  const char* elsewhere = std::getenv("OTTLA_GOLDEN_VECTORS");
  std::istringstream lines{unpacked(elsewhere != nullptr ? elsewhere : OTTLA_GOLDEN_VECTORS)};
  std::vector<golden_vector> out;
  std::string line;
  while (std::getline(lines, line)) {
    const auto parsed = nlohmann::json::parse(line);
    golden_vector one;
    const auto kind = protocol_text::parse_message_kind(parsed.at("kind").get<std::string>());
    const auto api = parsed.at("api").get<std::string>();
    one.version = parsed.at("version").get<std::int16_t>();
    one.where = api + " " + parsed.at("kind").get<std::string>() + " " + std::to_string(one.version) + ", line " +
                std::to_string(out.size() + 1);
    one.message = kind ? protocol_text::find_message(api, *kind) : nullptr;
    if (one.message == nullptr) give_up("no such message: " + one.where);
    one.bytes = bytes_of(parsed.at("hex").get<std::string>());
    one.json = parsed.at("json").dump();
    one.unknown_tags = parsed.value("unknown", false);
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

const std::vector<golden_vector>& golden_vectors() {
  static const std::vector<golden_vector> vectors = load();
  return vectors;
}

}  // namespace ottla::test

// aws_msk_iam: a request to kafka-cluster:Connect that is signed and never sent: its parameters go to the broker as
// JSON.
#include "aws_msk_iam.hpp"

#include <array>
#include <cstdio>
#include <utility>
#include <vector>

#include "aws_signature.hpp"
#include "hashing.hpp"

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::string_view service = "kafka-cluster", action = "kafka-cluster:Connect", algorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view seconds_valid = "900";

// With what may not stand in JSON as it is.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> code;
      std::snprintf(code.data(), code.size(), "\\u%04x", static_cast<unsigned>(c));
      out += code.data();
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

using parameters = std::vector<std::pair<std::string_view, std::string>>;

}  // namespace

//     GET / ? parameters in the order of their names, all encoded
//     host:name                                                        the only header
//     the hash of an empty body
aws_msk_iam_exchange::aws_msk_iam_exchange(const sasl_credentials& who, const sasl_occasion& occasion) {
  const std::string date = aws_date(occasion.now);
  const std::string host(occasion.host);
  const std::string scope =
      date.substr(0, 8) + "/" + std::string(occasion.region) + "/" + std::string(service) + "/aws4_request";
  parameters signs{{"Action", std::string(action)},
                   {"X-Amz-Algorithm", std::string(algorithm)},
                   {"X-Amz-Credential", who.username + "/" + scope},
                   {"X-Amz-Date", date},
                   {"X-Amz-Expires", std::string(seconds_valid)}};
  if (!who.token.empty()) signs.emplace_back("X-Amz-Security-Token", std::string(who.token.reveal()));
  signs.emplace_back("X-Amz-SignedHeaders", "host");
  std::string canonical = "GET\n/\n";
  for (const auto& [name, value] : signs) {
    if (canonical.back() != '\n') canonical += '&';
    canonical.append(name).append("=").append(aws_encoded(value));
  }
  const auto hash_of = [](std::string_view text) {
    return hashing::to_hex(hashing::hash(hashing::hash_kind::sha_256, text).view());
  };
  canonical += "\nhost:" + host + "\n\nhost\n" + hash_of("");
  const std::string string_to_sign = std::string(algorithm) + "\n" + date + "\n" + scope + "\n" + hash_of(canonical);
  const std::string signature = aws_signature(who.password, date, occasion.region, service, string_to_sign);
  std::string text =
      R"({"version":"2020_10_22","host":)" + quoted(host) + R"(,"user-agent":"ottla","action":)" + quoted(action);
  for (auto& [name, value] : signs) {
    if (name == "Action") continue;
    std::string lower(name);
    for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    text += "," + quoted(lower) + ":" + quoted(value);
    wipe(value);
  }
  text += R"(,"x-amz-signature":)" + quoted(signature) + "}";
  said = std::string_view(text);
  wipe(text);
  wipe(canonical);
}

// {"version":"2020_10_22","request-id":"..."}: a broker that refuses says so in Kafka's own way.
sasl_exchange::state aws_msk_iam_exchange::answer(std::string_view from_broker) {
  if (!from_broker.empty()) return state::done;
  said = "the broker's answer is empty";
  return state::refused;
}

}  // namespace v0
}  // namespace ottla

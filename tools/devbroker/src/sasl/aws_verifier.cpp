// aws_verifier: the request that was signed, put together again from what the message says of it.
#include "sasl/aws_verifier.hpp"

#include <charconv>
#include <optional>
#include <vector>

#include "sasl/flat_json.hpp"
#include "sasl/scram_server.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using message_members = std::map<std::string, std::string>;

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256", connect = "kafka-cluster:Connect";
constexpr std::chrono::seconds longest_validity{900}, wrong_clocks{300};

aws_caller denied(std::string why) { return {{}, std::move(why)}; }

std::string in_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto value = static_cast<unsigned char>(c);
    out += {digits[value >> 4], digits[value & 15]};
  }
  return out;
}

// RFC 3986: what is not unreserved is %XX.
std::string in_query(std::string_view text) {
  constexpr std::string_view unreserved = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~";
  std::string out;
  for (const char c : text) {
    if (unreserved.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    out += '%';
    for (const char digit : in_hex({&c, 1})) out += digit >= 'a' ? static_cast<char>(digit - 'a' + 'A') : digit;
  }
  return out;
}

std::optional<int> number_of(std::string_view text) {
  int out = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

// YYYYMMDDThhmmssZ
std::optional<std::chrono::sys_seconds> moment_of(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  std::vector<int> parts;
  for (const auto& [at, size] : {std::pair{0u, 4u}, {4u, 2u}, {6u, 2u}, {9u, 2u}, {11u, 2u}, {13u, 2u}}) {
    const auto part = number_of(text.substr(at, size));
    if (!part || *part < 0) return std::nullopt;
    parts.push_back(*part);
  }
  const std::chrono::year_month_day day{std::chrono::year{parts[0]},
                                        std::chrono::month{static_cast<unsigned>(parts[1])},
                                        std::chrono::day{static_cast<unsigned>(parts[2])}};
  if (!day.ok() || parts[3] > 23 || parts[4] > 59 || parts[5] > 60) return std::nullopt;
  return std::chrono::sys_days(day) + std::chrono::hours(parts[3]) + std::chrono::minutes(parts[4]) +
         std::chrono::seconds(parts[5]);
}

// AKID/YYYYMMDD/region/service/aws4_request; ids hold no slash.
std::vector<std::string> parts_of(std::string_view credential) {
  std::vector<std::string> out;
  while (true) {
    const std::size_t slash = credential.find('/');
    out.emplace_back(credential.substr(0, slash));
    if (slash == std::string_view::npos) return out;
    credential.remove_prefix(slash + 1);
  }
}

//     GET \n / \n the parameters by their names, encoded \n host:name \n \n host \n the hash of no body
std::string canonical_request(const message_members& said) {
  std::string out = "GET\n/\nAction=" + in_query(said.at("action"));
  constexpr std::pair<std::string_view, const char*> signs[] = {{"X-Amz-Algorithm", "x-amz-algorithm"},
                                                                {"X-Amz-Credential", "x-amz-credential"},
                                                                {"X-Amz-Date", "x-amz-date"},
                                                                {"X-Amz-Expires", "x-amz-expires"},
                                                                {"X-Amz-Security-Token", "x-amz-security-token"},
                                                                {"X-Amz-SignedHeaders", "x-amz-signedheaders"}};
  for (const auto& [name, member] : signs) {
    const auto value = said.find(member);
    if (value != said.end()) out.append("&").append(name).append("=").append(in_query(value->second));
  }
  return out + "\nhost:" + said.at("host") + "\n\nhost\n" + in_hex(hash_of(false, ""));
}

}  // namespace

std::string sign_as_aws(std::string_view secret, std::string_view day, std::string_view region,
                        std::string_view service, std::string_view string_to_sign) {
  std::string key = hmac_of(false, "AWS4" + std::string(secret), day);
  for (const std::string_view link : {region, service, std::string_view("aws4_request"), string_to_sign})
    key = hmac_of(false, key, link);
  return in_hex(key);
}

aws_caller verify_aws_message(std::string_view message, const std::map<std::string, aws_access_key>& keys,
                              std::chrono::milliseconds now) {
  const auto said = read_flat_json(message);
  if (!said) return denied("the message is no JSON object of texts");
  for (const char* name : {"version", "host", "user-agent", "action", "x-amz-algorithm", "x-amz-credential",
                           "x-amz-date", "x-amz-expires", "x-amz-signedheaders", "x-amz-signature"})
    if (said->find(name) == said->end()) return denied("the message has no " + std::string(name));
  if (said->at("version") != "2020_10_22") return denied("the message is of another version than 2020_10_22");
  if (said->at("action") != connect) return denied("the message does not ask for kafka-cluster:Connect");
  if (said->at("x-amz-algorithm") != algorithm) return denied("the message is not signed with AWS4-HMAC-SHA256");
  if (said->at("x-amz-signedheaders") != "host") return denied("the message signs other headers than host");

  const std::string& date = said->at("x-amz-date");
  const auto signed_at = moment_of(date);
  const auto valid = number_of(said->at("x-amz-expires"));
  if (!signed_at) return denied("x-amz-date is no date");
  if (!valid || *valid < 1 || std::chrono::seconds(*valid) > longest_validity)
    return denied("x-amz-expires is not from 1 to 900 seconds");
  const auto age = now - signed_at->time_since_epoch();
  if (age > std::chrono::seconds(*valid) + wrong_clocks) return denied("the signature has expired");
  if (age < -wrong_clocks) return denied("the signature is of a time that is not there yet");

  const auto scope = parts_of(said->at("x-amz-credential"));
  if (scope.size() != 5 || scope[1] != date.substr(0, 8) || scope[2].empty() || scope[3] != "kafka-cluster" ||
      scope[4] != "aws4_request")
    return denied("x-amz-credential is not ID/DATE/REGION/kafka-cluster/aws4_request");
  const auto key = keys.find(scope[0]);
  if (key == keys.end()) return denied("the access key is not known");
  const auto token = said->find("x-amz-security-token");
  if ((token == said->end() ? std::string() : token->second) != key->second.session_token)
    return denied("the token is not that of the access key's session");

  const std::string to_sign = std::string(algorithm) + "\n" + date + "\n" + scope[1] + "/" + scope[2] +
                              "/kafka-cluster/aws4_request\n" + in_hex(hash_of(false, canonical_request(*said)));
  if (sign_as_aws(key->second.secret, scope[1], scope[2], scope[3], to_sign) != said->at("x-amz-signature"))
    return denied("the signature is not that of the access key");
  return {scope[0], {}};
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla

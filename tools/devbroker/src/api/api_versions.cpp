// ApiVersions: what is served here (KIP-35, KIP-511).
#include "api/answers.hpp"
#include "api/api_table.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

protocol::ApiVersionsResponse::ApiVersion range(const api_entry& e) {
  // As Kafka does since 4.0: librdkafka compresses with gzip and snappy only for brokers that offer Produce 0, although
  // it then chooses a newer version. Versions 0 to 2 are not served, there or here.
  const std::int16_t least = e.key == protocol::api_key::produce ? std::int16_t{0} : e.min_version;
  return {static_cast<std::int16_t>(e.key), least, e.max_version, {}};
}

/// KIP-584: clients choose their way of working with transactions (KIP-890) and groups by what is finalized.
void tell_features(call& c, protocol::ApiVersionsResponse& response) {
  constexpr std::string_view transactions = "transaction.version";
  constexpr std::int16_t newest = 2;
  constexpr std::string_view groups = "group.version";
  constexpr std::int16_t consumer_protocol = 1;  // KIP-848
  // Clients of version 3 cannot read a range that begins at 0 (KIP-1022): they are told what is in force, and no more.
  constexpr std::int16_t first_version_with_zero = 4;
  if (c.version >= first_version_with_zero) {
    response.supported_features = c.make<protocol::ApiVersionsResponse::SupportedFeatureKey>(2);
    response.supported_features[0] = {groups, 0, consumer_protocol, {}};
    response.supported_features[1] = {transactions, 0, newest, {}};
  }
  response.finalized_features_epoch = 0;
  const auto level = static_cast<std::int16_t>(c.cluster.options.transactions.version);
  // What is at 0 is not finalized.
  response.finalized_features = c.make<protocol::ApiVersionsResponse::FinalizedFeatureKey>(level == 0 ? 1 : 2);
  response.finalized_features[0] = {groups, consumer_protocol, consumer_protocol, {}};
  if (level != 0) response.finalized_features[1] = {transactions, level, level, {}};
}

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

/// Letters, digits, '-' and '.', the latter two neither first nor last (KIP-511).
bool well_formed(std::string_view software) {
  if (software.empty() || !is_letter_or_digit(software.front()) || !is_letter_or_digit(software.back())) return false;
  for (const char c : software)
    if (!is_letter_or_digit(c) && c != '-' && c != '.') return false;
  return true;
}

}  // namespace

verdict answer(call& c, const protocol::ApiVersionsRequest& request, protocol::ApiVersionsResponse& response) {
  if (c.version >= 3 && (!well_formed(request.client_software_name) || !well_formed(request.client_software_version))) {
    response.error_code = error_code::invalid_request;
    return verdict::answer;
  }
  const auto table = api_table();
  response.api_keys = c.make<protocol::ApiVersionsResponse::ApiVersion>(table.size());
  for (std::size_t i = 0; i < table.size(); ++i) response.api_keys[i] = range(table[i]);
  tell_features(c, response);
  return verdict::answer;
}

// Also the answer to a version that is not known: then the list must hold ApiVersions itself, so that the client can
// choose.
void answer_error(call& c, const protocol::ApiVersionsRequest&, protocol::ApiVersionsResponse& response,
                  error_code error) {
  response.error_code = error;
  response.api_keys = c.make<protocol::ApiVersionsResponse::ApiVersion>(1);
  response.api_keys[0] = range(*find_api(static_cast<std::int16_t>(protocol::api_key::api_versions)));
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla

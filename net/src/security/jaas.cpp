// jaas: words, and quoted values in which a backslash takes the next character as it is.
#include "jaas.hpp"

#include <cctype>
#include <map>
#include <optional>
#include <string>

#include "sasl_extensions.hpp"

namespace ottla {
inline namespace v0 {
namespace {

struct jaas_reader {
  std::string_view rest;

  void skip_blanks() {
    while (!rest.empty() && std::isspace(static_cast<unsigned char>(rest[0])) != 0) rest.remove_prefix(1);
  }
  bool take(char what) {
    skip_blanks();
    if (!rest.starts_with(what)) return false;
    rest.remove_prefix(1);
    return true;
  }
  std::string_view word() {
    skip_blanks();
    std::size_t size = 0;
    while (size < rest.size() && (std::isalnum(static_cast<unsigned char>(rest[size])) != 0 ||
                                  std::string_view("._-").find(rest[size]) != std::string_view::npos)) {
      ++size;
    }
    const std::string_view out = rest.substr(0, size);
    rest.remove_prefix(size);
    return out;
  }
  std::optional<std::string> value() {
    skip_blanks();
    if (rest.empty() || (rest[0] != '"' && rest[0] != '\'')) {
      const std::string_view plain = word();
      return plain.empty() ? std::nullopt : std::optional<std::string>(plain);
    }
    const char quote = rest[0];
    std::string out;
    for (std::size_t i = 1; i < rest.size(); ++i) {
      if (rest[i] == quote) {
        rest.remove_prefix(i + 1);
        return out;
      }
      if (rest[i] == '\\' && ++i == rest.size()) break;
      out += rest[i];
    }
    return std::nullopt;
  }
};

using option_map = std::map<std::string, std::string, std::less<>>;

// Client credentials, which may also stand in settings of their own; then the module comes without options.
bool read_client(const option_map& options, sasl_config& to) {
  constexpr std::string_view prefix = "extension_";
  extension_list extensions = to.credentials.extensions;
  oidc_config oidc = to.oidc;
  for (const auto& [key, value] : options) {
    if (key.starts_with(prefix)) {
      const std::string name = key.substr(prefix.size());
      if (!is_extension(name, value)) return false;
      extensions.emplace_back(name, value);
    } else if (key == "clientId") {
      oidc.client_id = value;
    } else if (key == "clientSecret") {
      oidc.client_secret = std::string_view(value);
    } else if (key == "scope") {
      oidc.scope = value;
    } else if (key == "ssl.truststore.location") {
      oidc.ca_file = value;
    } else if (key == "ssl.truststore.certificates") {
      oidc.ca_pem = value;
    } else if (key != "ssl.truststore.type") {  // seen from the file itself
      return false;
    }
  }
  to.credentials.extensions = std::move(extensions);
  to.oidc = std::move(oidc);
  return true;
}

// A key or a ticket; where Java keeps them, and whether it asks at the terminal, has no counterpart.
bool read_kerberos(const option_map& options, kerberos_config& to) {
  const auto value = [&](std::string_view name) {
    const auto found = options.find(name);
    return found == options.end() ? std::string() : found->second;
  };
  const bool by_key = value("useKeyTab") == "true";
  if (by_key == value("keyTab").empty()) return false;
  to.keytab = by_key ? value("keyTab") : "";
  to.principal = value("principal");
  if (const std::string service = value("serviceName"); !service.empty()) to.service_name = service;
  return true;
}

}  // namespace

bool read_jaas(std::string_view text, sasl_config& to) {
  jaas_reader in{text};
  const std::string_view module = in.word();
  const std::string_view flag = in.word();
  if (flag != "required" && flag != "requisite" && flag != "sufficient" && flag != "optional") return false;
  option_map options;
  while (!in.take(';')) {
    const std::string key(in.word());
    if (key.empty() || !in.take('=')) return false;
    auto value = in.value();
    if (!value) return false;
    options[key] = std::move(*value);
  }
  in.skip_blanks();
  if (!in.rest.empty()) return false;
  const std::string_view kind = module.substr(module.rfind('.') + 1);
  const bool named = kind == "PlainLoginModule" || kind == "ScramLoginModule";
  if (named && options.contains("username") && options.contains("password")) {
    to.credentials.username = options["username"];
    to.credentials.password = std::string_view(options["password"]);
    to.credentials.delegation_token = options["tokenauth"] == "true";
  } else if (kind == "OAuthBearerLoginModule" && options.contains("unsecuredLoginStringClaim_sub")) {
    to.unsecured_principal = options["unsecuredLoginStringClaim_sub"];
    to.unsecured_scope = options["unsecuredLoginStringClaim_scope"];
  } else if (kind == "OAuthBearerLoginModule") {
    if (!read_client(options, to)) return false;
  } else if (kind == "Krb5LoginModule") {
    if (!read_kerberos(options, to.kerberos)) return false;
  } else if (kind != "IAMLoginModule" || !options.empty()) {  // whose credentials come from somewhere else
    return false;
  }
  for (auto& [key, value] : options) wipe(value);
  return true;
}

}  // namespace v0
}  // namespace ottla

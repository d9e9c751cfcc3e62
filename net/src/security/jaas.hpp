// jaas: Java's way to say who one is, as a text: sasl.jaas.config.
#pragma once

#include <string_view>

#include "ottla/net/security.hpp"

namespace ottla {
inline namespace v0 {

/// Reads `Module required name="value" ...;` of Kafka's own login modules: PLAIN, SCRAM (tokenauth too), and
/// OAUTHBEARER, unsecured or with client credentials for a token endpoint; of Java's for Kerberos, and of AWS's without
/// options. False: it is none of them, and nothing was changed.
bool read_jaas(std::string_view text, sasl_config& to);

}  // namespace v0
}  // namespace ottla

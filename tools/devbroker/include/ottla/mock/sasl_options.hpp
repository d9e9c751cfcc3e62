// Who may come in: what a broker with SASL asks of its clients.
#pragma once
#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace ottla {
inline namespace v0 {
namespace mock {

/// Of somebody who signs with AWS_MSK_IAM.
struct aws_access_key {
  std::string secret;
  std::string session_token = {};  ///< that has to come along; empty: none may
};

/// Without users, unsecured tokens and keys of AWS there is no authentication.
struct sasl_options {
  /// Passwords by user name, for PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512.
  std::map<std::string, std::string> users = {};
  /// Takes OAUTHBEARER's tokens that nobody signed (alg none), if they name somebody and are not over.
  bool unsecured_tokens = false;
  /// By their ids, for AWS_MSK_IAM: Signature Version 4 is verified, for whatever host and region the client has
  /// signed.
  std::map<std::string, aws_access_key> aws_keys = {};
  /// Of SCRAM, 4096 and up.
  int iterations = 4096;
  /// After this a client has to authenticate again (KIP-368), as connections.max.reauth.ms; 0: never.
  std::chrono::milliseconds session_lifetime{0};

  bool required() const { return !users.empty() || unsecured_tokens || !aws_keys.empty(); }
  /// Kafka's names of what is offered.
  std::vector<std::string> mechanisms() const {
    std::vector<std::string> out;
    if (!users.empty()) out = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};
    if (unsecured_tokens) out.emplace_back("OAUTHBEARER");
    if (!aws_keys.empty()) out.emplace_back("AWS_MSK_IAM");
    return out;
  }
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla

// What the tests of access control share: a broker that asks, and people who come with certificates.
#pragma once
#include "ottla/protocol/create_acls.hpp"
#include "ottla/protocol/delete_acls.hpp"
#include "ottla/protocol/describe_acls.hpp"
#include "ottla/protocol/metadata.hpp"
#include "support.hpp"

namespace ottla::test {

using mock::acl;
using mock::acl_operation;
using mock::acl_permission;
using mock::pattern_kind;
using mock::resource_kind;

inline mock::broker_options asking(bool allow_everyone = false) {
  mock::broker_options out;
  out.authorization.required = true;
  out.authorization.super_users = {"User:CN=root"};
  out.authorization.allow_everyone_if_no_acl_found = allow_everyone;
  return out;
}

inline client_end someone(mock::broker& kafka, const std::string& name, mock::instant now = start,
                          const std::string& host = "127.0.0.1") {
  return client_end(kafka, 0, now, {.host = host, .certificate_subject = "CN=" + name});
}

inline acl allowing(const std::string& who, acl_operation what, const std::string& topic) {
  return {.name = topic, .operation = what, .principal = "User:CN=" + who};
}
inline acl denying(const std::string& who, acl_operation what, const std::string& topic) {
  return {.name = topic, .operation = what, .permission = acl_permission::deny, .principal = "User:CN=" + who};
}

/// What Metadata says of a topic: whether one may see it.
inline protocol::error_code sees(client_end& who, std::string_view topic) {
  protocol::MetadataRequest::MetadataRequestTopic named{{}, topic, {}};
  protocol::MetadataRequest request;
  request.topics = protocol::array<protocol::MetadataRequest::MetadataRequestTopic>(&named, 1);
  const auto told = who.ask(request);
  return told->topics.size() == 1 ? told->topics[0].error_code : protocol::error_code::unknown_server_error;
}

}  // namespace ottla::test

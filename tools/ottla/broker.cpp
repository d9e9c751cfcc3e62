// ottla broker: mounts the dev broker.
#include <CLI/App.hpp>
#include <cstdio>
#include <limits>

#include "command.hpp"
#include "failure.hpp"
#include "listen_address.hpp"
#include "options.hpp"
#include "ottla/mock/run_broker.hpp"
#include "ottla/net/address.hpp"
#include "ottla/net/setting_row.hpp"
#ifdef OTTLA_WITH_CONTROL_PORT
#include "ottla/mock/control_server.hpp"
#endif

namespace ottla_tool {
namespace {

class broker_command : public runner {
 public:
  explicit broker_command(CLI::App& options) {
    options
        .add_option(
            "--listen", listen_,
            "Where the first node listens, the others on the ports behind it; port 0 picks. unix:/PATH is a Unix "
            "socket, the others' /PATH.2, /PATH.3 ...")
        ->type_name("HOST:PORT");
    // -b and --brokers are the client's list of addresses elsewhere; here there is none to name, so the long form
    // counts nodes.
    number_option(options, "--brokers", brokers_, "How many nodes", 1, 64);
    list_option(options, "--rack", racks_,
                "Where a node is, repeatable, for the nodes in their order; readers that say theirs (client.rack) are "
                "sent to a follower there",
                "NAME");
    list_option(options, "--topic", topics_, "A topic to begin with; repeatable", "NAME:PARTITIONS");
    options
        .add_option("--data-dir", data_dir_,
                    "Keep topics, records, groups and transactions in this directory, over restarts. Whatever was "
                    "acknowledged outlives the end of the broker, kill -9 too")
        ->type_name("DIR");
    options.add_flag("--fsync", fsync_,
                     "Wait for the medium before each answer: what was acknowledged outlives a power failure. Slow. "
                     "Without it a power failure takes what the system has not written yet, some seconds of it");
    options.add_option("--control", control_, "A port for trouble on demand, over HTTP: GET / says how; port 0 picks")
        ->type_name("HOST:PORT");
    options
        .add_option("--tls-certificate", tls_.certificate, "Speak TLS: the broker's certificate and its chain (PEM)")
        ->type_name("FILE");
    options.add_option("--tls-key", tls_.key, "The certificate's key (PEM)")->type_name("FILE");
    options
        .add_option("--tls-client-ca", tls_.client_ca, "Ask clients for a certificate that this authority signed (PEM)")
        ->type_name("FILE");
    list_option(
        options, "--sasl-user", sasl_users_,
        "Clients have to authenticate, with PLAIN or SCRAM, as one of these; repeatable. Others on this machine "
        "see the password in the list of processes",
        "NAME:PASSWORD");
    options.add_flag("--sasl-unsecured-tokens", sasl_.unsecured_tokens,
                     "Clients have to authenticate: OAUTHBEARER with a token that nobody signed will do");
    list_option(options, "--sasl-aws-key", aws_keys_,
                "Clients have to authenticate: AWS_MSK_IAM, signed with this access key (and the token of its "
                "session); repeatable",
                "ID:SECRET[:TOKEN]");
    number_option(options, "--sasl-session-lifetime", sasl_lifetime_,
                  "Milliseconds after which clients have to authenticate again (connections.max.reauth.ms)", 1,
                  std::numeric_limits<std::int32_t>::max());
    options.add_flag("--acl", acl_,
                     "Access control lists count: who may do what is as with Kafka's StandardAuthorizer. Clients are "
                     "User:NAME, of SASL or of their certificate, or User:ANONYMOUS");
    list_option(options, "--super-user", super_users_, "May do everything, with --acl; repeatable", "User:NAME");
    options.add_flag("--allow-everyone", allow_everyone_,
                     "With --acl: what no entry speaks of is free to all (allow.everyone.if.no.acl.found)");
    options.add_flag("--auto-create-topics", auto_create_, "Make topics that clients ask for");
    number_option(options, "--transaction-version", transaction_version_,
                  "Which way of transactions clients are told to go: 2 (KIP-890), 1, 0", 0, 2);
    number_option(options, "--marker-delay", marker_delay_,
                  "Milliseconds from the end of a transaction until its markers are written", 0, 60'000);
    number_option(options, "--offsets-retention", offsets_retention_,
                  "Minutes that offsets of groups without members are kept; 10080 (a week) unless said", 1,
                  std::numeric_limits<std::int32_t>::max());
    number_option(options, "--seed", seed_, "Topic ids and session ids come from this");
  }

  int run(const globals& with) override {
    ottla::mock::run_broker_options how;
    listen_address at;
    if (ottla::is_unix_socket(listen_)) {
      at.host = listen_;
    } else if (const int status = read_listen_option(with, "broker", listen_, at); status != 0) {
      return status;
    }
    listen_address control;
    if (!control_.empty()) {
      if (const int status = read_listen_option(with, "broker", control_, control, "--control"); status != 0)
        return status;
      how.beside = [control](ottla::mock::socket_server& server, std::string& why) {
        return control_port(server, control, why);
      };
    }
    how.listen_host = at.host;
    how.listen_port = at.port;
    how.brokers = static_cast<int>(brokers_.value_or(1));
    if (racks_.size() > static_cast<std::size_t>(how.brokers))
      return report_usage(with, "broker", "--rack is said more often than there are nodes (--brokers)");
    how.racks = racks_;
    how.auto_create_topics = auto_create_;
    how.seed = static_cast<std::uint64_t>(seed_.value_or(1));
    if (offsets_retention_) how.groups.offsets_retention = std::chrono::minutes(*offsets_retention_);
    how.transactions.version = static_cast<int>(transaction_version_.value_or(how.transactions.version));
    how.transactions.marker_delay = std::chrono::milliseconds(marker_delay_.value_or(0));
    how.verbose = with.verbosity > 0;
    if (tls_.certificate.empty() != tls_.key.empty())
      return report_usage(with, "broker", "--tls-certificate and --tls-key go together");
    if (!tls_.client_ca.empty() && tls_.key.empty())
      return report_usage(with, "broker", "--tls-client-ca means nothing without --tls-certificate");
    if (!tls_.certificate.empty()) how.tls = tls_;
    how.sasl = sasl_;
    how.sasl.session_lifetime = std::chrono::milliseconds(sasl_lifetime_.value_or(0));
    for (const std::string& user : sasl_users_) {
      const std::size_t colon = user.find(':');
      if (colon == std::string::npos || colon == 0)
        return report_usage(with, "broker", "--sasl-user has to be NAME:PASSWORD");
      how.sasl.users[user.substr(0, colon)] = user.substr(colon + 1);
    }
    for (const std::string& key : aws_keys_) {
      const std::size_t colon = key.find(':'), second = key.find(':', colon + 1);
      if (colon == std::string::npos || colon == 0 || second == colon + 1 || colon + 1 == key.size())
        return report_usage(with, "broker", "--sasl-aws-key has to be ID:SECRET or ID:SECRET:TOKEN");
      ottla::mock::aws_access_key& made = how.sasl.aws_keys[key.substr(0, colon)];
      made.secret = key.substr(colon + 1, second == std::string::npos ? second : second - colon - 1);
      if (second != std::string::npos) made.session_token = key.substr(second + 1);
    }
    if (!acl_ && (allow_everyone_ || !super_users_.empty()))
      return report_usage(with, "broker", "--super-user and --allow-everyone mean nothing without --acl");
    how.authorization.required = acl_;
    how.authorization.allow_everyone_if_no_acl_found = allow_everyone_;
    for (const std::string& user : super_users_) {
      if (!user.starts_with("User:") || user == "User:")
        return report_usage(with, "broker", "--super-user: '" + user + "' is not User:NAME");
      how.authorization.super_users.insert(user);
    }
    if (fsync_ && data_dir_.empty()) return report_usage(with, "broker", "--fsync means nothing without --data-dir");
    if (!data_dir_.empty()) how.data_dir = data_dir_;
    if (fsync_) how.flush = ottla::mock::flush_policy::at_once;
    for (const std::string& topic : topics_) {
      const std::size_t colon = topic.rfind(':');
      std::int64_t partitions = 0;
      if (colon == std::string::npos || colon == 0 || !ottla::parse_integer(topic.substr(colon + 1), partitions) ||
          partitions < 1 || partitions > 100'000) {
        return report_usage(with, "broker", "--topic: '" + topic + "' is not NAME:PARTITIONS");
      }
      how.topics.emplace_back(topic.substr(0, colon), static_cast<int>(partitions));
    }
    return ottla::mock::run_broker(how);
  }

 private:
  static std::shared_ptr<void> control_port([[maybe_unused]] ottla::mock::socket_server& server,
                                            [[maybe_unused]] const listen_address& at, std::string& why) {
#ifdef OTTLA_WITH_CONTROL_PORT
    auto out = std::make_shared<ottla::mock::control_server>(server);
    why = out->listen(at.host, at.port);
    if (!why.empty()) return nullptr;
    std::fprintf(stderr, "control http://%s:%d\n", at.host.c_str(), int{out->port()});
    return out;
#else
    why = "this build has no control port: cpp-httplib was missing; tools/setup installs it (libcpp-httplib-dev)";
    return nullptr;
#endif
  }

  std::string listen_ = "127.0.0.1:9092";
  ottla::mock::tls_files tls_;
  ottla::mock::sasl_options sasl_;
  std::vector<std::string> sasl_users_, aws_keys_;
  bool acl_ = false;
  bool allow_everyone_ = false;
  std::vector<std::string> super_users_;
  std::optional<std::int64_t> sasl_lifetime_;
  std::optional<std::int64_t> brokers_;
  std::vector<std::string> racks_;
  std::vector<std::string> topics_;
  std::string data_dir_;
  std::string control_;
  bool fsync_ = false;
  bool auto_create_ = false;
  std::optional<std::int64_t> transaction_version_;
  std::optional<std::int64_t> marker_delay_;
  std::optional<std::int64_t> offsets_retention_;
  std::optional<std::int64_t> seed_;
};

}  // namespace

std::unique_ptr<runner> declare_broker(CLI::App& options) { return std::make_unique<broker_command>(options); }

}  // namespace ottla_tool

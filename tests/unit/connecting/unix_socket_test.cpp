// Unix sockets: the dev broker on one, a cluster that bootstraps there and follows what is advertised, SASL over it.
#include <sys/stat.h>

#include <filesystem>

#include "served.hpp"

namespace ottla::test {
namespace {

using namespace std::chrono_literals;

mock::broker_options with_alice() {
  mock::broker_options out;
  out.sasl.users["alice"] = "secret";
  return out;
}

class over_unix : public served {
 protected:
  explicit over_unix(mock::broker_options with = {}) : served(std::move(with)) {
    std::string name = (std::filesystem::temp_directory_path() / "ottla-unix-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    folder = name;
    path = folder / "kafka.sock";
    config.bootstrap = "unix:" + path.string();
    serve(config.bootstrap);
  }
  ~over_unix() override {
    end_serving();
    std::filesystem::remove_all(folder);
  }
  std::filesystem::path folder, path;
};
class over_unix_with_sasl : public over_unix {
 protected:
  over_unix_with_sasl() : over_unix(with_alice()) {}
};

TEST_F(over_unix, bootstrap_and_what_is_advertised_are_the_same_socket) {
  cluster on = open();
  EXPECT_EQ(ask(on), "");
  const auto told = on.call(broker_id{1}, protocol::DescribeClusterRequest{}, 20s);
  ASSERT_TRUE(told) << told.error().message();
  EXPECT_EQ((*told)->brokers[0].host, config.bootstrap);
}

TEST_F(over_unix_with_sasl, authentication_goes_over_it) {
  config.security = security_protocol::sasl_plaintext;
  config.sasl.mechanism = sasl_mechanism::scram_sha_256;
  config.sasl.credentials.username = "alice";
  config.sasl.credentials.password = "secret";
  cluster on = open();
  EXPECT_EQ(ask(on), "");
}

TEST_F(over_unix, a_path_without_a_server_is_told) {
  config.bootstrap = "unix:" + (folder / "nobody.sock").string();
  cluster on = open();
  EXPECT_NE(ask(on, 200ms).find("nobody.sock: connecting failed: No such file or directory"), std::string::npos);
}

TEST_F(over_unix, what_a_dead_server_left_behind_is_taken_over_and_what_a_living_one_holds_is_not) {
  mock::broker second;
  mock::socket_server rival(second);
  EXPECT_NE(rival.listen(0, config.bootstrap, 0), "");
  EXPECT_TRUE(std::filesystem::exists(path));
  std::filesystem::path left = folder / "left.sock";
  {
    mock::socket_server dying(second);
    EXPECT_EQ(dying.listen(0, "unix:" + left.string(), 0), "");
    std::filesystem::create_hard_link(left, folder / "kept");
  }
  EXPECT_FALSE(std::filesystem::exists(left));
  std::filesystem::rename(folder / "kept", left);
  EXPECT_EQ(rival.listen(0, "unix:" + left.string(), 0), "");
}

}  // namespace
}  // namespace ottla::test

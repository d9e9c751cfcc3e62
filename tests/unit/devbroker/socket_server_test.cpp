// The dev broker behind a real socket.
#include "ottla/mock/socket_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "ottla/protocol/metadata.hpp"
#include "support.hpp"

namespace ottla::test {
namespace {

/// A blocking client socket with a bound on every wait, so that a failure is a failure and no hang.
class tcp_client {
 public:
  explicit tcp_client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  }
  ~tcp_client() { ::close(fd_); }
  void send(std::span<const std::byte> bytes) {
    EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  /// Up to `size` bytes; fewer if the other side closed.
  std::vector<std::byte> receive(std::size_t size) {
    std::vector<std::byte> out(size);
    const ssize_t got = ::recv(fd_, out.data(), size, MSG_WAITALL);
    EXPECT_GE(got, 0) << "no answer in ten seconds";
    out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return out;
  }

 private:
  int fd_;
};

class SocketServer : public testing::Test {
 protected:
  SocketServer() {
    EXPECT_EQ(kafka.create_topic("t", 1), "");
    EXPECT_EQ(server.listen(0, "127.0.0.1", 0), "");
    port = server.port(0);
    runner = std::thread([this] { server.run(); });
  }
  ~SocketServer() override {
    server.stop();
    runner.join();
  }
  std::vector<std::byte> metadata_request() {
    mock::broker nobody;
    return client_end(nobody).frame_of(protocol::MetadataRequest{}, 12);
  }
  mock::broker kafka;
  mock::socket_server server{kafka};
  std::uint16_t port = 0;
  std::thread runner;
};

TEST_F(SocketServer, RequestsAreAnsweredAndItsPortIsAdvertised) {
  tcp_client client(port);
  client.send(metadata_request());
  const auto head = client.receive(4);
  ASSERT_EQ(head.size(), 4u);
  const std::size_t size = std::to_integer<std::size_t>(head[2]) << 8 | std::to_integer<std::size_t>(head[3]);
  const auto body = client.receive(size);
  ASSERT_EQ(body.size(), size);
  protocol::arena memory;
  protocol::reader in(body, memory);
  protocol::ResponseHeader header;
  read(in, header, protocol::MetadataResponse::header_version(12));
  protocol::MetadataResponse told;
  read(in, told, 12);
  ASSERT_TRUE(in.ok());
  EXPECT_EQ(told.brokers[0].port, port);
  EXPECT_EQ(told.brokers[0].host, "127.0.0.1");
}

TEST_F(SocketServer, GarbageIsAnsweredWithAClose) {
  tcp_client client(port);
  client.send(std::as_bytes(std::span("GET / HTTP/1.1\r\n\r\n", 18)));
  EXPECT_TRUE(client.receive(1).empty());
}

TEST_F(SocketServer, WorkFromAnotherThreadIsDoneBetweenTurns) {
  tcp_client client(port);
  server.post([](mock::broker& on, mock::instant) { on.pause(0); });
  server.post([](mock::broker& on, mock::instant now) { on.resume(0, now); });
  client.send(metadata_request());
  EXPECT_EQ(client.receive(4).size(), 4u);
  server.post([](mock::broker& on, mock::instant) { on.restart(0); });
  while (!client.receive(4096).empty()) {
  }
  SUCCEED() << "the restart closed the connection";
}

TEST_F(SocketServer, APortInUseIsAnErrorThatNamesIt) {
  mock::broker other;
  mock::socket_server second(other);
  const std::string why = second.listen(0, "127.0.0.1", port);
  EXPECT_NE(why.find(std::to_string(port)), std::string::npos);
}

}  // namespace
}  // namespace ottla::test

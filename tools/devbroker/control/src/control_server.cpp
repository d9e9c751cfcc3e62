// Control of a dev broker over HTTP: cpp-httplib in front, the socket server's thread behind.
#include "ottla/mock/control_server.hpp"

#include <httplib.h>

#include <future>
#include <thread>

#include "control_page.hpp"
#include "ottla/mock/address_text.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

constexpr std::chrono::seconds patience{5};

}  // namespace

class control_server::http {
 public:
  explicit http(socket_server& of) : broker_(of) {
    server_.new_task_queue = [] { return new httplib::ThreadPool(2); };
    server_.set_payload_max_length(64 << 10);
    server_.set_keep_alive_timeout(1);
    server_.set_read_timeout(5);
    server_.set_write_timeout(5);
    // Without SO_REUSEPORT, which cpp-httplib sets by itself: whoever takes a port twice must be told.
    server_.set_socket_options([](int socket) {
      const int yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    });
    const auto page = [this](const httplib::Request& request, httplib::Response& response) {
      answer(request, response);
    };
    server_.Get(".*", page);
    server_.Post(".*", page);
    server_.Delete(".*", page);
  }
  ~http() {
    if (!thread_.joinable()) return;
    server_.stop();
    thread_.join();
  }

  std::string listen(const std::string& host, std::uint16_t port) {
    if (thread_.joinable()) return "the control port is open already";
    const int got = port == 0 ? server_.bind_to_any_port(host) : server_.bind_to_port(host, port) ? port : -1;
    if (got <= 0)
      return "the control port " + address_text(host, port) + " is taken, or not an address of this machine";
    port_ = static_cast<std::uint16_t>(got);
    thread_ = std::thread([this] {
      server_.listen_after_bind();
      ended_ = true;
    });
    while (!server_.is_running() && !ended_) std::this_thread::yield();  // its stop() misses a server not yet running
    return {};
  }
  std::uint16_t port() const { return port_; }

 private:
  void answer(const httplib::Request& request, httplib::Response& response) {
    const auto told = std::make_shared<std::promise<control_reply>>();
    auto reply = told->get_future();
    broker_.post([told, method = request.method, path = request.path, body = request.body](broker& of, instant now) {
      told->set_value(control_page(of, now, method, path, body));
    });
    control_reply out{503, R"({"error":"the broker does not serve at the moment"})"};
    if (reply.wait_for(patience) == std::future_status::ready) out = reply.get();
    response.status = out.status;
    response.set_content(out.body + (out.text ? "" : "\n"),
                         out.text ? "text/plain; charset=utf-8" : "application/json");
  }

  socket_server& broker_;
  httplib::Server server_;
  std::thread thread_;
  std::atomic<bool> ended_{false};
  std::uint16_t port_ = 0;
};

control_server::control_server(socket_server& of) : http_(std::make_unique<http>(of)) {}
control_server::~control_server() = default;
std::string control_server::listen(const std::string& host, std::uint16_t port) { return http_->listen(host, port); }
std::uint16_t control_server::port() const { return http_->port(); }

}  // namespace mock
}  // namespace v0
}  // namespace ottla

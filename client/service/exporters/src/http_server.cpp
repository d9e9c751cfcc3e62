// http_server: cpp-httplib behind a face that does not show it.
#include "ottla/service/http_server.hpp"

#include <httplib.h>

#include <atomic>
#include <thread>
#include <utility>

#include "ottla/net/address.hpp"
#include "ottla/net/fork_watch.hpp"

namespace ottla {
inline namespace v0 {
namespace {

error failure(client_code code, const http_address& at, std::string detail) {
  error_context context;
  context.asked = "listening for HTTP on " + address_text(at.host, at.port);
  context.detail = std::move(detail);
  return error(code, std::move(context));
}

}  // namespace

struct http_server::parts {
  const fork_watch watch;
  httplib::Server server;
  std::thread thread;
  int port = 0;
  std::atomic<bool> ended{false};
};

http_server::http_server() : parts_(std::make_unique<parts>()) {
  httplib::Server& server = parts_->server;
  server.new_task_queue = [] { return new httplib::ThreadPool(4); };
  server.set_payload_max_length(4096);
  server.set_keep_alive_timeout(1);
  server.set_read_timeout(5);
  server.set_write_timeout(5);
  // Without SO_REUSEPORT, which cpp-httplib sets by itself: a second process on our port must be told, not given half
  // of the requests.
  server.set_socket_options([](int socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  });
}
// To shut down the socket that listens would end it for the parent too.
http_server::~http_server() {
  if (parts_->watch.is_child()) {
    leave_behind(std::move(parts_));
    return;
  }
  stop();
}

void http_server::get(const std::string& path, std::function<http_reply()> page) {
  // A path is taken as a regular expression; ours are not.
  std::string literal;
  for (char c : path) {
    if (std::string_view("\\^$.|?*+()[]{}").find(c) != std::string_view::npos) literal += '\\';
    literal += c;
  }
  parts_->server.Get(literal, [page = std::move(page)](const httplib::Request&, httplib::Response& response) {
    http_reply reply = page();
    response.status = reply.status;
    response.set_header("Cache-Control", "no-store");
    response.set_content(std::move(reply.body), reply.content_type);
  });
}

result<void> http_server::start(const http_address& at) {
  if (at.port < 0 || at.port > 65'535) return failure(client_code::invalid_config, at, "the port is not 0 to 65535");
  if (parts_->thread.joinable()) return failure(client_code::invalid_argument, at, "it listens already");
  httplib::Server& server = parts_->server;
  int port = at.port;
  if (port == 0) {
    port = server.bind_to_any_port(at.host);
  } else if (!server.bind_to_port(at.host, port)) {
    port = -1;
  }
  if (port <= 0) return failure(client_code::invalid_argument, at, "the address is in use, or not one of this machine");
  parts_->port = port;
  parts_->ended = false;
  parts_->thread = std::thread([all = parts_.get()] {
    all->server.listen_after_bind();
    all->ended = true;
  });
  // Its stop() does nothing to a server that does not run yet.
  while (!server.is_running() && !parts_->ended) std::this_thread::yield();
  return {};
}

int http_server::port() const { return parts_->port; }

void http_server::stop() {
  if (!parts_->thread.joinable()) return;
  parts_->server.stop();
  parts_->thread.join();
  parts_->port = 0;
}

}  // namespace v0
}  // namespace ottla

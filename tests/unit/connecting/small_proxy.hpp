// small_proxy: a SOCKS5 and HTTP CONNECT proxy on threads of its own, by the first byte it hears; no client knows more
// of it than its port.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "unique_fd.hpp"

namespace ottla::test {

class small_proxy {
 public:
  struct wish {
    std::map<std::string, std::string> names = {};  // hosts that only the proxy knows, and their addresses
    std::string user = {}, password = {};           // empty: whoever comes
  };
  explicit small_proxy(wish how);
  ~small_proxy();
  small_proxy(const small_proxy&) = delete;
  small_proxy& operator=(const small_proxy&) = delete;

  std::uint16_t port() const { return port_; }
  /// "host:port" of every connection that was asked for.
  std::vector<std::string> asked();
  int accepted() const { return accepted_; }

 private:
  void accept_all();
  void serve(int client);
  int socks5(int client);
  int http(int client);
  int reach(const std::string& host, std::uint16_t port);

  wish how_;
  unique_fd listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> accepted_{0};
  std::mutex mutex_;
  std::vector<std::string> asked_;
  std::vector<int> open_;  // shut at the end, so that every thread ends
  std::vector<std::thread> serving_;
  std::thread accepting_;
};

}  // namespace ottla::test

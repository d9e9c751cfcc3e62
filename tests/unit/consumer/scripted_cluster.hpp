// A host whose brokers are functions: each request goes to a handler of the test, in virtual time, without sockets or
// threads.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ottla/cluster.hpp"
#include "ottla/net/core.hpp"
#include "ottla/net/host.hpp"
#include "ottla/protocol/arena.hpp"
#include "ottla/protocol/fetch.hpp"
#include "ottla/protocol/list_offsets.hpp"
#include "ottla/protocol/metadata.hpp"
#include "ottla/protocol/offset_for_leader_epoch.hpp"

namespace ottla::test {

/// What a handler knows of the request that it answers.
struct call {
  std::size_t node = 0;  ///< index; node ids are index + 1
  std::int16_t version = 0;
  std::chrono::nanoseconds hold{0};  ///< set it to answer that much later
  bool hang_up = false;              ///< set it to close the connection instead
  protocol::arena memory{};          ///< for what the answer borrows
};

struct scripted_partition {
  std::int32_t leader = 1;  ///< node id
  std::int32_t epoch = 0;
};
struct scripted_topic {
  protocol::uuid id{};
  std::vector<scripted_partition> partitions;
};

/// What the brokers do; shared by the test and the host.
class script {
 public:
  explicit script(std::size_t node_count) : nodes(node_count) {}

  template <class Request>
  void on(std::function<void(const Request&, typename Request::response_type&, call&)> handler) {
    auto wrapped = [handler](protocol::reader& in, protocol::writer& out, call& from) {
      Request question;
      read(in, question, from.version);
      typename Request::response_type answer;
      handler(question, answer, from);
      write(out, answer, from.version);
    };
    handlers[Request::api_key] = {wrapped, Request::min_version, Request::max_version,
                                  [](std::int16_t v) { return Request::header_version(v); },
                                  [](std::int16_t v) { return Request::response_type::header_version(v); }};
  }
  /// Answers as a broker of that age does.
  void limit(protocol::api_key key, std::int16_t max_version) { handlers[key].max_version = max_version; }

  struct entry {
    std::function<void(protocol::reader&, protocol::writer&, call&)> answer;
    std::int16_t min_version = 0, max_version = 0;
    std::int16_t (*request_header)(std::int16_t) = nullptr;
    std::int16_t (*response_header)(std::int16_t) = nullptr;
  };
  std::map<protocol::api_key, entry> handlers;
  std::map<std::string, scripted_topic> topics;  // what Metadata says
  std::size_t nodes;
  int metadata_asked = 0;
};

class scripted_host final : public host, private driver {
 public:
  explicit scripted_host(std::shared_ptr<script> acts);
  ~scripted_host() override { stop(); }

  void start(core& machine) override { machine_ = &machine; }
  void wake() override { woken_ = true; }
  instant now() const override { return {now_, wall_ms(std::chrono::milliseconds(1'700'000'000'000))}; }
  bool on_core_thread() const override { return inside_; }
  bool wait(completion& done, steady_ns deadline) override;
  void stop() override;
  void stop_then(task) override {}
  void run_for(std::chrono::nanoseconds time);

 private:
  struct link {
    std::size_t node = 0;
    std::vector<std::byte> from_client;
    std::deque<std::pair<steady_ns, std::vector<std::byte>>> answers;  // in order; each not before its time
    std::vector<std::byte> readable;
    bool connected = false, wants_read = false, hung_up = false;
  };
  void turn(steady_ns limit);
  void serve(link& on);
  void step(std::span<const io_event> events);

  lookup_id resolve(std::string_view, std::uint16_t port) override;
  lookup_answer answer(lookup_id lookup) override;
  void forget(lookup_id lookup) override { lookups_.erase(lookup); }
  link_id open(const ip_address& address) override;
  io_result write(link_id id, std::span<const bytes_view> pieces) override;
  io_result read(link_id id, std::span<const std::span<std::byte>> pieces) override;
  void want(link_id id, interest what) override;
  void close(link_id id) override { links_.erase(id); }

  std::shared_ptr<script> script_;
  core* machine_ = nullptr;
  steady_ns now_{std::chrono::seconds(1)};
  steady_ns deadline_{};
  bool woken_ = true, inside_ = false, stopped_ = false;
  std::map<link_id, link> links_;
  std::map<lookup_id, std::uint16_t> lookups_;
  std::vector<lookup_id> resolved_;
  std::uint32_t next_link_ = 1;
  std::uint64_t next_lookup_ = 1;
};

}  // namespace ottla::test

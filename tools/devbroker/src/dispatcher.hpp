// Serves the connections: takes requests off them in order, has them handled, frames the answers, wakes the requests
// that wait.
#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <set>

#include "cluster/cluster_state.hpp"
#include "cluster/seeded.hpp"
#include "connection.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

class dispatcher {
 public:
  explicit dispatcher(cluster_state& cluster)
      : cluster_(cluster), damage_(cluster.options.seed), arena_(cluster.options.max_request_memory) {}

  std::uint64_t connect(std::size_t node, instant now, client_origin from);
  void receive(std::uint64_t id, std::span<const std::byte> bytes, instant now);
  void disconnect(std::uint64_t id);
  void consume(std::uint64_t id, std::size_t bytes);
  connection* find(std::uint64_t id);
  const connection* find(std::uint64_t id) const;
  bool wants_input(const connection& from) const;

  std::chrono::nanoseconds step(instant now);
  /// Answers the waiting requests that have become ready, after anything that may have made them so.
  void settle(instant now);
  /// Ends all connections of a node as a crash does: what is unread is lost.
  void drop_all(std::size_t node, const char* why);
  void resume(std::size_t node, instant now);
  std::set<std::uint64_t> take_ready() { return std::exchange(ready_, {}); }

  std::deque<fault> faults;
  std::map<protocol::api_key, std::uint64_t> seen;

 private:
  bool node_stands_still(const connection& on) const;
  void pump(std::uint64_t id, connection& on, instant now);
  void serve(std::uint64_t id, connection& on, std::span<const std::byte> frame, instant now);
  verdict handle(call& c, const request_mark& mark, std::span<const std::byte> frame,
                 std::optional<protocol::error_code> forced);
  void refuse_version(connection& on, std::int32_t correlation_id, instant now);
  void finish_parked(std::uint64_t id, connection& on, instant now);
  void deliver(std::uint64_t id, connection& on, const request_mark& mark, instant now);
  void hold_back(std::uint64_t id, connection& on, std::chrono::milliseconds hold, instant now);
  void begin_answer(const request_mark& mark);
  std::vector<std::byte> whole_answer() const;
  void close(std::uint64_t id, connection& on, std::string why);
  std::optional<fault> next_fault(protocol::api_key key, std::size_t node);

  cluster_state& cluster_;
  seeded damage_;  // which bit of an answer comes out wrong
  std::map<std::uint64_t, connection> connections_;
  std::set<std::uint64_t> waiting_;   // with a parked request or a held answer
  std::set<std::uint64_t> runnable_;  // whose output has drained
  std::set<std::uint64_t> ready_;
  std::uint64_t next_id_ = 1;
  std::uint64_t settled_at_ = 0;  // cluster_.changes when the waiting requests were looked at last
  std::size_t buffered_ = 0;
  std::chrono::nanoseconds next_retention_{};
  std::chrono::nanoseconds next_compaction_{};
  protocol::arena arena_;
  protocol::writer writer_;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla

// fetcher: the machine that keeps one Fetch under way at every leader, within the byte budget. Stepped by the core.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fetch_partition.hpp"
#include "fetch_session.hpp"
#include "leader_lookup.hpp"
#include "ottla/net/core.hpp"
#include "ottla/protocol/fetch.hpp"

namespace ottla {
inline namespace v0 {

class fetcher final : public role, public std::enable_shared_from_this<fetcher> {
 public:
  fetcher(consumer_config config, std::shared_ptr<fetch_queue> queue)
      : config_(std::move(config)), queue_(std::move(queue)) {}

  struct counters {
    std::atomic<std::uint64_t> fetches{0}, full_fetches{0}, follower_fetches{0}, failures{0}, discarded{0},
        throttled_ms{0};
  };
  const counters& tally() const { return tally_; }

  // All below: the core's thread.

  void attach(core& on);
  steady_ns step(core& on, instant now) override;
  void close(core& on) override;

  void assign(std::uint64_t assignment_epoch, std::vector<fetch_queue::assigned_start> partitions,
              const std::vector<std::string>& topics, start_position topics_start);
  void seek(partition_slot& slot, std::uint64_t version, start_position to);
  /// Where a partition begins that was assigned without a start; nothing, if it was sought or taken away meanwhile.
  void begin(partition_slot& slot, std::uint64_t version, const start_position& start, std::int32_t leader_epoch);
  /// The reader found damage at that offset: fetch it again, after a pause.
  void refetch(partition_slot& slot, std::uint64_t version, const partition_position& from);
  void set_paused(partition_slot& slot, bool paused);
  /// Runs a look-up of the caller's until it is finished.
  void look_up(std::shared_ptr<leader_lookup> one);
  /// Ends the sessions and leaves the core; `done` runs when every broker answered, at the latest at the deadline.
  void finish(steady_ns deadline, unique_function<void()> done);

 private:
  struct topic_interest {
    bool all = false;  // every partition, also later ones
    start_position start;
    std::size_t known = 0;  // partitions that were added for `all`
    protocol::uuid id{};
    int explicit_partitions = 0;
    bool reported = false;  // that it is unknown, or forbidden
  };
  struct broker_fetch {
    fetch_session session;
    bool in_flight = false;
    std::size_t reserved = 0;
    std::uint64_t place = 0;             // in the line for room, 0: not in it
    std::chrono::milliseconds waits{0};  // how long it may wait for data, of the request under way
    steady_ns asked_at{};
    steady_ns not_before{};
    std::optional<backoff> retry;
    std::vector<fetch_partition*> members;  // partitions that are read from it, sorted
  };

  // fetcher_assignment.cpp
  void sync_metadata();
  void sync_topic(const std::string& name, topic_interest& interest);
  void report_topic(const std::string& name, topic_interest& interest, const topic_metadata& known);
  void add_partition(std::shared_ptr<partition_slot> slot, std::uint64_t version,
                     const std::optional<start_position>& start);
  void on_leader(fetch_partition& one, const partition_metadata& told);
  void release_topics();
  void group_by_source();

  // fetcher_positions.cpp
  void locate_all();
  void on_located(const topic_partition& where, std::uint64_t question, std::int64_t timestamp,
                  const lookup_answer_of_partition& answer);
  void validate_all();
  void on_validated(const topic_partition& where, std::uint64_t question, const lookup_answer_of_partition& answer);
  void settle_position(fetch_partition& one, std::int64_t offset, std::int32_t epoch);
  void reset_by_policy(fetch_partition& one, std::string why);
  steady_ns lookup_deadline() const;

  // fetcher.cpp
  struct wish {
    broker_id id{};
    broker_fetch* broker = nullptr;
    std::vector<fetch_entry> wanted;
    std::size_t bytes = 0;
  };
  steady_ns fetch_all();
  std::vector<fetch_entry> wanted_now(broker_id id, broker_fetch& broker, steady_ns& due);
  std::vector<fetch_entry> wanted_of(const broker_fetch& broker, steady_ns& next) const;
  void fetch_from(wish& one, std::chrono::milliseconds waits);
  void rest(broker_fetch& broker) const;
  request make_fetch(fetch_session::plan plan, std::int32_t max_bytes, std::chrono::milliseconds waits,
                     std::string rack) const;
  std::int32_t response_bytes() const;
  fetch_partition* find(const topic_partition& where);
  void give_up_paused();
  void report(const topic_partition& where, error why);
  error trouble_of(const fetch_partition& one, protocol::error_code code, const std::string& broker,
                   std::string detail = {}) const;

  // fetcher_followers.cpp
  bool follow(fetch_partition& one, broker_id follower);
  void back_to_leader(fetch_partition& one, std::string_view why);
  bool leave_follower(broker_id follower, std::string_view why);
  void end_leases();

  // fetcher_answers.cpp
  void on_fetched(broker_id id, const response& answer);
  void on_failed(broker_id id, broker_fetch& broker, const error& why);
  void on_answer(broker_id id, broker_fetch& broker, const decoded<protocol::FetchResponse>& message,
                 const response& answer);
  bool on_partition(broker_id from, const fetch_entry& asked, const protocol::FetchResponse::PartitionData& data,
                    const response& answer, std::vector<fetched_partition>& out);
  void on_partition_error(fetch_partition& one, const protocol::FetchResponse::PartitionData& data,
                          const response& answer);
  void on_records(fetch_partition& one, const protocol::FetchResponse::PartitionData& data, fetched_partition& part);
  void apply_hints(const protocol::FetchResponse& message);

  const consumer_config config_;
  std::shared_ptr<fetch_queue> queue_;
  counters tally_;
  core* core_ = nullptr;
  owner_id owner_{};
  instant now_{};
  bool attached_ = false;
  bool dirty_ = true;    // something changed since the last step
  bool regroup_ = true;  // the partitions' leaders did
  steady_ns next_{};
  std::uint64_t seen_generation_ = 0;
  std::uint64_t assignment_epoch_ = 0;
  bool topics_told_ = true;
  std::map<std::string, topic_interest> topics_;
  std::map<topic_partition, std::unique_ptr<fetch_partition>> partitions_;
  std::map<broker_id, broker_fetch> brokers_;
  steady_ns lease_end_ = never;  // of the first that ends: the leader is asked again then
  std::uint64_t places_ = 0;     // so many were given in the line for room
  std::uint64_t questions_ = 0;  // so many were asked, of all partitions there ever were
  std::vector<std::shared_ptr<leader_lookup>> lookups_;
};

}  // namespace v0
}  // namespace ottla

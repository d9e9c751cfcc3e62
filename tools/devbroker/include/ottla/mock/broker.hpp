// A Kafka-compatible broker cluster as plain state: time and bytes go in, bytes come out.
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/mock/acl.hpp"
#include "ottla/mock/broker_options.hpp"
#include "ottla/mock/disk.hpp"
#include "ottla/mock/fault.hpp"
#include "ottla/mock/inspection.hpp"
#include "ottla/mock/instant.hpp"
#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

enum class connection_id : std::uint64_t {};

/// What became of broker::open().
struct opening {
  std::string
      error;  ///< empty when done; else why the disk cannot be used: then nothing more may be asked of the broker
  std::vector<std::string> notes;  ///< what was not whole and is not used: a sentence each
};

/// No deadline: only new bytes can change anything.
inline constexpr std::chrono::nanoseconds never = std::chrono::nanoseconds::max();

/// One cluster. It owns no socket, thread or clock and takes no lock: the caller moves bytes and says what time it is,
/// so that the same object runs behind real sockets, inside a simulation and inside a unit test. Not thread safe. `now`
/// must not go back.
///
///     broker kafka{{}};
///     const auto c = kafka.connect(0, now);
///     kafka.receive(c, request_frames, now);        // any split of the stream
///     auto answers = kafka.take_output(c);          // whole frames, in order
///     const auto wake_at = kafka.step(now);         // and again at wake_at, for long polls
///
/// Not for production: a partition has one log, of which each replica has all or the first part, and all of it is in
/// memory; with open() it is on a disk as well.
class broker {
 public:
  explicit broker(broker_options options = {});
  ~broker();
  broker(const broker&) = delete;
  broker& operator=(const broker&) = delete;

  /// Before anything else: takes up what is on this disk, and from then on keeps there whatever outlives a restart:
  /// topics and their records, what is known of producers, groups and what they have committed, transactions. It is on
  /// the disk before it is acknowledged; what the disk refuses is answered with KAFKA_STORAGE_ERROR. The disk must
  /// outlive the broker and serve no other.
  opening open(disk& on);

  // ---- connections

  /// A client has connected to the node with this index. If the node is down, the connection is closed from the start.
  connection_id connect(std::size_t node, instant now, client_origin from = {});
  /// The client has shown a TLS certificate with this subject (RFC 2253), before it has said anything else.
  void identify(connection_id, std::string_view certificate_subject);
  /// The client has come to an address that the cluster has left: Metadata is answered with this error, as
  /// REBOOTSTRAP_REQUIRED (KIP-1102), and whatever else is asked, but for ApiVersions and SASL, closes the connection
  /// and is not applied.
  void retire(connection_id, protocol::error_code how);
  /// Bytes have come from the client. What can be answered is answered at once, on this connection and on those that
  /// waited for it.
  void receive(connection_id, protocol::bytes_view, instant now);
  /// The client has gone or the caller has closed: the id means nothing from here on. Unread answers are dropped.
  void disconnect(connection_id);
  /// Whether to go on reading from the client. False while requests wait behind one that is not answered: let the
  /// socket fill up.
  bool wants_input(connection_id) const;

  /// Answers not yet taken. The view lives until the next call of anything that is not const.
  protocol::bytes_view output(connection_id) const;
  /// The caller has sent this many bytes of output(). Call step() afterwards: a connection that was full goes on.
  void consume_output(connection_id, std::size_t bytes);
  /// All of output(), consumed.
  std::vector<std::byte> take_output(connection_id);
  /// The broker has ended this connection: send what output() still holds, close, and call disconnect().
  bool closed(connection_id) const;
  /// Why, in a few words; empty while it is open.
  std::string_view close_reason(connection_id) const;
  /// Connections that got output or were closed since the last call, in order of their ids.
  std::vector<connection_id> take_ready();

  /// Does what is due at `now` and says when to call again at the latest (on instant::mono); `never` if only bytes can
  /// change things.
  std::chrono::nanoseconds step(instant now);

  // ---- nodes

  std::size_t node_count() const;
  const node_options& node(std::size_t index) const;
  /// Where clients are told to find the node; for a caller that learns its port only when it listens.
  void advertise(std::size_t node, std::string host, std::uint16_t port);
  /// The node is gone: its connections end at once and unread answers with them; leaders move to living replicas.
  void stop(std::size_t node);
  /// Comes back with the logs it had, as far as they are those of the leaders of now, and gets what it lacks.
  void start(std::size_t node);
  /// The power of the node fails: as stop(), and of each of its logs a drawn part of what had not reached the disk is
  /// gone (at most what lies in the newest segment, and less than flush.messages). Where others lead it gets all of it
  /// again; where it was the last one in sync it is lost for good.
  void crash(std::size_t node);
  bool running(std::size_t node) const;
  /// stop and start: logs stay, connections and fetch sessions do not.
  void restart(std::size_t node);
  /// A node that hangs: it takes bytes and answers nothing until resume().
  void pause(std::size_t node);
  void resume(std::size_t node, instant now);
  bool paused(std::size_t node) const;

  // ---- topics

  /// Settings as in CreateTopics. Empty when done, else why not. -1: the cluster's default.
  std::string create_topic(std::string_view name, std::int32_t partitions = -1, std::int16_t replication_factor = -1,
                           const std::map<std::string, std::string>& settings = {});
  bool delete_topic(std::string_view name);
  std::vector<topic_info> topics() const;
  std::optional<partition_info> partition(std::string_view topic, std::int32_t index) const;
  /// From the log's start to its end; empty for what does not exist.
  std::vector<stored_record> records(std::string_view topic, std::int32_t index) const;
  /// The batches as they would be fetched. Views into the log, valid until anything is appended or dropped.
  std::vector<protocol::bytes_view> batches(std::string_view topic, std::int32_t index) const;
  /// By topic and partition; empty for a group that is not there.
  std::vector<committed_info> committed(std::string_view group);
  /// Nothing if the transactional id is not known.
  std::optional<transaction_info> transaction(std::string_view transactional_id) const;
  /// By producer id.
  std::vector<open_transaction_info> open_transactions(std::string_view topic, std::int32_t index) const;
  /// Drops records before `offset`, as DeleteRecords and retention do. False if there is no such partition.
  bool cut_front(std::string_view topic, std::int32_t index, std::int64_t offset, instant now);
  /// Makes another living replica in sync the leader, with a new epoch. What that replica lacks is lost, as in Kafka.
  /// False if it cannot be.
  bool move_leader(std::string_view topic, std::int32_t index, std::size_t node, instant now);
  /// The first replica that runs leads, in sync or not, if no node leads: what it lacks is lost. False if it cannot be.
  bool elect_unclean(std::string_view topic, std::int32_t index, instant now);
  /// From now on this replica gets what its leader appends only after `delay`, or not at all: then it stays where it
  /// is. As long as it is in sync acks=all waits for it; after broker_options::replica_lag_time_max it no longer is.
  /// Ends with follow(), and when the replica comes to lead. False for what does not exist and for the leader.
  bool lag(std::string_view topic, std::int32_t index, std::size_t node, std::optional<std::chrono::milliseconds> delay,
           instant now);
  /// The replica follows at once again, and gets all that it lacks.
  bool follow(std::string_view topic, std::int32_t index, std::size_t node, instant now);
  /// The same for all replicas that this node has now and does not lead.
  void lag(std::size_t node, std::optional<std::chrono::milliseconds> delay, instant now);
  void follow(std::size_t node, instant now);
  /// Takes replicas out of the in-sync set at once, by the indexes of their nodes, until the next call for this
  /// partition; they stay where they are meanwhile. Others that were held out so follow again. None of the indexes may
  /// be the leader's. False if it cannot be.
  bool hold_out_of_sync(std::string_view topic, std::int32_t index, const std::vector<std::size_t>& nodes, instant now);
  /// Makes a running node the coordinator of a group, now and whenever it runs. False if it does not run.
  bool move_coordinator(std::string_view group, std::size_t node, instant now);
  /// The node that coordinates a group, whether or not there is such a group yet; nothing if none runs.
  std::optional<std::size_t> coordinator(std::string_view group) const;
  /// The same for a transactional id.
  bool move_transaction_coordinator(std::string_view transactional_id, std::size_t node, instant now);
  std::optional<std::size_t> transaction_coordinator(std::string_view transactional_id) const;
  /// Forgets a producer everywhere, as if it had been silent for a day. Where it has a transaction open it stays.
  void expire_producer(std::int64_t producer_id);

  // ---- trouble

  void inject(fault trouble);
  /// Faults asked for and not yet used up, counted in requests.
  int faults_left() const;
  /// The same, in the order in which they were asked for.
  std::vector<fault> faults() const;
  void clear_faults();
  /// Whoever fits the entry is told that this is forbidden, whatever else is said of it, super users too; on brokers
  /// that ask nobody as well. Its permission counts for nothing. It is not among the entries that DescribeAcls shows.
  ///
  ///     kafka.forbid({.resource = resource_kind::topic, .name = "orders", .operation = acl_operation::write});
  void forbid(acl what);
  std::vector<acl> forbidden() const;
  void clear_forbidden();
  /// Makes an entry as CreateAcls does; it counts if broker_options::authorization says so. Empty when done, else why
  /// not.
  std::string add_acl(const acl& entry);

  /// How often each API was asked, by key, on all nodes. For assertions such as "asked once".
  const std::map<protocol::api_key, std::uint64_t>& requests_seen() const;

 private:
  class body;
  std::unique_ptr<body> body_;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla

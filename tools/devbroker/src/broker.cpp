// The dev broker's public face: hands everything on to the cluster's state and to the dispatcher.
#include "ottla/mock/broker.hpp"

#include <algorithm>

#include "cluster/cluster_state.hpp"
#include "dispatcher.hpp"
#include "storage/batch_fields.hpp"
#include "storage/record_walk.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

std::uint64_t raw(connection_id id) { return static_cast<std::uint64_t>(id); }
std::string text(std::span<const std::byte> bytes) { return std::string(protocol::as_text(bytes)); }
std::optional<std::string> text(const std::optional<std::span<const std::byte>>& bytes) {
  return bytes ? std::optional(text(*bytes)) : std::nullopt;
}

stored_record stored(const batch_fields& batch, const walked_record& record) {
  stored_record out;
  out.offset = batch.base_offset() + record.offset_delta;
  out.timestamp = batch.log_append_time() ? batch.max_timestamp() : batch.timestamp(record.timestamp_delta);
  out.key = text(record.key);
  out.value = text(record.value);
  out.leader_epoch = batch.leader_epoch();
  out.producer_id = batch.producer_id();
  out.producer_epoch = batch.producer_epoch();
  out.transactional = batch.transactional();
  out.control = batch.control();
  if (batch.producer_id() != no_producer_id && !batch.control())
    out.sequence = sequence_after(batch.base_sequence(), record.offset_delta);
  auto headers = record.headers;
  for (std::int32_t i = 0; i < record.header_count; ++i) {
    const walked_header header = next_header(headers);
    out.headers.emplace_back(text(header.name), text(header.value));
  }
  return out;
}

}  // namespace

class broker::body {
 public:
  explicit body(broker_options options) : cluster(std::move(options)), service(cluster) {}

  mock::partition* find(std::string_view name, std::int32_t index) const {
    const topic* t = cluster.topics.find(name);
    return t == nullptr ? nullptr : t->find(index);
  }

  bool follow(std::string_view name, std::int32_t index, std::size_t node, following way,
              std::optional<std::chrono::milliseconds> delay, instant now) {
    mock::partition* p = find(name, index);
    if (p == nullptr || node >= cluster.nodes.size()) return false;
    const std::int32_t id = cluster.nodes[node].about.id;
    if (!p->is_replica(id) || p->leader == id) return false;
    cluster.at(now);
    cluster.follow(*p, id, way, delay.value_or(std::chrono::milliseconds{}));
    service.settle(now);
    return true;
  }

  cluster_state cluster;
  dispatcher service;
};

broker::broker(broker_options options) : body_(std::make_unique<body>(std::move(options))) {}
broker::~broker() = default;

opening broker::open(disk& on) {
  opening out;
  out.error = body_->cluster.open(on, out.notes);
  return out;
}

connection_id broker::connect(std::size_t node, instant now, client_origin from) {
  return connection_id{body_->service.connect(node, now, std::move(from))};
}
void broker::identify(connection_id id, std::string_view certificate_subject) {
  if (connection* on = body_->service.find(raw(id))) on->who.identify(certificate_subject);
}
void broker::retire(connection_id id, protocol::error_code how) {
  if (connection* on = body_->service.find(raw(id))) on->retired = how;
}
void broker::receive(connection_id id, protocol::bytes_view bytes, instant now) {
  body_->service.receive(raw(id), bytes, now);
}
void broker::disconnect(connection_id id) { body_->service.disconnect(raw(id)); }
bool broker::wants_input(connection_id id) const {
  const connection* on = body_->service.find(raw(id));
  return on != nullptr && body_->service.wants_input(*on);
}
protocol::bytes_view broker::output(connection_id id) const {
  const connection* on = body_->service.find(raw(id));
  return on == nullptr ? protocol::bytes_view{} : on->output();
}
void broker::consume_output(connection_id id, std::size_t bytes) { body_->service.consume(raw(id), bytes); }
std::vector<std::byte> broker::take_output(connection_id id) {
  const auto view = output(id);
  std::vector<std::byte> out(view.begin(), view.end());
  consume_output(id, out.size());
  return out;
}
bool broker::closed(connection_id id) const {
  const connection* on = body_->service.find(raw(id));
  return on == nullptr || on->closed();
}
std::string_view broker::close_reason(connection_id id) const {
  const connection* on = body_->service.find(raw(id));
  return on == nullptr ? std::string_view{} : std::string_view(on->reason());
}
std::vector<connection_id> broker::take_ready() {
  std::vector<connection_id> out;
  for (const std::uint64_t id : body_->service.take_ready()) out.push_back(connection_id{id});
  return out;
}
std::chrono::nanoseconds broker::step(instant now) { return body_->service.step(now); }

std::size_t broker::node_count() const { return body_->cluster.nodes.size(); }
const node_options& broker::node(std::size_t index) const { return body_->cluster.nodes[index].about; }
void broker::advertise(std::size_t node, std::string host, std::uint16_t port) {
  body_->cluster.nodes[node].about.host = std::move(host);
  body_->cluster.nodes[node].about.port = port;
}
void broker::stop(std::size_t node) {
  node_state& n = body_->cluster.nodes[node];
  n.up = false;
  n.paused = false;
  n.sessions.clear();
  body_->service.drop_all(node, "the node went down");
  body_->cluster.elect_leaders();
  body_->cluster.rehome();
  body_->cluster.persist();
}
void broker::crash(std::size_t node) {
  if (!running(node)) return;
  body_->cluster.lose_tails(body_->cluster.nodes[node].about.id);
  stop(node);
}
void broker::start(std::size_t node) {
  body_->cluster.nodes[node].up = true;
  body_->cluster.elect_leaders();
  body_->cluster.rehome();
  body_->cluster.persist();
}
bool broker::running(std::size_t node) const { return body_->cluster.nodes[node].up; }
void broker::restart(std::size_t node) {
  stop(node);
  start(node);
}
void broker::pause(std::size_t node) { body_->cluster.nodes[node].paused = true; }
void broker::resume(std::size_t node, instant now) {
  body_->cluster.nodes[node].paused = false;
  body_->service.resume(node, now);
}
bool broker::paused(std::size_t node) const { return body_->cluster.nodes[node].paused; }

std::string broker::create_topic(std::string_view name, std::int32_t partitions, std::int16_t replication_factor,
                                 const std::map<std::string, std::string>& settings) {
  topic_plan plan{std::string(name), partitions, replication_factor, {}, {}};
  for (const auto& [key, value] : settings)
    if (std::string why = plan.settings.set(key, value); !why.empty()) return why;
  if (const auto error = body_->cluster.check_plan(plan)) return error->why;
  body_->cluster.create(plan);
  return body_->cluster.persist() ? "" : "The broker's disk refuses.";
}
bool broker::delete_topic(std::string_view name) {
  topic* t = body_->cluster.topics.find(name);
  if (t != nullptr) body_->cluster.remove(*t);
  return t != nullptr;
}
std::vector<topic_info> broker::topics() const {
  std::vector<topic_info> out;
  for (const auto& [name, t] : body_->cluster.topics.all())
    out.push_back({name, t->id, static_cast<std::int32_t>(t->partitions.size())});
  return out;
}
std::optional<partition_info> broker::partition(std::string_view topic, std::int32_t index) const {
  const mock::partition* p = body_->find(topic, index);
  if (p == nullptr) return std::nullopt;
  partition_info out{p->leader,           p->leader_epoch,         p->replicas,
                     p->in_sync,          p->log.start_offset(),   p->high_watermark(),
                     p->log.size_bytes(), p->last_stable_offset(), p->log.end_offset()};
  for (const std::int32_t id : p->replicas) out.logs.push_back({id, p->end_offset(id), p->high_watermark(id)});
  return out;
}
std::vector<protocol::bytes_view> broker::batches(std::string_view topic, std::int32_t index) const {
  std::vector<protocol::bytes_view> out;
  const mock::partition* p = body_->find(topic, index);
  if (p == nullptr) return out;
  for (auto b = p->log.batch_at(p->log.start_offset()); !b.empty();
       b = p->log.batch_at(batch_fields(b).last_offset() + 1))
    out.push_back(b);
  return out;
}
std::vector<stored_record> broker::records(std::string_view topic, std::int32_t index) const {
  std::vector<stored_record> out;
  const mock::partition* p = body_->find(topic, index);
  for (const protocol::bytes_view bytes : batches(topic, index)) {
    const batch_fields batch(bytes);
    record_walk walk(body_->cluster.checker.inflated(bytes));
    while (const auto record = walk.next())
      if (batch.base_offset() + record->offset_delta >= p->log.start_offset()) out.push_back(stored(batch, *record));
  }
  return out;
}
std::vector<committed_info> broker::committed(std::string_view group) {
  std::vector<committed_info> out;
  const mock::group* known = body_->cluster.groups.find(group);
  if (known == nullptr) return out;
  for (const auto& [topic, partitions] : known->offsets.all()) {
    for (const auto& [index, stored] : partitions) out.push_back({topic, index, stored.offset, stored.metadata});
  }
  return out;
}
std::optional<transaction_info> broker::transaction(std::string_view transactional_id) const {
  const mock::transaction* known = body_->cluster.transactions.find(transactional_id);
  if (known == nullptr) return std::nullopt;
  transaction_info out{std::string(name(known->state())),
                       known->producer().id,
                       known->producer().epoch,
                       body_->cluster.transaction_coordinator_of(transactional_id).value_or(node_count()),
                       {}};
  for (const partition_ref& p : known->partitions()) out.partitions.emplace_back(p.topic, p.index);
  return out;
}
std::vector<open_transaction_info> broker::open_transactions(std::string_view topic, std::int32_t index) const {
  std::vector<open_transaction_info> out;
  const mock::partition* p = body_->find(topic, index);
  if (p == nullptr) return out;
  for (const auto& [id, known] : p->producers.all())
    if (known.open_since >= 0) out.push_back({id, known.epoch, known.open_since});
  return out;
}
bool broker::cut_front(std::string_view topic, std::int32_t index, std::int64_t offset, instant now) {
  mock::partition* p = body_->find(topic, index);
  if (p == nullptr) return false;
  body_->cluster.cut_front(*p, offset);
  body_->cluster.persist();
  body_->service.settle(now);
  return true;
}
bool broker::move_leader(std::string_view topic, std::int32_t index, std::size_t node, instant now) {
  mock::partition* p = body_->find(topic, index);
  if (p == nullptr || node >= node_count() || !running(node)) return false;
  const std::int32_t id = body_->cluster.nodes[node].about.id;
  if (std::find(p->in_sync.begin(), p->in_sync.end(), id) == p->in_sync.end()) return false;
  body_->cluster.at(now);
  const bool leads = body_->cluster.lead(*p, id);
  body_->cluster.elect_leaders();
  body_->cluster.persist();
  body_->service.settle(now);
  return leads;
}
bool broker::elect_unclean(std::string_view topic, std::int32_t index, instant now) {
  mock::partition* p = body_->find(topic, index);
  if (p == nullptr) return false;
  body_->cluster.at(now);
  const bool is_done = body_->cluster.elect_unclean(*p) == protocol::error_code::none;
  body_->cluster.persist();
  body_->service.settle(now);
  return is_done;
}
bool broker::lag(std::string_view topic, std::int32_t index, std::size_t node,
                 std::optional<std::chrono::milliseconds> delay, instant now) {
  return body_->follow(topic, index, node, delay ? following::delayed : following::held, delay, now);
}
bool broker::follow(std::string_view topic, std::int32_t index, std::size_t node, instant now) {
  return body_->follow(topic, index, node, following::at_once, {}, now);
}
void broker::lag(std::size_t node, std::optional<std::chrono::milliseconds> delay, instant now) {
  for (const topic_info& t : topics())
    for (std::int32_t i = 0; i < t.partitions; ++i) lag(t.name, i, node, delay, now);
}
void broker::follow(std::size_t node, instant now) {
  for (const topic_info& t : topics())
    for (std::int32_t i = 0; i < t.partitions; ++i) follow(t.name, i, node, now);
}
bool broker::hold_out_of_sync(std::string_view topic, std::int32_t index, const std::vector<std::size_t>& nodes,
                              instant now) {
  mock::partition* p = body_->find(topic, index);
  if (p == nullptr) return false;
  std::vector<std::int32_t> ids;
  for (const std::size_t node : nodes) {
    if (node >= node_count()) return false;
    const std::int32_t id = body_->cluster.nodes[node].about.id;
    if (id == p->leader || std::find(p->replicas.begin(), p->replicas.end(), id) == p->replicas.end()) return false;
    ids.push_back(id);
  }
  body_->cluster.at(now);
  body_->cluster.hold_out(*p, ids);
  body_->cluster.persist();
  body_->service.settle(now);
  return true;
}
bool broker::move_coordinator(std::string_view group, std::size_t node, instant now) {
  if (node >= node_count() || !running(node)) return false;
  body_->cluster.coordinate(group, node);
  body_->cluster.persist();
  body_->service.settle(now);
  return true;
}
std::optional<std::size_t> broker::coordinator(std::string_view group) const {
  return body_->cluster.coordinator_of(group);
}
bool broker::move_transaction_coordinator(std::string_view transactional_id, std::size_t node, instant now) {
  if (node >= node_count() || !running(node)) return false;
  body_->cluster.coordinate_transactions(transactional_id, node);
  body_->cluster.persist();
  body_->service.settle(now);
  return true;
}
std::optional<std::size_t> broker::transaction_coordinator(std::string_view transactional_id) const {
  return body_->cluster.transaction_coordinator_of(transactional_id);
}
void broker::expire_producer(std::int64_t producer_id) {
  for (const auto& [name, t] : body_->cluster.topics.all())
    for (const auto& p : t->partitions) p->producers.forget(producer_id);
}

void broker::inject(fault trouble) {
  if (trouble.count > 0) body_->service.faults.push_back(trouble);
}
int broker::faults_left() const {
  int sum = 0;
  for (const fault& f : body_->service.faults) sum += f.count;
  return sum;
}
std::vector<fault> broker::faults() const { return {body_->service.faults.begin(), body_->service.faults.end()}; }
void broker::clear_faults() { body_->service.faults.clear(); }
void broker::forbid(acl what) { body_->cluster.rights.forbidden.push_back(std::move(what)); }
std::vector<acl> broker::forbidden() const { return body_->cluster.rights.forbidden; }
void broker::clear_forbidden() { body_->cluster.rights.forbidden.clear(); }
std::string broker::add_acl(const acl& entry) {
  if (std::string why = why_invalid(entry); !why.empty()) return why;
  if (!body_->cluster.rights.add(entry)) return "The memory for access control entries is used up.";
  return body_->cluster.persist() ? "" : "The broker's disk refuses.";
}
const std::map<protocol::api_key, std::uint64_t>& broker::requests_seen() const { return body_->service.seen; }

}  // namespace mock
}  // namespace v0
}  // namespace ottla

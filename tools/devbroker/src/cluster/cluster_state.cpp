// Everything the nodes of one dev cluster share, and the few operations that change it.
#include "cluster/cluster_state.hpp"

#include <algorithm>

#include "durable/log_files.hpp"
#include "storage/batch_fields.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::error_code;

constexpr std::uint64_t group_stream = 1'000'000;  // far from those of the nodes
constexpr std::uint64_t loss_stream = 1'000'001;
constexpr std::chrono::minutes offsets_check_interval{10};  // Kafka's offsets.retention.check.interval.ms
constexpr std::chrono::milliseconds producer_memory = std::chrono::hours(24);  // Kafka's producer.id.expiration.ms

/// segment.ms, counted in the timestamps of batches, as in Kafka.
bool is_due_to_roll(const topic_settings& settings, const partition_log& log, std::span<const std::byte> batch,
                    const batch_stamp& stamp) {
  if (log.segments().empty() || log.segments().back().index().empty()) return false;
  const std::int64_t first = batch_fields(log.segments().back().batch(0)).max_timestamp();
  const std::int64_t last = stamp.restamp_time ? stamp.max_timestamp : batch_fields(batch).max_timestamp();
  const std::int64_t longest =
      settings.compacts ? std::min(settings.segment_ms, settings.max_compaction_lag_ms) : settings.segment_ms;
  return first >= 0 && last > first && last - first > longest;
}

}  // namespace

cluster_state::cluster_state(broker_options given)
    : options(std::move(given)),
      topics(seeded(0)),
      groups(options.groups, seeded(0), book),
      transactions(options.transactions, book),
      rights(options.authorization, book),
      quotas(book),
      new_producers(book) {
  for (const node_options& about : options.nodes)
    nodes.push_back({about, true, false, {}, fetch_session_cache(options.fetch_session_slots, seeded(0))});
  draw_from(seeded(options.seed));
}

void cluster_state::draw_from(const seeded& random) {
  topics.draw_from(random.stream(1));
  groups.draw_from(random.stream(group_stream));
  losses_ = random.stream(loss_stream);
  std::uint64_t stream = 2;
  for (node_state& n : nodes) n.sessions.draw_from(random.stream(stream++));
}

node_state* cluster_state::node_by_id(std::int32_t id) {
  const auto found = std::find_if(nodes.begin(), nodes.end(), [&](const node_state& n) { return n.about.id == id; });
  return found == nodes.end() ? nullptr : &*found;
}

std::int32_t cluster_state::controller_id() const {
  for (const node_state& n : nodes)
    if (n.up) return n.about.id;
  return no_node;
}

std::optional<std::size_t> cluster_state::highest_draw(std::string_view id, std::uint64_t seed) const {
  // Of all running nodes the one with the highest draw for this id: when a node comes or goes, only its ids move.
  std::uint64_t hash = seed;  // FNV-1a
  for (const char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  std::optional<std::size_t> best;
  std::uint64_t best_draw = 0;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const std::uint64_t draw = seeded(hash).stream(static_cast<std::uint64_t>(nodes[i].about.id)).next();
    if (!nodes[i].up || (best && draw <= best_draw)) continue;
    best = i;
    best_draw = draw;
  }
  return best;
}

std::optional<std::size_t> cluster_state::coordinator_of(std::string_view group_id) const {
  const auto told = told_coordinators_.find(group_id);
  if (told != told_coordinators_.end() && nodes[told->second].up) return told->second;
  return highest_draw(group_id, 0xcbf29ce484222325u);
}

void cluster_state::coordinate(std::string_view group_id, std::size_t node) {
  told_coordinators_.insert_or_assign(std::string(group_id), node);
  rehome();
}

std::optional<std::size_t> cluster_state::transaction_coordinator_of(std::string_view transactional_id) const {
  const auto told = told_transaction_coordinators_.find(transactional_id);
  if (told != told_transaction_coordinators_.end() && nodes[told->second].up) return told->second;
  return highest_draw(transactional_id, 0x9ae16a3b2f90404fu);  // another seed: often another node than the group's
}

void cluster_state::coordinate_transactions(std::string_view transactional_id, std::size_t node) {
  told_transaction_coordinators_.insert_or_assign(std::string(transactional_id), node);
  rehome();
}

void cluster_state::rehome() {
  groups.rehome([&](std::string_view id) { return coordinator_of(id); });
  transactions.rehome([&](std::string_view id) { return transaction_coordinator_of(id); });
  ++changes;
}

void cluster_state::touched(group& changed) {
  groups.touched(changed);
  ++changes;
}

partition& cluster_state::add_partition(topic& to, std::vector<std::int32_t> replicas) {
  const auto index = static_cast<std::int32_t>(to.partitions.size());
  auto p = std::make_unique<partition>(to.settings, folder_of(to.name, index));
  p->replicas = std::move(replicas);
  p->leader_epoch = -1;  // the first election makes it 0
  to.partitions.push_back(std::move(p));
  topics.has_grown();
  return *to.partitions.back();
}

topic& cluster_state::create(const topic_plan& plan) {
  topic& made = topics.add(plan.name, plan.settings);
  const std::size_t count =
      plan.assignments.empty() ? static_cast<std::size_t>(plan.partitions) : plan.assignments.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (!plan.assignments.empty()) {
      add_partition(made, plan.assignments[i]);
    } else {
      add_partition(made, next_replicas(static_cast<std::size_t>(plan.replication_factor)));
    }
  }
  keep(made);
  elect_leaders();
  ++changes;
  return made;
}

std::optional<plan_error> cluster_state::check_plan(topic_plan& plan) {
  plan.settings.inherit(inherited_);
  if (std::string why = why_illegal_topic_name(plan.name); !why.empty())
    return plan_error{error_code::invalid_topic_exception, std::move(why)};
  if (topics.find(plan.name) != nullptr)
    return plan_error{error_code::topic_already_exists, "Topic '" + plan.name + "' already exists."};
  if (const topic* other = topics.colliding(plan.name))
    return plan_error{error_code::invalid_topic_exception,
                      "Topic '" + plan.name + "' collides with '" + other->name + "' in the names of metrics."};
  if (std::string why = plan.settings.why_contradictory(); !why.empty())
    return plan_error{error_code::invalid_config, std::move(why)};
  if (!plan.assignments.empty()) {
    if (plan.partitions != -1 || plan.replication_factor != -1)
      return plan_error{error_code::invalid_request, "Assignments and counts cannot both be given."};
    for (const auto& replicas : plan.assignments)
      if (auto error = check_replicas(replicas, plan.assignments.front().size())) return error;
    plan.partitions = static_cast<std::int32_t>(plan.assignments.size());
    plan.replication_factor = static_cast<std::int16_t>(plan.assignments.front().size());
    return std::nullopt;
  }
  if (plan.partitions == -1) plan.partitions = options.default_partitions;
  if (plan.replication_factor == -1) plan.replication_factor = options.default_replication_factor;
  if (plan.partitions <= 0 || plan.partitions > most_partitions)
    return plan_error{error_code::invalid_partitions,
                      "The number of partitions must be from 1 to " + std::to_string(most_partitions) + "."};
  if (plan.replication_factor <= 0 || static_cast<std::size_t>(plan.replication_factor) > nodes.size())
    return plan_error{
        error_code::invalid_replication_factor,
        "The replication factor must be from 1 to " + std::to_string(nodes.size()) + ", the number of nodes."};
  return std::nullopt;
}

void cluster_state::remove(topic& which) {
  std::map<std::string, std::vector<std::int64_t>> files;
  for (const auto& p : which.partitions) {
    log_bytes_ -= p->log.size_bytes();
    for (const segment& s : p->log.segments()) files[p->folder].push_back(s.base_offset());
  }
  book.add(entry_kind::topic_removed, [&](entry_writer& out) { out.text(std::string_view(which.name)); });
  groups.forget_topic(which.name);
  topics.remove(std::string(which.name));
  ++changes;
  // If the journal cannot be written now the files stay, until the topic's name is used again or the next start.
  if (!persist()) return;
  for (const auto& [folder, bases] : files) drop_files(folder, bases);
}

void cluster_state::cut_front(partition& of, std::int64_t offset) {
  const std::size_t before = of.log.size_bytes();
  const auto& segments = of.log.segments();
  std::vector<std::int64_t> gone;
  for (const segment& s : segments)
    if (s.end_offset() <= offset) gone.push_back(s.base_offset());
  const bool keeps_nothing = gone.size() == segments.size();
  // Nothing says then what offset comes next but the journal, and nothing what is known of producers but their file.
  if (keeps_nothing && !gone.empty()) keep_producers(of, of.log.end_offset());
  of.log.cut_front(offset);
  of.log_was_cut();
  log_bytes_ -= before - of.log.size_bytes();
  ++changes;
  keep(of);
  if (gone.empty()) return;
  if (persist() || !keeps_nothing) drop_files(of.folder, gone);
}

bool cluster_state::make_room(std::size_t bytes) {
  while (log_bytes_ + bytes > options.max_log_bytes) {
    partition* largest = nullptr;
    std::string_view owner;
    for (const auto& [name, t] : topics.all()) {
      for (const auto& p : t->partitions) {
        if (p->log.segments().size() < 2 || p->log.segments().front().end_offset() > p->high_watermark()) continue;
        if (largest != nullptr && p->log.size_bytes() <= largest->log.size_bytes()) continue;
        largest = p.get();
        owner = name;
      }
    }
    if (largest == nullptr) {
      log("the memory bound for logs is reached and nothing old is left to drop: a produce request is refused");
      return false;
    }
    cut_front(*largest, largest->log.segments().front().end_offset());
    log("the memory bound for logs is reached: dropped the oldest segment of topic " + std::string(owner));
  }
  return true;
}

std::optional<std::int64_t> cluster_state::append(topic& to, partition& where, std::span<const std::byte> batch,
                                                  instant now) {
  if (!make_room(batch.size())) {
    refusal = "The broker's memory for logs is full.";
    return std::nullopt;
  }
  batch_stamp stamp = checker.stamp(batch, to.settings, now.wall);
  return append(to, where, batch, stamp, now);
}

std::optional<std::int64_t> cluster_state::append(topic& to, partition& where, std::span<const std::byte> batch,
                                                  batch_stamp stamp, instant now) {
  stamp.leader_epoch = where.leader_epoch;
  const std::size_t segments = where.log.segments().size();
  refusal = "The broker's disk refuses.";
  // What the batch builds on (its topic, its transaction) must be on the disk before the batch is.
  if (!persist()) return std::nullopt;
  if (is_due_to_roll(to.settings, where.log, batch, stamp)) where.log.roll();
  if (where.log.begins_segment(batch.size()) && !keep_producers(where, where.log.end_offset())) return std::nullopt;
  const std::int64_t base_offset = where.log.append(batch, stamp);
  if (disk_ != nullptr) {
    const std::string name = segment_file(where.folder, where.log.segments().back().base_offset());
    if (!told(disk_->append(name, where.log.batch_at(base_offset)))) {
      where.log.drop_last();
      return std::nullopt;
    }
  }
  log_bytes_ += batch.size();
  if (!where.trailing.empty()) followed(where, now.mono);
  // The caller has yet to look at what it has just appended, be it ever so old.
  if (where.log.segments().size() != segments && segments != 0) retain(to, where, retained::all_but_newest, now);
  ++changes;
  return base_offset;
}

void cluster_state::retain(topic& of, partition& p, retained what, instant now) {
  if (!of.settings.deletes) return;
  const auto& segments = p.log.segments();
  const std::size_t spared = what == retained::all_but_newest ? 1 : 0;
  const auto too_old = [&] {
    return of.settings.retention_ms >= 0 && segments.size() > spared && segments.front().max_timestamp() >= 0 &&
           segments.front().max_timestamp() < now.wall.count() - of.settings.retention_ms;
  };
  const auto too_much = [&] {
    return of.settings.retention_bytes >= 0 && segments.size() > 1 &&
           p.log.size_bytes() - segments.front().size_bytes() >= static_cast<std::size_t>(of.settings.retention_bytes);
  };
  // What is not replicated stays.
  const auto is_replicated = [&] { return segments.front().end_offset() <= p.high_watermark(); };
  while ((too_old() || too_much()) && is_replicated()) cut_front(p, segments.front().end_offset());
}

void cluster_state::apply_retention(instant now) {
  transactions.expire_before(now.wall - options.transactions.id_expiration);
  if (now.mono >= next_offsets_check_) {
    next_offsets_check_ = now.mono + offsets_check_interval;
    if (groups.expire_offsets(now.wall - options.groups.offsets_retention)) ++changes;
  }
  for (const auto& [name, t] : topics.all()) {
    for (const auto& p : t->partitions) {
      retain(*t, *p, retained::any, now);
      p->producers.expire_before((now.wall - producer_memory).count());
    }
  }
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla

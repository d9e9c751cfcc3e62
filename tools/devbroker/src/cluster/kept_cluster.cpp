// The cluster on its disk: what the journal says of topics, taking up what is there, files that come and go.
#include <algorithm>
#include <utility>

#include "cluster/cluster_state.hpp"
#include "durable/log_files.hpp"
#include "durable/log_recovery.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

constexpr std::string_view format_file = "format";
constexpr std::string_view format_text = "ottla dev broker, format 1\n";

void describe(entry_writer& out, const setting_values& given) {
  out.count(given.size());
  for (const auto& [name, value] : given) {
    out.text(std::string_view(name));
    out.text(std::string_view(value));
  }
}

setting_values read_settings(entry_reader& in) {
  setting_values out;
  const std::size_t count = in.count();
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    std::string name = in.text();
    out.insert_or_assign(std::move(name), in.text());
  }
  return out;
}

void describe(entry_writer& out, const topic& t) {
  out.text(std::string_view(t.name));
  out.id(t.id);
  describe(out, t.settings.given());
  out.count(t.partitions.size());
  for (const auto& p : t.partitions) {
    out.count(p->replicas.size());
    for (const std::int32_t node : p->replicas) out.number(node);
  }
}

void describe(entry_writer& out, const partition& p) {
  out.text(std::string_view(p.folder));
  out.number(p.leader);
  out.number(p.leader_epoch);
  out.number(p.log.start_offset());
  out.flag(p.log.has_gaps);
  out.count(p.log.epochs().all().size());
  for (const epoch_table::entry& e : p.log.epochs().all()) {
    out.number(e.epoch);
    out.number(e.start);
  }
}

std::string what_it_is(disk& on, const std::vector<std::string>& names) {
  std::vector<std::byte> bytes;
  if (names.empty()) return on.replace(format_file, std::as_bytes(std::span(format_text)));
  if (std::find(names.begin(), names.end(), format_file) == names.end())
    return "there are other files in it, and none that says that they are an ottla broker's";
  if (std::string why = on.read(format_file, bytes); !why.empty()) return why;
  if (protocol::as_text(bytes) == format_text) return {};
  std::string said(protocol::as_text(bytes).substr(0, 60));
  std::erase_if(said, [](char c) { return c < ' '; });
  return "its data has a format that this version does not know: '" + said + "'";
}

}  // namespace

void cluster_state::keep(const topic& t) {
  book.add(entry_kind::topic, [&](entry_writer& out) { describe(out, t); });
}

void cluster_state::keep(const partition& p) {
  book.add(entry_kind::partition, [&](entry_writer& out) { describe(out, p); });
}

void cluster_state::keep_broker(std::string_view node) {
  book.add(entry_kind::broker, [&](entry_writer& out) {
    out.text(node);
    describe(out, set_of_broker(node));
  });
}

void cluster_state::keep_all() {
  book.add(entry_kind::boot, [&](entry_writer& out) { out.number(boots_); });
  for (const auto& [node, given] : set_of_brokers_) keep_broker(node);
  for (const auto& [name, t] : topics.all()) {
    keep(*t);
    for (const auto& p : t->partitions) keep(*p);
  }
  rights.save();
  quotas.save();
  new_producers.save();
  groups.save();
  transactions.save();
}

partition* cluster_state::find_folder(std::string_view folder) const {
  const std::size_t dash = folder.rfind('-');
  const topic* t = dash == std::string_view::npos ? nullptr : topics.find(folder.substr(0, dash));
  if (t == nullptr) return nullptr;
  for (const auto& p : t->partitions)
    if (p->folder == folder) return p.get();
  return nullptr;
}

bool cluster_state::load_topic(entry_reader& in) {
  std::string name = in.text();
  const protocol::uuid id = in.id();
  topic_settings settings;
  settings.inherit(inherited_);
  for (const auto& [key, value] : read_settings(in)) settings.set(key, value);  // what is no longer known is left out
  std::vector<std::vector<std::int32_t>> replicas(in.count());
  for (auto& nodes_of_one : replicas) {
    nodes_of_one.resize(in.count());
    for (std::int32_t& node : nodes_of_one) node = in.number<std::int32_t>();
  }
  if (!in.is_done()) return false;
  topic* t = topics.find(name);
  if (t == nullptr) t = &topics.add(std::move(name), id, topic_settings());
  t->settings = std::move(settings);
  for (std::size_t i = t->partitions.size(); i < replicas.size(); ++i) add_partition(*t, {});
  for (std::size_t i = 0; i < replicas.size(); ++i) {
    t->partitions[i]->replicas = std::move(replicas[i]);
    t->partitions[i]->log.set_segment_bytes(segment_bytes_of(t->settings));
  }
  return true;
}

bool cluster_state::load_broker(entry_reader& in) {
  std::string node = in.text();
  setting_values given = read_settings(in);
  if (!in.is_done()) return false;
  set_of_brokers_.insert_or_assign(std::move(node), std::move(given));
  inherit_anew();
  return true;
}

bool cluster_state::load_partition(entry_reader& in) {
  partition* p = find_folder(in.text());
  if (p == nullptr) return false;
  p->leader = in.number<std::int32_t>();
  p->leader_epoch = in.number<std::int32_t>();
  const auto start_offset = in.number<std::int64_t>();
  p->log.has_gaps = in.flag();
  epoch_table epochs;
  const std::size_t count = in.count();
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const auto epoch = in.number<std::int32_t>();
    epochs.note(epoch, in.number<std::int64_t>());
  }
  p->log.restore(start_offset, {}, std::move(epochs));
  return in.is_done();
}

bool cluster_state::load(entry_kind kind, entry_reader& in) {
  switch (kind) {
    case entry_kind::boot:
      boots_ = in.number<std::uint64_t>();
      return in.is_done();
    case entry_kind::topic:
      return load_topic(in);
    case entry_kind::topic_removed: {
      const std::string name = in.text();
      groups.forget_topic(name);
      topics.remove(name);
      return in.is_done();
    }
    case entry_kind::partition:
      return load_partition(in);
    case entry_kind::broker:
      return load_broker(in);
    case entry_kind::acl:
      return rights.load(in);
    case entry_kind::quota:
      return quotas.load(in);
    case entry_kind::acl_removed:
      return rights.load_removed(in);
    case entry_kind::producer_ids:
      new_producers.skip_to(in.number<std::int64_t>());
      return in.is_done();
    case entry_kind::transaction:
      return transactions.load(in);
    case entry_kind::transaction_removed:
      return transactions.load_removed(in);
    default:
      return groups.load(kind, in);
  }
}

std::string cluster_state::load_journal(disk& from, bool& is_whole, std::vector<std::string>& notes) {
  std::vector<std::byte> bytes;
  if (std::string why = from.read(journal::file, bytes); !why.empty()) return why;
  const std::size_t whole = journal::read(bytes, [&](entry_kind kind, entry_reader& in) { return load(kind, in); });
  is_whole = whole == bytes.size();
  if (!is_whole)
    notes.push_back(std::string(journal::file) + ": used up to byte " + std::to_string(whole) + " of " +
                    std::to_string(bytes.size()) + ", there is no whole entry behind");
  ++boots_;
  return {};
}

/// The first node that topics need and the cluster has not.
std::string cluster_state::why_other_nodes() {
  for (const auto& [name, t] : topics.all())
    for (const auto& p : t->partitions)
      for (const std::int32_t id : p->replicas)
        if (node_by_id(id) == nullptr)
          return "topic " + name + " lies on node " + std::to_string(id) + " of a larger cluster; this one has " +
                 std::to_string(nodes.size()) + (nodes.size() == 1 ? " node" : " nodes");
  return {};
}

std::string cluster_state::load_logs(disk& from, const std::vector<std::string>& names, bool remove_strangers,
                                     std::vector<std::string>& notes) {
  std::map<std::string_view, partition_files> by_folder;
  for (const std::string& name : names) {
    const auto parsed = parse_log_file(name);
    if (!parsed) continue;
    partition_files& files = by_folder[parsed->folder];
    (parsed->is_segment ? files.segments : files.producers).insert(parsed->base_offset);
  }
  for (const auto& [folder, files] : by_folder) {
    if (find_folder(folder) != nullptr) continue;
    // Of a topic whose deletion was under way. If the journal has lost its end it may be anything: it is left alone.
    if (!remove_strangers) notes.push_back(std::string(folder) + ": left alone, the journal knows no such partition");
    if (!remove_strangers) continue;
    for (const std::int64_t base : files.segments)
      if (std::string why = from.remove(segment_file(folder, base)); !why.empty()) return why;
    for (const std::int64_t base : files.producers)
      if (std::string why = from.remove(producers_file(folder, base)); !why.empty()) return why;
  }
  for (const auto& [name, t] : topics.all()) {
    for (const auto& p : t->partitions) {
      const auto found = by_folder.find(p->folder);
      const partition_files none;
      const partition_files& files = found == by_folder.end() ? none : found->second;
      if (std::string why = recover_log(from, files, *p, notes); !why.empty()) return why;
      log_bytes_ += p->log.size_bytes();
    }
  }
  return {};
}

std::string cluster_state::open(disk& on, std::vector<std::string>& notes) {
  std::vector<std::string> names;
  bool is_whole = true;
  std::string why = on.list(names);
  if (why.empty()) why = what_it_is(on, names);
  if (why.empty() && std::find(names.begin(), names.end(), journal::file) != names.end())
    why = load_journal(on, is_whole, notes);
  if (why.empty()) why = why_other_nodes();
  if (why.empty()) why = load_logs(on, names, is_whole, notes);
  if (!why.empty()) return why;
  disk_ = &on;
  if (boots_ > 0) begin_anew();
  why = book.open(on, [this] { keep_all(); });
  if (why.empty()) make_room(0);
  return why;
}

void cluster_state::begin_anew() {
  // Ids that are drawn from here on must be others than those of earlier lives.
  const seeded random = seeded(options.seed).stream(boots_ << 32);
  draw_from(random);
  // Every leader leads anew: who has read what a crash of the machine took away finds out by the epoch.
  for (const auto& [name, t] : topics.all()) {
    for (const auto& p : t->partitions) {
      p->in_sync = p->replicas;
      p->trailing.clear();
      if (p->leader == no_node || node_by_id(p->leader) == nullptr) p->leader = p->replicas.front();
      lead(*p, p->leader);
    }
  }
  elect_leaders();
  rehome();
  is_resumed_ = false;
}

void cluster_state::at(instant now) {
  now_ = now;
  groups.at(now.wall);
  if (std::exchange(is_resumed_, true)) return;
  transactions.resume(now);
  for (const auto& [name, t] : topics.all())
    for (const auto& p : t->partitions) p->producers.seen_all(now.wall.count());
}

bool cluster_state::persist() {
  const bool was_behind = book.is_behind();
  const std::string why = book.persist();
  if (!why.empty() && !was_behind)
    alarm("the disk refuses: " + why +
          ". What changes anything is answered with KAFKA_STORAGE_ERROR until it takes it.");
  if (why.empty() && was_behind) alarm("the disk takes what it is given again");
  return why.empty();
}

/// Before the first batch of a segment; `false` if the disk refuses.
bool cluster_state::keep_producers(const partition& p, std::int64_t base_offset) {
  if (disk_ == nullptr || p.producers.size() == 0) return true;
  return told(write_producers(*disk_, producers_file(p.folder, base_offset), p.producers));
}

bool cluster_state::told(const std::string& why) const {
  if (!why.empty()) alarm("the disk refuses: " + why);
  return why.empty();
}

void cluster_state::drop_files(std::string_view folder, const std::vector<std::int64_t>& bases) {
  if (disk_ == nullptr) return;
  for (const std::int64_t base : bases) {
    told(disk_->remove(segment_file(folder, base)));
    told(disk_->remove(producers_file(folder, base)));
  }
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla

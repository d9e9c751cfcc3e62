// All groups of the cluster in the journal: generations, offsets, and offsets of open transactions.
#include "groups/group_catalog.hpp"

#include <algorithm>

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

void write(entry_writer& out, const committed_offset& value) {
  out.number(value.offset);
  out.number(value.leader_epoch);
  out.text(std::string_view(value.metadata));
  out.number(value.order);
  out.number(value.committed_at);
}

committed_offset read_offset(entry_reader& in) {
  committed_offset out;
  out.offset = in.number<std::int64_t>();
  out.leader_epoch = in.number<std::int32_t>();
  out.metadata = in.text();
  out.order = in.number<std::uint64_t>();
  out.committed_at = in.number<std::int64_t>();
  return out;
}

}  // namespace

void group_catalog::save(const entry& e) const {
  const consumer_group* consumer = e.state.consumer();
  book_.add(consumer != nullptr ? entry_kind::consumer_group : entry_kind::group, [&](entry_writer& out) {
    out.text(std::string_view(e.state.id()));
    out.number(e.stored_at);
    consumer != nullptr ? consumer->save(out) : e.state.save(out);
  });
}

void group_catalog::save_offset(const group& of, std::string_view topic, std::int32_t partition,
                                const committed_offset& value) const {
  book_.add(entry_kind::offset, [&](entry_writer& out) {
    out.text(std::string_view(of.id()));
    out.text(topic);
    out.number(partition);
    write(out, value);
  });
}

void group_catalog::save_held(const group& of, std::int64_t producer_id, std::int16_t epoch, std::string_view topic,
                              std::int32_t partition, const committed_offset& value) const {
  book_.add(entry_kind::held_offset, [&](entry_writer& out) {
    out.text(std::string_view(of.id()));
    out.number(producer_id);
    out.number(epoch);
    out.text(topic);
    out.number(partition);
    write(out, value);
  });
}

void group_catalog::save() const {
  for (const auto& [id, e] : groups_) {
    save(e);
    for (const auto& [topic, partitions] : e.state.offsets.all())
      for (const auto& [index, value] : partitions) save_offset(e.state, topic, index, value);
  }
  for (const auto& [where, open] : open_) {
    for (const std::string& id : open.groups) {
      const auto at = groups_.find(id);
      if (at == groups_.end()) continue;
      const auto& held = at->second.state.undecided.all();
      const auto mine = held.find(where.second);
      if (mine == held.end()) continue;
      for (const auto& [topic, partitions] : mine->second.all())
        for (const auto& [index, value] : partitions)
          save_held(at->second.state, where.second, open.epoch, topic, index, value);
    }
  }
}

group_catalog::entry& group_catalog::find_or_load(const std::string& id) {
  return groups_.try_emplace(id, id, options_, random_.stream(++made_), std::nullopt).first->second;
}

bool group_catalog::load_group(entry_reader& in, bool is_consumer) {
  entry& e = find_or_load(in.text());
  e.stored_at = in.number<std::int64_t>();
  const bool is_good = is_consumer ? e.state.load_consumer(in) : e.state.load(in);
  take_in(e);
  return is_good;
}

bool group_catalog::load_offset(entry_reader& in) {
  entry& e = find_or_load(in.text());
  const std::string topic = in.text();
  const auto partition = in.number<std::int32_t>();
  committed_offset value = read_offset(in);
  commits_ = std::max(commits_, value.order);
  e.state.offsets.put(topic, partition, std::move(value));
  take_in(e);
  return in.is_done();
}

bool group_catalog::load_held(entry_reader& in) {
  entry& e = find_or_load(in.text());
  const auto producer_id = in.number<std::int64_t>();
  const auto epoch = in.number<std::int16_t>();
  const std::string topic = in.text();
  const auto partition = in.number<std::int32_t>();
  committed_offset value = read_offset(in);
  commits_ = std::max(commits_, value.order);
  open_transaction& open = open_[{offsets_partition_of(e.state.id()), producer_id}];
  open.epoch = epoch;
  open.groups.emplace(e.state.id());
  e.state.undecided.put(producer_id, topic, partition, std::move(value));
  take_in(e);
  return in.is_done();
}

bool group_catalog::load(entry_kind kind, entry_reader& in) {
  switch (kind) {
    case entry_kind::group:
      return load_group(in, false);
    case entry_kind::consumer_group:
      return load_group(in, true);
    case entry_kind::group_removed:
      remove(in.text());
      return in.is_done();
    case entry_kind::offset:
      return load_offset(in);
    case entry_kind::offset_removed: {
      entry& e = find_or_load(in.text());
      const std::string topic = in.text();
      const auto partition = in.number<std::int32_t>();
      e.state.offsets.remove(topic, partition);
      e.state.undecided.remove(topic, partition);
      take_in(e);
      return in.is_done();
    }
    case entry_kind::held_offset:
      return load_held(in);
    case entry_kind::decided: {
      const auto partition = in.number<std::int32_t>();
      const auto producer_id = in.number<std::int64_t>();
      decide(partition, producer_id, in.flag());
      return in.is_done();
    }
    default:
      return false;
  }
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla

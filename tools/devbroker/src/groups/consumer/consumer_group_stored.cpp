// A group of the consumer protocol as bytes: all of it outlives its coordinator.
#include "groups/consumer/consumer_group.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

std::size_t count(const owned_partitions& of) {
  std::size_t sum = 0;
  for (const auto& [topic, partitions] : of) sum += partitions.size();
  return sum;
}

void save(entry_writer& out, const owned_partitions& of) {
  out.count(of.size());
  for (const auto& [topic, partitions] : of) {
    out.id(topic);
    out.count(partitions.size());
    for (const auto& [index, epoch] : partitions) {
      out.number(index);
      out.number(epoch);
    }
  }
}

owned_partitions load_owned(entry_reader& in) {
  owned_partitions out;
  const std::size_t topics = in.count();
  for (std::size_t t = 0; t < topics && in.ok(); ++t) {
    auto& of_topic = out[in.id()];
    const std::size_t partitions = in.count();
    for (std::size_t p = 0; p < partitions && in.ok(); ++p) {
      const auto index = in.number<std::int32_t>();
      of_topic[index] = in.number<std::int32_t>();
    }
  }
  return out;
}

}  // namespace

std::size_t consumer_member::size_bytes() const {
  constexpr std::size_t partition_cost = 64;
  std::size_t sum = sizeof *this + 2 * id.size() + client_id.size() + pattern.size();
  for (const std::string& name : topics) sum += partition_cost + name.size();
  sum += partition_cost * (count(assigned) + count(revoking));
  for (const auto& [topic, partitions] : target) sum += partition_cost * partitions.size();
  return sum;
}

void consumer_member::save(entry_writer& out) const {
  out.text(std::string_view(id));
  out.text(instance_id);
  out.text(rack_id);
  out.text(std::string_view(client_id));
  out.number(rebalance_timeout.count());
  out.count(topics.size());
  for (const std::string& name : topics) out.text(std::string_view(name));
  out.text(std::string_view(pattern));
  out.text(assignor);
  out.number(epoch);
  out.number(previous_epoch);
  out.number(static_cast<std::uint8_t>(state));
  mock::save(out, assigned);
  mock::save(out, revoking);
  out.count(target.size());
  for (const auto& [topic, partitions] : target) {
    out.id(topic);
    out.count(partitions.size());
    for (const std::int32_t index : partitions) out.number(index);
  }
}

consumer_member consumer_member::load(entry_reader& in) {
  consumer_member m;
  m.id = in.text();
  m.instance_id = in.nullable_text();
  m.rack_id = in.nullable_text();
  m.client_id = in.text();
  m.rebalance_timeout = std::chrono::milliseconds(in.number<std::int64_t>());
  const std::size_t topics = in.count();
  for (std::size_t i = 0; i < topics && in.ok(); ++i) m.topics.insert(in.text());
  m.pattern = in.text();
  m.assignor = in.nullable_text();
  m.epoch = in.number<std::int32_t>();
  m.previous_epoch = in.number<std::int32_t>();
  m.state = static_cast<member_state>(in.number<std::uint8_t>() % 3);
  m.assigned = load_owned(in);
  m.revoking = load_owned(in);
  const std::size_t of_target = in.count();
  for (std::size_t t = 0; t < of_target && in.ok(); ++t) {
    auto& of_topic = m.target[in.id()];
    const std::size_t partitions = in.count();
    for (std::size_t p = 0; p < partitions && in.ok(); ++p) of_topic.insert(in.number<std::int32_t>());
  }
  return m;
}

std::size_t consumer_group::size_bytes() const {
  std::size_t sum = sizeof *this;
  for (const auto& [id, m] : members_) sum += m.size_bytes();
  constexpr std::size_t name_cost = 96;
  for (const auto& [name, known] : topics_) sum += name_cost + name.size();
  for (const auto& [pattern, names] : matched_)
    for (const std::string& name : names) sum += name_cost + name.size();
  return sum;
}

void consumer_group::save(entry_writer& out) const {
  out.number(epoch_);
  out.number(assignment_epoch_);
  out.count(topics_.size());
  for (const auto& [name, known] : topics_) {
    out.text(std::string_view(name));
    out.id(known.first);
    out.number(known.second);
  }
  out.count(members_.size());
  for (const auto& [id, m] : members_) m.save(out);
}

bool consumer_group::load(entry_reader& in) {
  consumer_group read(options_, random_);
  read.epoch_ = in.number<std::int32_t>();
  read.assignment_epoch_ = in.number<std::int32_t>();
  const std::size_t topics = in.count();
  for (std::size_t i = 0; i < topics && in.ok(); ++i) {
    std::string name = in.text();
    const protocol::uuid id = in.id();
    read.topics_.insert_or_assign(std::move(name), std::pair(id, in.number<std::int32_t>()));
  }
  const std::size_t members = in.count();
  for (std::size_t i = 0; i < members && in.ok(); ++i) {
    consumer_member m = consumer_member::load(in);
    if (const assignor known = find_assignor(m.assignor.value_or(std::string(default_assignor))); known == nullptr)
      return false;
    std::string id = m.id;
    read.hold(m);
    read.members_.insert_or_assign(std::move(id), std::move(m));
  }
  if (!in.is_done()) return false;
  epoch_ = read.epoch_;
  assignment_epoch_ = read.assignment_epoch_;
  topics_ = std::move(read.topics_);
  members_ = std::move(read.members_);
  held_ = std::move(read.held_);
  matched_.clear();
  topics_version_.reset();  // the patterns are looked up again, and topics_ says whether anything has changed
  restart_sessions();
  return true;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla

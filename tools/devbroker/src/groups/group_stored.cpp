// A group's stored generation as bytes: what a coordinator that begins anew finds of it.
#include "groups/group.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

void save(entry_writer& out, const group_member& m) {
  out.text(std::string_view(m.id));
  out.text(m.instance_id);
  out.text(std::string_view(m.client_id));
  out.number(m.session_timeout.count());
  out.number(m.rebalance_timeout.count());
  out.count(m.offers.size());
  for (const protocol_offer& offer : m.offers) {
    out.text(std::string_view(offer.name));
    out.bytes(offer.metadata);
  }
  out.bytes(m.assignment);
}

group_member load_member(entry_reader& in) {
  group_member m;
  m.id = in.text();
  m.instance_id = in.nullable_text();
  m.client_id = in.text();
  m.session_timeout = std::chrono::milliseconds(in.number<std::int64_t>());
  m.rebalance_timeout = std::chrono::milliseconds(in.number<std::int64_t>());
  const std::size_t offers = in.count();
  for (std::size_t i = 0; i < offers && in.ok(); ++i) {
    std::string name = in.text();
    m.offers.push_back({std::move(name), in.bytes()});
  }
  m.assignment = in.bytes();
  m.is_new = false;
  return m;
}

}  // namespace

void group::save(entry_writer& out) const {
  out.number(stored_.generation);
  out.text(std::string_view(stored_.protocol_type));
  out.text(std::string_view(stored_.protocol));
  out.text(std::string_view(stored_.leader));
  out.count(stored_.members.size());
  for (const auto& [id, m] : stored_.members) mock::save(out, m);
}

bool group::load_consumer(entry_reader& in) {
  if (!consumer_) consumer_.emplace(options_, random_.stream(++conversions_));
  body_ = stored_ = {};
  state_ = group_state::empty;
  return consumer_->load(in);
}

bool group::load(entry_reader& in) {
  stored_state read;
  read.generation = in.number<std::int32_t>();
  read.protocol_type = in.text();
  read.protocol = in.text();
  read.leader = in.text();
  const std::size_t members = in.count();
  for (std::size_t i = 0; i < members && in.ok(); ++i) {
    group_member m = load_member(in);
    std::string id = m.id;
    read.members.insert_or_assign(std::move(id), std::move(m));
  }
  if (!in.is_done()) return false;
  become_classic();
  stored_ = std::move(read);
  move_to_another_node();
  return true;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla

// All topics of the cluster, by name and by id.
#include "cluster/topic_catalog.hpp"

#include <algorithm>

#include "storage/big_endian.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

constexpr std::size_t longest_name = 249;

bool legal(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

bool same_metric_name(std::string_view a, std::string_view b) {
  const auto plain = [](char c) { return c == '.' ? '_' : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return plain(x) == plain(y); });
}

}  // namespace

std::string why_illegal_topic_name(std::string_view name) {
  if (name.empty()) return "Topic name is empty.";
  if (name == "." || name == "..") return "Topic name cannot be '.' or '..'.";
  if (name.size() > longest_name) return "Topic name is longer than 249 characters.";
  if (!std::all_of(name.begin(), name.end(), legal))
    return "Topic name '" + std::string(name) + "' holds characters other than letters, digits, '.', '_' and '-'.";
  return {};
}

topic* topic_catalog::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second.get();
}

topic* topic_catalog::find(const protocol::uuid& id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

const topic* topic_catalog::colliding(std::string_view name) const {
  for (const auto& [other, t] : by_name_)
    if (other != name && same_metric_name(other, name)) return t.get();
  return nullptr;
}

protocol::uuid topic_catalog::fresh_id() {
  protocol::uuid id;
  // With a top bit of 0 the printed id never begins with '-', which command lines would take for an option.
  store_big_endian(id.bytes.data(), random_.next() >> 1);
  store_big_endian(id.bytes.data() + 8, random_.next());
  id.bytes[6] = (id.bytes[6] & std::byte{0x0f}) | std::byte{0x40};  // version 4, as the official brokers make them
  id.bytes[8] = (id.bytes[8] & std::byte{0x3f}) | std::byte{0x80};
  return id;
}

topic& topic_catalog::add(std::string name, topic_settings settings) {
  const protocol::uuid id = fresh_id();
  return add(std::move(name), id, std::move(settings));
}

topic& topic_catalog::add(std::string name, const protocol::uuid& id, topic_settings settings) {
  auto made = std::make_unique<topic>(topic{name, id, std::move(settings), {}});
  topic& out = *made;
  ++version_;
  by_id_.emplace(out.id, &out);
  by_name_.emplace(std::move(name), std::move(made));
  return out;
}

void topic_catalog::remove(std::string_view name) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return;
  ++version_;
  by_id_.erase(found->second->id);
  by_name_.erase(found);
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla

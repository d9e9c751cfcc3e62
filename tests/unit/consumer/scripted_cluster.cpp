// scripted_cluster: virtual time, frames in and out, and the two requests that every test needs answered.
#include "scripted_cluster.hpp"

#include <algorithm>
#include <cstring>

#include "ottla/protocol/api_versions.hpp"
#include "ottla/protocol/record_bytes.hpp"
#include "ottla/protocol/request_header.hpp"
#include "ottla/protocol/response_header.hpp"

namespace ottla::test {
namespace {

constexpr std::uint16_t first_port = 9092;

void answer_versions(script& acts, protocol::ApiVersionsResponse& out, call& from) {
  auto* list = from.memory.make<protocol::ApiVersionsResponse::ApiVersion>(acts.handlers.size());
  std::size_t count = 0;
  for (const auto& [key, entry] : acts.handlers) {
    list[count].api_key = static_cast<std::int16_t>(key);
    list[count].min_version = entry.min_version;
    list[count++].max_version = entry.max_version;
  }
  out.api_keys = {list, count};
}

void answer_metadata(script& acts, const protocol::MetadataRequest& asked, protocol::MetadataResponse& out,
                     call& from) {
  using protocol::MetadataResponse;
  ++acts.metadata_asked;
  auto* brokers = from.memory.make<MetadataResponse::MetadataResponseBroker>(acts.nodes);
  for (std::size_t i = 0; i < acts.nodes; ++i) {
    brokers[i].node_id = broker_id{static_cast<std::int32_t>(i + 1)};
    brokers[i].host = "scripted";
    brokers[i].port = first_port + static_cast<std::int32_t>(i);
  }
  out.brokers = {brokers, acts.nodes};
  out.controller_id = broker_id{1};
  if (!asked.topics) return;
  auto* topics = from.memory.make<MetadataResponse::MetadataResponseTopic>(asked.topics->size());
  for (std::size_t t = 0; t < asked.topics->size(); ++t) {
    const auto& question = (*asked.topics)[t];
    topics[t].name = question.name;
    topics[t].topic_id = question.topic_id;
    auto known = acts.topics.begin();
    while (known != acts.topics.end() &&
           (question.name ? known->first != *question.name : known->second.id != question.topic_id))
      ++known;
    if (known == acts.topics.end()) {
      topics[t].error_code =
          question.name ? protocol::error_code::unknown_topic_or_partition : protocol::error_code::unknown_topic_id;
      continue;
    }
    topics[t].name = known->first;
    topics[t].topic_id = known->second.id;
    const auto& told = known->second.partitions;
    auto* partitions = from.memory.make<MetadataResponse::MetadataResponsePartition>(told.size());
    for (std::size_t p = 0; p < told.size(); ++p) {
      partitions[p].partition_index = static_cast<std::int32_t>(p);
      partitions[p].leader_id = broker_id{told[p].leader};
      partitions[p].leader_epoch = told[p].epoch;
    }
    topics[t].partitions = {partitions, told.size()};
  }
  out.topics = {topics, asked.topics->size()};
}

}  // namespace

scripted_host::scripted_host(std::shared_ptr<script> acts) : script_(std::move(acts)) {
  script* raw = script_.get();
  script_->on<protocol::ApiVersionsRequest>([raw](const protocol::ApiVersionsRequest&,
                                                  protocol::ApiVersionsResponse& out,
                                                  call& from) { answer_versions(*raw, out, from); });
  script_->on<protocol::MetadataRequest>([raw](const protocol::MetadataRequest& in, protocol::MetadataResponse& out,
                                               call& from) { answer_metadata(*raw, in, out, from); });
}

void scripted_host::step(std::span<const io_event> events) {
  woken_ = false;
  const bool outer = std::exchange(inside_, true);
  machine_->awake();
  const step_result out = machine_->step(now(), events, *this);
  machine_->done().run();
  inside_ = outer;
  deadline_ = out.more ? now_ : machine_->prepare_sleep(out.next_deadline);
}

// Everything that is due now, or the next moment at which something is.
void scripted_host::turn(steady_ns limit) {
  std::vector<io_event> events;
  for (const lookup_id one : std::exchange(resolved_, {})) events.push_back({.kind = io_kind::resolved, .lookup = one});
  steady_ns next = std::min(limit, deadline_);
  for (auto& [id, one] : links_) {
    if (!std::exchange(one.connected, true)) events.push_back({.kind = io_kind::connected, .link = id});
    while (!one.answers.empty() && one.answers.front().first <= now_) {
      const auto& bytes = one.answers.front().second;
      one.readable.insert(one.readable.end(), bytes.begin(), bytes.end());
      one.answers.pop_front();
    }
    if (!one.answers.empty()) next = std::min(next, one.answers.front().first);
    if (one.wants_read && (!one.readable.empty() || one.hung_up)) {
      one.wants_read = false;
      events.push_back({.kind = io_kind::readable, .link = id});
    }
  }
  if (events.empty() && !woken_ && deadline_ > now_) {
    now_ = std::max(now_, next);
    if (deadline_ > now_) return;
  }
  step(events);
}

bool scripted_host::wait(completion& done, steady_ns deadline) {
  while (!done.is_set()) {
    if (now_ >= deadline) return false;
    turn(deadline);
  }
  return true;
}

void scripted_host::run_for(std::chrono::nanoseconds time) {
  completion forever;
  wait(forever, now_ + time);
}

void scripted_host::stop() {
  if (machine_ == nullptr || std::exchange(stopped_, true)) return;
  const bool outer = std::exchange(inside_, true);
  machine_->shut_down(now(), *this);
  machine_->done().run();
  inside_ = outer;
}

lookup_id scripted_host::resolve(std::string_view, std::uint16_t port) {
  const lookup_id id{next_lookup_++};
  lookups_[id] = port;
  resolved_.push_back(id);
  return id;
}

lookup_answer scripted_host::answer(lookup_id lookup) {
  ip_address one;
  one.port = lookups_[lookup];
  lookups_.erase(lookup);
  return {{one}, {}};
}

link_id scripted_host::open(const ip_address& address) {
  const link_id id{next_link_, 1};
  links_[link_id{next_link_++, 1}].node = static_cast<std::size_t>(address.port - first_port);
  return id;
}

io_result scripted_host::write(link_id id, std::span<const bytes_view> pieces) {
  link& one = links_[id];
  io_result out;
  for (const bytes_view piece : pieces) {
    one.from_client.insert(one.from_client.end(), piece.begin(), piece.end());
    out.bytes += piece.size();
  }
  serve(one);
  return out;
}

void scripted_host::serve(link& on) {
  for (;;) {
    const bytes_view all(on.from_client);
    if (all.size() < 4) return;
    const auto size = static_cast<std::size_t>(protocol::load_big_endian<std::int32_t>(all.data()));
    if (all.size() < 4 + size) return;
    const std::vector<std::byte> frame(all.begin() + 4, all.begin() + 4 + static_cast<std::ptrdiff_t>(size));
    on.from_client.erase(on.from_client.begin(), on.from_client.begin() + 4 + static_cast<std::ptrdiff_t>(size));
    call from;
    from.node = on.node;
    const auto key = static_cast<protocol::api_key>(protocol::load_big_endian<std::int16_t>(frame.data()));
    from.version = protocol::load_big_endian<std::int16_t>(frame.data() + 2);
    const script::entry& entry = script_->handlers.at(key);
    protocol::arena memory;
    protocol::reader in(frame, memory);
    protocol::RequestHeader header;
    protocol::read(in, header, entry.request_header(from.version));
    protocol::writer out;
    out.int32(0);
    protocol::ResponseHeader reply;
    reply.correlation_id = header.correlation_id;
    protocol::write(out, reply, entry.response_header(from.version));
    entry.answer(in, out, from);
    out.patch_int32(0, static_cast<std::int32_t>(out.size() - 4));
    if (from.hang_up) {
      on.hung_up = true;
      return;
    }
    on.answers.emplace_back(now_ + from.hold, std::vector<std::byte>(out.view().begin(), out.view().end()));
  }
}

io_result scripted_host::read(link_id id, std::span<const std::span<std::byte>> pieces) {
  link& one = links_[id];
  io_result out;
  for (const std::span<std::byte> piece : pieces) {
    const std::size_t take = std::min(piece.size(), one.readable.size() - out.bytes);
    if (take > 0) std::memcpy(piece.data(), one.readable.data() + out.bytes, take);
    out.bytes += take;
  }
  one.readable.erase(one.readable.begin(), one.readable.begin() + static_cast<std::ptrdiff_t>(out.bytes));
  if (out.bytes == 0) out.status = one.hung_up ? io_status::closed : io_status::would_block;
  return out;
}

void scripted_host::want(link_id id, interest what) {
  if (what == interest::read) links_[id].wants_read = true;
}

}  // namespace ottla::test

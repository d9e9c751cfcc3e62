// The dispatcher's requests: one frame read, handled, answered, and spoiled where a test asked for it.
#include <algorithm>
#include <iterator>
#include <limits>

#include "api/answers.hpp"
#include "dispatcher.hpp"
#include "ottla/protocol/request_header.hpp"
#include "ottla/protocol/response_header.hpp"
#include "storage/big_endian.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

constexpr std::size_t answer_size_prefix = 4;
constexpr std::size_t shortest_header = 8;  // api key, version, correlation id: the same in all header versions

std::string api_text(std::int16_t key, std::int16_t version) {
  return std::string(name(static_cast<protocol::api_key>(key))) + " (key " + std::to_string(key) + ") version " +
         std::to_string(version);
}

std::int32_t throttle_time_ms(const request_mark& mark) {
  if (!mark.trouble || mark.trouble->action != fault_action::throttle) return 0;
  constexpr std::chrono::milliseconds longest{std::numeric_limits<std::int32_t>::max()};
  return static_cast<std::int32_t>(std::min(mark.trouble->hold, longest).count());
}

std::chrono::milliseconds hold_after(const call& c) { return std::chrono::milliseconds(c.throttle_time_ms); }

/// Whether the answer to such a request may say of an earlier change that it stands, although this one changed nothing:
/// TOPIC_ALREADY_EXISTS, or a commit that is repeated.
bool builds_on_changes(const request_mark& mark) {
  using key = protocol::api_key;
  static constexpr key changing[] = {key::create_topics,
                                     key::delete_topics,
                                     key::offset_commit,
                                     key::join_group,
                                     key::sync_group,
                                     key::leave_group,
                                     key::init_producer_id,
                                     key::add_partitions_to_txn,
                                     key::add_offsets_to_txn,
                                     key::end_txn,
                                     key::txn_offset_commit,
                                     key::write_txn_markers,
                                     key::delete_groups,
                                     key::offset_delete,
                                     key::alter_configs,
                                     key::incremental_alter_configs,
                                     key::create_partitions,
                                     key::alter_partition_reassignments,
                                     key::delete_records,
                                     key::elect_leaders,
                                     key::consumer_group_heartbeat,
                                     key::create_acls,
                                     key::delete_acls,
                                     key::alter_client_quotas};
  return std::find(std::begin(changing), std::end(changing), mark.api->key) != std::end(changing);
}

}  // namespace

std::optional<fault> dispatcher::next_fault(protocol::api_key key, std::size_t node) {
  const auto at = std::find_if(faults.begin(), faults.end(),
                               [&](const fault& f) { return f.key == key && (!f.node || *f.node == node); });
  if (at == faults.end()) return std::nullopt;
  fault out = *at;
  if (--at->count <= 0) faults.erase(at);
  return out;
}

void dispatcher::begin_answer(const request_mark& mark) {
  writer_.clear();
  writer_.splice_records(true);
  writer_.int32(0);  // the frame's size, patched at the end
  protocol::ResponseHeader header;
  header.correlation_id = mark.correlation_id;
  write(writer_, header, mark.api->response_header_version(mark.version));
}

void dispatcher::refuse_version(connection& on, std::int32_t correlation_id, instant now) {
  // KIP-511: whatever version the client wanted, the error goes out as version 0, which everyone can read.
  call c(cluster_, on.node(), now, 0);
  protocol::ApiVersionsResponse response;
  answer_error(c, protocol::ApiVersionsRequest{}, response, protocol::error_code::unsupported_version);
  begin_answer({find_api(static_cast<std::int16_t>(protocol::api_key::api_versions)), 0, correlation_id, std::nullopt});
  write(writer_, response, 0);
}

void dispatcher::serve(std::uint64_t id, connection& on, std::span<const std::byte> frame, instant now) {
  if (frame.size() < shortest_header) return close(id, on, "a frame too short for a request header");
  const auto key = load_big_endian<std::int16_t>(frame.data());
  const auto version = load_big_endian<std::int16_t>(frame.data() + 2);
  request_mark mark{find_api(key), version, load_big_endian<std::int32_t>(frame.data() + 4), std::nullopt};
  if (mark.api == nullptr) return close(id, on, api_text(key, version) + " is not served");
  ++seen[mark.api->key];
  if (!on.who.admits(mark.api->key, now))
    return close(id, on, api_text(key, version) + " is not admitted before authentication");
  if (version < mark.api->min_version || version > mark.api->max_version) {
    if (mark.api->key != protocol::api_key::api_versions)
      return close(id, on, api_text(key, version) + " is not served");
    refuse_version(on, mark.correlation_id, now);
    return deliver(id, on, mark, now);
  }
  using protocol::api_key;
  const bool says_where = mark.api->key == api_key::metadata;
  const bool begins = mark.api->key == api_key::api_versions || mark.api->key == api_key::sasl_handshake ||
                      mark.api->key == api_key::sasl_authenticate;
  if (on.retired && !says_where && !begins) return close(id, on, "the cluster has left this address");
  mark.trouble = next_fault(mark.api->key, on.node());
  if (mark.trouble) cluster_.log("fault: " + api_text(key, version) + " on connection " + std::to_string(id));
  if (mark.trouble && mark.trouble->action == fault_action::close_before)
    return close(id, on, "a fault that was asked for");
  std::optional<protocol::error_code> forced;
  if (mark.trouble && mark.trouble->action == fault_action::answer_error) forced = mark.trouble->error;
  if (on.retired && says_where) forced = *on.retired;

  const std::uint64_t changes_before = cluster_.book.added();
  call c(cluster_, on.node(), now, version);
  c.who = &on.who;
  verdict decided = handle(c, mark, frame, forced);
  const bool is_kept = cluster_.persist() || (cluster_.book.added() == changes_before && !builds_on_changes(mark));
  if (!is_kept && decided != verdict::close && !forced) {
    // It has happened here and is not on the disk: nobody may believe in it yet.
    c.parked.reset();
    decided = handle(c, mark, frame, protocol::error_code::kafka_storage_error);
  }
  mark.hold = hold_after(c);
  switch (decided) {
    case verdict::answer:
      deliver(id, on, mark, now);
      if (!c.ends_with.empty()) close(id, on, std::move(c.ends_with));
      return;
    case verdict::silence:
      return hold_back(id, on, mark.hold, now);
    case verdict::close:
      return close(id, on, std::move(c.close_reason));
    case verdict::park:
      on.parked = waiting_request{mark, std::string(c.client_id), std::move(c.parked)};
      waiting_.insert(id);
      return;
  }
}

verdict dispatcher::handle(call& c, const request_mark& mark, std::span<const std::byte> frame,
                           std::optional<protocol::error_code> forced) {
  arena_.reset();
  protocol::reader in(frame, arena_);
  protocol::RequestHeader header;
  read(in, header, mark.api->request_header_version(mark.version));
  if (!in.ok()) {
    c.close_reason = "a request header that cannot be read";
    return verdict::close;
  }
  c.throttle_time_ms = throttle_time_ms(mark);
  c.client_id = header.client_id.value_or("");
  c.request_bytes = frame.size();
  begin_answer(mark);
  return mark.api->serve(c, in, writer_, forced);
}

void dispatcher::deliver(std::uint64_t id, connection& on, const request_mark& mark, instant now) {
  if (!writer_.ok())
    return close(id, on,
                 "an answer that version " + std::to_string(mark.version) + " cannot carry: field " +
                     std::string(writer_.error_field()));
  writer_.patch_int32(0, static_cast<std::int32_t>(writer_.total_size() - answer_size_prefix));
  const auto asked_for = [&](fault_action action) { return mark.trouble && mark.trouble->action == action; };
  if (asked_for(fault_action::close_after)) return close(id, on, "a fault that was asked for");
  if (asked_for(fault_action::drop_answer)) {
    on.hung = true;
    return;
  }
  if (asked_for(fault_action::delay)) {
    on.held = held_answer{whole_answer(), now.mono + mark.trouble->hold};
    waiting_.insert(id);
    return;
  }
  if (asked_for(fault_action::corrupt_answer)) {
    std::vector<std::byte> bytes = whole_answer();
    const std::uint64_t draw = damage_.next() % ((bytes.size() - answer_size_prefix) * 8);
    bytes[answer_size_prefix + draw / 8] ^= static_cast<std::byte>(1u << (draw % 8));
    on.send(bytes);
    ready_.insert(id);
    return;
  }
  std::size_t room = asked_for(fault_action::close_mid_frame) ? writer_.total_size() / 2 : writer_.total_size();
  writer_.for_each_segment([&](std::span<const std::byte> s) {
    const auto part = s.first(std::min(room, s.size()));
    room -= part.size();
    on.send(part);
  });
  ready_.insert(id);
  if (asked_for(fault_action::close_mid_frame)) close(id, on, "a fault that was asked for");
  hold_back(id, on, mark.hold, now);
}

/// The answer has gone, if there was to be one; what waits is the next request.
void dispatcher::hold_back(std::uint64_t id, connection& on, std::chrono::milliseconds hold, instant now) {
  if (hold.count() <= 0 || on.closed()) return;
  on.held = held_answer{{}, now.mono + hold};
  waiting_.insert(id);
}

std::vector<std::byte> dispatcher::whole_answer() const {
  std::vector<std::byte> out;
  writer_.for_each_segment([&](std::span<const std::byte> s) { out.insert(out.end(), s.begin(), s.end()); });
  return out;
}

void dispatcher::finish_parked(std::uint64_t id, connection& on, instant now) {
  waiting_request done = std::move(*on.parked);
  on.parked.reset();
  waiting_.erase(id);
  call c(cluster_, on.node(), now, done.mark.version);
  c.who = &on.who;
  c.client_id = done.client_id;
  c.throttle_time_ms = throttle_time_ms(done.mark);
  begin_answer(done.mark);
  done.request->write_answer(c, writer_);
  done.mark.hold = hold_after(c);
  deliver(id, on, done.mark, now);
  pump(id, on, now);
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla

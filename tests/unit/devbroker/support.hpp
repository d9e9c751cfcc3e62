// What the dev broker's tests share: a client's end of a connection, and record batches made to measure.
#pragma once
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/mock/broker.hpp"
#include "ottla/protocol/arena.hpp"
#include "ottla/protocol/reader.hpp"
#include "ottla/protocol/request_header.hpp"
#include "ottla/protocol/response_header.hpp"
#include "ottla/protocol/writer.hpp"

namespace ottla::test {

using namespace std::chrono_literals;

inline constexpr std::int64_t start_wall_ms = 1'700'000'000'000;
inline constexpr mock::instant start{1s, std::chrono::milliseconds(start_wall_ms)};

inline mock::instant later(mock::instant from, std::chrono::milliseconds by) {
  return {from.mono + by, from.wall + by};
}

/// A response that owns its frame.
template <class Response>
struct answered {
  std::unique_ptr<protocol::arena> memory = std::make_unique<protocol::arena>();
  std::vector<std::byte> frame;
  Response body{};
  const Response* operator->() const { return &body; }
};

/// One connection to a broker, as a client has it. Requests go out with ascending correlation ids; answers must come in
/// order.
class client_end {
 public:
  mock::instant now;
  const mock::connection_id id;
  std::string client_name = "test";  // client.id

  explicit client_end(mock::broker& to, std::size_t node = 0, mock::instant at = start, mock::client_origin from = {})
      : now(at), id(to.connect(node, at, std::move(from))), broker_(to) {}

  template <class Request>
  std::vector<std::byte> frame_of(const Request& request, std::int16_t version) {
    protocol::writer out;
    out.int32(0);
    protocol::RequestHeader header;
    header.request_api_key = static_cast<std::int16_t>(Request::api_key);
    header.request_api_version = version;
    header.correlation_id = next_correlation_++;
    header.client_id = client_name;
    write(out, header, Request::header_version(version));
    write(out, request, version);
    EXPECT_TRUE(out.ok()) << out.error_field();
    out.patch_int32(0, static_cast<std::int32_t>(out.size() - 4));
    return {out.view().begin(), out.view().end()};
  }

  template <class Request>
  void send(const Request& request, std::int16_t version = Request::max_version) {
    broker_.receive(id, frame_of(request, version), now);
  }

  /// The next answer if it has come.
  template <class Response>
  std::optional<answered<Response>> take(std::int16_t version = Response::max_version) {
    const auto more = broker_.take_output(id);
    pending_.insert(pending_.end(), more.begin(), more.end());
    if (pending_.size() < 4) return std::nullopt;
    answered<Response> out;
    protocol::reader size_reader(pending_, *out.memory);
    const auto size = static_cast<std::size_t>(size_reader.int32());
    if (pending_.size() < 4 + size) return std::nullopt;
    out.frame.assign(pending_.begin() + 4, pending_.begin() + 4 + static_cast<std::ptrdiff_t>(size));
    pending_.erase(pending_.begin(), pending_.begin() + 4 + static_cast<std::ptrdiff_t>(size));
    protocol::reader in(out.frame, *out.memory);
    protocol::ResponseHeader header;
    read(in, header, Response::header_version(version));
    EXPECT_EQ(header.correlation_id, next_answer_++);
    read(in, out.body, version);
    EXPECT_TRUE(in.ok()) << describe(in.error());
    EXPECT_EQ(in.remaining(), 0u);
    return out;
  }

  /// Sends and takes the answer, which must come at once.
  template <class Request>
  answered<typename Request::response_type> ask(const Request& request, std::int16_t version = Request::max_version) {
    send(request, version);
    auto out = take<typename Request::response_type>(version);
    EXPECT_TRUE(out.has_value()) << "no answer to " << Request::name << "; " << broker_.close_reason(id);
    return out ? std::move(*out) : answered<typename Request::response_type>{};
  }

  bool closed() const { return broker_.closed(id); }
  std::string_view reason() const { return broker_.close_reason(id); }

 private:
  mock::broker& broker_;
  std::vector<std::byte> pending_;
  std::int32_t next_correlation_ = 1;
  std::int32_t next_answer_ = 1;
};

struct batch_plan {
  std::vector<std::string> values = {"v"};
  std::optional<std::string> key = "k";
  std::int64_t timestamp = start_wall_ms;  // of the first record; each further one is 1 ms later
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  std::int32_t sequence = -1;
  int codec = 0;
  std::int16_t more_attributes = 0;
  std::int64_t base_offset = 0;
};

/// The bytes of a batch as a producer sends it.
std::vector<std::byte> batch(const batch_plan& plan);
/// A batch of `count` records of an idempotent producer.
std::vector<std::byte> batch_of(std::int64_t producer_id, std::int16_t epoch, std::int32_t sequence, int count = 1);
/// Writes the CRC that the bytes need, after a test has spoiled something else.
void reseal(std::vector<std::byte>& batch);

/// What came back for the one partition of a Produce.
struct produced {
  protocol::error_code error = protocol::error_code::none;
  std::int64_t base_offset = -1;
  std::int64_t log_append_time = -1;
  std::string message;
  std::vector<std::int32_t> refused_records;
};
void send_produce(client_end& by, std::string_view topic, std::int32_t partition, const std::vector<std::byte>& records,
                  std::int16_t acks = -1, std::int16_t version = 12);
/// Sends and takes the answer, which must come at once.
produced produce(client_end& by, std::string_view topic, std::int32_t partition, const std::vector<std::byte>& records,
                 std::int16_t acks = -1, std::int16_t version = 12);

/// The values of the records in a `records` field, with a cut tail ignored.
std::vector<std::string> values_in(protocol::bytes_view records);

}  // namespace ottla::test

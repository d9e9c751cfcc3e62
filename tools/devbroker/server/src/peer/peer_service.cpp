// What the stand-in answers.
#include "peer/peer_service.hpp"

#include <array>
#include <vector>

#include "ottla/protocol/api_versions.hpp"
#include "ottla/protocol/fetch.hpp"
#include "ottla/protocol/find_coordinator.hpp"
#include "ottla/protocol/init_producer_id.hpp"
#include "ottla/protocol/list_offsets.hpp"
#include "ottla/protocol/metadata.hpp"
#include "ottla/protocol/produce.hpp"
#include "ottla/protocol/reader.hpp"
#include "ottla/protocol/request_header.hpp"
#include "ottla/protocol/response_header.hpp"
#include "storage/big_endian.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::broker_id;
using protocol::error_code;
constexpr broker_id only_node{1};

std::uint64_t fnv1a(std::string_view text, std::uint64_t hash) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

std::int16_t key_of(protocol::api_key key) { return static_cast<std::int16_t>(key); }

}  // namespace

peer_service::peer_service(const run_peer_options& options, std::string host, std::uint16_t port)
    : options_(options), host_(std::move(host)), port_(port), batches_(options) {
  writer_.splice_records(true);
}

protocol::uuid peer_service::id_of(std::string_view name) {
  protocol::uuid id;
  store_big_endian(id.bytes.data(), fnv1a(name, 0xcbf29ce484222325u));
  store_big_endian(id.bytes.data() + 8, fnv1a(name, 0x84222325cbf29ce4u));
  names_.try_emplace(id, name);
  return id;
}

std::string_view peer_service::name_of(const protocol::uuid& id) const {
  const auto found = names_.find(id);
  return found == names_.end() ? std::string_view{} : std::string_view(found->second);
}

void peer_service::begin(std::int32_t correlation_id, std::int16_t header_version) {
  writer_.clear();
  writer_.int32(0);  // the size, patched at the end
  protocol::ResponseHeader header;
  header.correlation_id = correlation_id;
  write(writer_, header, header_version);
}

peer_answer peer_service::finish() {
  writer_.patch_int32(0, static_cast<std::int32_t>(writer_.total_size() - 4));
  peer_answer out;
  std::size_t next = 0;
  writer_.for_each_segment([&](std::span<const std::byte> s) {
    if (!batches_.owns(s.data())) return out.add_copy(s);
    std::int64_t base_offset = base_offsets_[next++];
    for (std::size_t at = 0; at < s.size(); at += batches_.batch_size(), base_offset += batches_.records_per_batch()) {
      std::array<std::byte, prepared_batches::offset_bytes> offset;
      store_big_endian(offset.data(), base_offset);
      out.add_copy(offset);
      out.add_view(s.subspan(at + offset.size(), batches_.batch_size() - offset.size()));
    }
  });
  return out;
}

template <class Request, class Fill>
std::optional<peer_answer> peer_service::respond(std::span<const std::byte> frame, std::int16_t version, Fill fill) {
  if (version < Request::min_version || version > Request::max_version) return std::nullopt;
  memory_.reset();
  protocol::reader in(frame, memory_);
  protocol::RequestHeader header;
  read(in, header, Request::header_version(version));
  Request request;
  read(in, request, version);
  if (!in.ok() || in.remaining() != 0) return std::nullopt;
  typename Request::response_type response;
  fill(request, response);
  begin(header.correlation_id, Request::response_type::header_version(version));
  write(writer_, response, version);
  if (!writer_.ok()) return std::nullopt;
  return finish();
}

std::optional<peer_answer> peer_service::answer(std::span<const std::byte> frame) {
  const auto version = load_big_endian<std::int16_t>(frame.data() + 2);
  switch (static_cast<protocol::api_key>(load_big_endian<std::int16_t>(frame.data()))) {
    case protocol::api_key::api_versions:
      return api_versions(frame, version);
    case protocol::api_key::metadata:
      return metadata(frame, version);
    case protocol::api_key::list_offsets:
      return list_offsets(frame, version);
    case protocol::api_key::fetch:
      return fetch(frame, version);
    case protocol::api_key::init_producer_id:
      return respond<protocol::InitProducerIdRequest>(frame, version, [&](const auto&, auto& response) {
        response.producer_id = protocol::producer_id{next_producer_id_++};
      });
    case protocol::api_key::find_coordinator:
      if (version > 3) return std::nullopt;
      return respond<protocol::FindCoordinatorRequest>(frame, version, [](const auto&, auto& response) {
        response.error_code = error_code::coordinator_not_available;  // there are no groups here
        response.node_id = broker_id{-1};
      });
    default:
      return std::nullopt;
  }
}

std::optional<peer_answer> peer_service::api_versions(std::span<const std::byte> frame, std::int16_t version) {
  using protocol::ApiVersionsResponse;
  std::vector<ApiVersionsResponse::ApiVersion> keys{
      // The two that librdkafka looks at before it compresses at all: Produce 0 and, for lz4, FindCoordinator 0.
      {key_of(protocol::api_key::produce), 0, options_.max_produce_version, {}},
      {key_of(protocol::api_key::fetch), 4, options_.max_fetch_version, {}},
      {key_of(protocol::api_key::list_offsets), 1, 11, {}},
      {key_of(protocol::api_key::metadata), 0, 13, {}},
      {key_of(protocol::api_key::find_coordinator), 0, 3, {}},
      {key_of(protocol::api_key::api_versions), 0, 4, {}},
      {key_of(protocol::api_key::init_producer_id), 0, 5, {}}};
  if (version > protocol::ApiVersionsRequest::max_version) {
    ApiVersionsResponse response;
    response.error_code = error_code::unsupported_version;
    response.api_keys = keys;
    begin(load_big_endian<std::int32_t>(frame.data() + 4), 0);
    write(writer_, response, 0);
    return finish();
  }
  return respond<protocol::ApiVersionsRequest>(frame, version,
                                               [&](const auto&, auto& response) { response.api_keys = keys; });
}

std::optional<peer_answer> peer_service::metadata(std::span<const std::byte> frame, std::int16_t version) {
  using protocol::MetadataResponse;
  broker_id node = only_node;
  MetadataResponse::MetadataResponseBroker broker;
  broker.node_id = only_node;
  broker.host = host_;
  broker.port = port_;
  std::vector<MetadataResponse::MetadataResponsePartition> partitions(static_cast<std::size_t>(options_.partitions));
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    partitions[i].partition_index = static_cast<std::int32_t>(i);
    partitions[i].leader_id = only_node;
    partitions[i].leader_epoch = 0;
    partitions[i].replica_nodes = {&node, 1};
    partitions[i].isr_nodes = {&node, 1};
  }
  std::vector<MetadataResponse::MetadataResponseTopic> topics;
  return respond<protocol::MetadataRequest>(frame, version, [&](const auto& request, auto& response) {
    response.brokers = {&broker, 1};
    response.controller_id = only_node;
    response.cluster_id = "ottla-bench-peer-0001A";
    if (!request.topics) return;
    for (const auto& asked : *request.topics) {
      MetadataResponse::MetadataResponseTopic topic;
      topic.name = asked.name ? *asked.name : name_of(asked.topic_id);
      topic.topic_id = id_of(*topic.name);
      topic.partitions = partitions;
      topics.push_back(topic);
    }
    response.topics = topics;
  });
}

std::optional<peer_answer> peer_service::list_offsets(std::span<const std::byte> frame, std::int16_t version) {
  using protocol::ListOffsetsResponse;
  std::vector<std::vector<ListOffsetsResponse::ListOffsetsPartitionResponse>> partitions;
  std::vector<ListOffsetsResponse::ListOffsetsTopicResponse> topics;
  return respond<protocol::ListOffsetsRequest>(frame, version, [&](const auto& request, auto& response) {
    for (const auto& asked : request.topics) {
      auto& told = partitions.emplace_back(asked.partitions.size());
      for (std::size_t i = 0; i < told.size(); ++i) {
        told[i].partition_index = asked.partitions[i].partition_index;
        told[i].offset = asked.partitions[i].timestamp == -1 ? peer_log_end : 0;
        if (version >= 4) told[i].leader_epoch = 0;
      }
      ListOffsetsResponse::ListOffsetsTopicResponse topic;
      topic.name = asked.name;
      topic.partitions = told;  // moving the outer vector leaves the inner ones' memory in place
      topics.push_back(topic);
    }
    response.topics = topics;
  });
}

std::optional<peer_answer> peer_service::fetch(std::span<const std::byte> frame, std::int16_t version) {
  if (version > options_.max_fetch_version) return std::nullopt;
  return respond<protocol::FetchRequest>(frame, version,
                                         [&](const auto& request, auto& response) { fill_fetch(request, response); });
}

peer_answer peer_service::acknowledge(const produce_skimmer& request) {
  using protocol::ProduceResponse;
  std::vector<std::vector<ProduceResponse::PartitionProduceResponse>> partitions;
  std::vector<ProduceResponse::TopicProduceResponse> topics;
  for (const skimmed_topic& asked : request.topics()) {
    auto& told = partitions.emplace_back(asked.partitions.size());
    for (std::size_t i = 0; i < told.size(); ++i) {
      told[i].index = asked.partitions[i];
      told[i].base_offset = acknowledged_++;  // rises; how many records a batch holds is not looked at
    }
    ProduceResponse::TopicProduceResponse topic;
    topic.name = asked.name;
    topic.topic_id = asked.id;
    topic.partition_responses = told;
    topics.push_back(topic);
  }
  ProduceResponse response;
  response.responses = topics;
  begin(request.correlation_id(), ProduceResponse::header_version(request.version()));
  write(writer_, response, request.version());
  return finish();
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla

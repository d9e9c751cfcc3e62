// The record batches that a message carries, as JSON.
#include "records_in.hpp"

#include <optional>

#include "ottla/protocol/api_key.hpp"
#include "ottla/protocol/fetch.hpp"
#include "ottla/protocol/produce.hpp"
#include "ottla/protocol/reader.hpp"
#include "ottla/protocol/share_fetch.hpp"
#include "ottla/protocol_text/json_writer.hpp"
#include "ottla/protocol_text/records_json.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {
namespace {

using namespace protocol;

// Of one partition. Compressed batches may claim a great deal more than they bring.
constexpr protocol_text::records_limits limits{.inflated_bytes = std::size_t{64} << 20, .records = 100'000};

class record_list {
 public:
  void add(std::string_view topic, const uuid& topic_id, std::int32_t partition,
           const std::optional<bytes_view>& records) {
    if (!records || records->empty()) return;
    if (empty_) out_.begin_array();
    empty_ = false;
    out_.begin_object();
    out_.key(topic_id.is_zero() ? "topic" : "topicId");
    topic_id.is_zero() ? out_.string(topic) : out_.uuid(topic_id);
    out_.key("partition");
    out_.integer(partition);
    protocol_text::json_writer content;
    std::string why;
    const bool read = protocol_text::records_json(*records, content, why, limits);
    out_.key(read ? "content" : "error");
    read ? out_.verbatim(content.text()) : out_.string(why);
    out_.end_object();
  }
  std::string take() {
    if (empty_) return {};
    out_.end_array();
    return out_.text();
  }

 private:
  protocol_text::json_writer out_;
  bool empty_ = true;
};

template <class Message>
bool read_whole(bytes_view body, std::int16_t version, arena& memory, Message& out) {
  reader in(body, memory);
  read(in, out, version);
  return in.ok() && in.remaining() == 0;
}

}  // namespace

std::string records_in(bytes_view body, direction way, const request_head& head, arena& memory) {
  record_list out;
  if (way == direction::to_broker) {
    ProduceRequest produce;
    if (api_key{head.api_key} != api_key::produce || !read_whole(body, head.version, memory, produce)) return {};
    for (const auto& topic : produce.topic_data)
      for (const auto& one : topic.partition_data) out.add(topic.name, topic.topic_id, one.index, one.records);
  } else if (api_key{head.api_key} == api_key::fetch) {
    FetchResponse fetch;
    if (!read_whole(body, head.version, memory, fetch)) return {};
    for (const auto& topic : fetch.responses)
      for (const auto& one : topic.partitions) out.add(topic.topic, topic.topic_id, one.partition_index, one.records);
  } else if (api_key{head.api_key} == api_key::share_fetch) {
    ShareFetchResponse fetch;
    if (!read_whole(body, head.version, memory, fetch)) return {};
    for (const auto& topic : fetch.responses)
      for (const auto& one : topic.partitions) out.add({}, topic.topic_id, one.partition_index, one.records);
  }
  return out.take();
}

}  // namespace tap
}  // namespace v0
}  // namespace ottla

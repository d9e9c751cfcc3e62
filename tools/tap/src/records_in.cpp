// The record batches that a message carries, as JSON.
#include "records_in.hpp"

#include <algorithm>
#include <optional>

#include "bounded_text.hpp"
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

// Compressed batches hold a great deal more than they bring: so much of one partition, and so much text of a message.
constexpr protocol_text::records_limits limits{.inflated_bytes = std::size_t{16} << 20, .records = 100'000};
constexpr std::size_t most_record_text = std::size_t{64} << 20;

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
    add_content(*records);
    out_.end_object();
  }
  std::string take() {
    if (empty_) return {};
    out_.end_array();
    return out_.text();
  }

 private:
  void add_content(bytes_view records) {
    bounded_text content(most_record_text - std::min(most_record_text, out_.text().size()));
    protocol_text::json_writer json(content.stream());
    std::string why;
    const bool read = protocol_text::records_json(records, json, why, limits);
    json.flush();
    if (content.overflowed()) why = "left out: the message holds more than 64 MiB of text";
    const bool whole = read && !content.overflowed();
    out_.key(whole ? "content" : "error");
    whole ? out_.verbatim(content.take()) : out_.string(why);
  }

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

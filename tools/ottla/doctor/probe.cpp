// The round trip of a record: acknowledged, then read where it was put.
#include "doctor/probe.hpp"

#include <random>

#include "ottla/consumer.hpp"
#include "ottla/producer.hpp"

namespace ottla_tool::doctor {
namespace {

using clock = std::chrono::steady_clock;

/// A value that no other record has.
std::string unlikely_text() {
  std::random_device source;
  return "ottla doctor " + std::to_string(source()) + "-" + std::to_string(source());
}

std::string place(const std::string& topic, std::int32_t partition, std::int64_t offset) {
  return topic + "-" + std::to_string(partition) + (offset < 0 ? "" : " at offset " + std::to_string(offset));
}

bool is_read_back(ottla::consumer& reader, const ottla::delivery& put, const std::string& value, patience within,
                  findings& out, const std::string& where) {
  const auto deadline = clock::now() + within;
  while (clock::now() < deadline) {
    auto polled = reader.poll(std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now()));
    if (!polled) {
      out.push_back(trouble("fetch", where, polled.error(), "may this client read the topic?"));
      return false;
    }
    for (const auto& one : polled->errors()) {
      out.push_back(trouble("fetch", where, one.why, "may this client read the topic?"));
      return false;
    }
    for (const ottla::record_view& record : polled->records()) {
      if (record.value().text() == value) return true;
      if (put.offset >= 0 && record.offset() >= put.offset) {
        out.push_back({standing::fail, "fetch", where, "another record stands where ours was acknowledged",
                       "keep the record and the broker's log: this must not happen"});
        return false;
      }
    }
  }
  out.push_back({standing::fail, "fetch", where,
                 "the record was acknowledged and not read within " + duration_text(within),
                 "are the partition's replicas in sync? readers see what all of these have"});
  return false;
}

}  // namespace

void look_at_round_trip(ottla::cluster& on, const std::string& topic, ottla::producer_config producing,
                        ottla::consumer_config consuming, patience within, findings& out) {
  // A question, not work: no group is joined, no transaction begun, nothing waited for that is not needed.
  producing.transactional_id.clear();
  producing.linger = {};
  const std::string value = unlikely_text();
  ottla::producer writer(on, producing);
  const auto begun = clock::now();
  const auto put = writer.topic(topic).deliver({.key = "ottla-doctor", .value = value}, within);
  const ottla::error refused = !put ? put.error() : put->failure;
  if (refused) {
    return out.push_back(trouble("produce", topic, refused,
                                 "the probe topic has to be there and writable: ottla topics create " + topic));
  }
  const std::string where = place(topic, put->partition, put->offset);
  out.push_back(well("produce", where, "acknowledged in " + duration_text(clock::now() - begun)));

  ottla::consumer_config reading = std::move(consuming);
  reading.group.clear();
  reading.topics.clear();
  reading.partitions = {{topic, put->partition, put->offset < 0 ? ottla::tail(1) : ottla::at_offset(put->offset)}};
  ottla::consumer reader(on, reading);
  const auto asked = clock::now();
  if (is_read_back(reader, *put, value, within, out, where))
    out.push_back(well("fetch", where, "read back in " + duration_text(clock::now() - asked)));
}

}  // namespace ottla_tool::doctor

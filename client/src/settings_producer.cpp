// The table of a producer's settings, and the rules between them.
#include <algorithm>
#include <array>

#include "ottla/client_settings.hpp"
#include "ottla/net/setting_row.hpp"

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::array<named_choice<acks>, 4> acks_choices{
    {{"all", acks::all}, {"-1", acks::all}, {"1", acks::leader}, {"0", acks::none}}};
constexpr std::array<named_choice<partitioner_kind>, 9> partitioner_choices{{
    {"murmur2", partitioner_kind::murmur2},
    {"murmur2_random", partitioner_kind::murmur2},
    {"consistent_random", partitioner_kind::consistent},
    {"consistent", partitioner_kind::consistent},
    {"fnv1a", partitioner_kind::fnv1a},
    {"fnv1a_random", partitioner_kind::fnv1a},
    {"round_robin", partitioner_kind::round_robin},
    {"org.apache.kafka.clients.producer.RoundRobinPartitioner", partitioner_kind::round_robin},
    {"random", partitioner_kind::random},
}};
constexpr std::array<named_choice<codec>, 5> codec_choices{{{"none", codec::none},
                                                            {"gzip", codec::gzip},
                                                            {"snappy", codec::snappy},
                                                            {"lz4", codec::lz4},
                                                            {"zstd", codec::zstd}}};

/// compression is one member with two settings: the codec keeps the level, the level keeps the codec.
constexpr setting codec_row() {
  setting out = row<&producer_config::idempotence>({"compression",
                                                    "compression.type",
                                                    "compression.codec",
                                                    "none|gzip|snappy|lz4|zstd",
                                                    "How batches are compressed.",
                                                    {}});
  out.kind = setting_kind::choice;
  out.set = [](void* target, std::string_view value) {
    for (const auto& one : codec_choices) {
      if (same_word(one.name, value)) return static_cast<producer_config*>(target)->compression.type = one.value, true;
    }
    return false;
  };
  out.show = [](const void* target) {
    return std::string(
        codec_choices[static_cast<std::size_t>(static_cast<const producer_config*>(target)->compression.type)].name);
  };
  return out;
}

constexpr setting level_row() {
  setting out = row<&producer_config::max_in_flight>(
      {"compression.level", "", "compression.level,compression.gzip.level,compression.lz4.level,compression.zstd.level",
       "default, or a number in the codec's own scale: gzip 1-9, lz4 1-12, zstd up to 22",
       "How hard batches are compressed.", "Java names the level per codec; here they are one setting."});
  out.set = [](void* target, std::string_view value) {
    int& level = static_cast<producer_config*>(target)->compression.level;
    std::int64_t number = 0;
    if (same_word(value, "default")) return level = compression::default_level, true;
    if (!parse_integer(value, number) || number < -131072 || number > 22) return false;
    return level = static_cast<int>(number), true;
  };
  out.show = [](const void* target) {
    const int level = static_cast<const producer_config*>(target)->compression.level;
    return level == compression::default_level ? std::string("default") : std::to_string(level);
  };
  return out;
}

constexpr setting producer_rows[] = {
    row<&producer_config::linger>(
        {"linger", "linger.ms", "queue.buffering.max.ms", "0ms and up",
         "How long a batch waits for more records while its leader is busy; an idle leader is never waited for.",
         "Java and librdkafka wait also for an idle leader."}),
    row<&producer_config::batch_size, 4096, 1 << 30>(
        {"batch_size", "batch.size", "", "4096 to 1073741824", "Upper bound of one batch's uncompressed bytes.",
         "Java: 16384, which holds a partition to 16 KiB per round trip."}),
    row<&producer_config::buffer_memory, 1 << 16>(
        {"buffer_memory", "buffer.memory", "", "65536 and up",
         "All batches of a producer together; at the bound sends wait.",
         "Java: 33554432. librdkafka bounds records and KiB: queue.buffering.max.messages, "
         "queue.buffering.max.kbytes."}),
    row<&producer_config::max_request_size, 1024>({"max_request_size", "max.request.size", "message.max.bytes",
                                                   "1024 and up",
                                                   "Largest Produce request; a single batch may exceed it.",
                                                   "Java: 1048576, and it bounds a single record too."}),
    row<&producer_config::max_block>({"max_block", "max.block.ms", "", "0ms and up",
                                      "How long a send may wait for metadata or for room in the buffer.",
                                      "librdkafka never waits."}),
    row<&producer_config::delivery_timeout, 1>({"delivery_timeout", "delivery.timeout.ms", "message.timeout.ms",
                                                "1ms and up", "From send to outcome, linger and retries included.",
                                                "librdkafka: 300s, and 0 is for ever."}),
    row<&producer_config::request_timeout, 1>({"request_timeout",
                                               "request.timeout.ms",
                                               "",
                                               "1ms and up",
                                               "The broker's own wait for replicas, and this side's for the answer.",
                                               {}}),
    row<&producer_config::retries, 0>({"retries", "retries", "message.send.max.retries", "0 to 2147483647",
                                       "How often a batch is sent again after a failure that may pass.",
                                       "Java and librdkafka do not count a try that found no broker."}),
    choice_row<&producer_config::required_acks, acks_choices>(
        {"required_acks",
         "acks",
         "request.required.acks",
         "all|1|0",
         "Which replicas have a record before it counts as delivered.",
         {}}),
    row<&producer_config::idempotence>({"idempotence", "enable.idempotence", "", "true|false",
                                        "No duplicates and no reordering by retries (KIP-98). Needs acks=all.",
                                        "librdkafka: false."}),
    row<&producer_config::transactional_id>(
        {"transactional_id",
         "transactional.id",
         "",
         "a name; empty: no transactions",
         "Records and offsets become visible together (KIP-98). A newer producer of that name fences the older.",
         {}}),
    row<&producer_config::transaction_timeout, 1, INT32_MAX>(
        {"transaction_timeout",
         "transaction.timeout.ms",
         "",
         "1ms to what brokers allow",
         "The coordinator aborts a transaction that is open for longer.",
         {}}),
    row<&producer_config::max_in_flight, 1, 1000000>(
        {"max_in_flight", "max.in.flight.requests.per.connection", "max.in.flight",
         "1 to 1000000; 5 at most with idempotence", "Batches of one partition under way at once.",
         "Java and librdkafka count requests of a connection; librdkafka: 1000000."}),
    codec_row(),
    level_row(),
    choice_row<&producer_config::partitioner, partitioner_choices>(
        {"partitioner", "partitioner.class", "", "murmur2|consistent_random|fnv1a|round_robin|random",
         "Which partition a record without one goes to.", "librdkafka: consistent_random."}),
};

error contradiction(std::string one, std::string other) {
  error_context context;
  context.asked = "setting " + std::move(one);
  context.detail = "it contradicts " + std::move(other);
  context.advice = "change or leave out one of the two";
  return error(client_code::invalid_config, std::move(context));
}

/// delivery.timeout.ms covers linger.ms and request.timeout.ms; what was not given yields.
result<void> settle_timeouts(const settings& given, producer_config& config) {
  const auto told = [&](std::string_view member) { return given.given("producer", member); };
  if (config.delivery_timeout >= config.linger + config.request_timeout) return {};
  if (told("delivery_timeout") && told("request_timeout")) {
    return contradiction("delivery.timeout.ms", "request.timeout.ms and linger.ms, which together are longer");
  }
  if (told("request_timeout")) {
    config.delivery_timeout = std::chrono::ceil<std::chrono::milliseconds>(config.linger + config.request_timeout);
    return {};
  }
  if (config.delivery_timeout <= config.linger) {
    if (told("delivery_timeout") && told("linger"))
      return contradiction("delivery.timeout.ms", "linger.ms, which is longer");
    if (told("linger")) {
      config.delivery_timeout = std::chrono::ceil<std::chrono::milliseconds>(config.linger + config.request_timeout);
      return {};
    }
    config.linger = std::chrono::microseconds(0);
  }
  const auto left = std::chrono::floor<std::chrono::milliseconds>(config.delivery_timeout - config.linger);
  config.request_timeout = std::clamp(left, std::chrono::milliseconds(1), config.request_timeout);
  return {};
}

}  // namespace

std::span<const setting> producer_settings() { return producer_rows; }

result<void> settle_producer(const settings& given, producer_config& config) {
  const bool asked_for_idempotence = given.given("producer", "idempotence") && config.idempotence;
  if (!config.transactional_id.empty() && !config.idempotence)
    return contradiction("transactional.id", "enable.idempotence=false");
  if (!config.transactional_id.empty() && config.required_acks != acks::all)
    return contradiction("transactional.id", "acks other than all");
  if (!config.transactional_id.empty() && config.max_in_flight > 5)
    return contradiction("transactional.id", "max.in.flight.requests.per.connection above 5");
  if (config.idempotence && config.required_acks != acks::all) {
    if (asked_for_idempotence) return contradiction("enable.idempotence=true", "acks other than all");
    config.idempotence = false;
  }
  if (config.idempotence && config.max_in_flight > 5) {
    if (asked_for_idempotence)
      return contradiction("enable.idempotence=true", "max.in.flight.requests.per.connection above 5");
    config.idempotence = false;
  }
  if (given.given("producer", "compression.level") && config.compression.level != compression::default_level &&
      config.compression.type == codec::none) {
    return contradiction("compression.level", "compression.type=none");
  }
  if (config.buffer_memory < config.batch_size && !given.given("producer", "batch_size"))
    config.batch_size = config.buffer_memory;
  return settle_timeouts(given, config);
}

}  // namespace v0
}  // namespace ottla

// The table of commands.
#include "command.hpp"

namespace ottla_tool {
namespace {

constexpr command table[] = {
    {"produce", "Send records to a topic", "echo hello | ottla -b localhost:9092 produce greetings --key world",
     declare_produce},
    {"consume", "Read records of topics", "ottla consume greetings --from beginning --exit-at-end --output jsonl",
     declare_consume},
    {"topics list", "All topics", "ottla -b localhost:9092 topics list", declare_topics_list},
    {"topics describe", "A topic's partitions, leaders and replicas", "ottla topics describe orders --configs",
     declare_topics_describe},
    {"topics create", "Create topics", "ottla topics create orders --partitions 12 -c retention.ms=86400000",
     declare_topics_create},
    {"topics delete", "Delete topics", "ottla topics delete orders", declare_topics_delete},
    {"topics alter", "Change a topic", "", nullptr},
    {"cluster describe", "The cluster's id, controller and brokers", "ottla cluster describe --output json",
     declare_cluster_describe},
    {"offsets", "Where each partition of a topic begins and ends", "ottla offsets orders", declare_offsets},
    {"config list", "The table of settings: names, types, ranges, defaults, and where Ottla differs",
     "ottla config list", declare_config_list},
    {"config explain", "All about one setting", "ottla config explain linger.ms", declare_config_explain},
    {"config check", "What files, environment and options resolve to", "ottla config check client.properties",
     declare_config_check},
    {"bench produce", "How fast and at what cost records go out",
     "ottla bench produce --records 1000000 --size 100 --keyed --output json", declare_bench_produce},
    {"bench consume", "How fast and at what cost records come in",
     "ottla bench consume --records 1000000 --output json", declare_bench_consume},
    {"bench latency", "How long one record's acknowledgement takes",
     "ottla bench latency --records 10000 --rate 1000 --output json", declare_bench_latency},
    {"bench peer", "A stand-in broker that costs next to nothing, to measure clients against",
     "ottla bench peer --listen 127.0.0.1:9093", declare_bench_peer},
    {"broker", "Run a Kafka-compatible broker for development and tests, in memory, with no promise of durability",
     "ottla broker --listen 127.0.0.1:9092 --topic orders:12", declare_broker},
    {"wire decode", "Message bytes to JSON, or to a hexdump with notes",
     "ottla wire decode --api ApiVersions --kind request --version 3 --annotate 066f74746c6104302e3100",
     declare_wire_decode},
    {"wire encode", "JSON to message bytes",
     "echo '{\"groups\":[\"billing\"]}' | ottla wire encode --api DescribeGroups --kind request --version 0",
     declare_wire_encode},
    {"wire roundtrip", "Message bytes decoded and encoded again, a line each",
     "ottla wire roundtrip --jsonl < questions.jsonl", declare_wire_roundtrip},
    {"wire records", "Record batches and message sets to JSON, a line each",
     "ottla wire records --jsonl < questions.jsonl", declare_wire_records},
    {"wire info", "What is known about a message's version, a line each", "ottla wire info --jsonl < questions.jsonl",
     declare_wire_info},
    {"wire list", "All messages: keys, versions, since which Kafka", "ottla wire list", declare_wire_list},
    {"wire send", "Send a request written as JSON to a broker, and print the answer",
     "ottla -b localhost:9092 wire send Metadata --version 1 --json '{\"topics\":null}'", declare_wire_send},
    {"wire schema", "The definition of a message: fields, types, versions, defaults; what changed between two versions",
     "ottla wire schema Fetch --kind request --diff 11..12", declare_wire_schema},
    {"wire fuzz", "Damaged requests against a broker of yours, each again by its number",
     "ottla wire fuzz --target 127.0.0.1:9092 --seed 7 --runs 10000", declare_wire_fuzz},
    {"groups", "Consumer groups", "", nullptr},
    {"doctor", "Check a cluster", "", nullptr},
    {"tap", "A proxy, or a capture that is read, that shows every request and response decoded",
     "ottla tap --listen 127.0.0.1:9092 --upstream kafka-1:9092", declare_tap},
    {"dlq", "Dead letters", "", nullptr},
};

}  // namespace

std::span<const command> command_table() { return table; }

}  // namespace ottla_tool

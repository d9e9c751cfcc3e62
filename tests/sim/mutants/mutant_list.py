"""Deliberate bugs: what is wrong, where, which profile has to notice, within how many seeds."""
from typing import NamedTuple


class Mutant(NamedTuple):
    name: str
    what: str
    file: str
    old: str  # occurs exactly once
    new: str
    profile: str
    seeds: int = 150


METADATA = "net/src/core_metadata.cpp"
OUTCOMES = "client/src/producer/sender_outcomes.cpp"

MUTANTS = [
    Mutant("renumbered-retry", "a batch without an answer gets a new sequence on retry", OUTCOMES,
           "why.is(client_code::closed)) return fail(one, why);\n  retry(one, why);",
           "why.is(client_code::closed)) return fail(one, why);\n  unassign(one);\n  retry(one, why);", "lossy"),
    Mutant("lost-ack", "a batch without an answer counts as acknowledged", OUTCOMES,
           "failed_attempt(*std::exchange(one, nullptr), message.error());",
           "succeed(load, *std::exchange(one, nullptr), unknown_offset, -1);", "lossy"),
    Mutant("not-persisted", "a batch whose answer was lost is said not to be persisted", OUTCOMES,
           "if (why.persisted() != persistence::no) one.possibly_persisted = true;", "", "lossy"),
    Mutant("sent-twice", "a Produce request goes out twice", OUTCOMES,
           "  // From 13 on topics are named by id; some",
           "  if (config.required_acks != acks::none && all_known) {\n"
           "    request twin = make_request<protocol::ProduceRequest>(\n"
           "        [load, &config](protocol::ProduceRequest& message, std::int16_t version, protocol::arena& memory) {\n"
           "          fill(*load, config, message, version, memory);\n        });\n"
           "    twin.timeout = config.request_timeout;\n"
           "    twin.done = [load](response&&) {};\n"
           "    core_->send(route{route::target::broker, load->broker, lane::produce, owner_}, std::move(twin));\n  }\n"
           "  // From 13 on topics are named by id; some", "calm"),
    Mutant("impatient-producer", "a batch that was refused goes again after a millisecond", OUTCOMES,
           "after(now_.mono, retry_pause(*core_, \"produce-retry\", stream, queue.failures, state_.config().retry_backoff));",
           "after(now_.mono, std::chrono::milliseconds(1 + static_cast<int>(stream & 0)));", "errors"),
    Mutant("lost-deadline", "a request that was written waits for its answer for ever", "net/src/connection.cpp",
           "  for (const auto* list : {&writing_, &waiting_}) {\n    for (const exchange_ptr& one : *list) {\n      if (one->deadline",
           "  for (const auto* list : {&writing_}) {\n    for (const exchange_ptr& one : *list) {\n      if (one->deadline",
           "partitioned"),
    Mutant("known-brokers-only", "bootstrap addresses are not asked again once brokers are known", "net/src/core.cpp",
           "(all_fail && asked_again)", "(all_fail && metadata_.brokers().empty() && (asked_again || true))", "replaced"),
    Mutant("told-to-begin-anew", "REBOOTSTRAP_REQUIRED is an error like others", METADATA,
           "if (refusal == protocol::error_code::rebootstrap_required &&",
           "if (refusal == protocol::error_code::none &&", "replaced"),
    Mutant("never-forgets", "brokers that give no metadata are never forgotten", METADATA,
           "return after(metadata_.failing_since(), config_.rebootstrap_trigger);", "return never;", "replaced"),
    Mutant("commit-ahead", "a commit says one record more than was processed", "client/src/group/offset_commits.cpp",
           "request make_commit(const group_identity& who, std::vector<offset_to_commit> offsets) {\n",
           "request make_commit(const group_identity& who, std::vector<offset_to_commit> offsets) {\n"
           "  for (offset_to_commit& one : offsets) ++one.offset;\n", "rebalancing"),
    Mutant("letter-not-awaited", "a message counts as finished when its dead letter is sent, not when it is acknowledged",
           "client/service/src/consuming/flow_turns.cpp", "    ++one->of->letters;\n",
           "    ++one->of->letters;\n    (void)one->of->tracked->finished(record.offset());\n"
           "    one->of->finished_to = std::max(one->of->finished_to, record.offset() + 1);\n", "service"),
    Mutant("commit-without-waiting", "commit does not wait for what is buffered and in flight",
           "client/src/transactions/transaction_steps.cpp", "if (!is_ending() || !drained()) return std::nullopt;",
           "if (!is_ending() || (!drained() && false)) return std::nullopt;", "transactional"),
    Mutant("crc-unchecked", "batches are not checked by their CRC", "client/src/consumer/batch_decoder.cpp",
           "config.check_crcs ? protocol::crc_check::verify : protocol::crc_check::skip",
           "config.check_crcs ? protocol::crc_check::skip : protocol::crc_check::skip", "hostile-broker"),
    Mutant("hoarded-room", "where room is short a broker without data keeps it for the length of a long poll",
           "client/src/consumer/fetcher.cpp", "    waits = std::chrono::milliseconds(0);\n", "", "slow-consumer"),
    Mutant("read-again", "a batch is read from its beginning, also where the offset asked for lies inside it",
           "client/src/consumer/batch_decoder.cpp", "if (!block.batches.empty()) skip_before(",
           "if (block.batches.size() == 12345) skip_before(", "rebalancing"),
]

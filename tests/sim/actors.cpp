// actors: producers that write numbered records, and a reader that keeps what it saw.
#include "actors.hpp"

#include <span>
#include <utility>

#include "ottla/sim/sim_host.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {
namespace {

using namespace std::chrono_literals;

std::optional<std::string> copy(const blob& from) {
  return from.is_null() ? std::nullopt : std::optional<std::string>(from.text());
}

mock::stored_record copy(const record_view& from) {
  mock::stored_record out;
  out.offset = from.offset();
  out.timestamp = from.timestamp();
  out.key = copy(from.key());
  out.value = copy(from.value());
  for (const auto& one : from.headers()) {
    out.headers.emplace_back(std::string(one.name), copy(blob(one.value)));
  }
  return out;
}

// Between the end of a wait and who waited for it there may be one more step.
constexpr std::chrono::milliseconds slack = 200ms;

}  // namespace

writer open_writer(world& where, std::size_t index, producer_config with, std::string_view topic, report& into) {
  writer out{cluster::open_on(std::make_unique<sim_host>(where, "producer " + std::to_string(index)),
                              cluster_config_of(where, "producer", index))};
  out.where = &where;
  out.most_bytes = with.buffer_memory;
  out.out = std::make_unique<producer>(*out.on, std::move(with));
  if (auto valid = out.out->valid(); !valid) into.violations.push_back({"config", valid.error().message()});
  out.topic = out.out->topic(topic);
  return out;
}

void check_memory(const writer& of, report& into) {
  if (!of.out) return;
  const std::size_t charged = of.out->stats().buffered_bytes;
  if (charged > of.most_bytes)
    into.violations.push_back(
        {"memory", std::to_string(charged) + " bytes are buffered of " + std::to_string(of.most_bytes)});
}

void finish(writer& of, std::chrono::milliseconds flush_time, report& into) {
  const auto violate = [&](std::string invariant, std::string detail) {
    into.violations.push_back({std::move(invariant), std::move(detail)});
  };
  if (!of.out) return;  // dropped
  of.is_ending = true;
  steady_ns before = of.where->lived();
  if (auto flushed = of.out->flush(flush_time); !flushed) violate("stuck", flushed.error().message());
  if (of.where->lived() - before > flush_time + slack) violate("late", "flush outlasted its deadline");
  before = of.where->lived();
  // What handlers sent while this flushed may be on a connection that is dead: it is failed then, and told so.
  const auto closed = of.out->close(10s);
  if (!closed && !(of.after_outcome && closed.error().is(client_code::timed_out)))
    violate("close", closed.error().message());
  if (of.where->lived() - before > 10s + slack) violate("late", "close outlasted its deadline");
  if (const std::size_t left = of.out->stats().buffered_bytes; left != 0)
    violate("memory", std::to_string(left) + " bytes are still charged after close");
}

sent_record make_record(int who, std::size_t number, random_stream& rng) {
  sent_record one;
  one.producer = who;
  if (rng.below(5) != 0) one.key = "k" + std::to_string(rng.below(40));
  one.value = std::to_string(number) + " " + std::string(rng.below(rng.below(10) == 0 ? 2'000 : 120), 'x');
  for (std::uint64_t i = rng.below(8); i >= 6; --i) {
    one.headers.emplace_back("h" + std::to_string(i),
                             rng.below(2) == 0 ? std::nullopt : std::optional<std::string>("v"));
  }
  return one;
}

error send(writer& from, history& told, sent_record record) {
  const std::size_t number = told.add(std::move(record));
  const sent_record& one = told.records()[number];
  std::vector<record_header> headers;
  for (const auto& [name, value] : one.headers) {
    headers.push_back({name, value ? std::optional<bytes_view>(std::as_bytes(std::span(*value))) : std::nullopt});
  }
  ottla::record what;
  if (one.key) what.key = *one.key;
  what.value = *one.value;
  what.headers = headers;
  const bool outer = std::exchange(from.is_sending, true);
  auto queued = from.topic.send(what, [&told, number, then = from.after_outcome](const delivery& outcome) {
    told.outcome(number, outcome);
    if (then) (*then)(outcome);
  });
  from.is_sending = outer;
  if (queued) return {};
  told.refused(number);
  return queued.error();
}

reader open_reader(world& where, std::size_t index, consumer_config with, report& into) {
  reader out{cluster::open_on(std::make_unique<sim_host>(where, "consumer " + std::to_string(index)),
                              cluster_config_of(where, "consumer", index))};
  out.where = &where;
  out.in = std::make_unique<consumer>(*out.on, std::move(with));
  if (auto valid = out.in->valid(); !valid) into.violations.push_back({"config", valid.error().message()});
  return out;
}

std::size_t reader::count() const {
  std::size_t out = 0;
  for (const auto& [partition, records] : seen) out += records.size();
  return out;
}

void keep(reader& by, const polled& what) {
  for (const record_view& one : what.records()) by.seen[one.partition()].push_back(copy(one));
}

bool read_some(reader& from, std::chrono::milliseconds wait, report& into) {
  const steady_ns before = from.where->lived();
  auto polled = from.in->poll(wait);
  if (const auto took = from.where->lived() - before; took > wait + slack)
    into.violations.push_back(
        {"late", "poll took " + std::to_string(took / 1ms) + " ms of " + std::to_string(wait.count())});
  if (!polled) {
    if (polls_again(polled.error())) return true;
    into.violations.push_back({"poll", polled.error().message()});
    return false;
  }
  keep(from, *polled);
  for (const partition_error& one : polled->errors()) {
    if (!one.why.retriable()) into.violations.push_back({"partition-error", one.why.message()});
  }
  return true;
}

}  // namespace sim
}  // namespace v0
}  // namespace ottla

// actors: producers that write numbered records, and a reader that keeps what it saw.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "history.hpp"
#include "ottla/consumer.hpp"
#include "ottla/producer.hpp"
#include "scenario.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {

/// What a user does inside the handler of a delivery.
using reaction = std::function<void(const delivery&)>;

/// One producer with a cluster handle of its own.
struct writer {
  result<cluster> on;
  std::unique_ptr<producer> out{};
  ottla::topic topic{};
  world* where = nullptr;
  std::size_t most_bytes = 0;
  std::shared_ptr<reaction> after_outcome{};  ///< of what is sent from then on
  bool is_sending = false;                    ///< inside a send, which may wait
  bool is_ending = false;                     ///< being flushed and closed: nobody may take it away
};

/// What it may hold: checked at any moment.
void check_memory(const writer& of, report& into);
/// Flushes and closes, each within its deadline.
void finish(writer& of, std::chrono::milliseconds flush_time, report& into);

/// A configuration that is refused is a violation.
writer open_writer(world& where, std::size_t index, producer_config with, std::string_view topic, report& into);

/// With and without key, short and long, now and then with headers.
sent_record make_record(int who, std::size_t number, random_stream& rng);
/// The error says why it was not taken.
error send(writer& from, history& told, sent_record record);

/// One consumer with a cluster handle of its own.
struct reader {
  result<cluster> on;
  std::unique_ptr<consumer> in{};
  world* where = nullptr;
  std::map<std::int32_t, std::vector<mock::stored_record>> seen{};

  std::size_t count() const;
};

reader open_reader(world& where, std::size_t index, consumer_config with, report& into);

void keep(reader& by, const polled& what);
/// One poll, within its deadline; false if it failed in a way that reading on cannot mend, which is a violation.
bool read_some(reader& from, std::chrono::milliseconds wait, report& into);

}  // namespace sim
}  // namespace v0
}  // namespace ottla

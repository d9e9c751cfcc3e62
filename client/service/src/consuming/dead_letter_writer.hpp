// dead_letter_writer: sends records that failed to where they go, dead or to a retry topic, with a producer of its own,
// and never waits.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "flow.hpp"
#include "ottla/producer.hpp"
#include "ottla/service/dead_letter.hpp"

namespace ottla {
inline namespace v0 {

/// Any thread. Outcomes come on the core's thread, or inside `write`.
class dead_letter_writer : public std::enable_shared_from_this<dead_letter_writer> {
 public:
  /// `offset`: where it lies; -1: not known.
  using outcome = std::function<void(std::uint64_t number, const error& why, std::int64_t offset)>;

  dead_letter_writer(cluster on, const service_consumer_options& options, outcome told);

  /// Each has one outcome, at the latest after dead_letter_timeout, but for a moment; none after close.
  void write(std::vector<letter> letters);
  void close(std::chrono::milliseconds timeout);

 private:
  /// A topic that is written to.
  struct destination {
    topic to{};
    std::vector<letter> waiting{};  // for its partitions to be known
    bool asked = false;
  };
  /// What the receipt is about, for as long as it is under way.
  struct sent_letter {
    sent_letter(record_run run_of_it, dead_letter_note its_note)
        : run(std::move(run_of_it)), note(std::move(its_note)) {}
    record_run run;
    dead_letter_note note;
  };

  void open();
  std::string topic_of(const letter& one) const;
  void write(const std::string& name, std::vector<letter> letters);
  void send(topic& to, const letter& one);
  dead_letter_note note_of(const letter& one) const;
  result<std::int32_t> partition_of(const topic& to, const letter& one) const;
  void topic_ready(const std::string& name, const error& why);
  void ended(std::uint64_t number, const delivery& how, const sent_letter* what);

  cluster on_;
  const service_consumer_options options_;
  const retry_levels levels_;
  const std::string consumer_;
  const outcome told_;
  std::mutex mutex_;  // of the rest; nothing is called out under it
  std::optional<producer> out_;
  std::map<std::string, destination> destinations_;
  bool fatal_ = false;
};

}  // namespace v0
}  // namespace ottla

// replay_note: to text and back, strictly.
#include "replay_note.hpp"

#include <charconv>

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::string_view first_word = "ottla-replay/1";

std::string_view take_word(std::string_view& text) {
  const std::size_t blank = text.find(' ');
  const std::string_view out = text.substr(0, blank);
  text = blank == std::string_view::npos ? std::string_view() : text.substr(blank + 1);
  return out;
}

template <class Number>
bool read_number(std::string_view text, Number& into) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), into);
  return failed == std::errc() && end == text.data() + text.size() && into >= 0;
}

/// TOPIC/PARTITION@LOOK_FROM=LETTERS
std::optional<planned_batch> parse_batch(std::string_view word, std::int64_t base) {
  const std::size_t equals = word.find('='), at = word.find('@'), slash = word.find('/');
  if (equals == std::string_view::npos || at > equals || slash > at || slash == 0) return std::nullopt;
  planned_batch out;
  out.to.topic = word.substr(0, slash);
  auto letters = offset_set::parse(word.substr(equals + 1), base);
  if (!read_number(word.substr(slash + 1, at - slash - 1), out.to.partition) ||
      !read_number(word.substr(at + 1, equals - at - 1), out.look_from) || !letters || letters->empty())
    return std::nullopt;
  out.letters = std::move(*letters);
  return out;
}

}  // namespace

void replay_note::settle(const offset_set& letters) {
  done.add(letters);
  if (done.contains(next)) next = done.ranges().front().to;
  done.drop_below(next);
}

std::string replay_note::text() const {
  if (done.empty() && !intent) return {};
  std::string out(first_word);
  if (!done.empty()) out += " done=" + done.text(next);
  if (intent) {
    out += " producer=" + std::to_string(intent->as.producer_id) + "/" + std::to_string(intent->as.epoch) +
           " at=" + std::to_string(intent->written_at);
    for (const planned_batch& one : intent->batches) {
      out += " " + one.to.topic + "/" + std::to_string(one.to.partition) + "@" + std::to_string(one.look_from) + "=" +
             one.letters.text(next);
    }
  }
  return out;
}

std::optional<replay_note> replay_note::parse(std::int64_t next, std::string_view text) {
  replay_note out;
  out.next = next;
  if (text.empty()) return out;
  if (take_word(text) != first_word || text.empty()) return std::nullopt;
  if (text.starts_with("done=")) {
    auto done = offset_set::parse(take_word(text).substr(5), next);
    if (!done || done->empty()) return std::nullopt;
    out.done = std::move(*done);
    if (text.empty()) return out;
  }
  const std::string_view producer = take_word(text), at = take_word(text);
  const std::size_t slash = producer.find('/');
  replay_intent intent;
  if (!producer.starts_with("producer=") || slash == std::string_view::npos || !at.starts_with("at=") ||
      !read_number(producer.substr(9, slash - 9), intent.as.producer_id) ||
      !read_number(producer.substr(slash + 1), intent.as.epoch) || !read_number(at.substr(3), intent.written_at))
    return std::nullopt;
  while (!text.empty()) {
    auto one = parse_batch(take_word(text), next);
    if (!one) return std::nullopt;
    intent.batches.push_back(std::move(*one));
  }
  if (intent.batches.empty()) return std::nullopt;
  out.intent = std::move(intent);
  return out;
}

}  // namespace v0
}  // namespace ottla

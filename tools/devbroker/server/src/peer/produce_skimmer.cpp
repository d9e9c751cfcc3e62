// Reads a Produce request as it streams by and keeps its skeleton only.
#include "peer/produce_skimmer.hpp"

#include <algorithm>
#include <array>

namespace ottla {
inline namespace v0 {
namespace mock {

/// Reads from what is there. `short_of_bytes` means: try again with more; nothing has been taken then.
class produce_skimmer::cursor {
 public:
  explicit cursor(std::span<const std::byte> in) : in_(in) {}

  std::uint64_t big_endian(std::size_t bytes) {
    std::uint64_t value = 0;
    for (const std::byte b : take(bytes)) value = value << 8 | std::to_integer<std::uint64_t>(b);
    return value;
  }
  std::int16_t int16() { return static_cast<std::int16_t>(big_endian(2)); }
  std::int32_t int32() { return static_cast<std::int32_t>(big_endian(4)); }
  std::uint32_t uvarint() {
    std::uint32_t value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
      const auto b = static_cast<std::uint32_t>(big_endian(1));
      value |= (b & 0x7f) << shift;
      if ((b & 0x80) == 0) return value;
    }
    broken = true;
    return 0;
  }
  std::span<const std::byte> take(std::size_t bytes) {
    if (short_of_bytes || bytes > in_.size() - taken) {
      short_of_bytes = true;
      return {};
    }
    taken += bytes;
    return in_.subspan(taken - bytes, bytes);
  }
  /// A length or count in either form; -1 is null.
  std::int64_t length(bool flexible) { return flexible ? std::int64_t{uvarint()} - 1 : int32(); }
  std::span<const std::byte> text(bool flexible) {
    const std::int64_t size = flexible ? std::int64_t{uvarint()} - 1 : int16();
    return size > 0 ? take(static_cast<std::size_t>(size)) : std::span<const std::byte>{};
  }
  void tags() {
    for (std::uint32_t count = uvarint(); count > 0 && !short_of_bytes && !broken; --count) {
      uvarint();
      take(uvarint());
    }
  }

  std::size_t taken = 0;
  bool short_of_bytes = false;
  bool broken = false;

 private:
  std::span<const std::byte> in_;
};

void produce_skimmer::begin(std::size_t frame_bytes) {
  state_ = state::header;
  left_ = frame_bytes;
  skip_ = 0;
  topics_.clear();
}

bool produce_skimmer::read_header(cursor& in) {
  in.int16();  // the API key, which is why we are here
  version_ = in.int16();
  correlation_id_ = in.int32();
  in.text(false);  // the client id is never compact
  if (flexible()) in.tags();
  in.text(flexible());
  acks_ = in.int16();
  in.int32();
  topics_left_ = in.length(flexible());
  next_topic();
  return true;
}

bool produce_skimmer::read_topic(cursor& in) {
  skimmed_topic topic;
  if (version_ >= 13) {
    const auto id = in.take(topic.id.bytes.size());
    std::copy(id.begin(), id.end(), topic.id.bytes.begin());
  } else {
    topic.name = std::string(protocol::as_text(in.text(flexible())));
  }
  partitions_left_ = in.length(flexible());
  if (in.short_of_bytes || in.broken) return false;
  topics_.push_back(std::move(topic));
  next_partition();
  return true;
}

bool produce_skimmer::read_partition(cursor& in) {
  const std::int32_t index = in.int32();
  const std::int64_t size = in.length(flexible());
  if (in.short_of_bytes || in.broken) return false;
  topics_.back().partitions.push_back(index);
  skip_ = size > 0 ? static_cast<std::size_t>(size) : 0;
  --partitions_left_;
  state_ = state::partition_end;
  return true;
}

bool produce_skimmer::read_end(cursor& in) {
  if (flexible()) in.tags();
  if (in.short_of_bytes || in.broken) return false;
  if (state_ == state::partition_end) {
    next_partition();
  } else if (state_ == state::topic_end) {
    next_topic();
  } else {
    state_ = state::done;
  }
  return true;
}

void produce_skimmer::next_partition() {
  state_ = partitions_left_ > 0 ? state::partition : state::topic_end;
  if (state_ == state::topic_end) --topics_left_;
}

void produce_skimmer::next_topic() { state_ = topics_left_ > 0 ? state::topic : state::end; }

produce_skimmer::wants produce_skimmer::feed(std::span<const std::byte>& in) {
  left_ -= skip_;  // the caller has discarded what the last call asked for
  skip_ = 0;
  while (state_ != state::done) {
    cursor at(in.first(std::min(in.size(), left_)));
    const state before = state_;
    switch (state_) {
      case state::header:
        read_header(at);
        break;
      case state::topic:
        read_topic(at);
        break;
      case state::partition:
        read_partition(at);
        break;
      default:
        read_end(at);
        break;
    }
    if (at.broken || (at.short_of_bytes && in.size() >= left_)) return wants::broken;
    if (at.short_of_bytes) {
      state_ = before;
      return wants::more_bytes;
    }
    in = in.subspan(at.taken);
    left_ -= at.taken;
    if (skip_ > left_) return wants::broken;
    if (skip_ != 0) return wants::skip;
  }
  return left_ == 0 ? wants::done : wants::broken;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla

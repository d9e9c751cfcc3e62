// Streams of frames: wherever the bytes are cut, client and dev broker see the same frames, or both the same fault.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "frame_reader.hpp"
#include "frame_splitter.hpp"

namespace {

using bytes = std::span<const std::byte>;
constexpr std::size_t max_frame = 1 << 16;

struct seen {
  std::vector<std::vector<std::byte>> frames;
  bool broken = false;
  bool operator==(const seen&) const = default;
};

seen by_client(bytes stream, std::size_t cut) {
  ottla::frame_reader reader(max_frame);
  seen out;
  for (bytes part; !stream.empty() && reader.failure().empty();) {
    part = stream.first(std::min(cut, stream.size()));
    stream = stream.subspan(part.size());
    while (!part.empty() && reader.failure().empty()) {
      const auto room = reader.pieces();
      std::size_t moved = 0;
      for (const auto piece : room) {
        const std::size_t size = std::min(piece.size(), part.size());
        if (size > 0) std::memcpy(piece.data(), part.data(), size);
        part = part.subspan(size);
        moved += size;
      }
      reader.read_done(moved);
      while (const auto one = reader.next()) out.frames.emplace_back(one->bytes().begin(), one->bytes().end());
    }
  }
  out.broken = !reader.failure().empty();
  return out;
}

seen by_broker(bytes stream, std::size_t cut) {
  ottla::mock::frame_splitter splitter(max_frame);
  seen out;
  while (!stream.empty() && splitter.broken().empty()) {
    const bytes part = stream.first(std::min(cut, stream.size()));
    stream = stream.subspan(part.size());
    splitter.push(part);
    for (; splitter.broken().empty() && splitter.front(); splitter.pop())
      out.frames.emplace_back(splitter.front()->begin(), splitter.front()->end());
  }
  out.broken = !splitter.broken().empty();
  return out;
}

}  // namespace

// The first byte says how long the pieces are.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bytes stream = std::as_bytes(std::span(data + 1, size - 1));
  const std::size_t cut = std::size_t{data[0]} + 1;
  if (by_client(stream, cut) != by_client(stream, stream.size() + 1)) std::abort();
  if (by_broker(stream, cut) != by_broker(stream, stream.size() + 1)) std::abort();
  return 0;
}

// fragile_disk: the write in which the process dies.
#include "ottla/sim/fragile_disk.hpp"

#include <algorithm>

namespace ottla {
inline namespace v0 {
namespace sim {
namespace {

constexpr const char* gone = "the process is dead";
constexpr std::size_t sector = 512;

}  // namespace

void fragile_disk::die_after(std::uint64_t writes, death how, std::uint64_t draw) {
  left_ = writes;
  how_ = how;
  rng_ = random_stream(draw);
}

void fragile_disk::revive() {
  dead_ = false;
  left_.reset();
}

fragile_disk::fate fragile_disk::next() {
  if (dead_) return fate::never;
  if (!left_ || (*left_)-- > 0) return fate::done;
  dead_ = true;
  left_.reset();
  return fate::last;
}

std::string fragile_disk::list(std::vector<std::string>& names) { return dead_ ? gone : on_.list(names); }
std::string fragile_disk::read(std::string_view name, std::vector<std::byte>& bytes) {
  return dead_ ? gone : on_.read(name, bytes);
}

// A kill leaves a beginning. A power cut leaves any of the sectors up to the length that the file has got, and nothing
// (zeros) where the others would be; what was in the file before was flushed, and stays.
std::string fragile_disk::append(std::string_view name, std::span<const std::byte> bytes) {
  const fate what = next();
  if (what == fate::done) return on_.append(name, bytes);
  if (what == fate::never) return gone;
  std::vector<std::byte> left(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(rng_.below(bytes.size() + 1)));
  if (how_ == death::power_cut) {
    const auto file = on_.files.find(name);
    const std::size_t before = file == on_.files.end() ? 0 : file->second.size();
    for (std::size_t from = 0; from < left.size();) {
      const std::size_t end = std::min(left.size(), from + sector - (before + from) % sector);
      if (rng_.below(2) == 0)
        std::fill(left.begin() + static_cast<std::ptrdiff_t>(from), left.begin() + static_cast<std::ptrdiff_t>(end),
                  std::byte{0});
      from = end;
    }
  }
  if (!left.empty()) (void)on_.append(name, left);
  return gone;
}

std::string fragile_disk::replace(std::string_view name, std::span<const std::byte> bytes) {
  const fate what = next();
  if (what == fate::done) return on_.replace(name, bytes);
  if (what == fate::last && rng_.below(2) == 0) (void)on_.replace(name, bytes);
  return gone;
}

std::string fragile_disk::truncate(std::string_view name, std::size_t size) {
  const fate what = next();
  if (what == fate::done) return on_.truncate(name, size);
  if (what == fate::last && rng_.below(2) == 0) (void)on_.truncate(name, size);
  return gone;
}

std::string fragile_disk::remove(std::string_view name) {
  const fate what = next();
  if (what == fate::done) return on_.remove(name);
  if (what == fate::last && rng_.below(2) == 0) (void)on_.remove(name);
  return gone;
}

}  // namespace sim
}  // namespace v0
}  // namespace ottla

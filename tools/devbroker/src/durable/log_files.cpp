// How the files of a partition are called, and what stands beside its segments.
#include "durable/log_files.hpp"

#include <charconv>

#include "ottla/protocol/crc32c.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

constexpr std::size_t offset_digits = 20;
constexpr std::string_view of_segment = ".log";
constexpr std::string_view of_producers = ".producers";
constexpr std::size_t crc_size = 4;

std::string file_of(std::string_view folder, std::int64_t base_offset, std::string_view suffix) {
  const std::string digits = std::to_string(base_offset);
  std::string out(folder);
  out += '/';
  out.append(offset_digits - digits.size(), '0').append(digits).append(suffix);
  return out;
}

}  // namespace

std::string folder_of(std::string_view topic, std::int32_t partition) {
  return std::string(topic) + "-" + std::to_string(partition);
}

std::string segment_file(std::string_view folder, std::int64_t base_offset) {
  return file_of(folder, base_offset, of_segment);
}

std::string producers_file(std::string_view folder, std::int64_t base_offset) {
  return file_of(folder, base_offset, of_producers);
}

std::optional<log_file_name> parse_log_file(std::string_view name) {
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos || name.size() < slash + 1 + offset_digits) return std::nullopt;
  log_file_name out{name.substr(0, slash), 0, false};
  const std::string_view digits = name.substr(slash + 1, offset_digits);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.base_offset);
  if (error != std::errc{} || end != digits.data() + digits.size() || out.base_offset < 0) return std::nullopt;
  const std::string_view suffix = name.substr(slash + 1 + offset_digits);
  out.is_segment = suffix == of_segment;
  return out.is_segment || suffix == of_producers ? std::optional(out) : std::nullopt;
}

std::string write_producers(disk& on, std::string_view name, const producer_states& producers) {
  std::vector<std::byte> bytes(crc_size);
  entry_writer out(bytes);
  producers.save(out);
  store_big_endian(bytes.data(), protocol::crc32c(std::span<const std::byte>(bytes).subspan(crc_size)));
  return on.replace(name, bytes);
}

bool read_producers(disk& on, std::string_view name, producer_states& producers) {
  std::vector<std::byte> bytes;
  if (!on.read(name, bytes).empty() || bytes.size() < crc_size) return false;
  const auto body = std::span<const std::byte>(bytes).subspan(crc_size);
  if (protocol::crc32c(body) != load_big_endian<std::uint32_t>(bytes.data())) return false;
  entry_reader in(body);
  return producers.load(in);
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla

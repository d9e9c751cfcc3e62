// trace: traceparent as text and back, and the hooks that only carry it on.
#include "ottla/service/trace.hpp"

#include <algorithm>

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::string_view digits = "0123456789abcdef";
constexpr std::size_t longest_state = 512;  // what W3C asks everybody to carry at least

template <std::size_t N>
void put(std::string& out, const std::array<std::uint8_t, N>& bytes) {
  for (const std::uint8_t byte : bytes) (out += digits[byte >> 4]) += digits[byte & 15];
}

// Lower case only, as the recommendation has it.
bool take(std::string_view text, std::span<std::uint8_t> into) {
  if (text.size() != 2 * into.size()) return false;
  for (std::size_t i = 0; i < into.size(); ++i) {
    const std::size_t high = digits.find(text[2 * i]), low = digits.find(text[2 * i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return false;
    into[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

bool any(std::span<const std::uint8_t> bytes) {
  return std::any_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte != 0; });
}

std::string_view text_of(const record_header& header) { return blob(header.value).text(); }

}  // namespace

bool trace_context::valid() const { return any(trace_id) && any(span_id); }

//     00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
//     version  trace id (16 bytes)         span id (8)     flags
std::string format_traceparent(const trace_context& at) {
  std::string out = "00-";
  put(out, at.trace_id);
  out += '-';
  put(out, at.span_id);
  out += '-';
  put(out, std::array<std::uint8_t, 1>{at.flags});
  return out;
}

std::optional<trace_context> parse_traceparent(std::string_view text) {
  constexpr std::size_t size = 55;
  if (text.size() < size || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  std::array<std::uint8_t, 1> version{}, flags{};
  trace_context out;
  if (!take(text.substr(0, 2), version) || version[0] == 0xff) return std::nullopt;
  if (text.size() > size && (version[0] == 0 || text[size] != '-')) return std::nullopt;
  if (!take(text.substr(3, 32), out.trace_id) || !take(text.substr(36, 16), out.span_id)) return std::nullopt;
  if (!take(text.substr(53, 2), flags) || !out.valid()) return std::nullopt;
  out.flags = version[0] == 0 ? flags[0] : flags[0] & 1;  // what other bits of later versions mean is not known
  return out;
}

std::optional<trace_context> read_trace(std::span<const record_header> headers) {
  std::optional<trace_context> out;
  std::string state;
  bool seen = false;
  for (const record_header& one : headers) {
    if (one.name == traceparent_header) {
      if (seen) return std::nullopt;
      seen = true;
      out = parse_traceparent(text_of(one));
    } else if (one.name == tracestate_header && !text_of(one).empty() &&
               state.size() + text_of(one).size() <= 2 * longest_state) {
      if (!state.empty()) state += ',';
      state += text_of(one);
    }
  }
  if (out && state.size() <= longest_state) out->state = std::move(state);
  return out;
}

trace_context trace_propagation::next(const trace_context* parent) {
  trace_context out;
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto fill = [this](std::span<std::uint8_t> bytes) {
    do {
      for (std::size_t i = 0; i < bytes.size(); i += 8) {
        std::uint64_t drawn = rng_.next();
        for (std::size_t k = 0; k < 8; ++k, drawn >>= 8) bytes[i + k] = static_cast<std::uint8_t>(drawn);
      }
    } while (!any(bytes));
  };
  if (parent != nullptr && parent->valid()) {
    out = *parent;
  } else {
    fill(out.trace_id);
    out.flags = sample_new_ ? 1 : 0;
  }
  fill(out.span_id);
  return out;
}

std::uint64_t trace_propagation::begin_send(const send_trace& of, std::vector<envelope_header>& add) noexcept {
  for (const record_header& one : of.headers) {
    if (one.name == traceparent_header) return 0;
  }
  const trace_context mine = next(of.parent);
  add.push_back({std::string(traceparent_header), format_traceparent(mine)});
  if (!mine.state.empty()) add.push_back({std::string(tracestate_header), mine.state});
  return 0;
}

std::uint64_t trace_propagation::begin_process(const process_trace& of, trace_context& current) noexcept {
  current = next(of.parent);
  return 0;
}

}  // namespace v0
}  // namespace ottla

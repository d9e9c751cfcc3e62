// Columns: offset, bytes, name, versions, type, value. Two walks: the first only measures the names.
#include "annotate.hpp"

#include <algorithm>
#include <ostream>

#include "ottla/protocol_text/encodings.hpp"
#include "ottla/protocol_text/record_walk.hpp"

namespace ottla::wire {

using protocol_text::message_part;
using protocol_text::part_kind;
using protocol_text::record_part;
using protocol_text::walk_records;

namespace {
constexpr std::size_t bytes_a_line = 8;
constexpr std::size_t most_lines = 4;
constexpr std::size_t widest_name = 60;
constexpr std::size_t versions_width = 4;
constexpr std::size_t type_width = 13;  // "uvarint (n+1)"
constexpr char inflated_mark = '*';     // behind an offset that counts in inflated data

constexpr std::string_view dim = "\x1b[2m", cyan = "\x1b[36m", bold = "\x1b[1m", green = "\x1b[32m", plain = "\x1b[0m";

class hexdump {
 public:
  hexdump(const annotate_options& options, std::size_t last_offset, std::ostream& out) : options_{options}, out_{out} {
    digits_ = last_offset > 0xffff ? 8 : 4;
  }

  void set_name_width(std::size_t width) { name_width_ = std::min(width, widest_name); }

  void line(const message_part& part, std::string versions) {
    lines(part.offset, part.bytes,
          columns(part.kind, std::string{part.path}, std::move(versions), part.encoding, value_text(part)));
  }

  /// `field_offset`: of the records field that the part stands in.
  void line(const record_part& part, std::size_t field_offset) {
    const std::string notes = columns(part.kind, "  " + std::string{part.path}, "", part.encoding, part.value);
    if (part.inflated) {
      lines_at(part.offset, part.bytes, notes, inflated_mark);
    } else {
      lines_at(options_.base + field_offset + part.offset, part.bytes, notes);
    }
  }

  void remark(const std::string& text) { out_ << std::string(digits_ + 2, ' ') << coloured(dim, text) << '\n'; }

  void lines(std::size_t offset, protocol::bytes_view bytes, const std::string& notes) {
    lines_at(options_.base + offset, bytes, notes);
  }

 private:
  [[nodiscard]] std::string columns(part_kind kind, std::string name, std::string versions, std::string_view encoding,
                                    const std::string& value) const {
    std::string type{encoding};
    name.resize(std::max(name.size(), name_width_), ' ');
    type.resize(std::max(type.size(), type_width), ' ');
    versions.resize(std::max(versions.size(), versions_width), ' ');
    const bool content = kind == part_kind::value || kind == part_kind::null;
    return coloured(content ? bold : dim, name) + "  " + coloured(dim, versions + "  " + type) + "  " +
           coloured(content ? green : dim, value);
  }

  void lines_at(std::size_t offset, protocol::bytes_view bytes, const std::string& notes, char mark = ' ') {
    for (std::size_t shown = 0; shown == 0 || shown < bytes.size(); shown += bytes_a_line) {
      if (shown == most_lines * bytes_a_line) {
        remark("... " + std::to_string(bytes.size() - shown) + " more");
        return;
      }
      const auto piece = bytes.subspan(shown, std::min(bytes_a_line, bytes.size() - shown));
      out_ << coloured(dim, offset_text(offset + shown)) << mark << ' ' << coloured(cyan, hex(piece, shown == 0));
      if (shown == 0) out_ << "  " << notes;
      out_ << '\n';
    }
  }

  [[nodiscard]] std::string coloured(std::string_view colour, const std::string& text) const {
    if (!options_.colour || text.empty()) return text;
    return std::string{colour} + text + std::string{plain};
  }

  [[nodiscard]] std::string offset_text(std::size_t offset) const {
    std::string out;
    for (std::size_t i = digits_ / 2; i > 0; --i)
      protocol_text::append_hex(out, static_cast<std::byte>(offset >> (8 * (i - 1)) & 0xff));
    return out;
  }

  /// Padded where notes follow.
  static std::string hex(protocol::bytes_view bytes, bool pad) {
    std::string out;
    for (const std::byte b : bytes) {
      if (!out.empty()) out += ' ';
      protocol_text::append_hex(out, b);
    }
    if (pad) out.resize(3 * bytes_a_line - 1, ' ');
    return out;
  }

  annotate_options options_;
  std::ostream& out_;
  std::size_t digits_;
  std::size_t name_width_ = 0;
};

bool is_records(const message_part& part) {
  return part.kind == part_kind::value && part.field != nullptr && !part.bytes.empty() &&
         part.field->type == protocol_text::field_type::records;
}

std::size_t name_width(const protocol_text::message_type& message, std::int16_t version, protocol::bytes_view body,
                       bool records) {
  std::size_t width = 0;
  (void)walk_bytes(message, version, body, [&](const message_part& part) {
    width = std::max(width, part.path.size());
    if (!records || !is_records(part)) return;
    (void)walk_records(part.bytes, [&](const record_part& inner) { width = std::max(width, 2 + inner.path.size()); });
  });
  return width;
}

/// `base`: of the body in what is shown.
void dump_records(hexdump& dump, const message_part& field, std::size_t base) {
  std::size_t covered = 0;
  bool inflated = false;
  auto error = walk_records(field.bytes, [&](const record_part& part) {
    if (part.inflated && !inflated) dump.remark("* offsets in the inflated data");
    inflated = part.inflated;
    if (!inflated) covered = part.offset + part.bytes.size();
    dump.line(part, field.offset);
  });
  if (!error) return;
  if (!error->inflated) error->offset += base + field.offset;
  dump.lines(field.offset + covered, field.bytes.subspan(covered), "<- not to be read: " + error->message());
}
}  // namespace

std::optional<protocol_text::walk_error> annotate(const protocol_text::message_type& message, std::int16_t version,
                                                  protocol::bytes_view body, const annotate_options& options,
                                                  std::ostream& out) {
  hexdump dump{options, options.base + body.size(), out};
  dump.set_name_width(name_width(message, version, body, options.records));
  std::size_t covered = 0;
  const auto error = walk_bytes(message, version, body, [&](const message_part& part) {
    covered = part.offset + part.bytes.size();
    if (options.records && is_records(part)) return dump_records(dump, part, options.base);
    dump.line(part, range_text(part.versions, message));
  });
  if (error) {
    auto shown = *error;
    shown.offset += options.base;
    dump.lines(covered, body.subspan(covered), "<- " + shown.message());
  }
  return error;
}

void annotate_bytes(protocol::bytes_view bytes, std::string_view note, const annotate_options& options,
                    std::ostream& out) {
  hexdump{options, options.base + bytes.size(), out}.lines(0, bytes, std::string{note});
}

}  // namespace ottla::wire

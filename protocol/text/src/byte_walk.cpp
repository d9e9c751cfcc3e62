// The second decoder: driven by tables, where the first is generated.
#include "ottla/protocol_text/byte_walk.hpp"

#include <limits>

namespace ottla {
inline namespace v0 {
namespace protocol_text {

namespace {

constexpr std::int64_t longest_string = std::numeric_limits<std::int16_t>::max();
constexpr std::string_view compact = "uvarint (n+1)";

std::string bytes_of(std::int64_t n) { return std::to_string(n) + (n == 1 ? " byte" : " bytes"); }

/// Goes as deep as the schema does, at most six structs: a struct never contains itself (the generator sees to that).
class byte_walk {
 public:
  byte_walk(const message_type& message, std::int16_t version, protocol::bytes_view body,
            const std::function<void(const message_part&)>& each)
      : message_{message},
        version_{version},
        flexible_{version >= message.first_flexible_version},
        body_{body},
        end_{body.size()},
        each_{each} {}

  std::optional<walk_error> run(bool whole) {
    if (!message_.has(version_)) {
      fail(0, "there is no version " + std::to_string(version_) + " of " + std::string{message_.name});
    } else if (walk(schema_of(message_).root()) && whole && at_ != end_) {
      fail(at_, "the message ends here, " + bytes_of(left()) + (left() == 1 ? " is" : " are") + " left over");
    }
    return std::move(error_);
  }

  [[nodiscard]] std::size_t used() const { return at_; }

 private:
  /// Appends to the path, and takes it back when it goes.
  class path_step {
   public:
    path_step(byte_walk& walk, std::string_view name) : path_{walk.path_}, before_{path_.size()} {
      if (!path_.empty()) path_ += '.';
      path_ += name;
    }
    path_step(byte_walk& walk, std::size_t index) : path_{walk.path_}, before_{path_.size()} {
      path_ += '[' + std::to_string(index) + ']';
    }
    path_step(const path_step&) = delete;
    path_step& operator=(const path_step&) = delete;
    ~path_step() { path_.resize(before_); }

   private:
    std::string& path_;
    std::size_t before_;
  };

  [[nodiscard]] std::int64_t left() const { return static_cast<std::int64_t>(end_ - at_); }

  /// Always false: the first error ends the walk.
  bool fail(std::size_t offset, std::string what) {
    error_ = walk_error{offset, path_, std::move(what)};
    return false;
  }

  void tell(part_kind kind, std::size_t start, std::string_view encoding, std::int64_t number) {
    const version_range versions = field_ != nullptr ? field_->versions : tagged_versions();
    each_({kind, start, body_.subspan(start, at_ - start), path_, depth_, field_, versions, encoding, number});
  }

  [[nodiscard]] version_range tagged_versions() const {
    return {message_.first_flexible_version, message_.max_unstable_version};
  }

  bool expect(std::size_t size, std::string_view what) {
    if (end_ - at_ >= size) return true;
    return fail(at_,
                std::string{what} + " of " + bytes_of(static_cast<std::int64_t>(size)) + " expected, " +
                    (at_ == end_ ? std::string{"none is"} : std::to_string(left()) + (left() == 1 ? " is" : " are")) +
                    " left");
  }

  bool big_endian(std::size_t size, std::string_view what, std::int64_t& out) {
    if (!expect(size, what)) return false;
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < size; ++i) bits = bits << 8 | std::to_integer<std::uint64_t>(body_[at_++]);
    const unsigned unused = 64 - 8 * static_cast<unsigned>(size);
    out = static_cast<std::int64_t>(bits << unused) >> unused;
    return true;
  }

  bool uvarint(std::string_view what, std::int64_t& out) {
    const std::size_t start = at_;
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
      if (at_ == end_) return fail(at_, "the rest of " + std::string{what} + " (a varint) expected, no byte is left");
      const auto byte = std::to_integer<std::uint64_t>(body_[at_++]);
      value |= (byte & 0x7f) << shift;
      if (value > std::numeric_limits<std::uint32_t>::max()) break;
      if (byte < 0x80) {
        out = static_cast<std::int64_t>(value);
        return true;
      }
    }
    at_ = start;
    return fail(start, std::string{what} + " is a varint of more than 32 bits");
  }

  bool walk(const struct_schema& structure) {
    for (const field_schema& field : structure.fields()) {
      if (field.tagged() || !field.versions.has(version_)) continue;
      const path_step step{*this, field.name.view()};
      if (!walk(field, field.nullable.has(version_))) return false;
    }
    return !flexible_ || tagged_section(structure);
  }

  bool walk(const field_schema& field, bool nullable) {
    const field_schema* outer = std::exchange(field_, &field);
    const bool went_well = field.is_array                        ? array(field, nullable)
                           : field.type == field_type::structure ? structure(field, nullable)
                           : fixed_size(field.type) != 0         ? scalar(field)
                                                                 : sized(field, nullable);
    if (went_well) field_ = outer;
    return went_well;
  }

  bool scalar(const field_schema& field) {
    const std::size_t start = at_, size = fixed_size(field.type);
    std::int64_t number = 0;
    if (field.type == field_type::uuid) {
      if (!expect(size, "a uuid")) return false;
      at_ += size;
    } else {
      const std::string_view type = name(field.type);
      const std::string what{(type.front() == 'i' ? "an " : "a ") + std::string{type}};
      if (!big_endian(size, what, number)) return false;
      if (field.type == field_type::boolean) number = number != 0;
      if (field.type == field_type::uint16) number &= 0xffff;
      if (field.type == field_type::uint32) number &= 0xffffffff;
    }
    tell(part_kind::value, start, name(field.type), number);
    return true;
  }

  /// A length or a count: -1 is null. Tells it, unless it is neither null nor possible.
  bool size_in_front(part_kind kind, std::size_t width, bool nullable, std::int64_t& out) {
    const bool of_array = kind == part_kind::count;
    const std::string_view what = of_array ? "an array's count" : "a length";
    const std::size_t start = at_;
    if (width == 0) {
      if (!uvarint(what, out)) return false;
      --out;
    } else if (!big_endian(width, what, out)) {
      return false;
    }
    if (out < -1) return fail(start, std::string{what} + " is " + std::to_string(out));
    if (out == -1 && !nullable) return fail(start, "null where version " + std::to_string(version_) + " allows none");
    tell(out == -1 ? part_kind::null : kind, start, width == 0 ? compact : width == 2 ? "int16" : "int32", out);
    return true;
  }

  bool sized(const field_schema& field, bool nullable) {
    const bool text = field.type == field_type::string;
    const bool short_length = !flexible_ || field.never_compact;
    std::int64_t size = 0;
    const std::size_t width = !short_length ? 0 : text ? 2 : 4;
    // The client id may be null in every version, whatever its schema says: brokers read it before they know more.
    if (!size_in_front(part_kind::length, width, nullable || field.never_compact, size)) return false;
    if (size == -1) return true;
    if (text && size > longest_string) return fail(at_, "a string of " + bytes_of(size) + " is above 32767");
    if (!expect(static_cast<std::size_t>(size), text ? "a string" : name(field.type))) return false;
    const std::size_t start = at_;
    at_ += static_cast<std::size_t>(size);
    tell(part_kind::value, start, name(field.type), size);
    return true;
  }

  bool structure(const field_schema& field, bool nullable) {
    if (nullable) {
      const std::size_t start = at_;
      std::int64_t mark = 0;
      if (!big_endian(1, "the mark of a nullable struct", mark)) return false;
      tell(mark < 0 ? part_kind::null : part_kind::present, start, "int8", mark);
      if (mark < 0) return true;
    }
    ++depth_;
    const bool went_well = walk(*field.structure());
    --depth_;
    return went_well;
  }

  bool array(const field_schema& field, bool nullable) {
    const std::size_t start = at_;
    std::int64_t count = 0;
    if (!size_in_front(part_kind::count, flexible_ ? 0 : 4, nullable, count)) return false;
    // An element takes a byte at least, so that no count can make this loop longer than the body is.
    if (count > left())
      return fail(start, "an array of " + std::to_string(count) + " elements cannot fit into " + bytes_of(left()));
    for (std::int64_t i = 0; i < count; ++i) {
      const path_step step{*this, static_cast<std::size_t>(i)};
      const bool went_well = field.type == field_type::structure ? structure(field, false)
                             : fixed_size(field.type) != 0       ? scalar(field)
                                                                 : sized(field, false);
      if (!went_well) return false;
    }
    return true;
  }

  bool tagged_section(const struct_schema& structure) {
    const field_schema* outer = std::exchange(field_, nullptr);
    const std::size_t start = at_;
    std::int64_t count = 0;
    {
      const path_step step{*this, "_tags"};
      if (!uvarint("the count of tagged fields", count)) return false;
      if (count > left() / 2)
        return fail(start, std::to_string(count) + " tagged fields cannot fit into " + bytes_of(left()));
      tell(part_kind::tag_count, start, "uvarint", count);
    }
    std::int64_t last = -1;
    for (; count > 0; --count) {
      if (!tagged_field(structure, last)) return false;
    }
    field_ = outer;
    return true;
  }

  /// Until it is known the tag belongs to the section as a whole.
  bool tag_number(std::int64_t last, std::int64_t& tag) {
    const std::size_t start = at_;
    const path_step step{*this, "_tags"};
    if (!uvarint("a tag", tag)) return false;
    if (tag > last) return true;
    return fail(start, "tag " + std::to_string(tag) + " after tag " + std::to_string(last) + ": tags have to ascend");
  }

  bool tagged_field(const struct_schema& structure, std::int64_t& last) {
    const std::size_t start = at_;
    std::int64_t tag = 0, size = 0;
    if (!tag_number(last, tag)) return false;
    last = tag;
    field_ = structure.find_tag(static_cast<std::uint32_t>(tag), version_);
    const path_step step{*this,
                         field_ != nullptr ? std::string{field_->name.view()} : "_tags[" + std::to_string(tag) + ']'};
    tell(part_kind::tag, start, "uvarint", tag);
    const std::size_t size_start = at_;
    if (!uvarint("the size of a tagged field", size)) return false;
    tell(part_kind::tag_size, size_start, "uvarint", size);
    if (!expect(static_cast<std::size_t>(size), "a tagged field")) return false;
    const std::size_t outer_end = std::exchange(end_, at_ + static_cast<std::size_t>(size));
    if (!tag_value(size)) return false;
    if (at_ != end_) return fail(at_, "the tagged field is " + bytes_of(left()) + " shorter than its size says");
    end_ = outer_end;
    field_ = nullptr;
    return true;
  }

  bool tag_value(std::int64_t size) {
    if (field_ != nullptr) return walk(*field_, !field_->nullable.empty());
    const std::size_t start = at_;
    at_ = end_;
    tell(part_kind::unknown_tag, start, "bytes", size);
    return true;
  }

  const message_type& message_;
  std::int16_t version_;
  bool flexible_;
  protocol::bytes_view body_;
  std::size_t at_ = 0;
  std::size_t end_;  // of the tagged field that is being read, or of the body
  const std::function<void(const message_part&)>& each_;
  std::string path_;
  int depth_ = 0;
  const field_schema* field_ = nullptr;
  std::optional<walk_error> error_;
};

}  // namespace

std::string walk_error::message() const {
  return "byte " + std::to_string(offset) + (path.empty() ? "" : " (" + path + ")") + ": " + what;
}

std::optional<walk_error> walk_bytes(const message_type& message, std::int16_t version, protocol::bytes_view body,
                                     const std::function<void(const message_part&)>& each) {
  return byte_walk{message, version, body, each}.run(true);
}

std::optional<walk_error> walk_front(const message_type& message, std::int16_t version, protocol::bytes_view bytes,
                                     const std::function<void(const message_part&)>& each, std::size_t& used) {
  byte_walk walk{message, version, bytes, each};
  auto error = walk.run(false);
  used = walk.used();
  return error;
}

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla

// record_source: the four sources and the pace.
#include "record_source.hpp"

#include <cerrno>
#include <cstring>

#include "input_reader.hpp"
#include "interrupt.hpp"

namespace ottla_tool {
namespace {

source_status status_of(input_reader::status got, std::string& problem) {
  switch (got) {
    case input_reader::status::end:
      return source_status::end;
    case input_reader::status::interrupted:
      return source_status::interrupted;
    case input_reader::status::too_long:
      problem = "it is longer than 256 MiB";
      return source_status::bad_record;
    case input_reader::status::failed:
      problem = std::strerror(errno);
      return source_status::failed;
    case input_reader::status::line:
      break;
  }
  return source_status::record;
}

class line_source : public record_source {
 public:
  line_source(int descriptor, record_defaults defaults, std::optional<std::string> separator)
      : input_(descriptor), defaults_(std::move(defaults)), separator_(std::move(separator)) {}

  source_status next(owned_record& into, std::string& problem) override {
    std::string_view line;
    const source_status status = status_of(input_.next(line), problem);
    if (status != source_status::record) return status;
    into.key = defaults_.key;
    into.headers = defaults_.headers;
    into.partition = defaults_.partition;
    const std::size_t at = separator_ ? line.find(*separator_) : std::string_view::npos;
    if (at != std::string_view::npos) {
      into.key = line.substr(0, at);
      line.remove_prefix(at + separator_->size());
    }
    into.value = line;
    return status;
  }

 private:
  input_reader input_;
  record_defaults defaults_;
  std::optional<std::string> separator_;
};

class jsonl_source : public record_source {
 public:
  jsonl_source(int descriptor, record_defaults defaults) : input_(descriptor), defaults_(std::move(defaults)) {}

  source_status next(owned_record& into, std::string& problem) override {
    std::string_view line;
    const source_status status = status_of(input_.next(line), problem);
    ++number_;
    if (status == source_status::record) problem = parse_record_line(line, into);
    if (status == source_status::bad_record || (status == source_status::record && !problem.empty())) {
      problem = "line " + std::to_string(number_) + " is no record: " + problem;
      return source_status::bad_record;
    }
    if (status != source_status::record) return status;
    if (!into.key && defaults_.key) into.key = defaults_.key;
    into.headers.insert(into.headers.end(), defaults_.headers.begin(), defaults_.headers.end());
    if (into.partition < 0) into.partition = defaults_.partition;
    return status;
  }

 private:
  input_reader input_;
  record_defaults defaults_;
  std::uint64_t number_ = 0;
};

class binary_source : public record_source {
 public:
  binary_source(int descriptor, record_defaults defaults) : input_(descriptor), defaults_(std::move(defaults)) {}

  source_status next(owned_record& into, std::string& problem) override {
    if (std::exchange(done_, true)) return source_status::end;
    std::string value;
    const source_status status = status_of(input_.all(value), problem);
    if (status != source_status::end) return status;
    into.key = defaults_.key;
    into.headers = defaults_.headers;
    into.partition = defaults_.partition;
    into.value = std::move(value);
    return source_status::record;
  }

 private:
  input_reader input_;
  record_defaults defaults_;
  bool done_ = false;
};

class made_up_source : public record_source {
 public:
  made_up_source(record_defaults defaults, std::optional<std::uint64_t> count, std::size_t size)
      : defaults_(std::move(defaults)), count_(count), size_(size) {}

  source_status next(owned_record& into, std::string&) override {
    if (interrupt::requested()) return source_status::interrupted;
    if (count_ && index_ == *count_) return source_status::end;
    const std::string number = std::to_string(index_);
    into.key = defaults_.key ? *defaults_.key : "key-" + std::to_string(index_ % 1000);
    into.headers = defaults_.headers;
    into.headers.emplace_back("index", number);
    into.partition = defaults_.partition;
    if (!into.value) into.value.emplace();
    fill(*into.value, number);
    ++index_;
    return source_status::record;
  }

 private:
  void fill(std::string& value, const std::string& number) const {
    value.assign(number, 0, size_);
    if (value.size() < size_) value += ' ';
    // Letters from a small generator of its own: they compress like text, neither to nothing nor not at all.
    std::uint64_t state = index_ * 0x9E3779B97F4A7C15u + 1;
    while (value.size() < size_) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      for (int i = 0; i < 16 && value.size() < size_; ++i) value += static_cast<char>('a' + (state >> 4 * i & 15));
    }
  }

  record_defaults defaults_;
  std::optional<std::uint64_t> count_;
  std::size_t size_;
  std::uint64_t index_ = 0;
};

}  // namespace

std::unique_ptr<record_source> make_line_source(int descriptor, record_defaults defaults,
                                                std::optional<std::string> key_separator) {
  return std::make_unique<line_source>(descriptor, std::move(defaults), std::move(key_separator));
}
std::unique_ptr<record_source> make_jsonl_source(int descriptor, record_defaults defaults) {
  return std::make_unique<jsonl_source>(descriptor, std::move(defaults));
}
std::unique_ptr<record_source> make_binary_source(int descriptor, record_defaults defaults) {
  return std::make_unique<binary_source>(descriptor, std::move(defaults));
}
std::unique_ptr<record_source> make_made_up_source(record_defaults defaults, std::optional<std::uint64_t> count,
                                                   std::size_t size) {
  return std::make_unique<made_up_source>(std::move(defaults), count, size);
}

bool pace::wait() {
  if (!rate_) return true;
  const std::chrono::duration<double> due(static_cast<double>(events_++) / *rate_);
  return interrupt::sleep_until(start_ + std::chrono::duration_cast<std::chrono::steady_clock::duration>(due));
}

}  // namespace ottla_tool

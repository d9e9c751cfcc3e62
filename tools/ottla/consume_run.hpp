// consume_run: from an assignment to the last record: where each partition stops, what is printed, and when to give up.
#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "consume_commits.hpp"
#include "consume_place.hpp"
#include "failure.hpp"
#include "interrupt.hpp"
#include "ottla/consumer.hpp"
#include "record_printer.hpp"
#include "stdout_buffer.hpp"

namespace ottla_tool {

struct consume_options {
  std::vector<std::string> topics;
  std::optional<std::string> from, to, isolation, filter_key, format;
  std::optional<std::int64_t> count;
  bool exit_at_end = false;
  bool no_commit = false;
};

class consume_run {
 public:
  consume_run(const globals& with, const consume_options& options, ottla::cluster& cluster,
              ottla::consumer_config config, record_printer& printer, const std::optional<stop_place>& to)
      : with_(with),
        options_(options),
        to_(to),
        in_group_(!config.group.empty()),
        member_(in_group_ && config.partitions.empty()),
        commits_(in_group_ && !options.no_commit),
        consumer_(cluster, with_handlers(std::move(config))),
        printer_(printer) {}

  int run() {
    if (auto valid = consumer_.valid(); !valid) return report_failure(with_, valid.error());
    if (member_) interrupt::graceful();  // from the first join on others wait for us, unless we leave
    auto partitions = consumer_.wait_assignment(with_.operation_timeout());
    if (!partitions) return report_failure(with_, partitions.error());
    // What a group assigned came through its handler, which found the stops.
    if (!member_) stops_found_ = find_stops(*partitions);
    if (!stops_found_) return report_failure(with_, stops_found_.error());
    if (!member_) interrupt::graceful();
    printer_.begin(out_.text());
    int status = loop();
    printer_.end(out_.text());
    if (!out_.flush()) status = status_failed;  // the reader went away: nobody to tell
    if (auto stored = commits_.commit_all(consumer_, with_.operation_timeout()); !stored && status != status_failed)
      status = report_failure(with_, stored.error());
    (void)consumer_.close(std::chrono::seconds(in_group_ ? 5 : 1));
    return status;
  }

 private:
  ottla::consumer_config with_handlers(ottla::consumer_config config) {
    if (config.group.empty()) return config;
    config.auto_commit = false;
    config.on_assigned = [this](ottla::consumer&, std::span<const ottla::topic_partition> which) {
      if (stops_found_) stops_found_ = find_stops({which.begin(), which.end()});
    };
    config.on_revoked = [this](ottla::consumer& from, std::span<const ottla::topic_partition> which) {
      if (auto stored = commits_.commit(from, which); !stored) (void)report_failure(with_, stored.error());
      forget(which);
    };
    config.on_lost = [this](ottla::consumer&, std::span<const ottla::topic_partition> which) {
      commits_.forget(which);
      forget(which);
    };
    return config;
  }

  void forget(std::span<const ottla::topic_partition> which) {
    for (const ottla::topic_partition& one : which) {
      stops_.erase(one);
      reached_.erase(one);
    }
  }

  ottla::result<void> find_stops(const std::vector<ottla::topic_partition>& partitions) {
    const std::optional<stop_place>& to = to_;
    if (!to && !options_.exit_at_end) return {};
    bounded_ = true;
    std::map<ottla::topic_partition, std::int64_t> ends;
    if (options_.exit_at_end || to->at != stop_place::kind::offset) {
      auto found = consumer_.end_offsets(partitions, with_.operation_timeout());
      if (!found) return ottla::unexpected(found.error());
      for (const ottla::found_offset& one : *found) {
        if (one.failure) return ottla::unexpected(one.failure);
        // A partition that a group gives back ends where it ended when it was given first.
        ends[one.where] = ends_.emplace(one.where, one.offset).first->second;
      }
    }
    std::map<ottla::topic_partition, std::int64_t> moments;
    if (to && to->at == stop_place::kind::timestamp) {
      std::vector<ottla::timestamp_query> queries;
      for (const ottla::topic_partition& one : partitions) queries.push_back({one, to->value});
      auto found = consumer_.offsets_for_times(queries, with_.operation_timeout());
      if (!found) return ottla::unexpected(found.error());
      for (const ottla::found_offset& one : *found) {
        if (one.failure) return ottla::unexpected(one.failure);
        moments[one.where] = one.offset < 0 ? ends[one.where] : one.offset;
      }
    }
    for (const ottla::topic_partition& one : partitions) {
      std::int64_t stop = INT64_MAX;
      if (to)
        stop = to->at == stop_place::kind::offset ? to->value
               : to->at == stop_place::kind::end  ? ends[one]
                                                  : moments[one];
      if (options_.exit_at_end) stop = std::min(stop, ends[one]);
      stops_[one] = stop;
    }
    return {};
  }

  int loop() {
    int status = status_done;
    auto last_progress = std::chrono::steady_clock::now();
    drop_finished();
    while (!interrupt::requested()) {
      if (finished()) return status;
      auto polled = consumer_.poll(std::chrono::milliseconds(100));
      if (!polled) return report_failure(with_, polled.error());
      if (!stops_found_) return report_failure(with_, stops_found_.error());
      for (const ottla::partition_error& one : polled->errors()) {
        if (one.why.retriable()) continue;
        status = report_failure(with_, one.why);
        give_up(one.where);
      }
      if (!print(*polled)) return status_failed;
      commits_.commit_some(consumer_);
      if (!polled->end().empty()) {
        last_progress = std::chrono::steady_clock::now();
        drop_finished();
        continue;
      }
      drop_finished();
      if (finished()) return status;
      const ottla::error trouble = consumer_.trouble();
      if (std::chrono::steady_clock::now() - last_progress < with_.operation_timeout()) continue;
      if (trouble) return report_failure(with_, trouble);
      if (options_.exit_at_end) {
        return report_failure(with_,
                              failure_of(ottla::client_code::timed_out, "Fetch",
                                         "no record came in " + std::to_string(with_.operation_timeout().count()) +
                                             " ms although the end was not reached",
                                         "look at the brokers, or raise --timeout"));
      }
    }
    return in_group_ ? status : status_interrupted;  // what was written is committed, the group is left: all is well
  }

  bool finished() const {
    if (options_.count && written_ >= static_cast<std::uint64_t>(*options_.count)) return true;
    return (bounded_ && stops_.empty()) || all_failed_;
  }

  /// Partitions whose position reached its stop need no more fetching.
  void drop_finished() {
    for (auto it = stops_.begin(); it != stops_.end();) {
      const auto position = consumer_.position(it->first);
      if (!position || *position < it->second) {
        ++it;
        continue;
      }
      (void)consumer_.pause({&it->first, 1});
      reached_[it->first] = it->second;
      it = stops_.erase(it);
    }
  }

  void give_up(const ottla::topic_partition& where) {
    std::erase_if(stops_, [&](const auto& one) {
      return one.first == where || (where.partition < 0 && one.first.topic == where.topic);
    });
    if (where.partition >= 0) (void)consumer_.pause({&where, 1});
    failed_.push_back(where);
    all_failed_ = failed_.size() >= consumer_.assignment().size();
  }

  /// The offset not to go past.
  std::int64_t stop_of(const ottla::partition_records& part) const {
    if (!bounded_) return INT64_MAX;
    const ottla::topic_partition where{part.topic(), part.partition()};
    if (const auto found = stops_.find(where); found != stops_.end()) return found->second;
    const auto found = reached_.find(where);
    return found != reached_.end() ? found->second : 0;
  }

  bool print(const ottla::polled& polled) {
    std::vector<ottla::partition_position> gone_through;
    for (const ottla::partition_records& part : polled.partitions()) {
      const std::int64_t stop = stop_of(part);
      std::optional<ottla::record_view> cut;  // the first that is left for the next time
      std::optional<ottla::record_view> last;
      for (const ottla::record_view& record : part) {
        if (record.offset() >= stop || finished_counting()) {
          cut = record;
          break;
        }
        last = record;
        if (options_.filter_key && (record.key().is_null() || record.key().text() != *options_.filter_key)) continue;
        printer_.print(out_.text(), record);
        ++written_;
        if (!out_.flush_if_large()) return false;
      }
      if (!cut) {
        gone_through.push_back(part.end_position());
      } else if (last) {
        gone_through.push_back(last->end_position());
      }
    }
    if (!out_.flush()) return false;
    for (const ottla::partition_position& one : gone_through) commits_.written(one);
    return true;
  }
  bool finished_counting() const { return options_.count && written_ >= static_cast<std::uint64_t>(*options_.count); }

  const globals& with_;
  const consume_options& options_;
  const std::optional<stop_place> to_;
  const bool in_group_;  // so there is something to commit to
  const bool member_;    // and it assigns the partitions
  ottla::result<void> stops_found_{};
  consume_commits commits_;
  ottla::consumer consumer_;
  record_printer& printer_;
  stdout_buffer out_;
  std::map<ottla::topic_partition, std::int64_t> stops_;    // of partitions that still have something to give
  std::map<ottla::topic_partition, std::int64_t> reached_;  // of those that gave it
  std::map<ottla::topic_partition, std::int64_t> ends_;     // as first heard
  std::vector<ottla::topic_partition> failed_;
  bool all_failed_ = false;
  bool bounded_ = false;
  std::uint64_t written_ = 0;
};

}  // namespace ottla_tool

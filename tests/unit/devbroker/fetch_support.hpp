// Fetch requests and answers in the few fields that the tests look at.
#pragma once
#include "ottla/protocol/fetch.hpp"
#include "support.hpp"

namespace ottla::test {

struct wanted_partition {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int32_t max_bytes = 1 << 20;
  std::int32_t leader_epoch = -1;
  std::int32_t last_fetched_epoch = -1;
};

struct fetch_plan {
  std::vector<wanted_partition> partitions;
  std::vector<wanted_partition> forgotten = {};
  std::int16_t version = 12;
  std::int32_t max_wait = 100;
  std::int32_t min_bytes = 1;
  std::int32_t max_bytes = 50 << 20;
  std::int32_t session_id = 0;
  std::int32_t session_epoch = -1;
  std::string rack = {};
};

struct told_partition {
  std::string topic;
  std::int32_t partition = 0;
  protocol::error_code error = protocol::error_code::none;
  std::int64_t high_watermark = 0;
  std::int64_t log_start_offset = 0;
  std::int32_t diverging_epoch = -1;
  std::int64_t diverging_end = -1;
  std::int32_t leader = -1;
  std::int32_t leader_epoch = -1;
  std::size_t bytes = 0;
  std::vector<std::string> values;
  std::int32_t preferred_replica = -1;
};

struct told_fetch {
  protocol::error_code error = protocol::error_code::none;
  std::int32_t session_id = 0;
  std::vector<told_partition> parts;
  std::vector<std::int32_t> nodes;  // of the leader hints
};

/// `topic_id` is used from version 13 on.
void ask_fetch(client_end& by, const fetch_plan& plan, const protocol::uuid& topic_id = {});
std::optional<told_fetch> take_fetch(client_end& by, std::int16_t version = 12);
/// Both, for an answer that must come at once.
told_fetch fetch(client_end& by, const fetch_plan& plan, const protocol::uuid& topic_id = {});

}  // namespace ottla::test

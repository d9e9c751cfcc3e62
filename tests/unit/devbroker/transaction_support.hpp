// A transactional producer, scripted: its requests in the few fields that the tests look at.
#pragma once
#include <string>

#include "ottla/protocol/add_offsets_to_txn.hpp"
#include "ottla/protocol/add_partitions_to_txn.hpp"
#include "ottla/protocol/end_txn.hpp"
#include "ottla/protocol/init_producer_id.hpp"
#include "ottla/protocol/produce.hpp"
#include "ottla/protocol/txn_offset_commit.hpp"
#include "support.hpp"

namespace ottla::test {

/// One instance under the transactional id "x", on a connection of its own. What it is told it keeps.
class transactional {
 public:
  explicit transactional(mock::broker& to, std::size_t node = 0, mock::instant at = start) : client(to, node, at) {}

  client_end client;
  std::int64_t id = -1;
  std::int16_t epoch = -1;
  std::int16_t way = 2;  // transaction.version: decides the versions of requests

  protocol::error_code init(std::int32_t timeout_ms = 60'000);
  protocol::error_code add(std::string_view topic, std::int32_t partition, std::int16_t version = 3);
  /// One record with this sequence, of the current epoch.
  protocol::error_code produce(std::string_view topic, std::int32_t partition, std::int32_t sequence,
                               std::int16_t version = 0);
  /// With no error and in way 2 the epoch is that of the next transaction.
  protocol::error_code end(bool commit, std::int16_t version = 0);
  protocol::error_code commit_offset(std::string_view group, std::int64_t offset, std::int16_t version = 5);
};

}  // namespace ottla::test

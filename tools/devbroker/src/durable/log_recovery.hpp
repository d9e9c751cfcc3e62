// Takes up a partition's log from its files: what is whole of it, and what follows from its batches.
#pragma once
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "cluster/topic.hpp"
#include "ottla/mock/disk.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// The files there are of one partition, by the offsets they begin with.
struct partition_files {
  std::set<std::int64_t> segments;
  std::set<std::int64_t> producers;
};

/// Fills the log of a partition whose start, epochs and gaps are known already from the journal. A segment is used up
/// to its first batch that is not whole; that is cut off, and nothing behind it is used. Files that mean nothing any
/// more go. Each cut is a note. "" when done; else the disk cannot be read or written.
std::string recover_log(disk& from, const partition_files& files, partition& into, std::vector<std::string>& notes);

}  // namespace mock
}  // namespace v0
}  // namespace ottla

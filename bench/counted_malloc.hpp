// How often the heap was asked since the program began.
#pragma once

#include <cstddef>

namespace ottla::bench {

std::size_t allocations();

}  // namespace ottla::bench

// The program's operator new, counted. In a file of its own, so that no compiler inlines one half of a pair.
#include <atomic>
#include <cstdlib>
#include <new>

#include "counted_allocations.hpp"

namespace {
std::atomic<std::size_t> counted{0};
}  // namespace

namespace ottla::test {
std::size_t allocations() { return counted.load(std::memory_order_relaxed); }
}  // namespace ottla::test

void* operator new(std::size_t size) {
  counted.fetch_add(1, std::memory_order_relaxed);
  if (void* at = std::malloc(size == 0 ? 1 : size)) return at;
  std::abort();
}
// std::stable_sort asks this way, and AddressSanitizer brings one of its own that goes with no delete of ours.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  counted.fetch_add(1, std::memory_order_relaxed);
  return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* at) noexcept { std::free(at); }
void operator delete(void* at, const std::nothrow_t&) noexcept { std::free(at); }
void operator delete(void* at, std::size_t) noexcept { std::free(at); }

// The program's malloc, counted, realloc and operator new with it (glibc).
#include <cstddef>

#include "counted_malloc.hpp"

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
}

namespace {
std::size_t counted = 0;  // a benchmark has one thread
}

namespace ottla::bench {
std::size_t allocations() { return counted; }
}  // namespace ottla::bench

extern "C" void* malloc(std::size_t size) noexcept {
  ++counted;
  return __libc_malloc(size);
}
extern "C" void* calloc(std::size_t count, std::size_t size) noexcept {
  ++counted;
  return __libc_calloc(count, size);
}
extern "C" void* realloc(void* at, std::size_t size) noexcept {
  ++counted;
  return __libc_realloc(at, size);
}

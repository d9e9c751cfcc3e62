// How much memory lives at once, by AddressSanitizer's hooks: a harness that promises a bound holds itself to it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" {
// Of the sanitizers' run time; absent without one, and nothing is watched then.
__attribute__((weak)) int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void*, std::size_t),
                                                                    void (*)(const volatile void*));
__attribute__((weak)) std::size_t __sanitizer_get_allocated_size(const volatile void*);
}

namespace ottla::fuzz {

/// Counts what is allocated and freed on this thread while it lives, and aborts past the bound. One at a time.
class heap_watch {
 public:
  explicit heap_watch(std::size_t most) {
    static const bool installed = __sanitizer_install_malloc_and_free_hooks != nullptr &&
                                  __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) != 0;
    static_cast<void>(installed);
    live_ = 0;
    most_ = static_cast<std::int64_t>(most);
  }
  ~heap_watch() { most_ = INT64_MAX; }
  heap_watch(const heap_watch&) = delete;
  heap_watch& operator=(const heap_watch&) = delete;

 private:
  static void on_malloc(const volatile void*, std::size_t size) {
    live_ += static_cast<std::int64_t>(size);
    if (live_ <= most_) return;
    std::fprintf(stderr, "more than %lld bytes live at once\n", static_cast<long long>(most_));
    most_ = INT64_MAX;
    std::abort();
  }
  static void on_free(const volatile void* what) {
    if (what != nullptr) live_ -= static_cast<std::int64_t>(__sanitizer_get_allocated_size(what));
  }

  // What was there before and is freed meanwhile only makes the count lower.
  static inline thread_local std::int64_t live_ = 0;
  static inline thread_local std::int64_t most_ = INT64_MAX;
};

}  // namespace ottla::fuzz

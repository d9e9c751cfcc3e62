// Runs a harness where there is no libFuzzer: every file of a corpus, then mutations of them from a seed.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "mutate.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" __attribute__((weak)) std::size_t LLVMFuzzerCustomMutator(std::uint8_t*, std::size_t, std::size_t, unsigned);
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*)());

namespace {

using input = std::vector<std::uint8_t>;

input current;  // what the handlers below save

void save_current() {
  std::ofstream("crash-input", std::ios::binary)
      .write(reinterpret_cast<const char*>(current.data()), static_cast<std::streamsize>(current.size()));
  std::fprintf(stderr, "the input of %zu bytes is in ./crash-input\n", current.size());
}

void on_signal(int which) {
  std::fprintf(stderr, which == SIGALRM ? "one input took longer than the time allowed\n" : "aborted\n");
  save_current();
  _exit(1);
}

long number(const char* argument, const char* name, long otherwise) {
  const std::size_t size = std::strlen(name);
  return std::strncmp(argument, name, size) == 0 ? std::strtol(argument + size, nullptr, 10) : otherwise;
}

std::vector<input> read_folder(const std::string& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
  std::ranges::sort(paths);
  std::vector<input> out;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    out.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return out;
}

void run(unsigned seconds) {
  alarm(seconds);
  LLVMFuzzerTestOneInput(current.data(), current.size());
  alarm(0);
}

}  // namespace

/// For harnesses with a mutator of their own, as libFuzzer offers it.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size) {
  static ottla::fuzz::mutator any{1};
  input bytes(data, data + size);
  any.mutate(bytes, max_size, bytes);
  std::memcpy(data, bytes.data(), bytes.size());
  return bytes.size();
}

int main(int count, char** arguments) {
  long runs = 0, seed = 1, seconds = 10, rss_mb = 512, max_size = 4096;
  std::vector<input> corpus;
  for (int i = 1; i < count; ++i) {
    runs = number(arguments[i], "-runs=", runs);
    seed = number(arguments[i], "-seed=", seed);
    seconds = number(arguments[i], "-timeout=", seconds);
    rss_mb = number(arguments[i], "-rss_limit_mb=", rss_mb);
    max_size = number(arguments[i], "-max_len=", max_size);
    if (arguments[i][0] == '-') continue;
    if (!std::filesystem::is_directory(arguments[i])) {
      std::fprintf(stderr, "%s is not a folder with inputs\n", arguments[i]);
      return 2;
    }
    for (input& one : read_folder(arguments[i])) corpus.push_back(std::move(one));
  }
  if (corpus.empty()) {
    std::fprintf(stderr, "no inputs: give a folder with some\n");
    return 2;
  }
  for (const int which : {SIGABRT, SIGALRM}) std::signal(which, on_signal);
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(save_current);
  for (const input& one : corpus) {
    current = one;
    run(static_cast<unsigned>(seconds));
  }
  ottla::fuzz::mutator any{static_cast<std::uint64_t>(seed)};
  for (long i = 0; i < runs; ++i) {
    current = any.one_of(corpus);
    if (LLVMFuzzerCustomMutator != nullptr && any.below(2) == 0) {
      const std::size_t size = current.size();
      current.resize(static_cast<std::size_t>(std::max<long>(max_size, static_cast<long>(size))));
      current.resize(
          LLVMFuzzerCustomMutator(current.data(), size, current.size(), static_cast<unsigned>(any.below(1U << 31))));
    } else {
      any.mutate(current, static_cast<std::size_t>(max_size), any.one_of(corpus));
    }
    run(static_cast<unsigned>(seconds));
  }
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  std::printf("%zu inputs, %ld mutations, %ld MB at most\n", corpus.size(), runs, used.ru_maxrss >> 10);
  return used.ru_maxrss >> 10 > rss_mb ? 1 : 0;
}

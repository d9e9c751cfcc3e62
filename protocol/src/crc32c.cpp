// CRC-32C in portable code, with SSE4.2 and PCLMULQDQ, and with ARMv8's CRC instructions; chosen at run time.
#include "ottla/protocol/crc32c.hpp"

#include <array>
#include <atomic>
#include <bit>
#include <cstring>

#include "crc32c_math.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#define OTTLA_CRC32C_X86 1
#elif defined(__aarch64__) && defined(__linux__)
#include <arm_acle.h>
#include <sys/auxv.h>
#define OTTLA_CRC32C_ARM 1
#endif

namespace ottla {
inline namespace v0 {
namespace protocol {
namespace {

constexpr auto powers = crc32c_math::make_powers();
constexpr auto slices = crc32c_math::make_slices();

std::uint64_t load_little_endian(const std::byte* data) {
  std::uint64_t word;
  std::memcpy(&word, data, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

std::uint32_t step_byte(std::uint32_t state, std::byte byte) {
  return (state >> 8) ^ slices[0][(state ^ std::to_integer<std::uint32_t>(byte)) & 0xff];
}

std::uint32_t update_portable(std::uint32_t state, const std::byte* data, std::size_t size) noexcept {
  for (; size >= 8; data += 8, size -= 8) {
    const std::uint64_t word = load_little_endian(data) ^ state;
    state = 0;
    for (std::size_t i = 0; i < 8; ++i) state ^= slices[7 - i][(word >> (8 * i)) & 0xff];
  }
  for (; size != 0; ++data, --size) state = step_byte(state, *data);
  return state;
}

std::uint32_t multiply_portable(std::uint32_t a, std::uint32_t b) noexcept {
  std::uint32_t product = 0;
  for (; a != 0; a <<= 1) {
    product ^= b & (0U - (a >> 31));
    b = crc32c_math::times_x(b);
  }
  // Four zero bytes multiply by the x^32 that crc32c_math::multiply promises.
  return slices[3][product & 0xff] ^ slices[2][(product >> 8) & 0xff] ^ slices[1][(product >> 16) & 0xff] ^
         slices[0][product >> 24];
}

#if defined(OTTLA_CRC32C_X86)

// The CRC instruction takes three cycles and can start every cycle, so three streams run side by side:
//
//   | stream a: n words | stream b: n words | stream c: n words |
//
// Afterwards a is moved over 2n words and b over n words by carry-less multiplication. The sum of both products is 64
// bits wide; fed to the CRC instruction together with c's last word it is reduced for the price of that word.
constexpr std::size_t most_words = 128;
constexpr auto word_shifts = crc32c_math::make_word_shifts<2 * most_words>();

__attribute__((target("sse4.2,pclmul"))) std::uint64_t carryless(std::uint32_t a, std::uint32_t b) {
  const __m128i product =
      _mm_clmulepi64_si128(_mm_cvtsi32_si128(static_cast<int>(a)), _mm_cvtsi32_si128(static_cast<int>(b)), 0);
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(product))
         << 1;  // reflected operands: the product sits one bit low
}

__attribute__((target("sse4.2,pclmul"))) std::uint32_t multiply_x86(std::uint32_t a, std::uint32_t b) noexcept {
  return static_cast<std::uint32_t>(_mm_crc32_u64(0, carryless(a, b)));
}

__attribute__((target("sse4.2,pclmul"))) std::uint32_t update_x86(std::uint32_t state, const std::byte* data,
                                                                  std::size_t size) noexcept {
  std::uint64_t a = state;
  while (size >= 3 * 8 * 4) {
    const std::size_t words = size / 24 < most_words ? size / 24 : most_words;
    const std::byte* const second = data + 8 * words;
    const std::byte* const third = second + 8 * words;
    std::uint64_t b = 0;
    std::uint64_t c = 0;
    const std::size_t last = words - 1;
    for (std::size_t i = 0; i < last; ++i) {
      a = _mm_crc32_u64(a, load_little_endian(data + 8 * i));
      b = _mm_crc32_u64(b, load_little_endian(second + 8 * i));
      c = _mm_crc32_u64(c, load_little_endian(third + 8 * i));
    }
    a = _mm_crc32_u64(a, load_little_endian(data + 8 * last));
    b = _mm_crc32_u64(b, load_little_endian(second + 8 * last));
    const std::uint64_t moved = carryless(static_cast<std::uint32_t>(a), word_shifts[2 * words]) ^
                                carryless(static_cast<std::uint32_t>(b), word_shifts[words]);
    a = _mm_crc32_u64(c, load_little_endian(third + 8 * last) ^ moved);
    data += 24 * words;
    size -= 24 * words;
  }
  for (; size >= 8; data += 8, size -= 8) a = _mm_crc32_u64(a, load_little_endian(data));
  auto rest = static_cast<std::uint32_t>(a);
  for (; size != 0; ++data, --size) rest = _mm_crc32_u8(rest, std::to_integer<unsigned char>(*data));
  return rest;
}

#elif defined(OTTLA_CRC32C_ARM)

#if defined(__clang__)
#define OTTLA_ARM_CRC __attribute__((target("crc")))
#else
#define OTTLA_ARM_CRC __attribute__((target("+crc")))
#endif

// Three streams as on x86, in longer pieces, because without PMULL (not every core has it) joining them is dear.
constexpr std::size_t piece_words = 512;
constexpr auto word_shifts = crc32c_math::make_word_shifts<2 * piece_words>();

OTTLA_ARM_CRC std::uint32_t update_arm(std::uint32_t state, const std::byte* data, std::size_t size) noexcept {
  constexpr std::size_t piece = 8 * piece_words;
  for (; size >= 3 * piece; data += 3 * piece, size -= 3 * piece) {
    std::uint32_t second = 0;
    std::uint32_t third = 0;
    for (std::size_t i = 0; i < piece; i += 8) {
      state = __crc32cd(state, load_little_endian(data + i));
      second = __crc32cd(second, load_little_endian(data + piece + i));
      third = __crc32cd(third, load_little_endian(data + 2 * piece + i));
    }
    state = multiply_portable(state, word_shifts[2 * piece_words]) ^
            multiply_portable(second, word_shifts[piece_words]) ^ third;
  }
  for (; size >= 8; data += 8, size -= 8) state = __crc32cd(state, load_little_endian(data));
  for (; size != 0; ++data, --size) state = __crc32cb(state, std::to_integer<std::uint8_t>(*data));
  return state;
}

#endif

constexpr std::array variants {
  crc32c_variant{"portable", update_portable, multiply_portable},
#if defined(OTTLA_CRC32C_X86)
      crc32c_variant{"sse4.2 pclmul", update_x86, multiply_x86},
#elif defined(OTTLA_CRC32C_ARM)
      crc32c_variant{"armv8 crc", update_arm, multiply_portable},
#endif
};

bool cpu_has_crc() noexcept {
#if defined(OTTLA_CRC32C_X86)
  return __builtin_cpu_supports("sse4.2") != 0 && __builtin_cpu_supports("pclmul") != 0;
#elif defined(OTTLA_CRC32C_ARM)
  constexpr unsigned long hwcap_crc32 = 1UL << 7;
  return (getauxval(AT_HWCAP) & hwcap_crc32) != 0;
#else
  return false;
#endif
}

const crc32c_variant& choose() noexcept;

// Constant-initialised, so that a CRC taken from another static's constructor finds it ready. Threads that race through
// the first call all store the same pointer.
constinit std::atomic<const crc32c_variant*> chosen{nullptr};

const crc32c_variant& choose() noexcept {
  const crc32c_variant& best = crc32c_variants().back();
  chosen.store(&best, std::memory_order_relaxed);
  return best;
}

const crc32c_variant& implementation() noexcept {
  const crc32c_variant* variant = chosen.load(std::memory_order_relaxed);
  return variant != nullptr ? *variant : choose();
}

}  // namespace

std::span<const crc32c_variant> crc32c_variants() noexcept {
  return std::span{variants}.first(cpu_has_crc() ? variants.size() : 1);
}

std::uint32_t crc32c(bytes_view bytes, std::uint32_t seed) noexcept {
  return ~implementation().update(~seed, bytes.data(), bytes.size());
}

std::uint32_t crc32c_shift(std::size_t length) noexcept {
  const auto multiply = implementation().multiply;
  std::uint32_t shift = crc32c_math::x_to_minus_32();
  for (std::uint64_t rest = length; rest != 0; rest &= rest - 1) {
    shift = multiply(shift, powers[static_cast<std::size_t>(std::countr_zero(rest))]);
  }
  return shift;
}

std::uint32_t crc32c_shifted(std::uint32_t crc, std::uint32_t shift) noexcept {
  return implementation().multiply(crc, shift);
}

std::uint32_t crc32c_combine(std::uint32_t a, std::uint32_t b, std::size_t length_of_b) noexcept {
  return crc32c_shifted(a, crc32c_shift(length_of_b)) ^ b;
}

}  // namespace protocol
}  // namespace v0
}  // namespace ottla

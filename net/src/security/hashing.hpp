// hashing: the few things that SASL needs of a cryptographic library, and the names they have here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct evp_mac_ctx_st;  // OpenSSL's EVP_MAC_CTX

namespace ottla {
inline namespace v0 {
namespace hashing {

enum class hash_kind : std::uint8_t { sha_256, sha_512 };

/// A hash or a MAC: as many bytes as its kind has, overwritten when it goes.
class digest {
 public:
  digest() = default;
  digest(const digest&) = default;
  digest& operator=(const digest&) = default;
  ~digest();
  std::string_view view() const { return {reinterpret_cast<const char*>(bytes_.data()), size_}; }
  std::uint8_t* data() { return bytes_.data(); }
  void set_size(std::size_t size) { size_ = size; }
  void operator^=(const digest& other) {
    for (std::size_t i = 0; i < size_; ++i) bytes_[i] ^= other.bytes_[i];
  }

 private:
  std::array<std::uint8_t, 64> bytes_{};
  std::size_t size_ = 0;
};

digest hash(hash_kind kind, std::string_view data);
digest hmac(hash_kind kind, std::string_view key, std::string_view data);

/// hmac with one key, again and again: the key is prepared once.
class keyed_mac {
 public:
  keyed_mac(hash_kind kind, std::string_view key);
  ~keyed_mac();
  keyed_mac(const keyed_mac&) = delete;
  keyed_mac& operator=(const keyed_mac&) = delete;
  digest of(std::string_view data);

 private:
  evp_mac_ctx_st* context_;
};

/// In a time that does not tell where they differ.
bool same_bytes(std::string_view a, std::string_view b);
/// Letters and digits from the system's generator: a nonce.
std::string random_text(std::size_t length);
/// In lower case.
std::string to_hex(std::string_view bytes);
std::string to_base64(std::string_view bytes);
/// Without padding, with - and _: as in tokens.
std::string to_base64_url(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);

}  // namespace hashing
}  // namespace v0
}  // namespace ottla

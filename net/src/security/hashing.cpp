// hashing: OpenSSL's hashes, MACs, random bytes and base64.
#include "hashing.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>

namespace ottla {
inline namespace v0 {
namespace hashing {
namespace {

const EVP_MD* algorithm(hash_kind kind) { return kind == hash_kind::sha_256 ? EVP_sha256() : EVP_sha512(); }

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

digest::~digest() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

digest hash(hash_kind kind, std::string_view data) {
  digest out;
  unsigned int size = 0;
  EVP_Digest(data.data(), data.size(), out.data(), &size, algorithm(kind), nullptr);
  out.set_size(size);
  return out;
}

digest hmac(hash_kind kind, std::string_view key, std::string_view data) {
  digest out;
  unsigned int size = 0;
  HMAC(algorithm(kind), key.data(), static_cast<int>(key.size()), bytes_of(data), data.size(), out.data(), &size);
  out.set_size(size);
  return out;
}

keyed_mac::keyed_mac(hash_kind kind, std::string_view key) {
  EVP_MAC* method = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  context_ = EVP_MAC_CTX_new(method);
  EVP_MAC_free(method);
  std::string name = kind == hash_kind::sha_256 ? "SHA256" : "SHA512";
  const OSSL_PARAM how[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0),
                            OSSL_PARAM_construct_end()};
  EVP_MAC_init(context_, bytes_of(key), key.size(), how);
}

keyed_mac::~keyed_mac() { EVP_MAC_CTX_free(context_); }

digest keyed_mac::of(std::string_view data) {
  digest out;
  std::size_t size = 0;
  EVP_MAC_init(context_, nullptr, 0, nullptr);
  EVP_MAC_update(context_, bytes_of(data), data.size());
  EVP_MAC_final(context_, out.data(), &size, 64);
  out.set_size(size);
  return out;
}

bool same_bytes(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string random_text(std::size_t length) {
  static constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out(length, '\0');
  // Without random bytes there is no authentication: an empty nonce is refused by every server.
  if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(length)) != 1) return {};
  for (char& c : out) c = letters[static_cast<unsigned char>(c) % letters.size()];
  return out;
}

std::string to_hex(std::string_view bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes)
    out += {digits[static_cast<unsigned char>(c) >> 4], digits[static_cast<unsigned char>(c) & 15]};
  return out;
}

std::string to_base64(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(bytes), static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::string to_base64_url(std::string_view bytes) {
  std::string out = to_base64(bytes);
  while (out.ends_with('=')) out.pop_back();
  std::replace(out.begin(), out.end(), '+', '-');
  std::replace(out.begin(), out.end(), '/', '_');
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out(text.size() / 4 * 3, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(text), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  out.resize(static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < 2 && text.ends_with('='); ++i, text.remove_suffix(1)) out.pop_back();
  return out;
}

}  // namespace hashing
}  // namespace v0
}  // namespace ottla

// SCRAM's server: messages taken apart, proofs compared.
#include "sasl/scram_server.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const EVP_MD* digest_of(bool sha_512) { return sha_512 ? EVP_sha512() : EVP_sha256(); }
std::size_t size_of(bool sha_512) { return sha_512 ? 64 : 32; }

/// The value of attribute `key` in "k=v,k=v".
std::optional<std::string> attribute(std::string_view message, char key) {
  while (!message.empty()) {
    const std::string_view part = message.substr(0, message.find(','));
    if (part.size() >= 2 && part[0] == key && part[1] == '=') return std::string(part.substr(2));
    message.remove_prefix(std::min(part.size() + 1, message.size()));
  }
  return std::nullopt;
}

/// =2C and =3D are ',' and '='; any other '=' is a mistake.
std::optional<std::string> unescaped(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '=') {
      out += name[i];
    } else if (name.substr(i, 3) == "=2C" || name.substr(i, 3) == "=3D") {
      out += name[i + 1] == '2' ? ',' : '=';
      i += 2;
    } else {
      return std::nullopt;
    }
  }
  return out;
}

}  // namespace

std::string hmac_of(bool sha_512, std::string_view key, std::string_view data) {
  std::string out(size_of(sha_512), '\0');
  HMAC(digest_of(sha_512), key.data(), static_cast<int>(key.size()), bytes(data), data.size(), bytes(out), nullptr);
  return out;
}

std::string hash_of(bool sha_512, std::string_view data) {
  std::string out(size_of(sha_512), '\0');
  EVP_Digest(data.data(), data.size(), bytes(out), nullptr, digest_of(sha_512), nullptr);
  return out;
}

std::string salted(bool sha_512, std::string_view password, std::string_view salt, int iterations) {
  std::string out(size_of(sha_512), '\0');
  PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes(salt), static_cast<int>(salt.size()),
                    iterations, digest_of(sha_512), static_cast<int>(out.size()), bytes(out));
  return out;
}

std::string base64(std::string_view data) {
  std::string out(4 * ((data.size() + 2) / 3) + 1, '\0');
  out.resize(static_cast<std::size_t>(EVP_EncodeBlock(bytes(out), bytes(data), static_cast<int>(data.size()))));
  return out;
}

std::optional<std::string> unbase64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(bytes(out), bytes(text), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  for (std::size_t i = 0; i < 2 && text.ends_with('='); ++i, text.remove_suffix(1)) out.pop_back();
  return out;
}

std::optional<std::string> scram_server::first(std::string_view message) {
  const std::size_t flag_end = message.find(',');
  const std::size_t name_end = flag_end == std::string_view::npos ? flag_end : message.find(',', flag_end + 1);
  if (name_end == std::string_view::npos || (message[0] != 'n' && message[0] != 'y')) return std::nullopt;
  channel_ = message.substr(0, name_end + 1);
  client_first_ = message.substr(name_end + 1);
  const auto name = attribute(client_first_, 'n');
  const auto nonce = attribute(client_first_, 'r');
  if (!name || !nonce || nonce->empty() || !client_first_.starts_with("n=")) return std::nullopt;
  nonce_ = *nonce;
  return unescaped(*name);
}

std::string scram_server::challenge(const account& of, std::string_view nonce) {
  nonce_ += nonce;
  salted_ = salted(sha_512_, of.password, of.salt, of.iterations);
  challenge_ = "r=" + nonce_ + ",s=" + base64(of.salt) + ",i=" + std::to_string(of.iterations);
  return challenge_;
}

std::optional<std::string> scram_server::last(std::string_view message) {
  // Its end will do, as in Kafka: librdkafka up to 2.5 says its own part of the nonce twice.
  const auto channel = attribute(message, 'c');
  const auto nonce = attribute(message, 'r');
  const std::size_t at = message.rfind(",p=");
  if (!channel || *channel != base64(channel_) || !nonce || !nonce->ends_with(nonce_) || at == std::string_view::npos)
    return std::nullopt;
  const auto proof = unbase64(message.substr(at + 3));
  const std::string said = client_first_ + "," + challenge_ + "," + std::string(message.substr(0, at));
  std::string client_key = hmac_of(sha_512_, salted_, "Client Key");
  const std::string stored_key = hash_of(sha_512_, client_key);
  std::string signature = hmac_of(sha_512_, stored_key, said);
  if (!proof || proof->size() != signature.size()) return std::nullopt;
  std::string key = *proof;
  for (std::size_t i = 0; i < key.size(); ++i)
    key[i] = static_cast<char>(static_cast<unsigned char>(key[i]) ^ static_cast<unsigned char>(signature[i]));
  if (hash_of(sha_512_, key) != stored_key) return std::nullopt;
  return "v=" + base64(hmac_of(sha_512_, hmac_of(sha_512_, salted_, "Server Key"), said));
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla

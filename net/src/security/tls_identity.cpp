// tls_identity: certificates and keys out of PEM and PKCS#12.
#include "tls_identity.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

#include "openssl_handles.hpp"

namespace ottla {
inline namespace v0 {
namespace {

// A chain longer than this, or a file larger, is no credential but a mistake.
constexpr std::size_t max_file = std::size_t{4} << 20;

result<std::string> read_file(std::string_view what, const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in)
    return unexpected(
        bad_tls_setting(what, "the file " + path + " cannot be read", "check the path and its permissions"));
  std::string out;
  std::array<char, 4096> part;
  while (in.read(part.data(), part.size()) || in.gcount() > 0) {
    out.append(part.data(), static_cast<std::size_t>(in.gcount()));
    if (out.size() > max_file) return unexpected(bad_tls_setting(what, "the file " + path + " is larger than 4 MiB"));
  }
  return out;
}

bio_ptr bio_of(std::string_view text) { return bio_ptr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

// Never asks at a terminal: without a password an encrypted key is an error.
int give_password(char* to, int room, int, void* from) {
  const std::string_view text = static_cast<const secret*>(from)->reveal();
  if (text.empty() || text.size() > static_cast<std::size_t>(room)) return -1;
  std::copy(text.begin(), text.end(), to);
  return static_cast<int>(text.size());
}

bool is_pem(std::string_view text) { return text.find("-----BEGIN ") != std::string_view::npos; }

std::string why_of_key(const secret& password) {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (ERR_GET_REASON(code) == PEM_R_BAD_PASSWORD_READ || password.empty())
    return "the key cannot be read: " +
           std::string(password.empty() ? "it may be encrypted, and there is no password" : "the password is wrong");
  return "the key cannot be read, or its password is wrong";
}

struct keystore {
  key_ptr key;
  std::vector<certificate_ptr> chain;  // ours first, if there is a key
};

result<std::vector<certificate_ptr>> read_certificates(std::string_view what, std::string_view pem) {
  std::vector<certificate_ptr> out;
  const bio_ptr in = bio_of(pem);
  while (X509* one = PEM_read_bio_X509(in.get(), nullptr, &give_password, nullptr)) out.emplace_back(one);
  ERR_clear_error();  // the end of the file is one too
  if (out.empty())
    return unexpected(bad_tls_setting(what, "there is no certificate in it", "PEM begins with -----BEGIN CERTIFICATE"));
  return out;
}

result<key_ptr> read_key(std::string_view what, std::string_view pem, const secret& password) {
  const bio_ptr in = bio_of(pem);
  key_ptr key(PEM_read_bio_PrivateKey(in.get(), nullptr, &give_password, const_cast<secret*>(&password)));
  if (!key) return unexpected(bad_tls_setting(what, why_of_key(password)));
  return key;
}

result<keystore> read_pkcs12(std::string_view what, std::string_view bytes, const secret& password) {
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  const pkcs12_ptr store(d2i_PKCS12(nullptr, &at, static_cast<long>(bytes.size())));
  if (!store) {
    ERR_clear_error();
    return unexpected(bad_tls_setting(what, "it is neither PEM nor PKCS#12",
                                      "convert a JKS store: keytool -importkeystore -deststoretype PKCS12"));
  }
  const std::string word(password.reveal());
  EVP_PKEY* key = nullptr;
  X509* own = nullptr;
  STACK_OF(X509)* others = nullptr;
  if (PKCS12_parse(store.get(), word.c_str(), &key, &own, &others) != 1) {
    ERR_clear_error();
    return unexpected(bad_tls_setting(what, "its password is wrong, or it is damaged"));
  }
  keystore out;
  out.key.reset(key);
  if (own != nullptr) out.chain.emplace_back(own);
  while (sk_X509_num(others) > 0) out.chain.emplace_back(sk_X509_shift(others));
  sk_X509_free(others);
  return out;
}

result<void> trust_all(SSL_CTX* context, std::string_view what, const std::vector<certificate_ptr>& certificates) {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const certificate_ptr& one : certificates) X509_STORE_add_cert(store, one.get());
  ERR_clear_error();  // the same one twice is none
  if (certificates.empty()) return bad_tls_setting(what, "there is no certificate in it");
  return {};
}

// OpenSSL looks into it at each handshake, for files that go by a hash of the subject, and takes any path.
result<void> trust_directory(SSL_CTX* context, std::string_view what, const std::string& path) {
  const auto is_hash = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
  const auto goes_by_hash = [&](const std::string& name) {
    return name.size() >= 10 && name[8] == '.' && std::all_of(name.begin(), name.begin() + 8, is_hash);
  };
  std::error_code failed;
  bool found = false;
  for (std::filesystem::directory_iterator at(path, failed), end; !failed && !found && at != end; at.increment(failed))
    found = goes_by_hash(at->path().filename().string());
  if (failed)
    return bad_tls_setting(what, "the directory " + path + " cannot be read: " + failed.message(),
                           "check the path and its permissions");
  if (!found)
    return bad_tls_setting(what,
                           "no certificate in the directory " + path + " goes by its hash, which OpenSSL looks for",
                           "run: openssl rehash " + path);
  if (SSL_CTX_load_verify_locations(context, nullptr, path.c_str()) != 1)
    return bad_tls_setting(what, "the directory " + path + " cannot be used: " + tls_error_clause());
  return {};
}

result<keystore> read_identity(const tls_config& config) {
  keystore out;
  const secret& word = config.key_password.empty() ? config.keystore_password : config.key_password;
  if (!config.keystore_file.empty()) {
    auto text = read_file("ssl.keystore.location", config.keystore_file);
    if (!text) return unexpected(text.error());
    if (!is_pem(*text)) {
      auto store = read_pkcs12("ssl.keystore.location", *text, config.keystore_password);
      wipe(*text);
      return store;
    }
    auto chain = read_certificates("ssl.keystore.location", *text);
    auto key = read_key("ssl.keystore.location", *text, word);
    wipe(*text);
    if (!chain || !key) return unexpected(chain ? key.error() : chain.error());
    out.chain = std::move(*chain);
    out.key = std::move(*key);
    return out;
  }
  std::string chain_text = config.certificate_pem;
  if (!config.certificate_file.empty()) {
    auto text = read_file("ssl.certificate.location", config.certificate_file);
    if (!text) return unexpected(text.error());
    chain_text = std::move(*text);
  }
  std::string key_text(config.key_pem.reveal());
  if (!config.key_file.empty()) {
    auto text = read_file("ssl.key.location", config.key_file);
    if (!text) return unexpected(text.error());
    key_text = std::move(*text);
  }
  if (chain_text.empty() && key_text.empty()) return out;
  if (chain_text.empty() || key_text.empty())
    return unexpected(bad_tls_setting(chain_text.empty() ? "the key" : "the certificate",
                                      "a certificate needs its key, and a key its certificate"));
  auto chain = read_certificates("the certificate", chain_text);
  auto key = read_key("the key", key_text, word);
  wipe(key_text);
  if (!chain || !key) return unexpected(chain ? key.error() : chain.error());
  out.chain = std::move(*chain);
  out.key = std::move(*key);
  return out;
}

}  // namespace

error bad_tls_setting(std::string_view what, std::string why, std::string advice) {
  error_context context;
  context.asked = std::string(what);
  context.detail = std::move(why);
  context.advice = std::move(advice);
  return error(client_code::invalid_config, std::move(context));
}

std::string tls_error_clause() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "OpenSSL does not say why" : std::string(reason);
}

result<void> trust(SSL_CTX* context, const tls_config& config) {
  if (config.ca_file.empty() && config.ca_directory.empty() && config.ca_pem.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) != 1)
      return bad_tls_setting("the system's certificates", tls_error_clause());
    return {};
  }
  std::error_code nothing;
  if (std::filesystem::is_directory(config.ca_file, nothing)) {  // which librdkafka takes as well
    if (auto done = trust_directory(context, "ssl.ca.location", config.ca_file); !done) return done;
  } else if (!config.ca_file.empty()) {
    auto text = read_file("ssl.truststore.location", config.ca_file);
    if (!text) return text.error();
    result<std::vector<certificate_ptr>> found = std::vector<certificate_ptr>{};
    if (is_pem(*text)) {
      found = read_certificates("ssl.truststore.location", *text);
    } else {
      auto store = read_pkcs12("ssl.truststore.location", *text, config.ca_password);
      if (!store) return store.error();
      *found = std::move(store->chain);
    }
    if (!found) return found.error();
    if (auto done = trust_all(context, "ssl.truststore.location", *found); !done) return done;
  }
  if (!config.ca_pem.empty()) {
    auto found = read_certificates("ssl.truststore.certificates", config.ca_pem);
    if (!found) return found.error();
    if (auto done = trust_all(context, "ssl.truststore.certificates", *found); !done) return done;
  }
  if (!config.ca_directory.empty()) return trust_directory(context, "tls.ca_directory", config.ca_directory);
  return {};
}

result<void> identify(SSL_CTX* context, const tls_config& config) {
  auto who = read_identity(config);
  if (!who) return who.error();
  if (!who->key && who->chain.empty()) return {};
  if (!who->key) return bad_tls_setting("ssl.keystore.location", "there is no private key in it");
  if (who->chain.empty()) return bad_tls_setting("ssl.keystore.location", "there is no certificate in it");
  if (SSL_CTX_use_certificate(context, who->chain.front().get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, who->key.get()) != 1) {
    return bad_tls_setting("the certificate and its key", "they do not belong together: " + tls_error_clause());
  }
  for (std::size_t i = 1; i < who->chain.size(); ++i) SSL_CTX_add1_chain_cert(context, who->chain[i].get());
  return {};
}

}  // namespace v0
}  // namespace ottla

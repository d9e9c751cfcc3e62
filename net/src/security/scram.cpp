// scram: the three messages, and the iterations between them.
#include "scram.hpp"

#include <algorithm>
#include <charconv>

namespace ottla {
inline namespace v0 {
namespace {

// A name in which ',' and '=' have another meaning.
std::string sasl_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == ',') {
      out += "=2C";
    } else if (c == '=') {
      out += "=3D";
    } else {
      out += c;
    }
  }
  return out;
}

// The value of "k=value" at the beginning; what follows its comma is left in `text`.
std::optional<std::string_view> take(std::string_view& text, char key) {
  if (text.size() < 2 || text[0] != key || text[1] != '=') return std::nullopt;
  const std::size_t end = std::min(text.find(','), text.size());
  const std::string_view value = text.substr(2, end - 2);
  text.remove_prefix(std::min(end + 1, text.size()));
  return value;
}

}  // namespace

scram_exchange::scram_exchange(hashing::hash_kind kind, sasl_credentials credentials, std::string nonce,
                               std::shared_ptr<scram_memory> memory)
    : kind_(kind), memory_(std::move(memory)), credentials_(std::move(credentials)), nonce_(std::move(nonce)) {}

scram_exchange::state scram_exchange::refuse(std::string why) {
  turn_ = turn::over;
  said = std::string_view(why);
  return state::refused;
}

//     n,,n=alice,r=nonce                            no channel binding
//     r=nonce+theirs,s=salt,i=4096
//     c=biws,r=nonce+theirs,p=proof                 biws: "n,," once more
//     v=their proof
scram_exchange::state scram_exchange::first() {
  if (nonce_.empty()) return refuse("the system has no random bytes");
  auth_message_ = "n=" + sasl_name(credentials_.username) + ",r=" + nonce_;
  if (credentials_.delegation_token) auth_message_ += ",tokenauth=true";
  said = std::string_view("n,," + auth_message_);
  return state::says;
}

scram_exchange::state scram_exchange::answer(std::string_view from_broker) {
  switch (turn_) {
    case turn::challenge:
      return on_challenge(from_broker);
    case turn::proof:
      return on_proof(from_broker);
    case turn::over:
      break;
  }
  return refuse("the broker goes on after the end");
}

scram_exchange::state scram_exchange::on_challenge(std::string_view text) {
  std::string_view rest = text;
  const auto nonce = take(rest, 'r');
  const auto salt_text = take(rest, 's');
  const auto count = take(rest, 'i');
  const auto salt = salt_text ? hashing::from_base64(*salt_text) : std::nullopt;
  if (!nonce || !salt || salt->empty() || !count) return refuse("the broker's challenge is malformed");
  if (!nonce->starts_with(nonce_) || nonce->size() == nonce_.size())
    return refuse("the broker's challenge is not for us: its nonce does not begin with ours");
  const auto [end, bad] = std::from_chars(count->data(), count->data() + count->size(), iterations_);
  if (bad != std::errc{} || end != count->data() + count->size() || iterations_ < min_iterations ||
      iterations_ > max_iterations) {
    return refuse("the broker asks for " + std::string(*count) + " iterations; " + std::to_string(min_iterations) +
                  " to " + std::to_string(max_iterations) + " are done here");
  }
  nonce_ = *nonce;
  auth_message_ += "," + std::string(text) + ",c=biws,r=" + nonce_;
  if (memory_) {
    learned_ = {kind_, credentials_.password, *salt, iterations_, {}};
    if (const hashing::digest* known = memory_->find(learned_)) return prove(*known);
  }
  by_password_.emplace(kind_, credentials_.password.reveal());
  last_ = sum_ = by_password_->of(*salt + std::string("\0\0\0\1", 4));
  --iterations_;
  return work();
}

scram_exchange::state scram_exchange::work() {
  for (int i = 0; i < slice && iterations_ > 0; ++i, --iterations_) {
    last_ = by_password_->of(last_.view());
    sum_ ^= last_;
  }
  if (iterations_ > 0) return state::works;
  by_password_.reset();
  const state next = prove(sum_);
  last_ = sum_ = {};
  return next;
}

scram_exchange::state scram_exchange::prove(const hashing::digest& salted_password) {
  if (memory_) learned_.result = salted_password;
  credentials_.password.wipe();
  hashing::digest proof = hashing::hmac(kind_, salted_password.view(), "Client Key");
  const hashing::digest stored = hashing::hash(kind_, proof.view());
  proof ^= hashing::hmac(kind_, stored.view(), auth_message_);
  const hashing::digest server_key = hashing::hmac(kind_, salted_password.view(), "Server Key");
  expected_ = hashing::hmac(kind_, server_key.view(), auth_message_);
  said = std::string_view("c=biws,r=" + nonce_ + ",p=" + hashing::to_base64(proof.view()));
  turn_ = turn::proof;
  return state::says;
}

scram_exchange::state scram_exchange::on_proof(std::string_view text) {
  std::string_view rest = text;
  if (const auto why = take(rest, 'e')) return refuse("the broker refuses: " + std::string(*why));
  const auto proof_text = take(rest, 'v');
  const auto proof = proof_text ? hashing::from_base64(*proof_text) : std::nullopt;
  if (!proof) return refuse("the broker's last message is malformed");
  if (!hashing::same_bytes(*proof, expected_.view()))
    return refuse("the broker does not know our password: its proof is wrong, it may not be who it says");
  if (memory_) memory_->keep(std::move(learned_));
  turn_ = turn::over;
  return state::done;
}

}  // namespace v0
}  // namespace ottla

// Any bytes as what a broker says in a SASL dialogue, and as jaas texts: refused with a clause, or taken, twice alike;
// and nobody is believed to know the password who does not.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "heap_watch.hpp"
#include "security/jaas.hpp"
#include "security/scram.hpp"

namespace {

using namespace ottla;
using state = sasl_exchange::state;

constexpr std::size_t bound = std::size_t{4} << 20;
// Hashing a million times takes seconds and shows nothing new: who asks for more than the seeds do is left waiting.
constexpr int most_slices = 4096 / scram_exchange::slice;

// The dialogue of RFC 7677: this user, this password and this nonce.
constexpr std::string_view our_nonce = "rOprNGfwEbeRWgbNEkqO";
constexpr std::string_view right_proof = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

void require(bool holds) {
  if (!holds) std::abort();
}

state through(sasl_exchange& of, state now) {
  for (int left = most_slices; now == state::works && left > 0; --left) now = of.work();
  return now;
}

/// Each message of the broker stands behind a byte that says how long it is.
void converse(sasl_exchange& with, std::string_view from_broker, bool proves) {
  state now = through(with, with.first());
  std::string_view last;
  while (now == state::says && !from_broker.empty()) {
    const std::size_t size = static_cast<unsigned char>(from_broker.front());
    last = from_broker.substr(1, size);
    from_broker.remove_prefix(1 + last.size());
    now = through(with, with.answer(last));
  }
  if (now == state::refused) require(!with.said.reveal().empty());
  if (now == state::done && proves) require(last.starts_with(right_proof));
}

void read_twice(std::string_view text) {
  sasl_config first, second;
  const bool taken = read_jaas(text, first);
  require(read_jaas(text, second) == taken);
  require(first.mechanism == second.mechanism && first.credentials.username == second.credentials.username &&
          first.credentials.password == second.credentials.password &&
          first.unsecured_principal == second.unsecured_principal);
  if (!taken) require(first.credentials.username.empty() && first.credentials.password.empty());
}

}  // namespace

// The first byte chooses what is tried.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const fuzz::heap_watch watch(bound);
  const std::string_view rest(reinterpret_cast<const char*>(data + 1), size - 1);
  sasl_credentials who;
  who.username = "user";
  who.password = std::string_view("pencil");
  who.token = std::string_view("e30.e30.");
  const int choice = data[0] % 8;
  if (choice < 4) {
    read_twice(rest);
  } else if (choice == 7) {
    converse(*make_sasl_exchange(sasl_mechanism::oauthbearer, who), rest, false);
  } else {
    const auto kind = choice == 6 ? hashing::hash_kind::sha_512 : hashing::hash_kind::sha_256;
    scram_exchange exchange(kind, who, std::string(our_nonce));
    converse(exchange, rest, true);
  }
  return 0;
}

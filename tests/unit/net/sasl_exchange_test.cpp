// SASL: what each mechanism says, byte for byte, and what of a broker it does not believe. The conversation of
// SCRAM-SHA-256 is that of RFC 7677; RFC 5802's rules are the rest.
#include "security/sasl_exchange.hpp"

#include <gtest/gtest.h>

#include "security/hashing.hpp"
#include "security/scram.hpp"

namespace ottla {
namespace {

using namespace hashing;
using state = sasl_exchange::state;

sasl_credentials user(std::string name, std::string_view password) {
  sasl_credentials out;
  out.username = std::move(name);
  out.password = password;
  return out;
}

// Until it says something, or ends.
state through(sasl_exchange& of, state now) {
  while (now == state::works) now = of.work();
  return now;
}

constexpr std::string_view rfc_nonce = "rOprNGfwEbeRWgbNEkqO";
constexpr std::string_view rfc_challenge =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
constexpr std::string_view rfc_proof = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

class rfc_7677 : public ::testing::Test {
 protected:
  scram_exchange pencil{hash_kind::sha_256, user("user", "pencil"), std::string(rfc_nonce)};
};

TEST_F(rfc_7677, conversation_is_spoken_word_for_word) {
  ASSERT_EQ(pencil.first(), state::says);
  EXPECT_EQ(pencil.said.reveal(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  ASSERT_EQ(through(pencil, pencil.answer(rfc_challenge)), state::says);
  EXPECT_EQ(
      pencil.said.reveal(),
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  EXPECT_EQ(pencil.answer(rfc_proof), state::done);
}

TEST_F(rfc_7677, hashes_are_worked_off_in_slices) {
  ASSERT_EQ(pencil.first(), state::says);
  int slices = 1;
  for (state now = pencil.answer(rfc_challenge); now == state::works; now = pencil.work()) ++slices;
  EXPECT_EQ(slices, 4096 / scram_exchange::slice);
}

// The conversation of RFC 7677 with what may be remembered of earlier ones. Hashing shows as slices of work.
class remembering : public ::testing::Test {
 protected:
  std::unique_ptr<scram_exchange> begin(std::string_view password = "pencil", hash_kind kind = hash_kind::sha_256) {
    auto out = std::make_unique<scram_exchange>(kind, user("user", password), std::string(rfc_nonce), memory);
    EXPECT_EQ(out->first(), state::says);
    return out;
  }
  void authenticate() {
    auto one = begin();
    EXPECT_EQ(through(*one, one->answer(rfc_challenge)), state::says);
    EXPECT_EQ(one->answer(rfc_proof), state::done);
  }
  std::shared_ptr<scram_memory> memory = std::make_shared<scram_memory>();
};

TEST_F(remembering, a_second_conversation_hashes_nothing_and_proves_the_same) {
  authenticate();
  auto again = begin();
  ASSERT_EQ(again->answer(rfc_challenge), state::says) << "at once";
  EXPECT_EQ(again->said.reveal().substr(again->said.reveal().find(",p=")),
            ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  EXPECT_EQ(again->answer(rfc_proof), state::done);
  auto third = begin();
  EXPECT_EQ(third->answer(rfc_challenge), state::says) << "it is still there";
}

TEST_F(remembering, another_password_salt_count_or_hash_is_hashed) {
  authenticate();
  auto password = begin("crayon");
  EXPECT_EQ(password->answer(rfc_challenge), state::works);
  auto hash = begin("pencil", hash_kind::sha_512);
  EXPECT_EQ(hash->answer(rfc_challenge), state::works);
  const std::string nonce = "r=" + std::string(rfc_nonce) + "more,";
  auto salt = begin();
  EXPECT_EQ(salt->answer(nonce + "s=W22ZaJ0SNY7soEsUEjb7gQ==,i=4096"), state::works);
  auto count = begin();
  EXPECT_EQ(count->answer(nonce + "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=8192"), state::works);
  auto same = begin();
  EXPECT_EQ(same->answer(rfc_challenge), state::says);
}

TEST_F(remembering, nothing_is_kept_of_a_broker_that_did_not_prove_itself) {
  auto one = begin();
  ASSERT_EQ(through(*one, one->answer(rfc_challenge)), state::says);
  EXPECT_EQ(one->answer("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="), state::refused);
  auto again = begin();
  EXPECT_EQ(again->answer(rfc_challenge), state::works);
}

TEST_F(remembering, too_few_iterations_are_refused_as_ever) {
  authenticate();
  auto again = begin();
  EXPECT_EQ(again->answer("r=" + std::string(rfc_nonce) + "x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4095"), state::refused);
}

TEST_F(rfc_7677, broker_that_does_not_know_the_password_is_found_out) {
  ASSERT_EQ(pencil.first(), state::says);
  ASSERT_EQ(through(pencil, pencil.answer(rfc_challenge)), state::says);
  EXPECT_EQ(pencil.answer("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="), state::refused);
  EXPECT_NE(pencil.said.reveal().find("its proof is wrong"), std::string_view::npos);
  EXPECT_EQ(pencil.answer(rfc_proof), state::refused) << "once refused it stays so";
}

TEST_F(rfc_7677, challenges_that_are_not_for_us_or_ask_for_too_little_or_too_much_are_refused) {
  const std::string nonce(rfc_nonce);
  for (const std::string& wrong : {
           std::string("r=somebodyelse,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"),  // another's
           "r=" + nonce + ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",              // the broker adds nothing
           "r=" + nonce + "x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4095",
           "r=" + nonce + "x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1000001",
           "r=" + nonce + "x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=99999999999999999999",
           "r=" + nonce + "x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=-4096",
           "r=" + nonce + "x,s=W22ZaJ0SNY7soEsUEjb6gQ=,i=4096",  // base64
           "r=" + nonce + "x,s=,i=4096",
           "r=" + nonce + "x",
           std::string("s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"),
           std::string("e=invalid-encoding"),
           std::string(),
       }) {
    scram_exchange one(hash_kind::sha_256, user("user", "pencil"), nonce);
    ASSERT_EQ(one.first(), state::says);
    EXPECT_EQ(through(one, one.answer(wrong)), state::refused) << wrong;
    EXPECT_FALSE(one.said.empty()) << wrong;
  }
}

TEST(scram, names_are_escaped_and_tokens_say_that_they_are_one) {
  sasl_credentials who = user("a=b,c", "x");
  who.delegation_token = true;
  scram_exchange one(hash_kind::sha_512, who, "abc");
  ASSERT_EQ(one.first(), state::says);
  EXPECT_EQ(one.said.reveal(), "n,,n=a=3Db=2Cc,r=abc,tokenauth=true");
}

TEST(scram, without_random_bytes_nothing_is_said) {
  scram_exchange one(hash_kind::sha_256, user("user", "pencil"), "");
  EXPECT_EQ(one.first(), state::refused);
}

TEST(scram, two_exchanges_have_two_nonces) {
  const auto first_words = [] {
    const auto one = make_sasl_exchange(sasl_mechanism::scram_sha_512, user("user", "pencil"));
    EXPECT_EQ(one->first(), state::says);
    return std::string(one->said.reveal());
  };
  EXPECT_NE(first_words(), first_words());
}

TEST(plain, says_all_at_once) {
  const auto one = make_sasl_exchange(sasl_mechanism::plain, user("alice", "secret"));
  ASSERT_EQ(one->first(), state::says);
  EXPECT_EQ(one->said.reveal(), std::string_view("\0alice\0secret", 13));
  EXPECT_EQ(one->answer(""), state::done);
}

TEST(oauthbearer, says_the_token_and_its_extensions) {
  sasl_credentials who;
  who.token = "abc.def.";
  who.extensions = {{"logicalCluster", "lkc-1"}};
  const auto one = make_sasl_exchange(sasl_mechanism::oauthbearer, who);
  ASSERT_EQ(one->first(), state::says);
  EXPECT_EQ(one->said.reveal(), "n,,\1auth=Bearer abc.def.\1logicalCluster=lkc-1\1\1");
  EXPECT_EQ(one->answer(""), state::done);
}

TEST(oauthbearer, hears_out_why_a_token_is_refused) {
  sasl_credentials who;
  who.token = "abc";
  const auto one = make_sasl_exchange(sasl_mechanism::oauthbearer, who);
  ASSERT_EQ(one->first(), state::says);
  ASSERT_EQ(one->answer(R"({"status":"invalid_token"})"), state::says);
  EXPECT_EQ(one->said.reveal(), "\1");  // the broker fails the authentication behind it
  EXPECT_EQ(one->answer("more"), state::refused);
}

TEST(oauthbearer, an_unsecured_token_names_its_principal_and_lives_for_an_hour) {
  const auto token = unsecured_token("alice", "", wall_ms(std::chrono::seconds(1'700'000'000)));
  ASSERT_TRUE(token);
  EXPECT_EQ(token->reveal(),
            "eyJhbGciOiJub25lIn0." + to_base64_url(R"({"sub":"alice","iat":1700000000,"exp":1700003600})") + ".");
  EXPECT_FALSE(unsecured_token("al\"ice", "", wall_ms()));
}

TEST(hashing, base64_reads_what_it_writes_and_nothing_else) {
  for (const std::string& text :
       {std::string(), std::string("f"), std::string("fo"), std::string("foo"), std::string("\0\xff", 2)})
    EXPECT_EQ(from_base64(to_base64(text)), text);
  EXPECT_EQ(to_base64("fo"), "Zm8=");
  EXPECT_EQ(to_base64_url("\xff\xfe"), "__4");
  EXPECT_FALSE(from_base64("Zm8"));
  EXPECT_FALSE(from_base64("Z!8="));
}

TEST(secrets, are_overwritten) {
  std::string text = "a password that is longer than what a string holds in place";
  const char* where = text.data();
  const std::size_t size = text.size();
  wipe(text);
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(std::string(where, size), std::string(size, '\0'));  // still reserved: its own memory
}

}  // namespace
}  // namespace ottla

// Bytes as SASL's questions and answers: refused, or the same when told again. The first byte chooses message and
// version. Who answers them is not known yet at that point of a connection.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "ottla/protocol/reader.hpp"
#include "ottla/protocol/sasl_authenticate.hpp"
#include "ottla/protocol/sasl_handshake.hpp"
#include "ottla/protocol/writer.hpp"

namespace {

using namespace ottla::protocol;

void require(bool holds) {
  if (!holds) std::abort();
}

template <class Message>
void read_and_tell(bytes_view body, int choice) {
  const int versions = Message::max_version - Message::min_version + 1;
  const auto version = static_cast<std::int16_t>(Message::min_version + choice % versions);
  arena memory{std::size_t{1} << 20};
  reader in(body, memory);
  Message first, second;
  read(in, first, version);
  if (!in.ok()) return;
  writer told, again;
  write(told, first, version);
  require(told.ok());
  reader back(told.view(), memory);
  read(back, second, version);
  require(back.ok() && back.remaining() == 0);
  write(again, second, version);
  require(std::ranges::equal(told.view(), again.view()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bytes_view body = std::as_bytes(std::span(data + 1, size - 1));
  const int choice = data[0] / 4;
  switch (data[0] % 4) {
    case 0:
      read_and_tell<SaslHandshakeRequest>(body, choice);
      break;
    case 1:
      read_and_tell<SaslHandshakeResponse>(body, choice);
      break;
    case 2:
      read_and_tell<SaslAuthenticateRequest>(body, choice);
      break;
    default:
      read_and_tell<SaslAuthenticateResponse>(body, choice);
  }
  return 0;
}

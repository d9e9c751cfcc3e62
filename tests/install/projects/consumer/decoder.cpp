// Uses ottla::protocol alone, as a decoder or fuzzer would: the CRC of the nine digits is in every textbook.
#include <ottla/protocol/crc32c.hpp>

#include <cstdio>
#include <span>
#include <string_view>

int main() {
  std::string_view digits = "123456789";
  auto crc = ottla::protocol::crc32c(std::as_bytes(std::span{digits}));
  std::printf("crc32c %08x\n", crc);
  return crc == 0xe3069283U ? 0 : 1;
}

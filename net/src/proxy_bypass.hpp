// proxy_bypass: the list of hosts that are reached without the proxy, as NO_PROXY of other tools.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/net/address.hpp"
#include "ottla/result.hpp"

namespace ottla {
inline namespace v0 {

class proxy_bypass {
 public:
  /// The form is proxy_config::bypass's. An error is invalid_config and names the part that cannot be read.
  static result<proxy_bypass> parse(std::string_view list);
  bool covers(const host_port& broker) const;

 private:
  /// IPv4 as IPv6 has it, ::ffff:a.b.c.d: so one host written in either way is one host.
  using address_bytes = std::array<std::uint8_t, 16>;
  enum class kind : std::uint8_t { all, name, below_name, block };
  struct entry {
    kind of = kind::all;
    std::uint16_t port = 0;  // 0: any
    std::string name;        // without a dot around it
    address_bytes network{};
    unsigned bits = 0;  // of the network, of 128
  };

  static std::optional<address_bytes> address_of(std::string_view host);
  /// Why not, as a clause; empty: `to` has been filled.
  static std::string_view read(std::string_view part, entry& to);
  static std::string_view read_block(std::string_view text, entry& to);

  std::vector<entry> entries_;
};

}  // namespace v0
}  // namespace ottla

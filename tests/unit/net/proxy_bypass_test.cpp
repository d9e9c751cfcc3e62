// Who is reached without the proxy: each form of the list, what case, dots, ports and ways to write an address change,
// and what cannot be read.
#include "proxy_bypass.hpp"

#include <gtest/gtest.h>

#include "ottla/net/proxy.hpp"

namespace ottla {
namespace {

class bypass : public ::testing::Test {
 protected:
  static bool without(std::string_view list, std::string_view host, std::uint16_t port = 9092) {
    const auto read = proxy_bypass::parse(list);
    EXPECT_TRUE(read) << read.error().message();
    return read && read->covers({std::string(host), port});
  }
  static std::string why_not(std::string_view list) {
    const auto read = proxy_bypass::parse(list);
    return read ? "" : read.error().message();
  }
};

TEST_F(bypass, nobody_stands_in_an_empty_list) {
  EXPECT_FALSE(without("", "b1"));
  EXPECT_FALSE(without(" , ,", "localhost"));
}

TEST_F(bypass, a_star_is_everybody) {
  EXPECT_TRUE(without("*", "b1"));
  EXPECT_TRUE(without("b2 *", "fd00::1"));
}

TEST_F(bypass, a_name_is_itself_and_all_below_it_and_nobody_who_only_ends_likewise) {
  EXPECT_TRUE(without("example.com", "example.com"));
  EXPECT_TRUE(without("example.com", "b1.kafka.example.com"));
  EXPECT_FALSE(without("example.com", "badexample.com"));
  EXPECT_FALSE(without("b1.example.com", "example.com"));
}

TEST_F(bypass, a_suffix_is_only_who_is_below_it) {
  for (const std::string_view list : {".example.com", "*.example.com"}) {
    EXPECT_TRUE(without(list, "b1.example.com"));
    EXPECT_FALSE(without(list, "example.com"));
    EXPECT_FALSE(without(list, ".example.com"));
    EXPECT_FALSE(without(list, "badexample.com"));
  }
}

TEST_F(bypass, case_and_the_dot_of_the_root_say_nothing) {
  EXPECT_TRUE(without("Kafka.Example.COM.", "b1.kafka.example.com"));
  EXPECT_TRUE(without(".example.com", "B1.EXAMPLE.com."));
  EXPECT_TRUE(without("b_1", "B_1."));
}

TEST_F(bypass, an_address_is_that_host_however_it_is_written) {
  EXPECT_TRUE(without("192.0.2.7", "192.0.2.7"));
  EXPECT_FALSE(without("192.0.2.7", "192.0.2.70"));
  EXPECT_TRUE(without("192.0.2.7", "::ffff:192.0.2.7"));
  EXPECT_TRUE(without("2001:db8::1", "2001:DB8:0:0:0:0:0:1"));
  EXPECT_TRUE(without("[2001:db8::1]", "2001:db8::1"));
  EXPECT_TRUE(without("fe80::1", "fe80::1%eth0"));
}

TEST_F(bypass, a_block_is_every_address_in_it) {
  EXPECT_TRUE(without("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(without("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(without("172.16.0.0/12", "172.31.255.255"));
  EXPECT_FALSE(without("172.16.0.0/12", "172.32.0.0"));
  EXPECT_TRUE(without("10.1.2.3/8", "10.9.9.9")) << "what is behind the block's bits counts for nothing";
  EXPECT_TRUE(without("192.0.2.7/32", "192.0.2.7"));
  EXPECT_FALSE(without("192.0.2.7/32", "192.0.2.6"));
  EXPECT_TRUE(without("fd00::/8", "fdff::1"));
  EXPECT_FALSE(without("fd00::/8", "fe00::1"));
  EXPECT_TRUE(without("[fd00::/8]", "fd00::1"));
}

TEST_F(bypass, the_widest_blocks_are_each_of_one_kind_of_address) {
  EXPECT_TRUE(without("0.0.0.0/0", "198.51.100.1"));
  EXPECT_FALSE(without("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(without("::/0", "2001:db8::1"));
  EXPECT_FALSE(without("::/0", "198.51.100.1"));
}

TEST_F(bypass, no_name_is_in_a_block) { EXPECT_FALSE(without("0.0.0.0/0,::/0", "localhost")); }

TEST_F(bypass, a_port_is_that_port_alone) {
  for (const std::string_view list : {"b1:9093", "*:9093", ".example.com:9093,b1:9093", "b1.:9093"}) {
    EXPECT_TRUE(without(list, "b1", 9093)) << list;
    EXPECT_FALSE(without(list, "b1", 9092)) << list;
  }
  EXPECT_TRUE(without("192.0.2.0/24:9093", "192.0.2.1", 9093));
  EXPECT_FALSE(without("192.0.2.0/24:9093", "192.0.2.1", 9092));
  for (const std::string_view list : {"[::1]:9093", "[::/64]:9093"}) {
    EXPECT_TRUE(without(list, "::1", 9093)) << list;
    EXPECT_FALSE(without(list, "::1", 9092)) << list;
  }
}

TEST_F(bypass, parts_have_commas_or_blanks_between_them) {
  for (const std::string_view host : {"a", "b", "c"}) EXPECT_TRUE(without(" a,b\tc ,", host));
}

TEST_F(bypass, a_part_that_cannot_be_read_is_named_with_what_can_be_written) {
  EXPECT_EQ(why_not("b1, 10.0.0/8"),
            "proxy.bypass failed with INVALID_CONFIG: \"10.0.0/8\" is no block of addresses; write names, .suffixes, "
            "addresses, blocks such as 10.0.0.0/8, or *, each with :port or without");
  EXPECT_NE(why_not("10.0.0.0/33").find("a number from 0 to 32"), std::string::npos);
  EXPECT_NE(why_not("fd00::/129").find("a number from 0 to 128"), std::string::npos);
  EXPECT_NE(why_not("10.0.0.0/8/8").find("a number from 0 to 32"), std::string::npos);
  for (const std::string_view port : {"b1:", "b1:0", "b1:65536", "b1:+1", "b1:http", "[::1]:"})
    EXPECT_NE(why_not(port).find("a number from 1 to 65535"), std::string::npos) << port;
  for (const std::string_view part : {"10.0.0", "10.0.0.*", "b*", "a..b", ".", "*.", "a;b", ":9092", "::1::", "1234",
                                      "fe80::1%eth0", "caf\xc3\xa9", "..example.com"})
    EXPECT_NE(why_not(part).find("\"" + std::string(part) + "\" is neither a name nor an address"), std::string::npos)
        << part << why_not(part);
  EXPECT_NE(why_not("http://b1.example:80").find("is no block of addresses"), std::string::npos);
  EXPECT_NE(why_not("[b1]").find("brackets that hold no IPv6 address"), std::string::npos);
  EXPECT_NE(why_not("[::1").find("brackets that hold no IPv6 address"), std::string::npos);
}

TEST_F(bypass, who_goes_by_the_proxy_is_asked_of_the_configuration) {
  proxy_config proxy;
  EXPECT_FALSE(goes_by_proxy(proxy, {"b1", 9092}));
  proxy.kind = proxy_kind::http;
  proxy.bypass = "b1";
  EXPECT_FALSE(goes_by_proxy(proxy, {"b1", 9092}));
  EXPECT_TRUE(goes_by_proxy(proxy, {"b2", 9092}));
  EXPECT_FALSE(goes_by_proxy(proxy, {"unix:/run/kafka.sock", 0}));
}

}  // namespace
}  // namespace ottla

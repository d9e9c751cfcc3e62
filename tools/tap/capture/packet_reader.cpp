// Reads a capture file: libpcap the file, libtins IP, its fragments, and TCP.
#include "packet_reader.hpp"

#include <pcap/pcap.h>
#include <tins/exceptions.h>
#include <tins/ip.h>
#include <tins/ip_reassembler.h>
#include <tins/ipv6.h>
#include <tins/rawpdu.h>
#include <tins/tcp.h>

#include <array>
#include <span>
#include <utility>

#include "link_layer.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {
namespace {

instant time_of(const pcap_pkthdr& header) {
  const std::chrono::microseconds since_1970 =
      std::chrono::seconds(header.ts.tv_sec) + std::chrono::microseconds(header.ts.tv_usec);
  return {since_1970, since_1970};
}

bool fill(const Tins::PDU& ip, const std::string& from, const std::string& to, segment& out) {
  const auto* tcp = ip.find_pdu<Tins::TCP>();
  if (tcp == nullptr) return false;
  out.from = {from, tcp->sport()};
  out.to = {to, tcp->dport()};
  out.sequence = tcp->seq();
  out.syn = tcp->get_flag(Tins::TCP::SYN) != 0;
  out.ack = tcp->get_flag(Tins::TCP::ACK) != 0;
  out.fin = tcp->get_flag(Tins::TCP::FIN) != 0;
  out.rst = tcp->get_flag(Tins::TCP::RST) != 0;
  out.payload.clear();
  if (const auto* raw = tcp->find_pdu<Tins::RawPDU>()) out.payload = raw->payload();
  return true;
}

}  // namespace

struct packet_reader::state {
  pcap_t* file = nullptr;
  int link = 0;
  Tins::IPv4Reassembler fragments;
  std::string trouble;
  std::uint64_t packets = 0;
  std::uint64_t malformed = 0;

  /// False: no TCP, or a fragment whose others are not there yet. libtins throws on what is malformed.
  bool read(std::span<const std::uint8_t> packet, segment& out) {
    const auto offset = ip_offset(link, packet);
    if (!offset || packet.size() <= *offset) return false;
    const auto body = packet.subspan(*offset);
    const auto size = static_cast<std::uint32_t>(body.size());
    if (body[0] >> 4 == 4) {
      Tins::IP ip(body.data(), size);
      if (fragments.process(ip) == Tins::IPv4Reassembler::FRAGMENTED) return false;
      return fill(ip, ip.src_addr().to_string(), ip.dst_addr().to_string(), out);
    }
    if (body[0] >> 4 != 6) return false;
    const Tins::IPv6 ip(body.data(), size);
    return fill(ip, ip.src_addr().to_string(), ip.dst_addr().to_string(), out);
  }
};

packet_reader::packet_reader() : state_(std::make_unique<state>()) {}
packet_reader::~packet_reader() {
  if (state_->file != nullptr) ::pcap_close(state_->file);
}

std::string packet_reader::open(const std::string& path) {
  std::array<char, PCAP_ERRBUF_SIZE> why{};
  state_->file = ::pcap_open_offline(path.c_str(), why.data());
  if (state_->file == nullptr) return why.data();
  state_->link = ::pcap_datalink(state_->file);
  if (is_known_link(state_->link)) return {};
  const char* name = ::pcap_datalink_val_to_name(state_->link);
  return std::string("its link type is ") + (name == nullptr ? std::to_string(state_->link) : name) +
         ", known are Ethernet, loopback, raw IP and Linux cooked (-i any)";
}

bool packet_reader::next(segment& out) {
  for (;;) {
    pcap_pkthdr* header = nullptr;
    const unsigned char* data = nullptr;
    const int got = ::pcap_next_ex(state_->file, &header, &data);
    if (got == PCAP_ERROR) state_->trouble = ::pcap_geterr(state_->file);
    if (got != 1) return false;
    ++state_->packets;
    try {
      if (!state_->read({data, header->caplen}, out)) continue;
    } catch (const Tins::exception_base&) {
      ++state_->malformed;
      continue;
    }
    out.when = time_of(*header);
    return true;
  }
}

const std::string& packet_reader::trouble() const { return state_->trouble; }
std::uint64_t packet_reader::packets() const { return state_->packets; }
std::uint64_t packet_reader::malformed() const { return state_->malformed; }

}  // namespace tap
}  // namespace v0
}  // namespace ottla

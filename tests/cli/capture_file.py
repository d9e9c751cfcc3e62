"""Writes captures: TCP conversations as pcap or pcapng, in any order and with whatever is missing."""
import struct

ETHERNET, NULL, RAW, SLL, SLL2 = 1, 0, 101, 113, 276
SYN, ACK, FIN, RST = 2, 16, 1, 4


class Talk:
    """A TCP connection whose packets are made one by one: (microseconds, packet)."""

    def __init__(self, client=("10.0.0.1", 40000), broker=("10.0.0.2", 9092), first=(1000, 5000)):
        self.ends = (client, broker)
        self.sequence = list(first)

    def packet(self, side, payload=b"", flags=ACK, sequence=None):
        """side 0 is the client. The sequence number moves on unless one is given."""
        at = self.sequence[side] if sequence is None else sequence
        if sequence is None:
            self.sequence[side] = (at + len(payload) + (1 if flags & (SYN | FIN) else 0)) % (1 << 32)
        source, target = self.ends[side], self.ends[1 - side]
        head = struct.pack(">HHIIBBHHH", source[1], target[1], at % (1 << 32), 0, 5 << 4, flags, 65535, 0, 0)
        return ip(source[0], target[0], head + payload)

    def handshake(self):
        return [self.packet(0, flags=SYN), self.packet(1, flags=SYN | ACK), self.packet(0)]


def ip(source, target, body):
    if ":" in source:
        return struct.pack(">IHBB", 6 << 28, len(body), 6, 64) + ipv6(source) + ipv6(target) + body
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 1, 0, 64, 6, 0) + ipv4(source) + ipv4(target) + body


def fragments(packet, size):
    """An IPv4 packet in pieces of `size` bytes, a multiple of eight."""
    head, body, out = packet[:20], packet[20:], []
    for at in range(0, len(body), size):
        piece = body[at:at + size]
        more = 0x2000 if at + size < len(body) else 0
        out.append(head[:2] + struct.pack(">HHH", 20 + len(piece), 77, more | at // 8) + head[8:] + piece)
    return out


def ipv4(text):
    return bytes(int(part) for part in text.split("."))


def ipv6(text):
    import ipaddress
    return ipaddress.IPv6Address(text).packed


def linked(link, packet):
    version6 = packet[0] >> 4 == 6
    ether = struct.pack(">H", 0x86dd if version6 else 0x0800)
    if link == ETHERNET:
        return (b"\1" * 6 + b"\2" * 6 + ether + packet).ljust(60, b"\0")  # short frames are padded on the wire
    if link == NULL:
        return struct.pack("<I", 30 if version6 else 2) + packet
    if link == SLL:
        return bytes(14) + ether + packet
    if link == SLL2:
        return ether + bytes(18) + packet
    return packet


def with_vlan(frame):
    return frame[:12] + struct.pack(">HH", 0x8100, 42) + frame[12:]


def pcap(packets, link=ETHERNET, start=1_700_000_000_000_000, step=1000, wrap=linked):
    """One packet each `step` microseconds."""
    out = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 1 << 18, link)
    for number, packet in enumerate(packets):
        at = start + number * step
        frame = wrap(link, packet)
        out += struct.pack("<IIII", at // 1_000_000, at % 1_000_000, len(frame), len(frame)) + frame
    return out


def pcapng(packets, link=ETHERNET, start=1_700_000_000_000_000, step=1000):
    def block(kind, body):
        body += b"\0" * (-len(body) % 4)
        return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)

    out = block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1)) + block(1, struct.pack("<HHI", link, 0, 1 << 18))
    for number, packet in enumerate(packets):
        at = start + number * step
        frame = linked(link, packet)
        out += block(6, struct.pack("<IIIII", 0, at >> 32, at & 0xffffffff, len(frame), len(frame)) + frame)
    return out

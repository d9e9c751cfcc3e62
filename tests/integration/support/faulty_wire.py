"""Two network namespaces and the wire between them: packets go through this process, which loses, delays and swallows them, or resets flows.

Needs root, unshare, nsenter, ip, and /dev/net/tun; no kernel module for traffic shaping. `why_not()` says what is missing."""
import contextlib
import ctypes
import fcntl
import heapq
import os
import pathlib
import random
import select
import shutil
import socket
import struct
import subprocess
import threading
import time

CLIENT, BROKER = "10.99.0.1", "10.99.0.2"
TUNSETIFF, IFF_TUN, IFF_NO_PI, CLONE_NEWNET = 0x400454CA, 0x0001, 0x1000, 0x40000000
SYN, RST, ACK = 0x02, 0x04, 0x10


def why_not():
    """Why there can be no faulty wire on this machine; empty: there can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    for tool in ("unshare", "nsenter", "ip"):
        if not shutil.which(tool):
            return f"there is no {tool}"
    if not pathlib.Path("/dev/net/tun").exists():
        return "there is no /dev/net/tun"
    made = subprocess.run(["unshare", "--net", "ip", "tuntap", "add", "dev", "probe", "mode", "tun"], capture_output=True, text=True, timeout=30)
    return "" if made.returncode == 0 else "network namespaces or TUN devices are not allowed here: " + made.stderr.strip()


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Segment:
    """What has to be known of a TCP packet."""

    def __init__(self, packet):
        self.source, self.target = packet[12:16], packet[16:20]
        at = (packet[0] & 15) * 4
        self.from_port, self.to_port, self.sequence, self.acknowledged, offset, self.flags = struct.unpack(">HHIIBB", packet[at:at + 14])

    def reset_back(self):
        """A reset for its sender, as its receiver would send it."""
        tcp = struct.pack(">HHIIBBHHH", self.to_port, self.from_port, self.acknowledged, 0, 5 << 4, RST, 0, 0, 0)
        pseudo = self.target + self.source + struct.pack(">BBH", 0, socket.IPPROTO_TCP, len(tcp))
        tcp = tcp[:16] + struct.pack(">H", checksum(pseudo + tcp)) + tcp[18:]
        head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, socket.IPPROTO_TCP, 0) + self.target + self.source
        return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + tcp


class FaultyWire:
    """A context: within it `client()` and `broker()` are words that start a program on that side."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.loss, self.delay, self.cut = 0.0, 0.0, False
        self.connects = []  # when a client opened a connection: first SYNs alone
        self._flows = set()
        self._lively, self._over = set(), set()  # clients' ports: of those that spoke, and of those that are to be reset
        self._lock = threading.Lock()
        self._stop = False

    def __enter__(self):
        self._stack = contextlib.ExitStack()
        with contextlib.ExitStack() as undo:
            self._homes = {}
            self._ends = {}
            for side, here, there in (("client", CLIENT, BROKER), ("broker", BROKER, CLIENT)):
                holder = undo.enter_context(subprocess.Popen(["unshare", "--net", "sh", "-c", "echo in; read _"], stdin=subprocess.PIPE, stdout=subprocess.PIPE))
                undo.callback(holder.kill)
                holder.stdout.readline()
                self._homes[side] = f"/proc/{holder.pid}/ns/net"
                self._ends[side] = tun_in(self._homes[side])
                undo.callback(os.close, self._ends[side])
                for words in (["link", "set", "lo", "up"], ["addr", "add", here, "peer", there, "dev", "wire"], ["link", "set", "wire", "up"]):
                    subprocess.run([*self.words(side), "ip", *words], check=True, timeout=30)
            carrier = threading.Thread(target=self._carry, daemon=True)
            carrier.start()
            undo.callback(carrier.join)
            undo.callback(setattr, self, "_stop", True)
            self._stack = undo.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.close()

    def words(self, side):
        return ["nsenter", "--net=" + self._homes[side]]

    def reset_all(self):
        """Every connection that has spoken lately is at its end: each side is told when it speaks next. What comes earlier may lie beside the
        sequence number that is awaited by then, and would be ignored."""
        with self._lock:
            self._over |= self._lively
            self._lively.clear()

    def _carry(self):
        waiting, number = [], 0
        while not self._stop:
            patience = 0.1 if not waiting else max(0.0, min(0.1, waiting[0][0] - time.monotonic()))
            ready, _, _ = select.select(list(self._ends.values()), [], [], patience)
            for end in ready:
                packet = os.read(end, 65536)
                other = self._ends["broker" if end == self._ends["client"] else "client"]
                if packet[0] >> 4 != 4 or packet[9] != socket.IPPROTO_TCP:
                    continue
                if reset := self._note(packet, end == self._ends["client"]):
                    os.write(end, reset)
                    continue
                if self.cut or self.rng.random() < self.loss:
                    continue
                number += 1
                # One queue for both ways, with one delay: packets of a flow do not overtake each other.
                heapq.heappush(waiting, (time.monotonic() + self.delay, number, other, packet))
            while waiting and waiting[0][0] <= time.monotonic():
                _, _, other, packet = heapq.heappop(waiting)
                with contextlib.suppress(OSError):
                    os.write(other, packet)

    def _note(self, packet, is_clients):
        """The reset that its sender gets instead, if its connection is to be reset."""
        segment = Segment(packet)
        flow = segment.from_port if is_clients else segment.to_port
        with self._lock:
            if is_clients and segment.flags & SYN:
                self._over.discard(flow)
                if (flow, segment.sequence) not in self._flows:
                    self._flows.add((flow, segment.sequence))
                    self.connects.append(time.monotonic())
            elif segment.flags & ACK and not segment.flags & RST:
                if flow in self._over:
                    return segment.reset_back()
                if is_clients:
                    self._lively.add(flow)
        return None


def tun_in(home):
    """A TUN device called wire in that namespace; its descriptor works from here."""
    libc = ctypes.CDLL(None, use_errno=True)
    made = []

    def make():  # a namespace is a thread's own
        with open(home) as target:
            if libc.setns(target.fileno(), CLONE_NEWNET) != 0:
                return
        end = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH22x", b"wire", IFF_TUN | IFF_NO_PI))
        made.append(end)

    maker = threading.Thread(target=make)
    maker.start()
    maker.join()
    if not made:
        raise OSError(f"no TUN device could be made in {home}")
    return made[0]

"""A small proxy for tests, SOCKS5 (RFC 1928, 1929) and HTTP CONNECT by the first byte it hears; it counts, and writes down who asked for what."""
import base64
import contextlib
import socket
import struct
import threading


class Proxy:
    """Listens on `address`. `names` says where a host leads that only the proxy knows; `user` is (name, password) or None."""

    def __init__(self, names=None, user=None, torn=False):
        self.names = names or {}
        self.user = user
        self.torn = torn
        self.asked = []
        self.open = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in (self.listener, *self.open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                self.open.append(client)
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with contextlib.suppress(OSError, EOFError):
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            first = exactly(client, 1)
            broker = self.socks5(client) if first == b"\x05" else self.http(client, first)
            if broker is not None:
                threading.Thread(target=copy, args=(broker, client), daemon=True).start()
                copy(client, broker)
        client.close()

    def say(self, client, data):
        """Byte by byte where answers are to come torn."""
        for piece in ([data[i:i + 1] for i in range(len(data))] if self.torn else [data]):
            client.sendall(piece)

    def reach(self, host, port):
        self.asked.append(f"{host}:{port}")
        broker = socket.create_connection((self.names.get(host, host), port), timeout=10)
        broker.settimeout(None)
        broker.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.open.append(broker)
        return broker

    def socks5(self, client):
        methods = exactly(client, exactly(client, 1)[0])
        wanted = 2 if self.user else 0
        if wanted not in methods:
            return self.say(client, b"\x05\xff")
        self.say(client, bytes([5, wanted]))
        if self.user:
            exactly(client, 1)
            who = tuple(exactly(client, exactly(client, 1)[0]).decode() for _ in range(2))
            self.say(client, b"\x01" + bytes([who != self.user]))
            if who != self.user:
                return None
        _, _, _, kind = exactly(client, 4)
        if kind == 3:
            host = exactly(client, exactly(client, 1)[0]).decode()
        else:
            host = socket.inet_ntop(*((socket.AF_INET, exactly(client, 4)) if kind == 1 else (socket.AF_INET6, exactly(client, 16))))
        port = struct.unpack(">H", exactly(client, 2))[0]
        try:
            broker = self.reach(host, port)
        except OSError as why:
            reply = 5 if isinstance(why, ConnectionRefusedError) else 4
            return self.say(client, bytes([5, reply, 0, 1]) + bytes(6))
        self.say(client, b"\x05\x00\x00\x01" + bytes(6))
        return broker

    def http(self, client, head):
        while not head.endswith(b"\r\n\r\n"):
            head += exactly(client, 1)
        lines = head.decode().split("\r\n")
        host, port = lines[0].split()[1].rsplit(":", 1)
        login = "Proxy-Authorization: Basic " + base64.b64encode(":".join(self.user or ()).encode()).decode()
        if self.user and login not in lines:
            return self.say(client, b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        try:
            broker = self.reach(host.strip("[]"), int(port))
        except OSError:
            return self.say(client, b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
        self.say(client, b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")
        return broker


def exactly(peer, size):
    out = b""
    while len(out) < size:
        piece = peer.recv(size - len(out))
        if not piece:
            raise EOFError
        out += piece
    return out


def copy(one, other):
    with contextlib.suppress(OSError):
        while piece := one.recv(1 << 16):
            other.sendall(piece)
    with contextlib.suppress(OSError):
        other.shutdown(socket.SHUT_WR)

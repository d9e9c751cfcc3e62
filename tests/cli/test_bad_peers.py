"""What answers is not a Kafka broker, or nobody answers: one sentence with the address, status 1, within the deadline."""
import json
import socket
import struct
import time
import unittest

from support import CommandTest, ottla

TIMEOUT = 2
# A loaded machine or a sanitizer may add this much; without the deadline being held it would be half a minute.
SLACK = 10
COMMANDS = (["topics", "list"], ["produce", "t", "--count", "1"], ["consume", "t"], ["cluster", "describe"])


def tls_like(connection):
    connection.recv(4096)
    connection.sendall(bytes.fromhex("15030300020246"))  # fatal alert: protocol version


def http_like(connection):
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def silent(connection):
    while connection.recv(4096):
        pass


def garbage(connection):
    request = connection.recv(4096)
    correlation = request[8:12]
    connection.sendall(struct.pack(">i", 40) + correlation + b"\x00\x00" + b"\xde\xad\xbe\xef" * 8 + b"\x01\x02")
    silent(connection)


def huge_frame(connection):
    connection.recv(4096)
    connection.sendall(b"\x7f\xff\xff\xff" + b"x" * 100)
    silent(connection)


def hangs_up(connection):
    connection.recv(4096)
    connection.close()


class BadPeers(CommandTest):
    def check(self, address, *parts, commands=COMMANDS, at_most=TIMEOUT + SLACK):
        for words in commands:
            with self.subTest(command=words[0]):
                begin = time.monotonic()
                done = ottla("-b", address, "--timeout", f"{TIMEOUT}s", *words)
                self.assertLess(time.monotonic() - begin, at_most)
                self.assert_refused(done, address, *parts, status=1)

    def test_nobody_listens(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            address = "127.0.0.1:%d" % listener.getsockname()[1]
        self.check(address, "BROKER_UNREACHABLE", "tr")

    def test_every_address_that_was_tried_is_told(self):
        addresses = []
        for _ in range(2):
            with socket.create_server(("127.0.0.1", 0)) as listener:
                addresses.append("127.0.0.1:%d" % listener.getsockname()[1])
        done = ottla("-b", ",".join(addresses), "--timeout", "2s", "topics", "list", "--output", "json")
        self.assertEqual(done.returncode, 1)
        error = json.loads(done.stderr)
        for address in addresses:
            self.assertIn(address, error["message"])
        self.assertGreater(error["attempts"], 0)

    def test_a_name_that_does_not_resolve(self):
        self.check("no-such-host.invalid:9092", "BROKER_UNREACHABLE", commands=COMMANDS[:2])

    def test_a_tls_port_is_recognised(self):
        self.check(self.peer(tls_like), "NOT_KAFKA", "TLS")

    def test_an_http_port_is_recognised(self):
        self.check(self.peer(http_like), "NOT_KAFKA", "HTTP")

    def test_a_peer_that_never_answers(self):
        self.check(self.peer(silent))

    def test_a_peer_that_answers_garbage(self):
        self.check(self.peer(garbage))

    def test_a_peer_that_announces_an_impossible_frame(self):
        self.check(self.peer(huge_frame))

    def test_a_peer_that_hangs_up(self):
        self.check(self.peer(hangs_up))


if __name__ == "__main__":
    unittest.main()

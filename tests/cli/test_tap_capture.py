"""The tap reading captures: what stands in them is shown as if it had been seen, or it is said what is missing."""
import json
import pathlib
import random
import struct
import tempfile
import unittest

import capture_file
from capture_file import ACK, ETHERNET, FIN, NULL, RAW, RST, SLL, SLL2, SYN, Talk, pcap, pcapng
from support import CommandTest, ottla


def framed(body):
    return struct.pack(">i", len(body)) + body


def request(key, version, correlation, body=b"", client=b"app"):
    return framed(struct.pack(">hhih", key, version, correlation, len(client)) + client + body)


def ask_versions(correlation):
    return request(18, 0, correlation)


def tell_versions(correlation, keys=3):
    return framed(struct.pack(">ihi", correlation, 0, keys) + b"".join(struct.pack(">hhh", key, 0, 9) for key in range(keys)))


class Captures(CommandTest):
    def run_tap(self, data, *words):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "capture"
            path.write_bytes(data)
            return ottla("tap", "--pcap", str(path), "--output", "jsonl", *words)

    def lines(self, data, *words):
        done = self.run_tap(data, *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def told(self, data, *words):
        """(kind, api, correlation id) of each message, and the state of what is none."""
        return [(line["kind"], line.get("api", line["state"]), line.get("correlationId"))
                for line in self.lines(data, *words) if "state" in line]

    whole = [("request", "ApiVersions", 1), ("response", "ApiVersions", 1), ("request", "ApiVersions", 2), ("response", "ApiVersions", 2)]

    def conversation(self, talk):
        return talk.handshake() + [talk.packet(0, ask_versions(1)), talk.packet(1, tell_versions(1)), talk.packet(0, ask_versions(2)),
                                   talk.packet(1, tell_versions(2)), talk.packet(0, flags=FIN | ACK), talk.packet(1, flags=FIN | ACK)]

    def test_times_and_latencies_are_those_of_the_capture(self):
        lines = self.lines(pcap(self.conversation(Talk())))
        self.assertEqual([line["kind"] for line in lines], ["open", "request", "response", "request", "response", "close"])
        self.assertEqual(lines[1]["time"], "2023-11-14T22:13:20.003000Z")
        self.assertEqual((lines[1]["client"], lines[1]["broker"]), ("10.0.0.1:40000", "10.0.0.2:9092"))
        self.assertEqual(lines[2]["latencyUs"], 1000)
        self.assertEqual(len(lines[2]["body"]["apiKeys"]), 3)

    def test_link_types_address_families_and_file_forms(self):
        six = Talk(("fd00::1", 40000), ("fd00::2", 9092))
        for link in (ETHERNET, NULL, RAW, SLL, SLL2):
            for talk in (Talk(), six):
                with self.subTest(link=link, client=talk.ends[0][0]):
                    self.assertEqual(self.told(pcap(self.conversation(talk), link)), self.whole)
        self.assertEqual(self.told(pcapng(self.conversation(Talk()))), self.whole)
        tagged = pcap(self.conversation(Talk()), wrap=lambda link, packet: capture_file.with_vlan(capture_file.linked(link, packet)))
        self.assertEqual(self.told(tagged), self.whole)

    def test_segments_out_of_order_again_and_overlapping(self):
        for first in ((1000, 5000), (0xfffffff8, 0xfffffffa)):  # across the end of the numbers too
            with self.subTest(first=first):
                talk = Talk(first=first)
                packets = talk.handshake()
                asked, told = ask_versions(1) + ask_versions(2), tell_versions(1, 20) + tell_versions(2, 5)
                at = talk.sequence[0]
                pieces = [(at + n, asked[n:n + 7]) for n in range(0, len(asked), 5)]  # each overlaps the next by two bytes
                for number, piece in reversed(pieces):
                    packets += [talk.packet(0, piece, sequence=number)] * 2
                at = talk.sequence[1]
                pieces = [(at + n, told[n:n + 30]) for n in range(0, len(told), 30)]
                random.Random(7).shuffle(pieces)
                packets += [talk.packet(1, piece, sequence=number) for number, piece in pieces]
                self.assertEqual(self.told(pcap(packets)), [self.whole[0], self.whole[2], self.whole[1], self.whole[3]])

    def test_fragments_of_ip_are_put_together(self):
        talk = Talk()
        packets = talk.handshake()
        packets += capture_file.fragments(talk.packet(0, ask_versions(1)), 24)
        self.assertEqual(self.told(pcap(packets)), self.whole[:1])

    def test_a_capture_that_begins_in_the_middle_is_joined_at_the_next_request(self):
        for words in ((), ("--port", "9092")):
            with self.subTest(words=words):
                talk = Talk()
                packets = [talk.packet(1, b"\x07" * 300), talk.packet(0, b"the rest of a request"), talk.packet(0, ask_versions(1)),
                           talk.packet(1, b"\x09" * 11), talk.packet(1, tell_versions(1))]
                told = self.told(pcap(packets), *words)
                self.assertEqual([one for one in told if one[1] != "skipped"], self.whole[:2])

    def test_what_a_capture_lacks_is_told_and_what_follows_is_shown(self):
        talk = Talk()
        packets = talk.handshake() + [talk.packet(0, ask_versions(1))]
        lost = talk.packet(1, tell_versions(1)[:10])
        rest = talk.packet(1, tell_versions(1)[10:])
        self.assertTrue(lost)
        packets += [rest, talk.packet(0, ask_versions(2)), talk.packet(1, tell_versions(2)), talk.packet(0, flags=RST)]
        self.assertEqual(self.told(pcap(packets)), [self.whole[0], self.whole[2], ("response", "skipped", None),
                                                    ("response", "skipped", None), self.whole[3]])

    def test_connections_are_kept_apart_and_ports_used_again(self):
        one, two = Talk(), Talk(("10.0.0.3", 40000))
        mixed = [packet for pair in zip(self.conversation(one), self.conversation(two)) for packet in pair]
        again = self.conversation(Talk(first=(777, 888)))
        lines = [line for line in self.lines(pcap(mixed + again)) if "state" in line]
        self.assertEqual({line["connection"] for line in lines}, {1, 2, 3})
        for number in (1, 2, 3):
            own = [(line["kind"], line["api"], line["correlationId"]) for line in lines if line["connection"] == number]
            self.assertEqual(own, self.whole)

    def test_what_is_not_kafka_is_left_out_unless_its_port_is_asked_for(self):
        web = Talk(("10.0.0.9", 50000), ("10.0.0.8", 8080))
        packets = web.handshake() + [web.packet(0, b"GET / HTTP/1.1\r\n\r\n"), web.packet(1, b"HTTP/1.1 200 OK\r\n\r\n")]
        done = self.run_tap(pcap(packets + self.conversation(Talk())))
        self.assertEqual({json.loads(line)["broker"] for line in done.stdout.splitlines()}, {"10.0.0.2:9092"})
        self.assertIn("2 TCP connections, 1 shown", done.stderr)
        self.assertEqual([state for _, state, _ in self.told(pcap(packets), "--port", "8080")], ["opaque"])

    def test_records_are_decoded_on_demand(self):
        batch = bytes.fromhex("00000000000000070000004800000004023191bed20010000000010000018bcfe568000000018bcfe56805000000000000232800010000"
                              "0003000000021c000000026b010402680201026e010e000a0201027600000000")
        body = struct.pack(">hhi", -1, -1, 1000) + struct.pack(">ih", 1, 1) + b"t" + struct.pack(">iii", 1, 0, len(batch)) + batch
        talk = Talk()
        capture = pcap(talk.handshake() + [talk.packet(0, request(0, 7, 1, body))])
        shown = self.lines(capture, "--records")[-1]["records"][0]
        self.assertEqual([record["key"] for record in shown["content"]["batches"][0]["records"]], ["6b", None])
        self.assertNotIn("records", self.lines(capture)[-1])

    def test_what_is_no_capture_is_told(self):
        self.assert_refused(ottla("tap", "--pcap", "/nowhere/x.pcap"), "/nowhere/x.pcap", "No such file", status=1)
        done = self.run_tap(b"these are no packets at all")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("cannot read", done.stderr)
        done = self.run_tap(pcap(self.conversation(Talk()), link=105))  # 802.11
        self.assertEqual(done.returncode, 1)
        self.assertIn("IEEE802_11", done.stderr)

    def test_a_file_that_breaks_off_is_told_and_read_as_far_as_it_goes(self):
        done = self.run_tap(pcap(self.conversation(Talk()))[:-10])
        self.assertEqual(done.returncode, 1)
        self.assertIn("breaks off", done.stderr)
        self.assertEqual(sum('"state"' in line for line in done.stdout.splitlines()), 4)

    def test_damaged_captures_end_with_a_status(self):
        whole = pcap(self.conversation(Talk()))
        chance = random.Random(5)
        for _ in range(20):
            damaged = bytearray(whole)
            for _ in range(8):
                damaged[chance.randrange(24, len(damaged))] = chance.randrange(256)
            done = self.run_tap(bytes(damaged))
            self.assertIn(done.returncode, (0, 1), done.stderr)
            for line in done.stdout.splitlines():
                json.loads(line)


if __name__ == "__main__":
    unittest.main()

"""The tap as a proxy: whatever goes through it arrives, and is shown."""
import contextlib
import json
import shutil
import signal
import socket
import struct
import subprocess
import threading
import unittest

from support import DEADLINE, BrokerTest, CommandTest, ottla, rest_of, start


class Tap:
    """A running tap whose lines are read all the time."""

    def __init__(self, process, address, lines):
        self.process, self.address, self.lines = process, address, lines


@contextlib.contextmanager
def tap(upstream, *words, listen="127.0.0.1:0"):
    """Ends with SIGTERM; its lines are whole behind the with block."""
    with start("tap", "--listen", listen, "--upstream", upstream, "--output", "jsonl", *words) as process:
        try:
            lines = []
            ready = json.loads(process.stdout.readline())
            reader = threading.Thread(target=lambda: lines.extend(json.loads(line) for line in process.stdout))
            reader.start()
            yield Tap(process, ready["listen"], lines)
            process.send_signal(signal.SIGTERM)
            if process.wait(DEADLINE) != 0:
                raise AssertionError(f"the tap ended with {process.returncode}")
            reader.join(DEADLINE)
        finally:
            process.kill()


def messages(lines, kind, api):
    return [line for line in lines if line["kind"] == kind and line.get("api") == api]


def undecoded(lines):
    return [line for line in lines if line.get("state", "decoded") != "decoded"]


class Through(BrokerTest):
    def test_produce_and_consume_go_through_and_each_message_is_decoded(self):
        topic = self.new_topic(3)
        with tap(self.brokers, "--records") as tapped:
            words = ("-b", tapped.address)
            done = ottla(*words, "produce", topic, "--key-separator", ":", input="a:1\nb:2\n")
            self.assertEqual(done.returncode, 0, done.stderr)
            done = ottla(*words, "consume", topic, "--from", "beginning", "--exit-at-end", "-f", "%k:%v\\n")
            self.assertEqual(sorted(done.stdout.split()), ["a:1", "b:2"])
        lines = tapped.lines
        self.assertEqual(undecoded(lines), [])
        for api in ("ApiVersions", "Metadata", "Produce", "Fetch", "ListOffsets"):
            asked = messages(lines, "request", api)
            self.assertTrue(asked, api)
            answers = {(line["connection"], line["correlationId"]) for line in messages(lines, "response", api)}
            self.assertTrue(answers, api)
            # Whoever leaves need not wait for the last answer; a producer does.
            unanswered = {(line["connection"], line["correlationId"]) for line in asked} - answers
            self.assertTrue(api != "Produce" or not unanswered, unanswered)
        keys = [record["key"] for line in messages(lines, "request", "Produce") for one in line["records"]
                for batch in one["content"]["batches"] for record in batch["records"]]
        self.assertEqual(sorted(keys), ["61", "62"])
        self.assertTrue(all(line["latencyUs"] >= 0 for line in lines if line["kind"] == "response"))

    def test_clients_come_back_through_the_tap_for_every_broker(self):
        with start("broker", "--listen", "127.0.0.1:0", "--brokers", "3", "--topic", "t:6") as cluster:
            self.addCleanup(cluster.kill)
            nodes = cluster.stdout.readline().split()[1].split(",")
            with tap(nodes[0]) as tapped:
                shown = json.loads(ottla("-b", tapped.address, "cluster", "describe", "--output", "json").stdout)
                ports = {broker["port"] for broker in shown["brokers"]}
                self.assertEqual(len(ports), 3)
                self.assertFalse(ports & {int(node.rsplit(":", 1)[1]) for node in nodes})
                keyed = "".join(f"key {number}:v\n" for number in range(60))  # to every partition
                done = ottla("-b", tapped.address, "produce", "t", "--key-separator", ":", input=keyed)
                self.assertEqual(done.returncode, 0, done.stderr)
            cluster.kill()
        produced = messages(tapped.lines, "request", "Produce")
        self.assertEqual({line["broker"] for line in produced}, set(nodes))
        self.assertTrue(all(line["rewrittenAddresses"] == 3 for line in messages(tapped.lines, "response", "Metadata")))

    def test_acks_0_leaves_no_response_out_and_pairs_the_rest(self):
        topic = self.new_topic()
        with tap(self.brokers) as tapped:
            done = ottla("-b", tapped.address, "produce", topic, "--acks", "0", input="x\ny\n")
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(messages(tapped.lines, "request", "Produce"))
        self.assertEqual(messages(tapped.lines, "response", "Produce"), [])
        self.assertEqual(undecoded(tapped.lines), [])
        self.assertEqual([one["value"] for one in self.consume(topic)], ["x", "y"])

    @unittest.skipUnless(shutil.which("kcat"), "kcat is not installed")
    def test_kcat_goes_through(self):
        topic = self.new_topic()
        with tap(self.brokers) as tapped:
            subprocess.run(["kcat", "-b", tapped.address, "-P", "-t", topic, "-z", "gzip"], input="one\ntwo\n", text=True,
                           check=True, timeout=DEADLINE)
            read = subprocess.run(["kcat", "-b", tapped.address, "-C", "-t", topic, "-e", "-q"], capture_output=True,
                                  text=True, check=True, timeout=DEADLINE)
            self.assertEqual(read.stdout, "one\ntwo\n")
        self.assertEqual(undecoded(tapped.lines), [])

    def test_text_says_ready_first_and_a_line_for_each_message(self):
        with start("tap", "--listen", "127.0.0.1:0", "--upstream", self.brokers) as process:
            word, address = process.stdout.readline().split()
            self.assertEqual(word, "ready")
            self.assertEqual(ottla("-b", address, "topics", "list").returncode, 0)
            process.send_signal(signal.SIGINT)
            out, err = rest_of(process)
        self.assertEqual((process.returncode, err), (0, ""))
        self.assertRegex(out, r"(?m)^\d\d:\d\d:\d\d\.\d{6}  #1   -> ApiVersions v\d +c=\d+ +\d+ B {14}  client=ottla ")
        self.assertRegex(out, r"(?m)^\d\d:\d\d:\d\d\.\d{6}  #1   <- ApiVersions v\d +c=\d+ +\d+ B +\d+\.\d{3} ms  ")

    def test_json_is_one_document(self):
        with start("tap", "--listen", "127.0.0.1:0", "--upstream", self.brokers, "--output", "json") as process:
            address = process.stderr.readline().split()[1]
            self.assertEqual(ottla("-b", address, "topics", "list").returncode, 0)
            process.send_signal(signal.SIGTERM)
            out, _ = rest_of(process)
        self.assertEqual(process.returncode, 0)
        self.assertIn("Metadata", {line.get("api") for line in json.loads(out)})

    def test_a_reader_that_stops_reading_does_not_hold_up_the_traffic(self):
        topic = self.new_topic()
        with start("tap", "--listen", "127.0.0.1:0", "--upstream", self.brokers, "--records", "--output", "jsonl") as process:
            address = process.stderr.readline().split()[1]
            words = ("-b", address, "produce", topic, "--count", "3000", "--size", "1000")  # far more than a pipe holds
            done = ottla(*words, "-X", "batch.size=16384")
            self.assertEqual(done.returncode, 0, done.stderr)
            out = [json.loads(process.stdout.readline()) for _ in range(10)]
            self.assertEqual(out[0]["kind"], "ready")
            process.kill()

    def test_a_reader_that_goes_away_ends_the_tap(self):
        with start("tap", "--listen", "127.0.0.1:0", "--upstream", self.brokers) as process:
            host, port = process.stdout.readline().split()[1].rsplit(":", 1)
            process.stdout.close()
            with socket.create_connection((host, int(port)), timeout=DEADLINE):
                self.assertEqual(process.wait(DEADLINE), 1)


class Carried(CommandTest):
    """Bytes that are not Kafka's, and peers that behave badly."""

    def echo(self, connection):
        while data := connection.recv(65536):
            connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)

    def connect(self, address):
        host, port = address.rsplit(":", 1)
        made = socket.create_connection((host, int(port)), timeout=DEADLINE)
        self.addCleanup(made.close)
        return made

    def read_all(self, connection):
        out = b""
        while data := connection.recv(65536):
            out += data
        return out

    def test_what_is_not_kafka_comes_through_unchanged_and_is_named(self):
        hello = b"\x16\x03\x01\x02\x00" + bytes(range(256)) * 4
        with tap(self.peer(self.echo)) as tapped:
            client = self.connect(tapped.address)
            client.sendall(hello)
            client.shutdown(socket.SHUT_WR)
            self.assertEqual(self.read_all(client), hello)
        opaque = [line for line in tapped.lines if line.get("state") == "opaque"]
        self.assertEqual(len(opaque), 1)
        self.assertEqual(opaque[0]["note"], "TLS, which the tap cannot look into: put it between a client and a listener that speak without "
                                            "(security.protocol=plaintext or sasl_plaintext)")

    def test_a_listener_with_tls_behind_it_is_named_to_who_speaks_without(self):
        alert = b"\x15\x03\x03\x00\x02\x02\x46"
        with tap(self.peer(lambda connection: (connection.recv(100), connection.sendall(alert), connection.close()))) as tapped:
            client = self.connect(tapped.address)
            frame = struct.pack(">hhih", 18, 0, 77, -1)
            client.sendall(struct.pack(">i", len(frame)) + frame)
            self.assertEqual(self.read_all(client), alert)
        opaque = [line for line in tapped.lines if line.get("state") == "opaque"]
        self.assertEqual([line["kind"] for line in opaque], ["response"])
        self.assertIn("a listener that speak without (security.protocol=plaintext", opaque[0]["note"])

    def test_a_broker_that_answers_after_the_client_closed_its_half_is_heard(self):
        def answer_at_the_end(connection):
            asked = self.read_all(connection)
            connection.sendall(struct.pack(">i", 8) + asked[8:12] + b"\0\0\0\0")
            connection.close()

        with tap(self.peer(answer_at_the_end)) as tapped:
            client = self.connect(tapped.address)
            frame = struct.pack(">hhih", 18, 0, 77, -1)
            client.sendall(struct.pack(">i", len(frame)) + frame)
            client.shutdown(socket.SHUT_WR)
            self.assertEqual(self.read_all(client), struct.pack(">ii", 8, 77) + b"\0\0\0\0")
        self.assertEqual([line["correlationId"] for line in messages(tapped.lines, "response", "ApiVersions")], [77])

    def test_a_client_that_does_not_read_holds_its_own_broker_up_and_costs_no_memory(self):
        sent = threading.Event()
        block = struct.pack(">ii", 1 << 20, 5) + bytes((1 << 20) - 4)

        def pour(connection):
            connection.settimeout(0.5)
            with contextlib.suppress(OSError):
                for _ in range(1000):
                    connection.sendall(block)
            sent.set()
            connection.settimeout(DEADLINE)
            connection.recv(1)

        with tap(self.peer(pour)) as tapped:
            client = self.connect(tapped.address)
            self.assertTrue(sent.wait(DEADLINE))
            with open(f"/proc/{tapped.process.pid}/status") as status:
                peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
            self.assertLess(peak, 400_000)  # in kB; the broker had a gigabyte to say
            client.close()

    def test_an_upstream_that_is_not_there_is_told(self):
        with socket.create_server(("127.0.0.1", 0)) as nobody:
            address = "127.0.0.1:%d" % nobody.getsockname()[1]
        with tap(address) as tapped:
            self.assertEqual(self.read_all(self.connect(tapped.address)), b"")
        failed = [line for line in tapped.lines if line["kind"] == "failed"]
        self.assertEqual(len(failed), 1)
        self.assertIn(address, failed[0]["note"])
        self.assertIn("refused", failed[0]["note"])

    def test_a_port_that_is_taken_is_an_error(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            self.assert_refused(ottla("tap", "--listen", address, "--upstream", "127.0.0.1:1"), address, "in use", status=1)

    def test_misuse_is_refused(self):
        self.assert_refused(ottla("tap"), "--listen and --upstream")
        self.assert_refused(ottla("tap", "--listen", "127.0.0.1:0"), "--upstream")
        self.assert_refused(ottla("tap", "--listen", "here", "--upstream", "127.0.0.1:1"), "--listen", "here")
        self.assert_refused(ottla("tap", "--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:0"), "--upstream")
        self.assert_refused(ottla("tap", "--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:1", "--port", "5"), "--pcap")
        self.assert_refused(ottla("tap", "--pcap", "x", "--listen", "127.0.0.1:0"), "--pcap")


if __name__ == "__main__":
    unittest.main()

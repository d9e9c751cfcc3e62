"""ottla wire fuzz: what it sends, what it makes of the answers, and whom it refuses to send anything."""
import json
import socket
import struct
import threading
import unittest

from support import Peer, dev_broker, ottla

# Of this seed the first Metadata requests have a right size: the command waits for what becomes of them, and the recorder misses none.
WHOLE_FRAMES = "6"
PROBE = struct.pack(">ihhih", 10, 18, 0, 1, -1)


def read_exactly(connection, size):
    out = b""
    while len(out) < size:
        piece = connection.recv(size - len(out))
        if not piece:
            raise OSError("closed")
        out += piece
    return out


class Recorder:
    """Answers ApiVersions when it is asked as the command asks before it begins, and keeps whatever else comes first on a connection."""

    def __init__(self, answer=None):
        self.frames, self.answer, self.lock = [], answer, threading.Lock()
        self.peer = Peer(self.serve)

    def serve(self, connection):
        first = read_exactly(connection, 4)
        size = struct.unpack(">i", first)[0]
        connection.settimeout(0.2)
        body = b""
        try:
            while len(body) < size:
                piece = connection.recv(65536)
                if not piece:
                    break
                body += piece
        except TimeoutError:
            pass
        if first + body == PROBE:
            connection.sendall(struct.pack(">iihi", 10, 1, 0, 0))
        else:
            with self.lock:
                self.frames.append(first + body)
                number = len(self.frames)
            if self.answer and self.answer(number, connection, first + body):
                connection.recv(1)
        connection.close()


class WireFuzz(unittest.TestCase):
    def fuzz(self, *words, status=0, **more):
        done = ottla("wire", "fuzz", *words, "--output", "json", **more)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def test_the_dev_broker_stands_and_every_request_is_accounted_for(self):
        with dev_broker("--topic", "t:3") as (address, process):
            told = self.fuzz("--target", address, "--seed", "3", "--runs", "500", "--deadline", "10s")
            self.assertIsNone(process.poll())
        self.assertEqual(sum(told["counts"].values()), 500)
        self.assertEqual(told["findings"], [])
        self.assertGreater(told["counts"]["closed"], 50)
        self.assertGreater(told["counts"]["answered"], 10)
        self.assertGreater(told["counts"]["error answer"], 10)

    def test_a_replay_sends_the_bytes_of_that_run_and_nothing_else(self):
        whole, one = Recorder(), Recorder()
        self.fuzz("--target", whole.peer.address, "--seed", WHOLE_FRAMES, "--runs", "6", "--api", "Metadata")
        self.fuzz("--target", one.peer.address, "--replay", f"{WHOLE_FRAMES}:4:Metadata")
        self.assertEqual((len(whole.frames), len(one.frames)), (6, 1))
        self.assertEqual(one.frames[0], whole.frames[4])
        other = Recorder()
        self.fuzz("--target", other.peer.address, "--replay", f"{WHOLE_FRAMES}:3:Metadata")
        self.assertNotEqual(other.frames, one.frames)

    def test_a_broker_that_is_gone_is_a_finding_with_its_replay(self):
        recorder = None

        def die(number, connection, frame):
            if number == 4:
                recorder.peer.listener.shutdown(socket.SHUT_RDWR)
                recorder.peer.close()

        recorder = Recorder(die)
        told = self.fuzz("--target", recorder.peer.address, "--seed", WHOLE_FRAMES, "--runs", "50", "--api", "Metadata", status=1)
        self.assertEqual((told["runs"], [f["outcome"] for f in told["findings"]]), (4, ["gone"]))
        self.assertEqual(told["findings"][0]["replay"], f"{WHOLE_FRAMES}:3:Metadata")
        self.assertEqual(bytes.fromhex(told["findings"][0]["hex"])[:len(recorder.frames[3])], recorder.frames[3])

    def test_a_broker_that_answers_nobody_any_more_hangs(self):
        stuck = threading.Event()

        def stick(number, connection, frame):
            if number == 3:
                stuck.set()
            return stuck.is_set()

        recorder = Recorder(stick)
        serve = recorder.peer.serve
        recorder.peer.serve = lambda connection: connection.recv(1 << 20) and connection.recv(1) if stuck.is_set() else serve(connection)
        told = self.fuzz("--target", recorder.peer.address, "--seed", WHOLE_FRAMES, "--api", "Metadata", "--deadline", "400ms", status=1)
        self.assertEqual([f["outcome"] for f in told["findings"]], ["hang"])
        self.assertIn("ApiVersions", told["findings"][0]["detail"])

    def test_an_answer_to_another_request_is_a_finding(self):
        def confuse(number, connection, frame):
            connection.sendall(struct.pack(">ii", 4, 0x7ABCDEF0))

        recorder = Recorder(confuse)
        told = self.fuzz("--target", recorder.peer.address, "--runs", "20", status=1)
        self.assertTrue(told["findings"])
        self.assertTrue(all(f["outcome"] == "undecodable" and "correlation id" in f["detail"] for f in told["findings"]))

    def test_nothing_is_sent_to_another_machine_unless_it_is_owned(self):
        done = ottla("wire", "fuzz", "--target", "192.0.2.1:9092")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--i-own-this-broker", done.stderr)

    def test_what_cannot_be_tried_is_said(self):
        for words, status, said in ((("--target", "nowhere"), 2, "HOST:PORT"), (("--target", "127.0.0.1:1"), 1, "did not answer"),
                                    (("--target", "127.0.0.1:1", "--api", "Fetsch"), 2, "Fetch"),
                                    (("--target", "127.0.0.1:1", "--replay", "x"), 2, "SEED:RUN"), ((), 2, "--target")):
            with self.subTest(words=words):
                done = ottla("wire", "fuzz", *words)
                self.assertEqual(done.returncode, status, done.stderr)
                self.assertIn(said, done.stderr)
                self.assertLessEqual(done.stderr.count("\n"), 2)


if __name__ == "__main__":
    unittest.main()

"""Runs the ottla command and what it talks to: the dev broker, and peers that are no brokers."""
import contextlib
import json
import os
import pathlib
import socket
import subprocess
import threading
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
OTTLA = os.environ.get("OTTLA_BIN", str(ROOT / "build" / "dev" / "bin" / "ottla"))
# Far above what anything here takes on a loaded machine or under a sanitizer; a hang still ends.
DEADLINE = 60


def ottla(*words, input=None, brokers=None):
    """The finished process; text unless input is bytes."""
    environment = {name: value for name, value in os.environ.items() if name != "OTTLA_BROKERS"}
    if brokers:
        environment["OTTLA_BROKERS"] = brokers
    if input is None:
        input = ""
    return subprocess.run([OTTLA, *words], input=input, capture_output=True, text=isinstance(input, str), timeout=DEADLINE, env=environment)


def start(*words, **more):
    return subprocess.Popen([OTTLA, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def rest_of(process):
    """What a started process still writes, until it ends: (stdout, stderr). Other than communicate, it knows of lines that were read."""
    hang = threading.Timer(DEADLINE, process.kill)
    hang.start()
    try:
        return process.stdout.read(), process.stderr.read()
    finally:
        process.wait()
        hang.cancel()


@contextlib.contextmanager
def dev_broker(*words, listen="127.0.0.1:0"):
    """(addresses, process) of a dev broker that accepts connections."""
    with start("broker", "--listen", listen, *words) as process:
        try:
            ready = process.stdout.readline().split()
            if len(ready) != 2 or ready[0] != "ready":
                raise AssertionError(f"the broker did not say ready but {ready}")
            yield ready[1], process
        finally:
            process.kill()


class Peer:
    """Something that listens where a broker should. `serve(connection)` is its idea of an answer."""

    def __init__(self, serve):
        self.serve = serve
        self.open = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.open.append(connection)
                threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        with contextlib.suppress(OSError):
            self.serve(connection)

    def close(self):
        self.listener.close()
        for connection in self.open:
            connection.close()


class CommandTest(unittest.TestCase):
    def assert_refused(self, done, *parts, status=2):
        """Exit status, nothing on stdout, and one sentence on stderr that holds all the parts."""
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stdout, "")
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), 1, done.stderr)
        for part in parts:
            self.assertIn(part, lines[0])

    def comes_and_goes(self, brokers, *how):
        """A value larger than several TLS records, out and back."""
        value = "x" * 200_000
        done = ottla("-b", brokers, *how, "produce", "t", input=value + "\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = ottla("-b", brokers, *how, "consume", "t", "--from", "beginning", "--exit-at-end")
        self.assertEqual((done.returncode, done.stdout), (0, value + "\n"), done.stderr)

    def peer(self, serve):
        made = Peer(serve)
        self.addCleanup(made.close)
        return made.address


class BrokerTest(CommandTest):
    """One dev broker for all tests of a class; each makes its own topics."""

    @classmethod
    def setUpClass(cls):
        cls.stack = contextlib.ExitStack()
        cls.brokers, cls.process = cls.stack.enter_context(dev_broker())
        cls.topics = 0

    @classmethod
    def tearDownClass(cls):
        cls.stack.close()

    def run_ottla(self, *words, input=None):
        return ottla(*words, input=input, brokers=self.brokers)

    def ok(self, *words, input=None):
        done = self.run_ottla(*words, input=input)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def new_topic(self, partitions=1, *words):
        type(self).topics += 1
        name = f"topic-{self.topics}"
        self.ok("topics", "create", name, "--partitions", str(partitions), *words)
        return name

    def report(self, topic, *words, input=None):
        """Status and the lines of produce --report jsonl."""
        done = self.run_ottla("produce", topic, "--report", "jsonl", *words, input=input)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    def consume(self, topic, *words):
        """The records of consume --output jsonl, all of the topic unless told otherwise."""
        place = [] if "--from" in words else ["--from", "beginning"]
        out = self.ok("consume", topic, *place, "--exit-at-end", "--output", "jsonl", *words)
        return [json.loads(line) for line in out.splitlines()]

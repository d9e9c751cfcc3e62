"""The broker under test: our own dev broker, or a running Apache Kafka of one node or three, named by OTTLA_TEST_TARGET."""
import json
import os
import pathlib
import select
import subprocess
import time
import unittest
import uuid

from . import ottla

ROOT = ottla.ROOT


def target():
    return os.environ.get("OTTLA_TEST_TARGET", "broker")


class DevBroker:
    """`ottla broker` on a port of its own choice."""

    def __init__(self, *options):
        self.process = subprocess.Popen([ottla.binary(), "broker", "--listen", "127.0.0.1:0", *options], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        ready, _, _ = select.select([self.process.stdout], [], [], 30)
        line = self.process.stdout.readline() if ready else ""
        if not line.startswith("ready "):
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the dev broker said {line!r} instead of ready")
        self.brokers = line.split()[1]

    def close(self):
        self.process.terminate()
        status = self.process.wait(timeout=30)
        self.process.stdout.close()
        if status != 0:
            raise AssertionError(f"the dev broker ended with {status}")


class Kafka:
    """A cluster that ctest's fixture (or a person) has started with tools/kafka up --dir OTTLA_TEST_KAFKA_DIR."""

    def __init__(self):
        self.directory = os.environ["OTTLA_TEST_KAFKA_DIR"]
        described = json.loads((pathlib.Path(self.directory) / "cluster.json").read_text())
        self.brokers = ",".join(f"127.0.0.1:{node['port']}" for node in described["nodes"])

    def way_to(self, listener):
        """The bootstrap list of another listener of `up --secure`."""
        described = json.loads((pathlib.Path(self.directory) / "cluster.json").read_text())
        return ",".join(f"{'localhost' if listener == 'KERBEROS' else '127.0.0.1'}:{node['secure_ports'][listener]}" for node in described["nodes"])

    def command(self, *words, **how):
        return subprocess.run([str(ROOT / "tools/kafka"), words[0], "--dir", self.directory, *words[1:]],
                              capture_output=True, text=True, timeout=ottla.DEADLINE, **how)

    def do(self, *words):
        done = self.command(*words)
        if done.returncode != 0:
            raise AssertionError(f"tools/kafka {' '.join(words)}: {done.stderr}")
        return done.stdout

    def tool(self, name, *arguments, input=None):
        """One of Kafka's own tools; its stdout."""
        done = self.command("run", name, *arguments, input=input)
        if done.returncode != 0:
            raise AssertionError(f"{name} ended with {done.returncode}:\n{done.stdout[-1000:]}{done.stderr[-3000:]}")
        return done.stdout

    def close(self):
        pass


class BrokerTest(unittest.TestCase):
    """A test against whichever broker is under test; its topics have names of their own."""

    nodes = 1  # of the dev broker; Kafka has those that it has
    options = ()  # of the dev broker

    @classmethod
    def setUpClass(cls):
        cls.kind = target()
        cls.server = DevBroker("--brokers", str(cls.nodes), *cls.options) if cls.kind == "broker" else Kafka()
        cls.addClassCleanup(cls.server.close)
        cls.brokers = cls.server.brokers
        cls.copies = 3 if cls.kind == "kafka3" else 1

    def new_topic(self, partitions, word="t", **settings):
        topic = f"{word}-{uuid.uuid4().hex[:8]}"
        ottla.create_topic(self.brokers, topic, partitions, self.copies, **settings)
        return topic

    def assert_nothing(self, faults):
        """Faults are sentences; none may be there."""
        self.assertEqual(faults, [], "\n".join(faults))


def count(usual):
    """How many records: few by default, OTTLA_TEST_RECORDS for a long run."""
    return int(os.environ.get("OTTLA_TEST_RECORDS", usual))


def wait_until(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.05)

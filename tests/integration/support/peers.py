"""Other Kafka clients as programs that do one job each: librdkafka, franz-go, the Java client, and Ottla itself."""
import fcntl
import os
import pathlib
import shutil
import subprocess
import sys

from . import ottla, records

sys.path.insert(0, str(ottla.ROOT / "tools"))
from kafka_nodes import jars  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent.parent / "peers"
RDKAFKA, JAVA = "2.16.1", "4.4.0"


class Missing(Exception):
    """What this machine lacks to have a peer."""


def made_once(name, make):
    """A folder of the user's cache that holds what make(folder) made of things which do not change; made by one process at a time."""
    folder = jars.cache_root() / "peers" / name
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            make(folder)
            (folder / "made").touch()
    return folder


def finish(command, **how):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **how)
    if done.returncode != 0:
        raise Missing(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout[-2000:]}")


def rdkafka(_):
    def make(folder):
        finish([sys.executable, "-m", "venv", folder / "venv"])
        finish([folder / "venv/bin/pip", "-q", "--disable-pip-version-check", "install", f"confluent-kafka=={RDKAFKA}"])
    return [made_once(f"rdkafka-{RDKAFKA}", make) / "venv/bin/python", "-B", HERE / "rdkafka.py"]


def franz(scratch):
    if not shutil.which("go"):
        raise Missing("there is no go here")
    finish(["go", "build", "-o", scratch / "franz", "."], cwd=HERE / "franz")
    return [scratch / "franz"]


def java(scratch):
    if not shutil.which("javac"):
        raise Missing("there is no javac here; run: tools/setup --with kafka")
    try:
        path = f"{jars.clients(JAVA)}/*"
    except jars.JarError as reason:
        raise Missing(str(reason)) from reason
    finish(["javac", "-cp", path, "-d", scratch, HERE / "JavaPeer.java"])
    return ["java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", f"{path}:{scratch}", "JavaPeer"]


class Peer:
    """A client in a process of its own for each job; peers/README.md has the jobs."""

    def __init__(self, name, command):
        self.name = name
        self.command = [str(word) for word in command]

    def run(self, *words, lines=()):
        done = subprocess.run([*self.command, *map(str, words)], input="".join(line + "\n" for line in lines), capture_output=True,
                              text=True, timeout=ottla.DEADLINE)
        if done.returncode != 0:
            raise AssertionError(f"{self.name} {' '.join(map(str, words))} ended with {done.returncode}:\n{done.stderr[-3000:]}")
        return done.stdout.splitlines()

    def produce(self, brokers, topic, codec, lines):
        """{index: (partition, offset)}"""
        return ottla.acknowledged(self.run("produce", brokers, topic, codec, lines=lines))

    def consume(self, brokers, topic, count, isolation="read_uncommitted"):
        return [records.from_jsonl(line) for line in self.run("consume", brokers, topic, count, isolation)]

    def group(self, brokers, topic, group, count, protocol):
        return [records.from_jsonl(line) for line in self.run("group", brokers, topic, group, count, protocol)]


class Ottla(Peer):
    """The command under test, asked for the same jobs by its own contract."""

    def __init__(self):
        super().__init__("ottla", [ottla.binary()])

    def produce(self, brokers, topic, codec, lines):
        return ottla.produce(brokers, topic, lines, "--compression", codec)

    def consume(self, brokers, topic, count, isolation="read_uncommitted"):
        return ottla.consume(brokers, topic, "--isolation", isolation)

    def group(self, brokers, topic, group, count, protocol):
        done = ottla.run("-b", brokers, "consume", topic, "-g", group, "--group-protocol", protocol, "--from", "beginning",
                         "--count", str(count), "--output", "jsonl")
        return [records.from_jsonl(line) for line in done.stdout.splitlines()]


def others(scratch):
    """The peers that can be had here, and a sentence for each that cannot. With OTTLA_TEST_PEERS=all each of them must be there."""
    found, lacking = [], []
    for name, make in (("rdkafka", rdkafka), ("franz", franz), ("java", java)):
        try:
            found.append(Peer(name, make(pathlib.Path(scratch))))
        except Missing as reason:
            if os.environ.get("OTTLA_TEST_PEERS") == "all":
                raise
            lacking.append(f"{name}: {reason}")
    return found, lacking


def kafka_tool(name, *arguments):
    """One of Kafka's own tools against any broker; its stdout."""
    done = subprocess.run(jars.java(jars.DEFAULT_VERSION, f"org.apache.kafka.tools.{name}", *arguments, options=["-XX:TieredStopAtLevel=1"]),
                          capture_output=True, text=True, timeout=ottla.DEADLINE)
    if done.returncode != 0:
        raise AssertionError(f"{name} ended with {done.returncode}:\n{done.stdout[-1000:]}{done.stderr[-3000:]}")
    return done.stdout

"""Other clients as programs for benchmarks: how each is built, and what each is told."""
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "integration")]
from kafka_nodes import jars, secure  # noqa: E402
from support import peers  # noqa: E402


class PeerError(Exception):
    """What a peer lacks on this machine, or what it said."""


def run(command, **how):
    """Its stdout; PeerError with its words if it fails."""
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True, **how)
    if done.returncode != 0:
        raise PeerError(f"{' '.join(map(str, command[:6]))} ... ended with {done.returncode}: {(done.stdout + done.stderr)[-2000:]}")
    return done.stdout


def rdkafka(scratch):
    """rdkafka_client.c with the library out of the wheel confluent-kafka."""
    try:
        python = peers.rdkafka(scratch)[0]
    except peers.Missing as reason:
        raise PeerError(str(reason)) from reason
    found = sorted(pathlib.Path(python).parent.parent.glob("lib/python3*/site-packages/confluent_kafka.libs/librdkafka-*.so.1"))
    if not found:
        raise PeerError("the wheel confluent-kafka has no librdkafka in confluent_kafka.libs")
    program = pathlib.Path(scratch) / "rdkafka_client"
    run(["cc", "-O2", "-o", program, HERE / "rdkafka_client.c", found[0], f"-Wl,-rpath,{found[0].parent}"])
    return program


def java(scratch, source, main_class):
    """A class of bench/java with the newest kafka-clients; the command line."""
    try:
        path = f"{jars.clients(peers.JAVA)}/*"
    except jars.JarError as reason:
        raise PeerError(str(reason)) from reason
    run(["javac", "-d", scratch, "-cp", path, HERE.parent / "java" / source])
    return ["java", "-Dslf4j.internal.verbosity=ERROR", "-cp", f"{scratch}:{path}", main_class]


def rdkafka_words(listener_protocol, bootstrap, authority, mechanism=None):
    """A way of `tools/kafka up --secure` in librdkafka's names."""
    told = [f"bootstrap.servers={bootstrap}", f"security.protocol={listener_protocol.lower()}"]
    if listener_protocol.upper().endswith("SSL"):
        told.append(f"ssl.ca.location={authority}")
    if mechanism:
        told += [f"sasl.mechanism={mechanism}", f"sasl.username={secure.USER}", f"sasl.password={secure.SECRET}"]
    return told

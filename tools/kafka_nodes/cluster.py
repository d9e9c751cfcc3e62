"""One cluster in one directory: its description, its nodes' files, and what can be done to them."""
import base64
import json
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import uuid

from . import jars, probe, processes, secure, settings

FIRST_PORT = 19092
READY_SECONDS = 120


class ClusterError(Exception):
    """What went wrong with the cluster, in a sentence."""


def port_is_free(port):
    with socket.socket() as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            link.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count):
    """Fixed ports while nobody else has them, so that people can type them; else the next ten, and so on."""
    for base in range(FIRST_PORT, FIRST_PORT + 2000, 10):
        ports = list(range(base, base + count))
        if all(port_is_free(port) for port in ports):
            return ports
    raise ClusterError(f"no {count} free ports from {FIRST_PORT} on")


def random_uuid():
    """Kafka's form of a UUID: 16 bytes in base64url without padding, no leading dash (it would look like an option)."""
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not text.startswith("-"):
            return text


class Cluster:
    """Node ids count from 1. Each node has two ports: clients', and the controller's (or ZooKeeper's, once)."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory).resolve()
        self.file = self.directory / "cluster.json"
        self.data = json.loads(self.file.read_text()) if self.file.exists() else None

    # --- what is written down

    def exists(self):
        return self.data is not None

    def save(self):
        staged = self.file.with_suffix(".partial")
        staged.write_text(json.dumps(self.data, indent=2) + "\n")
        staged.rename(self.file)

    def create(self, nodes, version, more, with_security=False, kerberos=None):
        self.directory.mkdir(parents=True, exist_ok=True)
        listeners = secure.listeners(version, kerberos) if with_security else ()
        ports = free_ports((2 + len(listeners)) * nodes)
        self.data = {"version": version, "uuid": random_uuid(), "settings": more, "secure": with_security, "kerberos": kerberos,
                     "nodes": [{"id": n + 1, "port": ports[n], "inner_port": ports[nodes + n], "pid": 0,
                                "secure_ports": {name: ports[(2 + i) * nodes + n] for i, name in enumerate(listeners)}}
                               for n in range(nodes)]}
        if with_security:
            secure.make_files(self.directory, version)
            secure.write_clients(self.data, self.directory)
        if not jars.is_kraft(version):
            self.data["zookeeper"] = {"pid": 0, "port": ports[nodes]}
        self.save()

    def nodes(self):
        return self.data["nodes"]

    def node(self, number):
        for node in self.nodes():
            if node["id"] == number:
                return node
        raise ClusterError(f"there is no node {number}; nodes are 1 to {len(self.nodes())}")

    def home(self, node):
        return self.directory / f"node-{node['id']}"

    def properties_path(self, node):
        return self.home(node) / "server.properties"

    def bootstrap(self):
        return ",".join(f"127.0.0.1:{node['port']}" for node in self.nodes())

    def state(self, node):
        return processes.state(node["pid"], self.properties_path(node))

    def write_files(self, node):
        self.home(node).mkdir(exist_ok=True)
        told = settings.of_node(self.data, node, self.home(node) / "data")
        if self.data.get("secure"):
            told = secure.with_listeners(told, node, self.directory, self.data.get("kerberos")) | self.data["settings"]
        self.properties_path(node).write_text("".join(f"{name}={value}\n" for name, value in told.items()))
        (self.directory / "log4j2.xml").write_text(settings.LOG4J2)
        (self.directory / "log4j.properties").write_text(settings.LOG4J1)

    # --- starting

    def log_options(self):
        if jars.uses_log4j2(self.data["version"]):
            return [f"-Dlog4j2.configurationFile={self.directory / 'log4j2.xml'}"]
        return [f"-Dlog4j.configuration=file:{self.directory / 'log4j.properties'}"]

    def format_all(self):
        """Writes the cluster's id into each empty data directory, all nodes at once: each takes a JVM start."""
        if not jars.is_kraft(self.data["version"]):
            return
        running = []
        for node in self.nodes():
            if (self.home(node) / "data" / "meta.properties").exists():
                continue
            users = secure.scram_users() if self.data.get("secure") else []
            command = jars.java(self.data["version"], "kafka.tools.StorageTool", "format", "-t", self.data["uuid"], "-c",
                                str(self.properties_path(node)), *users,
                                options=["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", *self.log_options()])
            running.append((node, subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                                   stderr=subprocess.STDOUT, text=True)))
        for node, process in running:
            said, _ = process.communicate()
            if process.returncode != 0:
                raise ClusterError(f"node {node['id']} could not be formatted:\n{said.strip()[-2000:]}")

    def start_node(self, node):
        trusted = secure.java_options(self.data, self.directory) if self.data.get("secure") else []
        heap = "1g" if len(self.nodes()) == 1 else "512m"
        command = jars.java(self.data["version"], "kafka.Kafka", str(self.properties_path(node)), heap=heap,
                            options=["-XX:+ExitOnOutOfMemoryError", *trusted, *self.log_options()])
        node["pid"] = processes.start(command, self.home(node) / "server.log", self.home(node))
        self.save()

    def zookeeper_file(self):
        return self.directory / "zookeeper.properties"

    def start_zookeeper(self):
        keeper = self.data.get("zookeeper")
        if not keeper or processes.state(keeper["pid"], self.zookeeper_file()) != "gone":
            return
        self.zookeeper_file().write_text(f"dataDir={self.directory / 'zookeeper'}\nclientPort={keeper['port']}\n"
                                         "clientPortAddress=127.0.0.1\nadmin.enableServer=false\n")
        command = jars.java(self.data["version"], "org.apache.zookeeper.server.quorum.QuorumPeerMain",
                            str(self.zookeeper_file()), options=self.log_options())
        keeper["pid"] = processes.start(command, self.directory / "zookeeper.log", self.directory)
        self.save()

    def start_all(self):
        """Starts what does not run and waits until every node answers and knows all the others."""
        self.start_zookeeper()
        for node in self.nodes():
            self.write_files(node)
        self.format_all()
        for node in self.nodes():
            if self.state(node) == "gone":
                self.start_node(node)
            elif self.state(node) == "paused":
                self.signal(node, signal.SIGCONT)
        for node in self.nodes():
            self.wait_ready(node, len(self.nodes()))

    def wait_ready(self, node, brokers):
        deadline = time.monotonic() + READY_SECONDS
        while True:
            seen = probe.answers(node["port"])
            if seen is not None and len(seen) >= brokers:
                return
            if self.state(node) == "gone":
                raise ClusterError(f"node {node['id']} ended while starting:\n{self.last_words(node)}")
            if time.monotonic() > deadline:
                raise ClusterError(f"node {node['id']} does not answer after {READY_SECONDS} s:\n{self.last_words(node)}")
            time.sleep(0.1)

    def last_words(self, node):
        log = self.home(node) / "server.log"
        return log.read_text(errors="replace")[-2000:] if log.exists() else "(no log)"

    # --- doing things to it

    def signal(self, node, number):
        if not processes.send(node["pid"], self.properties_path(node), number):
            raise ClusterError(f"node {node['id']} is not running")

    def kill(self, node):
        if self.state(node) == "gone":
            raise ClusterError(f"node {node['id']} is not running")
        processes.kill(node["pid"], self.properties_path(node))

    def restart(self, node):
        """A clean stop (nothing to stop after a kill), a start, and back in every running node's metadata."""
        processes.stop(node["pid"], self.properties_path(node))
        self.start_node(node)
        running = [n for n in self.nodes() if self.state(n) == "running"]
        for other in running:
            self.wait_knows(other, node)

    def wait_knows(self, node, joined):
        deadline = time.monotonic() + READY_SECONDS
        while joined["port"] not in (probe.answers(node["port"]) or ()):
            if self.state(joined) == "gone":
                raise ClusterError(f"node {joined['id']} ended while starting:\n{self.last_words(joined)}")
            if time.monotonic() > deadline:
                raise ClusterError(f"node {node['id']} does not know node {joined['id']} after {READY_SECONDS} s")
            time.sleep(0.1)

    def down(self):
        """Data is removed afterwards, so there is nothing that a slow, clean stop would save."""
        for node in self.nodes():
            processes.kill(node["pid"], self.properties_path(node))
        keeper = self.data.get("zookeeper")
        if keeper:
            processes.kill(keeper["pid"], self.zookeeper_file())
        for node in self.nodes():
            shutil.rmtree(self.home(node), ignore_errors=True)
        for made in ("zookeeper", "certificates", "clients", "tokens"):
            shutil.rmtree(self.directory / made, ignore_errors=True)
        for path in (self.file, self.zookeeper_file(), self.directory / "zookeeper.log",
                     self.directory / "log4j2.xml", self.directory / "log4j.properties"):
            path.unlink(missing_ok=True)
        self.data = None

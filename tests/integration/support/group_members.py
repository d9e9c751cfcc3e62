"""Members of one consumer group, as processes that can be stopped, killed and paused: Ottla's, the Java client's, librdkafka's."""
import datetime
import os
import pathlib
import re
import shutil
import signal
import subprocess

from . import ottla

# Short, so that a crash is noticed within a test; 6 s is the least that Apache Kafka allows.
SESSION = ["session.timeout.ms=6000", "heartbeat.interval.ms=500"]
BY_BROKER = "consumer"  # in place of an assignor: the brokers assign (KIP-848), and say how long a session is
JAVA_ASSIGNORS = {"range": "RangeAssignor", "cooperative-sticky": "CooperativeStickyAssignor"}
TAKES_OR_NOT = re.compile(r"^\d\d:\d\d:\d\d\.\d{3} info group: \S+ (?:generation|epoch) -?\d+, member \S* (takes|gives up|loses) (.+)$")


def shared_by(assignor, java=False):
    """The settings with which a member joins a group that is shared in this way."""
    if assignor == BY_BROKER:
        return ["group.protocol=consumer"]
    return [*SESSION, "partition.assignment.strategy="
            + (f"org.apache.kafka.clients.consumer.{JAVA_ASSIGNORS[assignor]}" if java else assignor)]


def now():
    """Seconds since midnight, as in the command's log lines."""
    moment = datetime.datetime.now()
    return (moment - moment.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()


def partitions_in(text):
    """{2, 3, 4, 7} of "orders 2-4,7": a log line's partitions; these groups read one topic."""
    found = set()
    for part in text.split(" ", 1)[1].split(","):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


class Member:
    """One process; everything it says is in one file, so that records and log lines stand in the order of their writing."""

    def __init__(self, name, directory, command):
        self.name = name
        self.path = pathlib.Path(directory) / f"{name}.log"
        self.file = open(self.path, "ab")
        self.events = []  # (what, when)
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.file, stderr=self.errors(),
                                        preexec_fn=os.setpgrp)  # Ctrl-C is the checker's

    def errors(self):
        return subprocess.DEVNULL

    def note(self, what):
        self.events.append((what, now()))

    def happened(self, what):
        return any(one == what for one, _ in self.events)

    def alive(self):
        return self.process.poll() is None

    def send(self, what, number):
        self.note(what)
        self.process.send_signal(number)

    def stop(self):
        """A clean end; the exit status, or None if it did not come to that within 60 s."""
        self.send("stopped", signal.SIGTERM)
        return self.ended(60)

    def ended(self, seconds):
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        self.note("ended")
        return status

    def kill(self):
        self.note("killed")
        self.process.kill()
        self.process.wait()

    def pause(self):
        self.send("paused", signal.SIGSTOP)

    def resume(self):
        self.send("resumed", signal.SIGCONT)

    def close(self):
        if self.alive():
            self.process.kill()
            self.process.wait()
        self.file.close()

    def text(self):
        return self.path.read_text(errors="replace")


class OttlaMember(Member):
    kind = "ottla"

    def __init__(self, name, directory, brokers, topic, group, assignor):
        words = [word for pair in shared_by(assignor) for word in ("-X", pair)]
        super().__init__(name, directory, [ottla.binary(), "-b", brokers, "consume", topic, "--group", group, "--from", "beginning",
                                           "--output", "jsonl", os.environ.get("OTTLA_TEST_VERBOSITY", "-v"), *words])

    def errors(self):
        return self.file

    def changes(self):
        """How often it gave up or lost partitions."""
        return sum(found is not None and found[1] != "takes" for found in map(TAKES_OR_NOT.match, self.text().splitlines()))

    def has(self):
        """Its partitions, by its own word."""
        mine = set()
        for line in self.text().splitlines():
            found = TAKES_OR_NOT.match(line)
            if found and found[1] == "takes":
                mine |= partitions_in(found[2])
            elif found:
                mine -= partitions_in(found[2])
        return mine


class JavaMember(Member):
    """Kafka's console consumer; its lines are "Partition:3<TAB>Offset:14<TAB>value"."""
    kind = "java"
    PLACE = re.compile(r"^Partition:(\d+)\tOffset:(\d+)\t(\d+)$")

    def __init__(self, name, directory, kafka, topic, group, assignor):
        told = [word for pair in shared_by(assignor, java=True) for word in ("--command-property", pair)]
        super().__init__(name, directory, [str(ottla.ROOT / "tools/kafka"), "run", "--dir", kafka.directory, "consumer.ConsoleConsumer",
                                           "--bootstrap-server", kafka.brokers, "--topic", topic, "--group", group, "--from-beginning",
                                           "--formatter-property", "print.partition=true",
                                           "--formatter-property", "print.offset=true", *told])


class LibrdkafkaMember(Member):
    kind = "librdkafka"
    PLACE = re.compile(r"^(\d+) (\d+) (\d+)$")

    def __init__(self, name, directory, kafka, topic, group, assignor):
        told = [word for pair in (*SESSION, f"partition.assignment.strategy={assignor}", "auto.offset.reset=earliest")
                for word in ("-X", pair)]
        super().__init__(name, directory, [shutil.which("kcat"), "-b", kafka.brokers, "-G", group, "-u", "-q", "-f", "%p %o %s\\n",
                                           *told, topic])

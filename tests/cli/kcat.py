"""kcat -G, which is librdkafka, as a member of a group that lives and ends as a test wants."""
import shutil
import subprocess
import threading

from support import DEADLINE

KCAT = shutil.which("kcat")
# No three seconds between commits and heartbeats: the test waits for what happens, and this makes it happen soon.
QUICK = ["-X", "heartbeat.interval.ms=100", "-X", "auto.commit.interval.ms=100", "-X", "auto.offset.reset=earliest"]


class Kcat:
    """One member of a group. Its records and what it says about rebalances are read as they come."""

    def __init__(self, brokers, group, topic, *words):
        self.process = subprocess.Popen([KCAT, "-b", brokers, "-G", group, "-u", "-f", "%p %s\\n", *QUICK, *words, topic],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.changed = threading.Condition()
        self.records, self.notes = [], []
        self.readers = [threading.Thread(target=self.read, args=pair, daemon=True)
                        for pair in ((self.process.stdout, self.records), (self.process.stderr, self.notes))]
        for reader in self.readers:
            reader.start()

    def read(self, stream, lines):
        for line in stream:
            with self.changed:
                lines.append(line.strip())
                self.changed.notify_all()

    def wait(self, condition):
        with self.changed:
            return self.changed.wait_for(lambda: condition(self), DEADLINE)

    def assigned(self):
        """How many partitions it was given last; None before the first time."""
        given = [note for note in self.notes if "rebalanced" in note and "assigned" in note]
        return given[-1].count("[") if given else None

    def end(self):
        """Leaves the group in an orderly way: commits, then LeaveGroup."""
        self.process.terminate()
        try:
            self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        for reader in self.readers:
            reader.join(DEADLINE)
        self.process.stdout.close()
        self.process.stderr.close()

"""kcat -G, which is librdkafka, in groups that the dev broker coordinates: partitions shared, offsets kept from one start to the next."""
import shutil
import subprocess
import threading
import unittest

from support import DEADLINE, BrokerTest

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


@unittest.skipUnless(KCAT, "kcat is not installed: tools/setup --with kafka brings it")
class Groups(BrokerTest):
    def member(self, group, topic, *words):
        made = Kcat(self.brokers, group, topic, *words)
        self.addCleanup(lambda: made.process.poll() is None and made.end())
        return made

    def produce(self, topic, values):
        for partition in (0, 1):
            lines = "".join(f"{value}-{partition}\n" for value in values)
            self.ok("produce", topic, "--partition", str(partition), input=lines)

    def test_two_share_the_partitions_and_a_later_start_goes_on_where_they_ended(self):
        topic = self.new_topic(2)
        one = self.member("letters", topic)
        self.assertTrue(one.wait(lambda m: m.assigned() == 2), one.notes)
        two = self.member("letters", topic)
        self.assertTrue(two.wait(lambda m: m.assigned() == 1), two.notes)
        self.assertTrue(one.wait(lambda m: m.assigned() == 1), one.notes)
        self.produce(topic, ["a", "b"])
        self.assertTrue(one.wait(lambda m: len(m.records) == 2), one.records)
        self.assertTrue(two.wait(lambda m: len(m.records) == 2), two.records)
        self.assertEqual(len({record.split()[0] for record in one.records}), 1, "each has one partition")
        self.assertEqual(sorted(one.records + two.records), ["0 a-0", "0 b-0", "1 a-1", "1 b-1"])
        two.end()
        one.end()

        self.produce(topic, ["c"])
        again = self.member("letters", topic)
        self.assertTrue(again.wait(lambda m: len(m.records) >= 2), again.notes)
        again.end()
        self.assertEqual(sorted(again.records), ["0 c-0", "1 c-1"], "nothing twice, nothing left out")


if __name__ == "__main__":
    unittest.main()

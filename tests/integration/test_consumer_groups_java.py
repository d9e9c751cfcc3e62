"""Kafka's own consumer with group.protocol=consumer, and kafka-consumer-groups.sh, against the dev broker (KIP-848)."""
import re
import subprocess
import tempfile
import unittest

from support import consumer_groups, ottla, targets

TOPIC, GROUP, PARTITIONS = "t", "readers", 4


class JavaReader:
    """A console consumer of the group; what it reads goes into a file."""

    def __init__(self, server, brokers, name):
        self.out = tempfile.TemporaryFile("w+")
        words = [str(targets.ROOT / "tools/kafka"), "run", "--dir", server.directory, "consumer.ConsoleConsumer", "--bootstrap-server", brokers,
                 "--topic", TOPIC, "--group", GROUP, "--command-property", "group.protocol=consumer",
                 "--command-property", f"client.id={name}", "--command-property", "auto.offset.reset=earliest"]
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=self.out, stderr=subprocess.DEVNULL, text=True)

    def read(self):
        self.out.seek(0)
        return self.out.read().split()

    def end(self, kill=False):
        if self.process.poll() is None:
            self.process.kill() if kill else self.process.terminate()
        self.process.wait(timeout=60)
        self.out.close()


class JavaConsumers(targets.BrokerTest):
    """The programs are those of the Kafka that is up; they talk to a dev broker."""

    def setUp(self):
        self.dev = targets.DevBroker()
        self.addCleanup(self.dev.close)
        ottla.create_topic(self.dev.brokers, TOPIC, PARTITIONS)
        self.group = consumer_groups.Group(self.dev.brokers, GROUP)

    def start(self, name):
        reader = JavaReader(self.server, self.dev.brokers, name)
        self.addCleanup(reader.end, kill=True)
        return reader

    def tool(self, *words):
        return self.server.tool("consumer.group.ConsumerGroupCommand", "--bootstrap-server", self.dev.brokers, "--describe", "--group", GROUP, *words)

    def shares(self):
        """{client id: number of partitions} of a group in which all is settled."""
        told = self.group.describe()
        if told["groupState"] != "Stable":
            return None
        return {m["clientId"]: sum(len(t["partitions"]) for t in m["assignment"]["topicPartitions"]) for m in told["members"]}

    def await_shares(self, shares, seconds=60):
        targets.wait_until(lambda: self.shares() == shares, seconds, f"shares {shares}, not {self.shares()}")

    def test_two_share_one_leaves_one_is_killed_and_the_tools_describe_it(self):
        ottla.produce(self.dev.brokers, TOPIC, ['{"key":"%d","value":"v%d"}' % (number, number) for number in range(100)])
        first = self.start("first")
        self.await_shares({"first": 4})
        targets.wait_until(lambda: len(first.read()) == 100, 60, "all records")
        second = self.start("second")
        self.await_shares({"first": 2, "second": 2})
        state = self.tool("--state")
        self.assertRegex(state, rf"{GROUP}\s+.*uniform\s+Stable\s+2")
        members = self.tool("--members", "--verbose")
        self.assertEqual(len(re.findall(rf"{GROUP}\s+\S+.*(?:first|second)\s+2\s", members)), 2, members)
        self.assertRegex(self.tool("--offsets"), rf"{GROUP}\s+{TOPIC}\s+0\s+\d+\s+\d+\s+0\s")

        first.end()
        self.await_shares({"second": 4})
        third = self.start("third")
        self.await_shares({"second": 2, "third": 2})
        ottla.produce(self.dev.brokers, TOPIC, ['{"key":"%d","value":"w%d"}' % (number, number) for number in range(100)])
        targets.wait_until(lambda: len(second.read()) + len(third.read()) == 100, 60, "the rest of the records")
        self.assertEqual(sorted(second.read() + third.read()), sorted(f"w{number}" for number in range(100)), "each once: all was committed")
        third.end(kill=True)
        self.await_shares({"second": 4}, 90)  # after a session
        second.end()
        targets.wait_until(lambda: self.group.standing()[1] == "Empty", 30, "an empty group")


if __name__ == "__main__":
    unittest.main()

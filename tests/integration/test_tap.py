"""Through ottla tap, Kafka's own console tools and kcat reach every broker, and each message that passes is decoded."""
import collections
import json
import shutil
import signal
import subprocess
import tempfile
import unittest

from support import ottla, targets

COUNT = 1000


class Tapped(targets.BrokerTest):
    def setUp(self):
        self.shown = tempfile.TemporaryFile("w+")
        self.addCleanup(self.shown.close)
        first = self.brokers.split(",")[0]
        self.tap = subprocess.Popen([ottla.binary(), "tap", "--listen", "127.0.0.1:0", "--upstream", first, "--output", "jsonl", "--records"],
                                    stdin=subprocess.DEVNULL, stdout=self.shown, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.tap.stderr.close)
        self.addCleanup(self.tap.wait)
        self.addCleanup(self.tap.kill)
        self.address = self.tap.stderr.readline().split()[1]

    def lines(self):
        """What the tap showed; ends it."""
        self.tap.send_signal(signal.SIGTERM)
        self.assertEqual(self.tap.wait(ottla.DEADLINE), 0)
        self.shown.seek(0)
        return [json.loads(line) for line in self.shown]

    def test_console_tools_and_kcat_reach_the_brokers_through_the_tap(self):
        topic = self.new_topic(3)
        values = [f"value {number}" for number in range(COUNT)]
        self.server.tool("ConsoleProducer", "--bootstrap-server", self.address, "--topic", topic, "--compression-codec", "zstd",
                         input="\n".join(values) + "\n")
        said = self.server.tool("consumer.ConsoleConsumer", "--bootstrap-server", self.address, "--topic", topic, "--from-beginning",
                                "--max-messages", str(COUNT), "--timeout-ms", "30000")
        self.assertEqual(sorted(line for line in said.splitlines() if line in set(values)), sorted(values))
        read = COUNT
        if shutil.which("kcat"):
            said = subprocess.run(["kcat", "-b", self.address, "-C", "-t", topic, "-e", "-q"], capture_output=True, text=True, check=True,
                                  timeout=ottla.DEADLINE).stdout
            self.assertEqual(sorted(said.splitlines()), sorted(values))
            read += COUNT
        lines = self.lines()
        self.assertEqual([line for line in lines if line.get("state", "decoded") != "decoded"], [])
        records = collections.Counter()
        for line in lines:
            for one in line.get("records", []):
                self.assertNotIn("error", one)
                records[line["api"]] += sum(len(batch["records"]) for batch in one["content"]["batches"])
        self.assertGreaterEqual(records["Produce"], COUNT)  # and a batch that was refused and sent again
        self.assertGreaterEqual(records["Fetch"], read)  # what is fetched again after a rebalance counts twice
        apis = {line["api"] for line in lines if line["kind"] == "response"}
        self.assertLessEqual({"ApiVersions", "Metadata", "Produce", "Fetch", "FindCoordinator", "JoinGroup", "SyncGroup", "ListOffsets"}, apis)


if __name__ == "__main__":
    unittest.main()

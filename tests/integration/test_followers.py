"""Readers that say where they are read from a follower there (KIP-392), and from the leader when that follower dies."""
import json
import subprocess
import tempfile
import time
import unittest

from support import ottla, records, targets

RACKED = ("--rack", "rack-1", "--rack", "rack-2", "--rack", "rack-3")


class Followers(targets.BrokerTest):
    nodes, options = 3, RACKED

    def setUp(self):
        self.copies = 3
        self.topic = self.new_topic(1, "followed")
        self.leader = self.described()["leader"]
        self.follower = next(node for node in (1, 2, 3) if node != self.leader)
        self.config = f"client.rack=rack-{self.follower}"
        self.moves = f"{self.topic}-0 is read from broker {self.follower}, which its leader (broker {self.leader}) names for rack"

    def described(self):
        said = json.loads(ottla.run("-b", self.brokers, "topics", "describe", self.topic, "--output", "json").stdout)
        return said[0]["partitions"][0]

    def test_all_records_come_from_the_follower_in_the_reader_s_rack(self):
        sent = ottla.produce_made_up(self.brokers, self.topic, targets.count(20_000))
        done = ottla.run("-b", self.brokers, "consume", self.topic, "--output", "jsonl", "--from", "beginning", "--exit-at-end", "-v",
                         "-X", self.config)
        self.assertIn(self.moves, done.stderr)
        self.assert_nothing(records.differences(sent, [records.from_jsonl(line) for line in done.stdout.splitlines()]))

    def test_a_reader_in_the_leader_s_rack_or_in_none_reads_from_the_leader(self):
        sent = ottla.produce_made_up(self.brokers, self.topic, 100)
        for config in (f"client.rack=rack-{self.leader}", "client.rack=elsewhere", "client.rack="):
            done = ottla.run("-b", self.brokers, "consume", self.topic, "--output", "jsonl", "--from", "beginning", "--exit-at-end", "-v",
                             "-X", config)
            self.assertNotIn("is read from broker", done.stderr, config)
            self.assertEqual(len(done.stdout.splitlines()), len(sent), config)

    @unittest.skipIf(targets.target() == "broker", "unit tests and the simulation stop nodes of the dev broker")
    def test_a_follower_that_dies_costs_its_readers_nothing_but_time(self):
        sent = ottla.produce_made_up(self.brokers, self.topic, 1000)
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            reader = subprocess.Popen([ottla.binary(), "-b", self.brokers, "consume", self.topic, "--output", "jsonl", "--from", "beginning",
                                       "-v", "-X", self.config], stdin=subprocess.DEVNULL, stdout=out, stderr=err)
            self.addCleanup(reader.wait)
            self.addCleanup(reader.kill)

            def text(of):
                of.seek(0)
                return of.read()

            targets.wait_until(lambda: self.moves in text(err), 60, "the reader reads from the follower")
            targets.wait_until(lambda: text(out).count("\n") == len(sent), 60, "and all there is")
            self.server.do("kill", str(self.follower))
            self.addCleanup(self.server.do, "restart", str(self.follower))
            killed = time.monotonic()
            more = ottla.produce_made_up(self.brokers, self.topic, 1000)
            targets.wait_until(lambda: text(out).count("\n") == len(sent) + len(more), 60, "what was written after the follower's death")
            print(f"\n{time.monotonic() - killed:.1f} s from the follower's death to the last record", flush=True)
            self.assertIn(f"{self.topic}-0 is read from its leader, not from broker {self.follower}", text(err))
            reader.terminate()
            seen = [records.from_jsonl(line) for line in text(out).splitlines()]
            self.assertEqual([one[1] for one in seen], list(range(len(sent) + len(more))), "each offset once, in order")


if __name__ == "__main__":
    unittest.main()

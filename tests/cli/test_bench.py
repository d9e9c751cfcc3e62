"""ottla bench: one role in one process against the stand-in peer, and the members that its JSON promises."""
import json
import time
import unittest

from support import CommandTest, ottla, start

MEMBERS = ["records", "seconds", "recordsPerSecond", "mbPerSecond", "cpuNsPerRecord", "peakRssMb", "p50Us", "p99Us", "p999Us"]


class Bench(CommandTest):
    def measure(self, *words, peer=()):
        with start("bench", "peer", "--listen", "127.0.0.1:0", "--partitions", "3", *peer) as process:
            try:
                ready, address = process.stdout.readline().split()
                self.assertEqual(ready, "ready")
                done = ottla("-b", address, "bench", *words, "--output", "json")
            finally:
                process.terminate()
                self.assertEqual(process.wait(), 0)
        self.assertEqual(done.returncode, 0, done.stderr)
        result = json.loads(done.stdout)
        self.assertEqual(list(result), MEMBERS + (["gaps"] if "--gaps" in words else []))
        self.assertTrue(all(result[name] > 0 for name in MEMBERS), result)
        return result

    def test_produce_with_a_handler_per_batch_and_per_record(self):
        for words in ([], ["--callback"], ["--keyed", "--idempotent", "--compression", "lz4", "--warmup", "500"]):
            self.assertEqual(self.measure("produce", "--records", "20000", "--size", "50", *words)["records"], 20000)

    def test_the_longest_waits_between_acknowledgements(self):
        for words in ([], ["--callback"]):
            began = time.time() * 1000
            result = self.measure("produce", "--records", "2000", "--rate", "10000", "--warmup", "100", "--gaps", "5", *words)
            gaps = result["gaps"]
            self.assertEqual(len(gaps), 5)
            self.assertEqual(sorted(gaps, key=lambda one: -one["us"]), gaps, "the longest first")
            self.assertTrue(0 < sum(one["us"] for one in gaps) < result["seconds"] * 1e6, gaps)
            self.assertTrue(all(began < one["endedMs"] < time.time() * 1000 for one in gaps), gaps)

    def test_consume_as_views_and_owned(self):
        for words in ([], ["--owned", "--warmup", "500"]):
            self.assertGreaterEqual(self.measure("consume", "--records", "20000", *words)["records"], 20000)

    def test_latency_at_a_rate(self):
        self.assertEqual(self.measure("latency", "--records", "200", "--rate", "1000")["records"], 200)

    def test_old_versions_of_a_broker_are_spoken(self):
        old = ["--max-produce-version", "3", "--max-fetch-version", "4"]
        self.measure("produce", "--records", "1000", peer=old)
        self.measure("consume", "--records", "1000", peer=old)


if __name__ == "__main__":
    unittest.main()

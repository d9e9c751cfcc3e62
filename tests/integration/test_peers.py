"""The matrix: librdkafka, franz-go, the Java client and Ottla write, read, share groups, run transactions and administer, each with each."""
import itertools
import json
import sys
import tempfile
import unittest
import uuid

from support import ottla, peers, records, targets

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")


class Peers(targets.BrokerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        scratch = tempfile.TemporaryDirectory(prefix="ottla-peers-")
        cls.addClassCleanup(scratch.cleanup)
        cls.others, lacking = peers.others(scratch.name)
        for reason in lacking:
            print(f"the matrix does without {reason}", file=sys.stderr)
        cls.everybody = [peers.Ottla(), *cls.others]

    def written(self, count):
        return [records.to_jsonl(*records.make(index)) for index in range(count)]

    def test_each_reads_what_each_wrote_with_each_codec(self):
        count = targets.count(1_000)
        for codec in CODECS:
            topic, sent = self.new_topic(4, codec), {}
            for writer in self.everybody:
                with self.subTest(codec=codec, writer=writer.name):
                    places = writer.produce(self.brokers, topic, codec, self.written(count))
                    self.assertEqual(sorted(places), list(range(count)))
                    sent.update({place: index for index, place in places.items()})
            self.assertEqual(len(sent), count * len(self.everybody), "two writers were told of one place")
            for reader in self.everybody:
                with self.subTest(codec=codec, reader=reader.name):
                    self.assert_nothing(records.differences(sent, reader.consume(self.brokers, topic, len(sent))))

    def test_a_group_passes_from_one_client_to_the_next(self):
        for protocol in ("classic", "consumer"):
            with self.subTest(protocol=protocol):
                members = self.everybody
                topic, group, part = self.new_topic(3, protocol), f"g-{uuid.uuid4().hex[:8]}", 60
                sent = ottla.produce_made_up(self.brokers, topic, part * len(members) * 2)
                found = []
                for member in itertools.chain(members, reversed(members)):
                    found += member.group(self.brokers, topic, group, part, protocol)
                self.assert_nothing(records.differences(sent, found))

    def test_transactions_are_seen_whole_or_not_at_all(self):
        topic, half, committed, everything = self.new_topic(3, "txn"), 50, {}, {}
        for writer in self.others:
            with self.subTest(writer=writer.name):
                told = writer.run("transact", self.brokers, topic, f"id-{topic}-{writer.name}", lines=self.written(2 * half))
                for index, place in ottla.acknowledged(told).items():
                    everything[place] = index
                    if index < half:
                        committed[place] = index
        self.assertEqual(len(everything), 2 * half * len(self.others))
        for reader in self.everybody:
            for level, sent in (("read_committed", committed), ("read_uncommitted", everything)):
                with self.subTest(reader=reader.name, level=level):
                    self.assert_nothing(records.differences(sent, reader.consume(self.brokers, topic, len(sent), level)))

    def test_copies_in_transactions_are_exact(self):
        source, count = self.new_topic(3, "source"), 300
        sent = ottla.produce_made_up(self.brokers, source, count)
        for copier in self.others:
            with self.subTest(copier=copier.name):
                target = self.new_topic(3, "target")
                copier.run("copy", self.brokers, source, target, f"g-{target}", f"id-{target}", count)
                copied = ottla.consume(self.brokers, target, "--isolation", "read_committed")
                per_partition = {}
                for partition, _, key, value, headers in copied:
                    per_partition.setdefault(partition, []).append((key, value, headers))
                wanted = {}
                for (partition, _), index in sorted(sent.items()):
                    wanted.setdefault(partition, []).append(records.make(index))
                self.assertEqual(per_partition, wanted)

    def test_each_administers(self):
        for admin in self.others:
            with self.subTest(admin=admin.name):
                full, group = self.new_topic(1, "full"), f"g-{uuid.uuid4().hex[:8]}"
                ottla.produce_made_up(self.brokers, full, 10)
                ottla.run("-b", self.brokers, "consume", full, "-g", group, "--from", "beginning", "--count", "7")
                (told,) = admin.run("admin", self.brokers, f"new-{full}", full, group)
                self.assertEqual(json.loads(told), {
                    "created": 3, "maxMessageBytes": "12345", "retention": "3600000", "grown": 5, "earliest": 3, "latest": 10,
                    "listed": True, "state": "EMPTY", "committed": 7, "gone": [True, True]})

    def test_kafka_s_tools_for_performance_measure(self):
        topic, count = self.new_topic(4, "perf"), targets.count(20_000)
        if self.kind == "broker" and "java" not in [peer.name for peer in self.others]:
            self.skipTest("there is no Java here")
        for codec in CODECS:
            told = peers.kafka_tool("ProducerPerformance", "--bootstrap-server", self.brokers, "--topic", topic, "--num-records", str(count),
                                    "--record-size", "100", "--throughput", "-1", "--command-property", f"compression.type={codec}")
            self.assertRegex(told, rf"(?m)^{count} records sent, ")
        everything = count * len(CODECS)
        told = peers.kafka_tool("ConsumerPerformance", "--bootstrap-server", self.brokers, "--topic", topic, "--num-records", str(everything),
                                "--group", f"g-{topic}", "--timeout", "30000")
        consumed = int(told.splitlines()[-1].split(", ")[4])
        self.assertGreaterEqual(consumed, everything)


if __name__ == "__main__":
    unittest.main()

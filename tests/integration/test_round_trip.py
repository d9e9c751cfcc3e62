"""What ottla produces comes back: by ottla itself, and on Apache Kafka by Kafka's own console consumer."""
import json
import unittest

from support import java_side, ottla, records, targets

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
PARTITIONS = 12


class RoundTrip(targets.BrokerTest):
    def test_records_with_each_codec_come_back_once_in_order_and_intact(self):
        count = targets.count(20_000)
        for codec in CODECS:
            with self.subTest(codec=codec):
                topic = self.new_topic(PARTITIONS, codec)
                sent = ottla.produce_made_up(self.brokers, topic, count, "--compression", codec)
                self.assert_nothing(records.order_faults(sent))
                self.assertEqual({partition for partition, _ in sent}, set(range(PARTITIONS)))
                self.assert_nothing(records.differences(sent, ottla.consume(self.brokers, topic)))
                if self.kind != "broker":
                    self.assert_nothing(records.differences(sent, java_side.consume(self.server, topic, count)))

    def test_bytes_that_are_no_text_come_back_intact(self):
        topic = self.new_topic(1)
        every_byte = bytes(range(256))
        record = (every_byte, every_byte * 3, [("raw", every_byte), ("text", b"caf\xc3\xa9"), ("raw", b"\xff")])
        ottla.produce(self.brokers, topic, [records.to_jsonl(*record)])
        self.assertEqual([found[2:] for found in ottla.consume(self.brokers, topic)], [record])

    def test_a_named_partition_and_a_timestamp_are_kept(self):
        topic = self.new_topic(4)
        lines = [records.to_jsonl(b"k", b"v", [], partition=3 - n, timestamp=1_700_000_000_000 + n) for n in range(4)]
        places = ottla.produce(self.brokers, topic, lines)
        self.assertEqual(places, {n: (3 - n, 0) for n in range(4)})
        read = ottla.run("-b", self.brokers, "consume", topic, "--output", "jsonl", "--from", "beginning", "--exit-at-end").stdout
        times = {entry["partition"]: (entry["timestamp"], entry["timestampType"]) for entry in map(json.loads, read.splitlines())}
        self.assertEqual(times, {3 - n: (1_700_000_000_000 + n, "create") for n in range(4)})

    def test_every_level_of_acknowledgement_delivers(self):
        for acks in ("1", "all"):
            with self.subTest(acks=acks):
                topic = self.new_topic(2)
                sent = ottla.produce_made_up(self.brokers, topic, 500, "--acks", acks, "--no-idempotence")
                # With acks=1 the leader answers before its followers have the records, and readers see them only then.
                found = self.consume_until(topic, 500)
                self.assert_nothing(records.differences(sent, found))

    def test_without_acknowledgement_offsets_are_unknown_and_records_arrive(self):
        topic = self.new_topic(1)
        lines = [records.to_jsonl(*records.make(index)) for index in range(200)]
        places = ottla.produce(self.brokers, topic, lines, "--acks", "0", "--no-idempotence")
        self.assertEqual(places, {index: (0, -1) for index in range(200)})
        found = self.consume_until(topic, 200)
        self.assertEqual([records.number_of(value, headers) for _, _, _, value, headers in found], list(range(200)))

    def consume_until(self, topic, count):
        """All records, read again until so many are there: for records whose arrival nobody has acknowledged in full."""
        found = []

        def all_arrived():
            found[:] = ottla.consume(self.brokers, topic)
            return len(found) >= count
        targets.wait_until(all_arrived, 30, f"{count} records in {topic}")
        return found

    def test_a_record_near_the_broker_s_limit_goes_through_and_back(self):
        topic = self.new_topic(1)
        value = b"x" * 1_000_000
        ottla.produce(self.brokers, topic, [records.to_jsonl(b"big", value, [])])
        self.assertEqual([(key, len(found)) for _, _, key, found, _ in ottla.consume(self.brokers, topic)], [(b"big", len(value))])

    def test_an_empty_topic_ends_at_once(self):
        self.assertEqual(ottla.consume(self.brokers, self.new_topic(3)), [])

    def test_lines_with_keys_are_records(self):
        topic = self.new_topic(1)
        ottla.run("-b", self.brokers, "produce", topic, "--key-separator", ":", "-H", "from=test", input="a:1\nb:\n:3\n")
        found = [entry[2:] for entry in ottla.consume(self.brokers, topic)]
        self.assertEqual(found, [(b"a", b"1", [("from", b"test")]), (b"b", b"", [("from", b"test")]), (b"", b"3", [("from", b"test")])])


if __name__ == "__main__":
    unittest.main()

"""What Apache Kafka's own producers wrote is read by ottla: every codec, headers, nulls and empties."""
import unittest

from support import java_side, ottla, records, targets

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")


class JavaWrote(targets.BrokerTest):
    def test_records_of_the_console_producer_are_read_intact_and_in_order(self):
        count = targets.count(10_000)
        for codec in CODECS:
            with self.subTest(codec=codec):
                topic = self.new_topic(6, codec)
                java_side.produce(self.server, topic, [records.make(index) for index in range(count)], codec)
                sent = {}
                found = ottla.consume(self.brokers, topic)
                for partition, offset, _, value, headers in found:
                    sent[partition, offset] = records.number_of(value, headers)
                self.assertEqual(sorted(sent.values()), list(range(count)))
                self.assert_nothing(records.order_faults(sent))
                self.assert_nothing(records.differences(sent, found))

    def test_records_of_the_performance_producer_are_all_there(self):
        count, size = targets.count(50_000), 100
        for codec in CODECS:
            with self.subTest(codec=codec):
                topic = self.new_topic(12, codec)
                java_side.produce_many(self.server, topic, count, size, codec)
                found = ottla.consume(self.brokers, topic)
                self.assertEqual(len(found), count)
                self.assertEqual({len(value) for _, _, _, value, _ in found}, {size})
                for partition in range(12):
                    offsets = [offset for at, offset, _, _, _ in found if at == partition]
                    self.assertEqual(offsets, list(range(len(offsets))))


if __name__ == "__main__":
    unittest.main()

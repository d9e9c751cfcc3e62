"""Produce, request by request: what Apache Kafka 4.3.1 and the dev broker take, refuse and remember of producers."""
import time
import unittest

from support import ottla, wire
from support.conformance import OTHER_ID, Conformance, error, versions


class Producing(Conformance):
    def told(self, topic, records, **how):
        """(error, base offset, log append time is told, log start, [index of a refused record])."""
        part = self.produce(topic, records, **how)
        return (error(part), part["baseOffset"], part["logAppendTimeMs"] != -1, part.get("logStartOffset", 0),
                [each["batchIndex"] for each in part.get("recordErrors", [])])

    def refused(self, topic, records, **how):
        return self.told(topic, records, **how)[0]


class Records(Producing):
    def test_every_version_appends(self):
        topic = self.new_topic(1)
        for place, version in enumerate(versions("Produce")):
            self.assertEqual(self.told(topic, wire.batch("a"), version=version), ("NONE", place, False, 0, []), version)

    def test_the_number_of_acknowledgements(self):
        topic = self.new_topic(1)
        self.assertEqual([self.refused(topic, wire.batch("a"), acks=acks) for acks in (1, -1, 2, -2)],
                         ["NONE", "NONE", "INVALID_REQUIRED_ACKS", "INVALID_REQUIRED_ACKS"])
        ottla.run("-b", self.brokers, "wire", "send", "Produce", "--version", "9", "--json",
                  '{"transactionalId":null,"acks":0,"timeoutMs":1000,"topicData":[{"name":"%s","partitionData":[{"index":0,"records":"%s"}]}]}'
                  % (topic, wire.batch("a")))
        self.assertEqual(self.told(topic, wire.batch("a"))[:2], ("NONE", 3))  # what got no answer is there

    def test_where_there_is_nothing(self):
        topic = self.new_topic(1)
        self.assertEqual(self.told(topic, wire.batch("a"), index=7), ("UNKNOWN_TOPIC_OR_PARTITION", -1, False, -1, []))
        self.assertEqual(self.told(topic, wire.batch("a"), index=-1), ("UNKNOWN_TOPIC_OR_PARTITION", -1, False, -1, []))
        self.assertEqual(self.told(self.fresh("none"), wire.batch("a")), ("UNKNOWN_TOPIC_OR_PARTITION", -1, False, -1, []))
        data = [{"topicId": OTHER_ID, "partitionData": [{"index": 0, "records": wire.batch("a")}]}]
        told = self.ask("Produce", 13, acks=-1, topicData=data)["responses"][0]
        self.assertEqual((told["topicId"], error(told["partitionResponses"][0])), (OTHER_ID, "UNKNOWN_TOPIC_ID"))

    def test_partitions_are_answered_one_by_one(self):
        topic = self.new_topic(2)
        data = [{"name": topic, "partitionData": [{"index": index, "records": wire.batch("a")} for index in (1, 9, 0)]}]
        told = self.ask("Produce", 9, acks=-1, topicData=data)["responses"][0]["partitionResponses"]
        self.assertEqual(sorted((part["index"], error(part)) for part in told),
                         [(0, "NONE"), (1, "NONE"), (9, "UNKNOWN_TOPIC_OR_PARTITION")])

    def test_what_is_no_batch(self):
        topic, two = self.new_topic(1), wire.base64.b64encode(2 * wire.base64.b64decode(wire.batch("a"))).decode()
        self.assertEqual(self.refused(topic, two), "INVALID_RECORD")
        self.assertEqual(self.refused(topic, ""), "INVALID_RECORD")
        self.assertEqual(self.refused(topic, wire.batch("a", magic=1)), "INVALID_RECORD")
        self.assertEqual(self.refused(topic, wire.batch("a", crc=5)), "CORRUPT_MESSAGE")
        self.assertEqual(self.refused(topic, wire.batch("a", base_offset=3)), "INVALID_RECORD")
        self.assertEqual(self.refused(topic, wire.batch("a", count=2)), "INVALID_RECORD")
        self.assertEqual(self.refused(topic, wire.batch("a", count=2, last=1)), "INVALID_RECORD")
        self.assertEqual(self.refused(topic, wire.batch("a", "b", last=0)), "INVALID_RECORD")
        self.assertEqual(self.refused(topic, wire.batch("a", count=0, last=-1, records=b"")), "INVALID_RECORD")
        self.assertEqual(self.refused(topic, wire.batch("a", attributes=0x20)), "INVALID_RECORD")  # control
        self.assertEqual(self.refused(topic, wire.batch("a", producer=1, epoch=0)), "INVALID_RECORD")  # no sequence
        self.assertEqual(self.told(topic, wire.batch("a"))[:2], ("NONE", 0))

    def test_the_codec_must_be_known_to_the_version(self):
        topic = self.new_topic(1)
        self.assertEqual(self.refused(topic, wire.batch("a", attributes=4), version=6), "UNSUPPORTED_COMPRESSION_TYPE")
        self.assertEqual(self.refused(topic, wire.batch("a", attributes=6)), "UNKNOWN_SERVER_ERROR")
        self.assertEqual(self.refused(topic, wire.batch("a", attributes=1)), "UNKNOWN_SERVER_ERROR")  # that is no gzip

    def test_a_batch_may_be_so_large(self):
        topic = self.new_topic(1, max_message_bytes="200")
        self.assertEqual(self.told(topic, wire.batch("x" * 200)), ("MESSAGE_TOO_LARGE", -1, False, -1, []))
        exact = next(size for size in range(200) if len(wire.base64.b64decode(wire.batch("x" * size))) == 200)
        self.assertEqual(self.refused(topic, wire.batch("x" * exact)), "NONE")
        self.assertEqual(self.refused(topic, wire.batch("x" * (exact + 1))), "MESSAGE_TOO_LARGE")

    def test_single_records_are_named(self):
        compacted = self.new_topic(1, cleanup_policy="compact")
        self.assertEqual(self.told(compacted, wire.batch("a", "b")), ("INVALID_RECORD", -1, False, 0, [0, 1]))
        self.assertEqual(self.refused(compacted, wire.batch("a", None, key=b"k")), "NONE")
        now, hour = int(time.time() * 1000), 3_600_000
        topic = self.new_topic(1, message_timestamp_before_max_ms=str(hour))
        self.assertEqual(self.told(topic, wire.batch("a", "b", "c", timestamps=[now, now + 2 * hour, now - 2 * hour])),
                         ("INVALID_TIMESTAMP", -1, False, 0, [1, 2]))
        self.assertEqual(self.refused(topic, wire.batch("a", timestamps=[now + hour // 2])), "NONE")
        before = self.produce(topic, wire.batch("a", timestamps=[now - 2 * hour]), version=7)
        self.assertEqual((error(before), "recordErrors" in before), ("INVALID_TIMESTAMP", False))

    def test_the_brokers_time(self):
        topic = self.new_topic(1, message_timestamp_type="LogAppendTime")
        self.assertEqual(self.told(topic, wire.batch("a", timestamps=[5])), ("NONE", 0, True, 0, []))
        stored = wire.batches(self.fetch(topic)["records"])[0]
        self.assertGreater(stored["maxTimestamp"], time.time() * 1000 - 600_000)

    def test_more_replicas_than_there_are_need_not_be_in_sync(self):
        topic = self.new_topic(1, min_insync_replicas="2")
        self.assertEqual([self.refused(topic, wire.batch("a"), acks=acks) for acks in (-1, 1)], ["NONE", "NONE"])


class Idempotence(Producing):
    def setUp(self):
        self.topic = self.new_topic(1)
        self.producer = self.ask("InitProducerId", 4, transactionalId=None, transactionTimeoutMs=60000)["producerId"]

    def send(self, sequence, count=1, epoch=0, producer=None, topic=None):
        """(error, base offset)."""
        records = wire.batch(*["v"] * count, producer=self.producer if producer is None else producer, epoch=epoch, sequence=sequence)
        return self.told(topic or self.topic, records)[:2]

    def test_ids_begin_with_epoch_0(self):
        for version in versions("InitProducerId"):
            told = self.ask("InitProducerId", version, transactionalId=None, transactionTimeoutMs=0)
            self.assertEqual((error(told), told["producerEpoch"], told["producerId"] > self.producer), ("NONE", 0, True), version)

    def test_sequences_follow_each_other_over_batches(self):
        self.assertEqual([self.send(0, 2), self.send(2), self.send(3, 5)], [("NONE", 0), ("NONE", 2), ("NONE", 3)])
        for wrong in (9, 100, 2**31 - 1):
            self.assertEqual(self.send(wrong), ("OUT_OF_ORDER_SEQUENCE_NUMBER", -1), wrong)
        self.assertEqual(self.send(8), ("NONE", 8))

    def test_the_last_five_batches_are_known_again(self):
        for sequence in range(6):
            self.assertEqual(self.send(sequence), ("NONE", sequence))
        self.assertEqual([self.send(sequence) for sequence in (5, 4, 3, 2, 1)], [("NONE", place) for place in (5, 4, 3, 2, 1)])
        self.assertEqual(self.send(0), ("OUT_OF_ORDER_SEQUENCE_NUMBER", -1))  # the window has moved on
        self.assertEqual(self.send(6), ("NONE", 6))

    def test_a_duplicate_must_be_the_whole_batch(self):
        self.send(0, 3)
        self.assertEqual(self.send(0, 3), ("NONE", 0))
        self.assertEqual(self.send(0, 2), ("OUT_OF_ORDER_SEQUENCE_NUMBER", -1))
        self.assertEqual(self.send(1, 2), ("OUT_OF_ORDER_SEQUENCE_NUMBER", -1))

    def test_who_is_not_known_may_begin_anywhere(self):
        self.assertEqual(self.send(17), ("NONE", 0))
        self.assertEqual(self.send(18), ("NONE", 1))
        self.assertEqual(self.send(5, producer=self.producer + 1_000_000), ("NONE", 2))  # an id that nobody was given

    def test_sequences_wrap(self):
        last = 2**31 - 1
        self.assertEqual([self.send(last - 1, 2), self.send(0), self.send(1)], [("NONE", 0), ("NONE", 2), ("NONE", 3)])
        other = self.new_topic(1)
        self.assertEqual([self.send(last - 1, 4, topic=other), self.send(2, topic=other)], [("NONE", 0), ("NONE", 4)])

    def test_a_new_epoch_begins_at_0_and_fences_the_old(self):
        self.send(0)
        self.assertEqual(self.send(1, epoch=1), ("OUT_OF_ORDER_SEQUENCE_NUMBER", -1))
        self.assertEqual(self.send(0, epoch=1), ("NONE", 1))
        self.assertEqual(self.send(1, epoch=0), ("INVALID_PRODUCER_EPOCH", -1))
        self.assertEqual(self.send(0, epoch=1), ("NONE", 1))
        self.assertEqual(self.send(0, epoch=7), ("NONE", 2))

    def test_partitions_count_for_themselves(self):
        other = self.new_topic(1)
        self.assertEqual([self.send(0), self.send(0, topic=other), self.send(1), self.send(1, topic=other)],
                         [("NONE", 0), ("NONE", 0), ("NONE", 1), ("NONE", 1)])

    def test_what_is_known_outlives_the_records(self):
        self.send(0)
        self.send(1)
        self.ask("DeleteRecords", 2, timeoutMs=5000, topics=[{"name": self.topic, "partitions": [{"partitionIndex": 0, "offset": -1}]}])
        self.assertEqual(self.send(1), ("NONE", 1))
        self.assertEqual(self.send(5), ("OUT_OF_ORDER_SEQUENCE_NUMBER", -1))
        self.assertEqual(self.send(2), ("NONE", 2))

    def test_the_partition_tells_what_it_knows(self):
        self.send(0, 3)
        told = self.ask("DescribeProducers", 0, topics=[{"name": self.topic, "partitionIndexes": [0, 9]}])["topics"][0]["partitions"]
        known = told[0]["activeProducers"][0]
        self.assertEqual((known["producerId"], known["producerEpoch"], known["lastSequence"], known["currentTxnStartOffset"]),
                         (self.producer, 0, 2, -1))
        self.assertEqual(error(told[1]), "UNKNOWN_TOPIC_OR_PARTITION")


if __name__ == "__main__":
    unittest.main()

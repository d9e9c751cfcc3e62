"""What Apache Kafka 4.3.1 and the dev broker tell of a log without reading it, and where they let it begin."""
import time
import unittest

from support import wire
from support.conformance import Conformance, batch_offsets, error, size, versions


class Listing(Conformance):
    def listed(self, topic, timestamp, version=11, index=0, epoch=-1, **more):
        """(error, offset, timestamp, leader epoch)."""
        part = {"partitionIndex": index, "currentLeaderEpoch": epoch, "timestamp": timestamp}
        told = self.ask("ListOffsets", version, replicaId=-1, topics=[{"name": topic, "partitions": [part]}], timeoutMs=5000, **more)
        told = told["topics"][0]["partitions"][0]
        return error(told), told["offset"], told["timestamp"], told.get("leaderEpoch", -1)

    def timed_topic(self):
        """Offsets 0 to 3 at now, 30 s later, 10 s later, 20 s later."""
        topic, now = self.new_topic(1), int(time.time() * 1000)
        times = [now, now + 30_000, now + 10_000, now + 20_000]
        self.put(topic, wire.batch("a", "b", timestamps=times[:2]))
        self.put(topic, wire.batch("c", "d", timestamps=times[2:]))
        return topic, now

    def test_every_version_finds_beginning_end_and_time(self):
        topic, now = self.timed_topic()
        for version in versions("ListOffsets"):
            epoch = 0 if version >= 4 else -1
            self.assertEqual(self.listed(topic, -1, version), ("NONE", 4, -1, epoch), version)
            self.assertEqual(self.listed(topic, -2, version), ("NONE", 0, -1, epoch), version)
            self.assertEqual(self.listed(topic, now + 1, version), ("NONE", 1, now + 30_000, epoch), version)

    def test_a_time_finds_the_first_record_that_is_not_before_it(self):
        topic, now = self.timed_topic()
        self.assertEqual(self.listed(topic, 0), ("NONE", 0, now, 0))
        self.assertEqual(self.listed(topic, now), ("NONE", 0, now, 0))
        self.assertEqual(self.listed(topic, now + 15_000), ("NONE", 1, now + 30_000, 0))
        self.assertEqual(self.listed(topic, now + 30_001), ("NONE", -1, -1, -1))
        self.put(topic, wire.batch("e", timestamps=[now + 40_000]))
        self.assertEqual(self.listed(topic, now + 30_001), ("NONE", 4, now + 40_000, 0))

    def test_the_questions_below_zero(self):
        topic, now = self.timed_topic()
        self.assertEqual(self.listed(topic, -3), ("NONE", 1, now + 30_000, 0))  # the newest record
        self.assertEqual(self.listed(topic, -4), ("NONE", 0, -1, 0))  # the first that is on this disk
        self.assertEqual(self.listed(topic, -5), ("NONE", -1, -1, -1))  # nothing is anywhere else
        self.assertEqual(self.listed(topic, -6), ("NONE", -1, -1, -1))
        self.assertEqual(self.listed(topic, -7), ("UNSUPPORTED_VERSION", -1, -1, -1))
        self.assertEqual(self.listed(topic, -100), ("UNSUPPORTED_VERSION", -1, -1, -1))
        for question, first in ((-3, 7), (-4, 8), (-5, 9), (-6, 11)):
            self.assertEqual(self.listed(topic, question, first - 1)[0], "UNSUPPORTED_VERSION", question)

    def test_an_empty_log_has_no_times(self):
        topic = self.new_topic(1)
        self.assertEqual([self.listed(topic, when) for when in (-1, -2, -3, -4, 0)],
                         [("NONE", 0, -1, 0), ("NONE", 0, -1, 0), ("NONE", -1, -1, -1), ("NONE", 0, -1, 0), ("NONE", -1, -1, -1)])

    def test_log_append_time_is_that_of_the_batch(self):
        topic = self.new_topic(1, message_timestamp_type="LogAppendTime")
        self.put(topic, wire.batch("a", "b"))
        stamped = wire.batches(self.fetch(topic)["records"])[0]["maxTimestamp"]
        self.assertEqual(self.listed(topic, stamped), ("NONE", 0, stamped, 0))
        self.assertEqual(self.listed(topic, -3), ("NONE", 0, stamped, 0))

    def test_what_is_refused(self):
        topic = self.filled_topic("a")
        self.assertEqual(self.listed(self.fresh("none"), -1), ("UNKNOWN_TOPIC_OR_PARTITION", -1, -1, -1))
        self.assertEqual(self.listed(topic, -1, index=9), ("UNKNOWN_TOPIC_OR_PARTITION", -1, -1, -1))
        self.assertEqual(self.listed(topic, -1, epoch=1), ("UNKNOWN_LEADER_EPOCH", -1, -1, -1))
        self.assertEqual(self.listed(topic, -1, epoch=0), ("NONE", 1, -1, 0))
        part = {"partitionIndex": 0, "timestamp": -1}
        told = self.ask("ListOffsets", 7, replicaId=-1, topics=[{"name": topic, "partitions": [part, part]}])["topics"]
        self.assertEqual([error(each) for each in told[0]["partitions"]], ["INVALID_REQUEST"])


class Epochs(Conformance):
    def ended(self, topic, epoch, current=-1, version=4, index=0):
        """(error, epoch, end offset)."""
        part = {"partition": index, "currentLeaderEpoch": current, "leaderEpoch": epoch}
        told = self.ask("OffsetForLeaderEpoch", version, replicaId=-1, topics=[{"topic": topic, "partitions": [part]}])
        told = told["topics"][0]["partitions"][0]
        return error(told), told["leaderEpoch"], told["endOffset"]

    def test_an_epoch_ends_where_the_next_begins_or_the_log_does(self):
        topic = self.filled_topic("a", "b")
        for version in versions("OffsetForLeaderEpoch"):
            self.assertEqual(self.ended(topic, 0, version=version), ("NONE", 0, 2))
        self.assertEqual([self.ended(topic, epoch) for epoch in (1, 5, -1, -2)], [("NONE", -1, -1)] * 3 + [("NONE", -2, 0)])
        self.assertEqual(self.ended(topic, 0, current=0), ("NONE", 0, 2))
        self.assertEqual(self.ended(topic, 0, current=1), ("UNKNOWN_LEADER_EPOCH", -1, -1))
        self.assertEqual(self.ended(topic, 0, index=7), ("UNKNOWN_TOPIC_OR_PARTITION", -1, -1))
        self.assertEqual(self.ended(self.fresh("none"), 0), ("UNKNOWN_TOPIC_OR_PARTITION", -1, -1))

    def test_an_empty_log_has_its_leaders_epoch(self):
        self.assertEqual(self.ended(self.new_topic(1), 0), ("NONE", 0, 0))


class Deleting(Conformance):
    def delete(self, topic, *asked, version=2):
        """[(partition, error, low watermark)]; asked: (partition, offset)."""
        parts = [{"partitionIndex": index, "offset": offset} for index, offset in asked]
        told = self.ask("DeleteRecords", version, timeoutMs=5000, topics=[{"name": topic, "partitions": parts}])["topics"]
        return sorted((part["partitionIndex"], error(part), part["lowWatermark"]) for each in told for part in each["partitions"])

    def test_every_version_moves_the_start(self):
        topic = self.filled_topic(*"abcd")
        for version in versions("DeleteRecords"):
            self.assertEqual(self.delete(topic, (0, version + 1), version=version), [(0, "NONE", version + 1)])
            self.assertEqual(error(self.fetch(topic, version)), "OFFSET_OUT_OF_RANGE")
            part = self.fetch(topic, version + 1)
            self.assertEqual((part["logStartOffset"], part["highWatermark"], batch_offsets(part)[0]), (version + 1, 4, (version + 1, version + 1)))

    def test_a_start_may_lie_within_a_batch(self):
        topic = self.new_topic(1)
        self.put(topic, wire.batch("a", "b", "c"))
        self.assertEqual(self.delete(topic, (0, 1)), [(0, "NONE", 1)])
        self.assertEqual(batch_offsets(self.fetch(topic, 1)), [(0, 2)])
        self.assertEqual(error(self.fetch(topic, 0)), "OFFSET_OUT_OF_RANGE")

    def test_minus_one_means_all_and_less_than_the_start_nothing(self):
        topic = self.filled_topic(*"abc")
        self.assertEqual(self.delete(topic, (0, 2)), [(0, "NONE", 2)])
        self.assertEqual(self.delete(topic, (0, 1)), [(0, "NONE", 2)])
        self.assertEqual(self.delete(topic, (0, -1)), [(0, "NONE", 3)])
        self.assertEqual(self.delete(topic, (0, -1)), [(0, "NONE", 3)])
        part = self.fetch(topic, 3)
        self.assertEqual((error(part), part["logStartOffset"], batch_offsets(part)), ("NONE", 3, []))
        self.assertEqual(self.produce(topic, wire.batch("d"))["baseOffset"], 3)

    def test_what_is_refused(self):
        topic, compacted, both = self.filled_topic("a"), self.new_topic(1, cleanup_policy="compact"), self.new_topic(1, cleanup_policy="compact,delete")
        self.assertEqual(self.delete(topic, (0, 2)), [(0, "OFFSET_OUT_OF_RANGE", -1)])
        self.assertEqual(self.delete(topic, (0, -2)), [(0, "OFFSET_OUT_OF_RANGE", -1)])
        self.assertEqual(self.delete(topic, (9, 0), (0, 0)), [(0, "NONE", 0), (9, "UNKNOWN_TOPIC_OR_PARTITION", -1)])
        self.assertEqual(self.delete(self.fresh("none"), (0, 0)), [(0, "UNKNOWN_TOPIC_OR_PARTITION", -1)])
        self.assertEqual(self.delete(compacted, (0, 0)), [(0, "POLICY_VIOLATION", -1)])
        self.assertEqual(self.delete(both, (0, 0)), [(0, "NONE", 0)])


class Leading(Conformance):
    def elect(self, kind, topic, *indexes, version=2):
        """(error, {partition: error})."""
        wanted = [{"topic": topic, "partitions": list(indexes)}]
        told = self.ask("ElectLeaders", version, electionType=kind, topicPartitions=wanted, timeoutMs=5000)
        parts = {part["partitionId"]: error(part) for each in told["replicaElectionResults"] for part in each["partitionResult"]}
        return (error(told) if version >= 1 else "NONE"), parts

    def test_who_leads_already_needs_no_election(self):
        topic = self.new_topic(1)
        missing = "UNKNOWN_TOPIC_OR_PARTITION"
        for version in versions("ElectLeaders"):
            self.assertEqual(self.elect(0, topic, 0, 9, version=version), ("NONE", {0: "ELECTION_NOT_NEEDED", 9: missing}), version)
        self.assertEqual(self.elect(1, topic, 0, 9), ("NONE", {0: "ELECTION_NOT_NEEDED", 9: missing}))
        self.assertEqual(self.elect(0, self.fresh("none"), 0), ("NONE", {0: missing}))

    def test_without_names_only_what_needed_one_is_told(self):
        topic = self.new_topic(1)
        for kind in (0, 1):
            told = self.ask("ElectLeaders", 2, electionType=kind, topicPartitions=None)
            self.assertEqual(error(told), "NONE")
            self.assertEqual({each["topic"]: each["partitionResult"] for each in told["replicaElectionResults"]}[topic], [])

    def test_a_kind_that_is_not_known(self):
        self.assertEqual(self.elect(7, self.new_topic(1), 0)[0], "INVALID_REQUEST")


class Sizes(Conformance):
    def described(self, topics, version=4):
        told = self.ask("DescribeLogDirs", version, topics=topics)
        self.assertEqual(len(told["results"]), 1)
        return told, told["results"][0]

    def test_every_version_tells_how_much_a_partition_takes(self):
        topic = self.filled_topic("a", "b", partitions=2)
        bytes_there = size(self.fetch(topic)["records"])
        for version in versions("DescribeLogDirs"):
            told, directory = self.described([{"topic": topic, "partitions": [0, 1, 9]}], version)
            self.assertEqual((told.get("errorCode", 0), error(directory)), (0, "NONE"))
            self.assertGreater(len(directory["logDir"]), 0)
            parts = {part["partitionIndex"]: (part["partitionSize"], part["offsetLag"], part["isFutureKey"])
                     for each in directory["topics"] for part in each["partitions"]}
            self.assertEqual(parts, {0: (bytes_there, 0, False), 1: (0, 0, False)})
            if version >= 4:
                self.assertGreater(directory["totalBytes"], directory["usableBytes"] - 1)

    def test_null_means_all_and_what_is_not_there_is_left_out(self):
        topic = self.new_topic(1)
        self.assertIn(topic, [each["name"] for each in self.described(None)[1]["topics"]])
        self.assertEqual(self.described([])[1]["topics"], [])
        self.assertEqual(self.described([{"topic": self.fresh("none"), "partitions": [0]}])[1]["topics"], [])


if __name__ == "__main__":
    unittest.main()

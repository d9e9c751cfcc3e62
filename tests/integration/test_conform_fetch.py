"""Fetch, request by request: what Apache Kafka 4.3.1 and the dev broker read out of a log, with sessions and without."""
import time
import unittest

from support import wire
from support.conformance import NO_ID, OTHER_ID, Conformance, batch_offsets, error, size, versions


class Reading(Conformance):
    def test_every_version_reads(self):
        topic = self.filled_topic("a", "b")
        for version in versions("Fetch"):
            part = self.fetch(topic, offset=1, version=version)
            self.assertEqual((error(part), part["highWatermark"], batch_offsets(part)), ("NONE", 2, [(1, 1)]), version)
            self.assertEqual(part.get("logStartOffset", 0), 0)
            self.assertEqual((part["abortedTransactions"], part["lastStableOffset"]), (None, 2))
            self.assertEqual(part.get("preferredReadReplica", -1), -1)

    def test_the_end_is_empty_and_behind_it_is_nothing(self):
        topic = self.filled_topic("a", "b")
        self.assertEqual([(error(part), part["highWatermark"], batch_offsets(part)) for part in (self.fetch(topic, 2), self.fetch(topic, 3), self.fetch(topic, -1))],
                         [("NONE", 2, []), ("OFFSET_OUT_OF_RANGE", -1, []), ("OFFSET_OUT_OF_RANGE", -1, [])])
        part = self.fetch(topic, 9)
        self.assertEqual((part["lastStableOffset"], part["logStartOffset"], part["abortedTransactions"]), (-1, -1, None))

    def test_where_there_is_nothing(self):
        topic = self.new_topic(1)
        for part in (self.fetch(topic, index=9), self.fetch(self.fresh("none"))):
            self.assertEqual((error(part), part["highWatermark"], part["lastStableOffset"], part["logStartOffset"]),
                             ("UNKNOWN_TOPIC_OR_PARTITION", -1, -1, -1))
        told = self.ask("Fetch", 13, topics=[{"topicId": OTHER_ID, "partitions": [{"partition": 0, "partitionMaxBytes": 100}]}])
        self.assertEqual(error(told), "NONE")
        self.assertEqual([(each["topicId"], error(each["partitions"][0])) for each in told["responses"]], [(OTHER_ID, "UNKNOWN_TOPIC_ID")])

    def test_limits_cut_but_never_the_first_batch(self):
        topic = self.filled_topic("a", "b", "c")
        whole = size(self.fetch(topic)["records"])
        one = whole // 3
        self.assertEqual(size(self.fetch(topic, part_bytes=1)["records"]), one)
        self.assertEqual(size(self.fetch(topic, part_bytes=one + 5)["records"]), one + 5)
        self.assertEqual(size(self.fetch(topic, maxBytes=1)["records"]), one)
        self.assertEqual(size(self.fetch(topic, maxBytes=2 * one)["records"]), 2 * one)
        self.assertEqual(size(self.fetch(topic, part_bytes=0)["records"]), one)
        for version in (4, 17):
            self.assertEqual(size(self.fetch(topic, part_bytes=1, version=version)["records"]), one)

    def test_only_one_partition_may_go_past_its_limit(self):
        topic = self.new_topic(2)
        for index in (0, 1):
            self.put(topic, wire.batch("a"), index=index)
        parts = [{"partition": index, "partitionMaxBytes": 1} for index in (0, 1)]
        told = self.ask("Fetch", 12, topics=[{"topic": topic, "partitions": parts}])["responses"][0]["partitions"]
        self.assertEqual([size(part["records"]) > 0 for part in told], [True, False])

    def test_a_fetch_waits_for_enough_and_no_longer_than_it_says(self):
        topic = self.filled_topic("a")
        began = time.monotonic()
        self.assertEqual(batch_offsets(self.fetch(topic, 1, maxWaitMs=700, minBytes=1)), [])
        self.assertEqual(batch_offsets(self.fetch(topic, 0, maxWaitMs=700, minBytes=100_000)), [(0, 0)])
        self.assertGreater(time.monotonic() - began, 1.39)
        began = time.monotonic()
        self.assertEqual(batch_offsets(self.fetch(topic, 0, maxWaitMs=30_000, minBytes=1)), [(0, 0)])
        self.assertEqual(error(self.fetch(topic, 7, maxWaitMs=30_000, minBytes=1)), "OFFSET_OUT_OF_RANGE")
        self.assertEqual(batch_offsets(self.fetch(topic, 1, maxWaitMs=30_000, minBytes=0)), [])
        self.assertLess(time.monotonic() - began, 15)

    def test_who_believes_in_another_leader_is_told(self):
        topic = self.filled_topic("a")
        self.assertEqual([error(self.fetch(topic, version=version, currentLeaderEpoch=0)) for version in (9, 12)], ["NONE", "NONE"])
        part = self.fetch(topic, currentLeaderEpoch=1)
        self.assertEqual((error(part), part["highWatermark"]), ("UNKNOWN_LEADER_EPOCH", -1))
        self.assertEqual(error(self.fetch(topic, index=7, currentLeaderEpoch=1)), "UNKNOWN_TOPIC_OR_PARTITION")

    def test_a_history_that_parts_is_told(self):
        topic = self.filled_topic("a", "b")
        self.assertEqual([error(self.fetch(topic, 1, lastFetchedEpoch=0)), error(self.fetch(topic, 2, lastFetchedEpoch=0))], ["NONE", "NONE"])
        part = self.fetch(topic, 5, lastFetchedEpoch=0)
        self.assertEqual((error(part), part["divergingEpoch"], batch_offsets(part)), ("NONE", {"epoch": 0, "endOffset": 2}, []))
        self.assertEqual(error(self.fetch(topic, 1, lastFetchedEpoch=3)), "OFFSET_OUT_OF_RANGE")


class Sessions(Conformance):
    def setUp(self):
        self.topic = self.new_topic(3)
        for index in range(3):
            self.put(self.topic, wire.batch("a"), index=index)

    def session(self, epoch, *wanted, session=0, forgotten=(), version=12, **more):
        """(error, session id, {partition: (error, batches)}); wanted: (partition, offset)."""
        topic_id = self.id_of(self.topic) if version >= 13 else NO_ID
        parts = [{"partition": index, "fetchOffset": offset, "partitionMaxBytes": 1 << 20} for index, offset in wanted]
        told = self.ask("Fetch", version, sessionId=session, sessionEpoch=epoch, **{"maxWaitMs": 0, "minBytes": 0, **more},
                        topics=[{"topic": self.topic, "topicId": topic_id, "partitions": parts}] if parts else [],
                        forgottenTopicsData=[{"topic": self.topic, "topicId": topic_id, "partitions": list(forgotten)}] if forgotten else [])
        found = {part["partitionIndex"]: (error(part), batch_offsets(part)) for each in told["responses"] for part in each["partitions"]}
        return error(told), told["sessionId"], found

    def test_a_session_tells_what_is_new(self):
        at, there = ("NONE", [(0, 0)]), ("NONE", [])
        code, session, found = self.session(0, (0, 0), (1, 0), (2, 1))
        self.assertEqual((code, found), ("NONE", {0: at, 1: at, 2: there}))
        self.assertNotEqual(session, 0)
        self.assertEqual(self.session(1, (0, 1), (1, 1), session=session), ("NONE", session, {}))
        self.assertEqual(self.session(2, session=session), ("NONE", session, {}))
        self.put(self.topic, wire.batch("b"), index=1)
        self.assertEqual(self.session(3, session=session), ("NONE", session, {1: ("NONE", [(1, 1)])}))
        self.assertEqual(self.session(4, session=session), ("NONE", session, {1: ("NONE", [(1, 1)])}))  # it has not moved on
        self.assertEqual(self.session(5, (1, 2), session=session), ("NONE", session, {}))

    def test_what_is_forgotten_is_told_no_more(self):
        _, session, _ = self.session(0, (0, 1), (1, 1))
        self.put(self.topic, wire.batch("b"), index=0)
        self.put(self.topic, wire.batch("b"), index=1)
        self.assertEqual(self.session(1, session=session, forgotten=[0]), ("NONE", session, {1: ("NONE", [(1, 1)])}))
        self.assertEqual(self.session(2, (0, 1), (1, 2), session=session), ("NONE", session, {0: ("NONE", [(1, 1)])}))

    def test_epochs_count_and_ids_are_known(self):
        _, session, _ = self.session(0, (0, 0))
        self.assertEqual(self.session(2, session=session), ("INVALID_FETCH_SESSION_EPOCH", 0, {}))
        self.assertEqual(self.session(1, (0, 1), session=session)[0], "NONE")
        self.assertEqual(self.session(1, session=session), ("INVALID_FETCH_SESSION_EPOCH", 0, {}))
        self.assertEqual(self.session(1, session=session + 1), ("FETCH_SESSION_ID_NOT_FOUND", 0, {}))
        self.assertEqual(self.session(2, session=session)[0], "NONE")

    def test_a_session_ends_when_it_is_closed_or_replaced(self):
        _, session, _ = self.session(0, (0, 0))
        self.assertEqual(self.session(-1, (0, 0), session=session), ("NONE", 0, {0: ("NONE", [(0, 0)])}))
        self.assertEqual(self.session(1, session=session), ("FETCH_SESSION_ID_NOT_FOUND", 0, {}))
        _, old, _ = self.session(0, (0, 0))
        _, new, found = self.session(0, (1, 0), session=old)
        self.assertEqual(found, {1: ("NONE", [(0, 0)])})
        self.assertEqual([self.session(1, session=each)[0] for each in (old, new)], ["FETCH_SESSION_ID_NOT_FOUND", "NONE"])

    def test_names_and_ids_do_not_mix(self):
        _, session, _ = self.session(0, (0, 0), version=13)
        self.assertEqual(self.session(1, session=session, version=12)[0], "FETCH_SESSION_TOPIC_ID_ERROR")
        _, session, _ = self.session(0, (0, 0), version=12)
        self.assertEqual(self.session(1, session=session, version=13)[0], "FETCH_SESSION_TOPIC_ID_ERROR")

    def test_errors_are_told_each_time(self):
        _, session, found = self.session(0, (0, 9), (1, 1))
        self.assertEqual(found, {0: ("OFFSET_OUT_OF_RANGE", []), 1: ("NONE", [])})
        self.assertEqual(self.session(1, session=session), ("NONE", session, {0: ("OFFSET_OUT_OF_RANGE", [])}))
        self.assertEqual(self.session(2, (0, 1), session=session), ("NONE", session, {0: ("NONE", [])}))

    def test_a_session_may_begin_with_nothing(self):
        code, session, found = self.session(0)
        self.assertEqual((code, session != 0, found), ("NONE", True, {}))
        self.assertEqual(self.session(1, (0, 0), session=session), ("NONE", session, {0: ("NONE", [(0, 0)])}))
        self.assertEqual(self.session(-1), ("NONE", 0, {}))


if __name__ == "__main__":
    unittest.main()

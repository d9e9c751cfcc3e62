"""Transactions, request by request: what Apache Kafka 4.3.1 answers is written down here, and the dev broker answers the same."""
import unittest
import uuid

from support import targets, transactions
from support.transactions import V1, V2


class Conformance(targets.BrokerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.talk = transactions.Talk(cls.brokers)

    def setUp(self):
        self.topic = self.new_topic(4)
        # Kafka's broker learns of a topic from its controller, a moment after that has answered.
        targets.wait_until(lambda: all(self.talk.fetch(self.topic, index)[0] == "NONE" for index in range(4)), 30, "leaders")
        self.other = f"id-{uuid.uuid4().hex[:8]}"

    def producer(self, way, name=None, timeout=60000):
        return transactions.Producer(self.talk, name or f"id-{uuid.uuid4().hex[:8]}", way, timeout)


class Beginning(Conformance):
    def test_what_is_no_transactional_producer_gets_no_id(self):
        init = self.talk.init
        self.assertEqual(init(""), ("INVALID_REQUEST", -1, -1))
        self.assertEqual(init(self.other, own=(5, -1)), ("INVALID_REQUEST", -1, -1))
        self.assertEqual(init(self.other, own=(-1, 5)), ("INVALID_REQUEST", -1, -1))
        for timeout in (900_001, 0, -1):
            self.assertEqual(init(self.other, timeout=timeout), ("INVALID_TRANSACTION_TIMEOUT", -1, -1))
        self.assertEqual(self.talk.describe(self.other)[0], "TRANSACTIONAL_ID_NOT_FOUND")
        self.assertEqual(self.talk.describe("")[0], "INVALID_REQUEST")

    def test_each_beginning_has_a_new_epoch_and_one_that_is_sent_again_the_same(self):
        p = self.producer(V2)
        self.assertEqual(self.talk.describe(p.name), ("NONE", "Empty", 0, set()))
        self.assertEqual(self.talk.init(p.name), ("NONE", p.id, 1))
        self.assertEqual(self.talk.init(p.name, own=(p.id, 0)), ("PRODUCER_FENCED", -1, -1))
        self.assertEqual(self.talk.init(p.name, own=(p.id, 0), version=3), ("INVALID_PRODUCER_EPOCH", -1, -1))
        self.assertEqual(self.talk.init(p.name, own=(p.id, 1)), ("NONE", p.id, 2))
        self.assertEqual(self.talk.init(p.name, own=(p.id, 1)), ("NONE", p.id, 2))
        self.assertEqual(self.talk.init(p.name, own=(p.id + 1, 1)), ("PRODUCER_FENCED", -1, -1))

    def test_a_newer_instance_aborts_the_transaction_of_the_older_and_fences_it(self):
        p = self.producer(V2)
        self.assertEqual(p.produce(self.topic, 0, 0, count=2), ("NONE", 0))
        self.assertEqual(self.talk.init(p.name), ("CONCURRENT_TRANSACTIONS", -1, -1))
        p.settle()
        self.assertEqual(self.talk.describe(p.name), ("NONE", "CompleteAbort", 1, set()))
        self.assertEqual(self.talk.init(p.name), ("NONE", p.id, 2))
        self.assertEqual(self.talk.fetch(self.topic, 0), ("NONE", 3, 3, [(p.id, 0)], [(0, 1, "data", 0), (2, 2, "end", 1)]))
        self.assertEqual(p.produce(self.topic, 0, 2), ("INVALID_PRODUCER_EPOCH", -1))
        self.assertEqual(p.end(True), ("PRODUCER_FENCED", -1, -1))
        self.assertEqual([p.end(True, version=version) for version in (1, 2)], ["INVALID_PRODUCER_EPOCH", "PRODUCER_FENCED"])
        self.assertEqual(p.add((self.topic, 0), version=1), {(self.topic, 0): "INVALID_PRODUCER_EPOCH"})
        self.assertEqual(p.add((self.topic, 0), version=2), {(self.topic, 0): "PRODUCER_FENCED"})


class Ending(Conformance):
    def test_until_version_4_the_state_says_what_may_be_repeated(self):
        p = self.producer(V1)
        self.assertEqual([p.end(True), p.end(False)], ["INVALID_TXN_STATE"] * 2)
        self.assertEqual(p.end(True, name=self.other), "INVALID_PRODUCER_ID_MAPPING")
        self.assertEqual(p.end(True, name=""), "INVALID_REQUEST")
        self.assertEqual(p.end(True, producer=p.id + 1), "INVALID_PRODUCER_ID_MAPPING")
        p.add((self.topic, 0))
        p.finish(True)
        self.assertEqual(self.talk.describe(p.name)[1:3], ("CompleteCommit", 0))
        self.assertEqual([p.end(True), p.end(False)], ["NONE", "INVALID_TXN_STATE"])
        p.add((self.topic, 0))
        p.finish(False)
        self.assertEqual([p.end(False), p.end(True)], ["NONE", "INVALID_TXN_STATE"])

    def test_from_version_5_the_epoch_says_it(self):
        p = self.producer(V2)
        self.assertEqual(p.end(True), ("INVALID_TXN_STATE", -1, -1))
        self.assertEqual(p.end(False), ("NONE", p.id, 1))  # an empty one may be aborted: records may be on their way
        p.settle()
        self.assertEqual([p.end(False), p.end(True)], [("NONE", p.id, 1), ("INVALID_TXN_STATE", -1, -1)])
        p.epoch = 1
        self.assertEqual(p.produce(self.topic, 0, 0), ("NONE", 0))
        self.assertEqual(p.end(True, epoch=0), ("PRODUCER_FENCED", -1, -1))
        self.assertEqual(p.end(True, epoch=9), ("PRODUCER_FENCED", -1, -1))
        self.assertEqual(p.end(True), ("NONE", p.id, 2))
        p.settle()
        self.assertEqual([p.end(True), p.end(False)], [("NONE", p.id, 2), ("INVALID_TXN_STATE", -1, -1)])
        self.assertEqual(p.end(True, epoch=2), ("INVALID_TXN_STATE", -1, -1))
        self.assertEqual(p.end(False, epoch=2), ("NONE", p.id, 3))


class Producing(Conformance):
    def test_with_version_1_nothing_is_written_before_the_partition_is_added(self):
        p = self.producer(V1)
        self.assertEqual(p.produce(self.topic, 0, 0), ("TRANSACTION_ABORTABLE", -1))
        self.assertEqual(p.produce(self.topic, 0, 0, version=10), ("INVALID_TXN_STATE", -1))
        at = (self.topic, 0)
        self.assertEqual(p.add(at, (self.topic, 99)), {at: "OPERATION_NOT_ATTEMPTED", (self.topic, 99): "UNKNOWN_TOPIC_OR_PARTITION"})
        self.assertEqual(p.add(at, producer=p.id + 1), {at: "INVALID_PRODUCER_ID_MAPPING"})
        self.assertEqual(p.add(at, name=self.other), {at: "INVALID_PRODUCER_ID_MAPPING"})
        self.assertEqual(p.add(at, name=""), {at: "INVALID_REQUEST"})
        self.assertEqual(self.talk.describe(p.name)[1], "Empty")
        self.assertEqual(p.add(at), {at: "NONE"})
        self.assertEqual(self.talk.describe(p.name), ("NONE", "Ongoing", 0, {at}))
        self.assertEqual(p.produce(self.topic, 0, 1), ("OUT_OF_ORDER_SEQUENCE_NUMBER", -1))  # 0 was tried, and may come again
        self.assertEqual(p.produce(self.topic, 0, 0, count=2), ("NONE", 0))
        self.assertEqual(p.produce(self.topic, 0, 0, count=2), ("NONE", 0))
        self.assertEqual(p.produce(self.topic, 3, 0), ("TRANSACTION_ABORTABLE", -1))
        p.finish(True)
        self.assertEqual(self.talk.producers(self.topic, 0), {p.id: (0, 1, 0, -1)})
        p.add(at)
        self.assertEqual(p.produce(self.topic, 0, 2), ("NONE", 3))  # the same epoch goes on counting

    def test_with_version_2_produce_adds_the_partition_and_each_transaction_counts_from_0(self):
        p = self.producer(V2)
        self.assertEqual(p.produce(self.topic, 0, 5), ("OUT_OF_ORDER_SEQUENCE_NUMBER", -1))
        self.assertEqual(self.talk.describe(p.name), ("NONE", "Ongoing", 0, {(self.topic, 0)}))
        self.assertEqual(p.produce(self.topic, 0, 0), ("NONE", 0))
        p.finish(True)
        self.assertEqual(self.talk.fetch(self.topic, 0), ("NONE", 2, 2, [], [(0, 0, "data", 0), (1, 1, "end", 1)]))
        self.assertEqual(self.talk.producers(self.topic, 0), {p.id: (1, -1, 0, -1)})
        self.assertEqual(p.produce(self.topic, 0, 1, epoch=0), ("INVALID_PRODUCER_EPOCH", -1))
        self.assertEqual(p.produce(self.topic, 0, 1), ("OUT_OF_ORDER_SEQUENCE_NUMBER", -1))
        self.assertEqual(p.produce(self.topic, 0, 0), ("NONE", 2))

    def test_who_it_is_has_to_be_right(self):
        p = self.producer(V2)
        self.assertEqual(p.produce(self.topic, 0, 0, producer=p.id + 1), ("INVALID_PRODUCER_ID_MAPPING", -1))
        self.assertEqual(p.produce(self.topic, 0, 0, name=self.other), ("INVALID_PRODUCER_ID_MAPPING", -1))
        self.assertEqual(p.produce(self.topic, 0, 0, epoch=1), ("INVALID_PRODUCER_EPOCH", -1))
        self.assertEqual(self.talk.produce(None, p.id, 0, self.topic, 0, 0, 12), ("TRANSACTIONAL_ID_AUTHORIZATION_FAILED", -1))
        self.assertEqual(self.talk.produce("", p.id, 0, self.topic, 0, 0, 12), ("INVALID_REQUEST", -1))
        # A batch that says nothing of a transaction is none of the coordinator's business, unless one is open.
        self.assertEqual(self.talk.produce(p.name, -1, -1, self.topic, 1, -1, 12, transactional=False), ("NONE", 0))
        self.assertEqual(p.produce(self.topic, 0, 0), ("NONE", 0))
        self.assertEqual(p.produce(self.topic, 0, 1, transactional=False), ("INVALID_TXN_STATE", -1))


class Reading(Conformance):
    def test_readers_of_committed_records_stop_before_the_first_open_transaction(self):
        first, second = self.producer(V2), self.producer(V2)
        self.assertEqual(first.produce(self.topic, 0, 0), ("NONE", 0))
        self.assertEqual(second.produce(self.topic, 0, 0), ("NONE", 1))
        self.assertEqual(self.talk.fetch(self.topic, 0), ("NONE", 0, 2, [], []))
        self.assertEqual(self.talk.fetch(self.topic, 0, committed=False),
                         ("NONE", 0, 2, None, [(0, 0, "data", 0), (1, 1, "data", 0)]))
        for timestamp, of_all, of_committed in ((-1, 2, 0), (-2, 0, 0), (0, 0, -1)):
            self.assertEqual(self.talk.offset_at(self.topic, 0, timestamp, committed=False), of_all, timestamp)
            self.assertEqual(self.talk.offset_at(self.topic, 0, timestamp, committed=True), of_committed, timestamp)
        self.assertEqual(self.talk.offset_at(self.topic, 0, -3, committed=True), -1)  # the newest record's
        second.finish(False)
        self.assertEqual(self.talk.fetch(self.topic, 0), ("NONE", 0, 3, [], []))
        first.finish(True)
        all_of_it = [(0, 0, "data", 0), (1, 1, "data", 0), (2, 2, "end", 1), (3, 3, "end", 1)]
        self.assertEqual(self.talk.fetch(self.topic, 0), ("NONE", 4, 4, [(second.id, 1)], all_of_it))
        self.assertEqual(self.talk.fetch(self.topic, 0, offset=3), ("NONE", 4, 4, [], all_of_it[3:]))
        self.assertEqual(self.talk.fetch(self.topic, 0, offset=5)[:2], ("OFFSET_OUT_OF_RANGE", -1))

    def test_an_administrator_can_end_what_hangs_in_a_partition(self):
        p = self.producer(V2)
        p.produce(self.topic, 0, 0)

        def marker(epoch, coordinator_epoch, version, topic=self.topic):
            what = {"producerId": p.id, "producerEpoch": epoch, "transactionResult": False, "coordinatorEpoch": coordinator_epoch,
                    "topics": [{"name": topic, "partitionIndexes": [0]}]}
            more = {"transactionVersion": 2} if version == 2 else {}
            told = self.talk.ask("WriteTxnMarkers", version, markers=[{**what, **more}])
            return transactions.ERRORS[told["markers"][0]["topics"][0]["partitions"][0]["errorCode"]]

        self.assertEqual(marker(0, 0, 1, "no-such-topic"), "UNKNOWN_TOPIC_OR_PARTITION")
        self.assertEqual(marker(0, 0, 2), "INVALID_PRODUCER_EPOCH")
        self.assertEqual(marker(0, 5, 1), "NONE")
        self.assertEqual(marker(0, 4, 1), "TRANSACTION_COORDINATOR_FENCED")
        self.assertEqual(self.talk.fetch(self.topic, 0)[:4], ("NONE", 2, 2, [(p.id, 0)]))
        self.assertEqual(self.talk.describe(p.name)[1], "Ongoing")  # the coordinator is not told


class Offsets(Conformance):
    def setUp(self):
        super().setUp()
        self.group = f"g-{uuid.uuid4().hex[:8]}"

    def committed(self, index=0, stable=True):
        return self.talk.committed(self.group, self.topic, index, stable)

    def test_with_version_1_the_group_is_added_first(self):
        p = self.producer(V1)
        self.assertEqual([p.commit(self.group, self.topic, 0, 5, version=version) for version in (3, 4)],
                         ["INVALID_TXN_STATE", "TRANSACTION_ABORTABLE"])
        self.assertEqual([p.add_offsets(self.group, version=version, epoch=9) for version in (1, 2)],
                         ["INVALID_PRODUCER_EPOCH", "PRODUCER_FENCED"])
        self.assertEqual(p.add_offsets(self.group), "NONE")
        self.assertEqual({topic for topic, _ in self.talk.describe(p.name)[3]}, {"__consumer_offsets"})
        self.assertEqual(p.commit(self.group, self.topic, 0, 5), "NONE")
        self.assertEqual(p.commit(self.group, self.topic, 0, 5, epoch=9), "INVALID_PRODUCER_EPOCH")
        self.assertEqual(p.commit(self.group, self.topic, 99, 5), "UNKNOWN_TOPIC_OR_PARTITION")
        self.assertEqual(p.commit("", self.topic, 0, 5), "INVALID_GROUP_ID")
        self.assertEqual(p.commit(self.group, self.topic, 0, 5, metadata="x" * 5000), "OFFSET_METADATA_TOO_LARGE")
        self.assertEqual(self.committed(), ("UNSTABLE_OFFSET_COMMIT", -1))
        self.assertEqual(self.committed(stable=False), ("NONE", -1))
        p.finish(True)
        self.assertEqual(self.committed(), ("NONE", 5))

    def test_with_version_2_the_commit_adds_it_and_an_abort_drops_it(self):
        p = self.producer(V2)
        self.assertEqual(p.commit(self.group, self.topic, 0, 5), "NONE")
        p.finish(True)
        self.assertEqual([p.commit(self.group, self.topic, index, 9) for index in (0, 1)], ["NONE", "NONE"])
        self.assertEqual([self.committed(), self.committed(stable=False)], [("UNSTABLE_OFFSET_COMMIT", -1), ("NONE", 5)])
        p.finish(False)
        self.assertEqual([self.committed(), self.committed(1)], [("NONE", 5), ("NONE", -1)])

    def test_a_later_commit_outside_the_transaction_stays(self):
        p = self.producer(V2)
        self.assertEqual(p.commit(self.group, self.topic, 0, 20), "NONE")
        part = {"partitionIndex": 0, "committedOffset": 15, "committedLeaderEpoch": -1, "committedMetadata": ""}
        self.talk.ask("OffsetCommit", 7, groupId=self.group, generationIdOrMemberEpoch=-1, memberId="", groupInstanceId=None,
                      topics=[{"name": self.topic, "partitions": [part]}])
        p.finish(True)
        self.assertEqual(self.committed(), ("NONE", 15))
        p.commit(self.group, self.topic, 0, 21)
        deleted = self.talk.ask("OffsetDelete", 0, groupId=self.group, topics=[{"name": self.topic, "partitions": [{"partitionIndex": 0}]}])
        self.assertEqual(deleted["topics"][0]["partitions"][0]["errorCode"], 0)
        self.assertEqual(self.committed(), ("NONE", -1))
        p.finish(True)
        self.assertEqual(self.committed(), ("NONE", -1))

    def test_who_claims_a_membership_must_have_it(self):
        p = self.producer(V2)
        commit = lambda **who: p.commit(self.group, self.topic, 0, 1, **who)  # noqa: E731
        self.assertEqual(commit(generation=3, member="m"), "ILLEGAL_GENERATION")
        self.assertEqual(commit(member="m"), "NONE")  # an empty group without a generation
        self.assertEqual(commit(generation=3, member="m"), "UNKNOWN_MEMBER_ID")
        joined = self.talk.ask("JoinGroup", 3, groupId=self.group, sessionTimeoutMs=30000, rebalanceTimeoutMs=30000, memberId="",
                               protocolType="consumer", protocols=[{"name": "range", "metadata": ""}])
        me, generation = joined["memberId"], joined["generationId"]
        self.assertEqual(commit(generation=generation, member=me), "NONE")  # while the generation waits for its leader
        self.talk.ask("SyncGroup", 3, groupId=self.group, generationId=generation, memberId=me, groupInstanceId=None,
                      assignments=[{"memberId": me, "assignment": ""}])
        self.assertEqual(commit(generation=generation, member=me), "NONE")
        self.assertEqual(commit(generation=generation + 1, member=me), "ILLEGAL_GENERATION")
        self.assertEqual(commit(generation=generation, member="x"), "UNKNOWN_MEMBER_ID")
        self.assertEqual(commit(member=me), "ILLEGAL_GENERATION")
        self.assertEqual(commit(generation=generation, member=me, instance="i"), "UNKNOWN_MEMBER_ID")
        self.assertEqual(commit(), "NONE")  # as producers did before KIP-447


class Listing(Conformance):
    def test_transactions_are_found_by_state_producer_age_and_name(self):
        p = self.producer(V2)
        p.produce(self.topic, 0, 0)

        def listed(states=(), producers=(p.id,), age=-1, pattern=None):
            told = self.talk.ask("ListTransactions", 2, stateFilters=list(states), producerIdFilters=list(producers),
                                 durationFilter=age, transactionalIdPattern=pattern)
            found = [(each["transactionalId"], each["transactionState"]) for each in told["transactionStates"]]
            return transactions.ERRORS[told["errorCode"]], told["unknownStateFilters"], found

        mine = [(p.name, "Ongoing")]
        self.assertEqual(listed(), ("NONE", [], mine))
        self.assertEqual(listed(states=["Ongoing", "Nope"]), ("NONE", ["Nope"], mine))
        self.assertEqual(listed(states=["ongoing"]), ("NONE", ["ongoing"], []))
        self.assertEqual(listed(states=["CompleteCommit"]), ("NONE", [], []))
        self.assertEqual(listed(age=3_600_000), ("NONE", [], []))
        self.assertEqual(listed(age=0), ("NONE", [], mine))
        self.assertEqual(listed(producers=[], pattern=p.name[:-1] + "."), ("NONE", [], mine))
        self.assertEqual(listed(producers=[], pattern=p.name[:-1]), ("NONE", [], []))
        self.assertEqual(listed(pattern="["), ("INVALID_REGULAR_EXPRESSION", [], []))

    def test_the_feature_says_which_version_is_in_force(self):
        told = self.talk.ask("ApiVersions", 4, clientSoftwareName="x", clientSoftwareVersion="1")
        finalized = {each["name"]: (each["minVersionLevel"], each["maxVersionLevel"]) for each in told["finalizedFeatures"]}
        supported = {each["name"]: (each["minVersion"], each["maxVersion"]) for each in told["supportedFeatures"]}
        self.assertEqual((finalized["transaction.version"], supported["transaction.version"]), ((2, 2), (0, 2)))
        old = self.talk.ask("ApiVersions", 3, clientSoftwareName="x", clientSoftwareVersion="1")
        self.assertNotIn("transaction.version", [each["name"] for each in old.get("supportedFeatures", [])])


if __name__ == "__main__":
    unittest.main()

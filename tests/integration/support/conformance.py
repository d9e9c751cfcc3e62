"""One script of questions for the dev broker and for Apache Kafka: what Kafka 4.3.1 answers is written down, and both are asked."""
import base64
import time
import uuid

from . import schema_fill, targets, wire

ERRORS = wire.ERRORS
versions = schema_fill.versions
COORDINATOR_COMES = ("COORDINATOR_LOAD_IN_PROGRESS", "COORDINATOR_NOT_AVAILABLE", "NOT_COORDINATOR")
NO_ID = "AAAAAAAAAAAAAAAAAAAAAA"
OTHER_ID = "BBBBBBBBSBBBBBBBBBBBBA"


def error(told):
    return ERRORS[told["errorCode"]]


def batch_offsets(part):
    """[(base, last)] of the batches in a partition's part of a Fetch."""
    return [(each["baseOffset"], each["baseOffset"] + each["lastOffsetDelta"]) for each in wire.batches(part["records"])]


def size(records):
    """Bytes of a records field."""
    return len(base64.b64decode(records or ""))


class Conformance(targets.BrokerTest):
    """A test of single requests to a broker that leads everything; it is a cluster of one node."""

    @classmethod
    def ask(cls, api, version=None, **fields):
        """What is left out has its default; without a version it is the newest."""
        version = schema_fill.versions(api)[-1] if version is None else version
        return wire.ask(cls.brokers, api, version, **schema_fill.fill(api, version, fields))

    @classmethod
    def ask_node(cls, node, api, version, **fields):
        """The same of one broker."""
        return wire.ask(cls.brokers, api, version, node, **schema_fill.fill(api, version, fields))

    def new_topic(self, partitions, word="t", **settings):
        topic = super().new_topic(partitions, word, **settings)
        self.await_leaders(topic, partitions)
        return topic

    def await_leaders(self, topic, partitions):
        """Kafka's broker learns of a topic from its controller, a moment after that has answered."""
        parts = [{"partitionIndex": index, "timestamp": -1} for index in range(partitions)]
        def led():
            told = self.ask("ListOffsets", 4, replicaId=-1, topics=[{"name": topic, "partitions": parts}])["topics"][0]["partitions"]
            return all(part["errorCode"] == 0 for part in told)
        targets.wait_until(led, 30, f"leaders for {topic}")

    def assert_comes(self, expected, ask, *what, **how):
        """What a controller has changed, Kafka's broker tells a moment later; the dev broker at once."""
        deadline = time.monotonic() + (15 if self.kind != "broker" else 0)
        while (told := ask(*what, **how)) != expected and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(told, expected)

    def node(self):
        return self.ask("DescribeCluster", 0)["brokers"][0]["brokerId"]

    def id_of(self, topic):
        return self.ask("Metadata", 12, topics=[{"name": topic}])["topics"][0]["topicId"]

    def produce(self, topic, records, index=0, version=9, acks=-1, **more):
        """The partition's part of the answer."""
        data = [{"name": topic, "topicId": self.id_of(topic) if version >= 13 else NO_ID,
                 "partitionData": [{"index": index, "records": records}]}]
        told = self.ask("Produce", version, acks=acks, timeoutMs=5000, topicData=data, **more)
        return told["responses"][0]["partitionResponses"][0]

    def put(self, topic, records, index=0):
        self.assertEqual(error(self.produce(topic, records, index)), "NONE")

    def filled_topic(self, *values, partitions=1, **settings):
        """A topic whose partition 0 holds a batch for each value."""
        topic = self.new_topic(partitions, **settings)
        for value in values:
            self.put(topic, wire.batch(value))
        return topic

    def fetch(self, topic, offset=0, index=0, version=12, **more):
        """The partition's part of the answer."""
        part = {"partition": index, "fetchOffset": offset, "partitionMaxBytes": more.pop("part_bytes", 1 << 20)}
        part.update({name: more.pop(name) for name in ("currentLeaderEpoch", "lastFetchedEpoch") if name in more})
        named = {"topic": topic, "topicId": self.id_of(topic) if version >= 13 else NO_ID, "partitions": [part]}
        told = self.ask("Fetch", version, topics=[named], **{"maxWaitMs": 0, "minBytes": 0, **more})
        return told["responses"][0]["partitions"][0]

    @classmethod
    def await_group_coordinator(cls):
        """Kafka makes its topic for offsets when it is asked the first time."""
        def has_come():
            if cls.ask("FindCoordinator", 3, keyType=0, key="x")["errorCode"] != 0:
                return False
            return error(cls.ask("OffsetFetch", 7, groupId="x")) not in COORDINATOR_COMES
        targets.wait_until(has_come, 60, "the coordinator of groups")

    @staticmethod
    def fresh(word):
        return f"{word}-{uuid.uuid4().hex[:8]}"

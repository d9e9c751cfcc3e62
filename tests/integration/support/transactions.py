"""A transactional producer and the readers of what it writes, one request at a time; errors come back by their names."""
from . import targets, wire

ERRORS = wire.ERRORS
PASSING = ("COORDINATOR_LOAD_IN_PROGRESS", "COORDINATOR_NOT_AVAILABLE", "NOT_COORDINATOR")
# The versions with which a client works in the way of transaction.version 1, and in that of 2 (KIP-890).
V1 = {"produce": 11, "end": 3, "offsets": 3}
V2 = {"produce": 12, "end": 5, "offsets": 5}


class Talk:
    """Requests to a broker that leads and coordinates everything."""

    def __init__(self, brokers):
        self.brokers = brokers
        for key_type in (0, 1):  # Kafka makes its topics for offsets and transactions when it is asked the first time
            targets.wait_until(lambda kind=key_type: self.ask("FindCoordinator", 3, keyType=kind, key="x")["errorCode"] == 0, 60,
                               "a coordinator")
        targets.wait_until(lambda: self.committed("x", "x", 0)[0] not in PASSING, 60, "the offsets' coordinator")
        targets.wait_until(lambda: self.describe("x")[0] not in PASSING, 60, "the transactions' coordinator")

    def ask(self, api, version, **fields):
        return wire.ask(self.brokers, api, version, **fields)

    def init(self, name, version=5, timeout=60000, own=(-1, -1)):
        """(error, producer id, epoch) of one InitProducerId."""
        more = {"producerId": own[0], "producerEpoch": own[1]} if version >= 3 else {}
        told = self.ask("InitProducerId", version, transactionalId=name, transactionTimeoutMs=timeout, **more)
        return ERRORS[told["errorCode"]], told["producerId"], told["producerEpoch"]

    def describe(self, name):
        """(error, state, epoch, {(topic, partition)})."""
        told = self.ask("DescribeTransactions", 0, transactionalIds=[name])["transactionStates"][0]
        parts = {(topic["topic"], index) for topic in told["topics"] for index in topic["partitions"]}
        return ERRORS[told["errorCode"]], told["transactionState"], told["producerEpoch"], parts

    def produce(self, name, producer, epoch, topic, index, sequence, version, count=1, transactional=True):
        """(error, base offset)."""
        records = wire.batch(*["v"] * count, producer=producer, epoch=epoch, sequence=sequence, transactional=transactional)
        data = [{"name": topic, "partitionData": [{"index": index, "records": records}]}]
        told = self.ask("Produce", version, transactionalId=name, acks=-1, timeoutMs=5000, topicData=data)
        part = told["responses"][0]["partitionResponses"][0]
        return ERRORS[part["errorCode"]], part["baseOffset"]

    def fetch(self, topic, index, offset=0, committed=True):
        """(error, last stable offset, high watermark, [(producer id, first offset) aborted], [(base, last, kind, epoch)])."""
        part = {"partition": index, "fetchOffset": offset, "partitionMaxBytes": 1 << 20, "logStartOffset": -1, "currentLeaderEpoch": -1}
        told = self.ask("Fetch", 11, replicaId=-1, maxWaitMs=0, minBytes=0, maxBytes=1 << 20, isolationLevel=int(committed),
                        sessionId=0, sessionEpoch=-1, forgottenTopicsData=[], rackId="",
                        topics=[{"topic": topic, "partitions": [part]}])["responses"][0]["partitions"][0]
        aborted = told["abortedTransactions"]
        batches = [(each["baseOffset"], each["baseOffset"] + each["lastOffsetDelta"], "end" if each["control"] else "data",
                    each["producerEpoch"]) for each in wire.batches(told["records"])]
        return (ERRORS[told["errorCode"]], told["lastStableOffset"], told["highWatermark"],
                aborted if aborted is None else [(each["producerId"], each["firstOffset"]) for each in aborted], batches)

    def offset_at(self, topic, index, timestamp, committed):
        part = {"partitionIndex": index, "currentLeaderEpoch": -1, "timestamp": timestamp}
        told = self.ask("ListOffsets", 7, replicaId=-1, isolationLevel=int(committed),
                        topics=[{"name": topic, "partitions": [part]}])
        return told["topics"][0]["partitions"][0]["offset"]

    def committed(self, group, topic, index, stable=True):
        """(error, offset)."""
        told = self.ask("OffsetFetch", 7, groupId=group, requireStable=stable,
                        topics=[{"name": topic, "partitionIndexes": [index]}])
        part = told["topics"][0]["partitions"][0] if told["topics"] else {"errorCode": told["errorCode"], "committedOffset": -1}
        return ERRORS[part["errorCode"]], part["committedOffset"]

    def producers(self, topic, index):
        """{producer id: (epoch, last sequence, coordinator epoch, first offset of the open transaction)}."""
        told = self.ask("DescribeProducers", 0, topics=[{"name": topic, "partitionIndexes": [index]}])["topics"][0]["partitions"][0]
        return {each["producerId"]: (each["producerEpoch"], each["lastSequence"], each["coordinatorEpoch"], each["currentTxnStartOffset"])
                for each in told["activeProducers"]}


class Producer:
    """One transactional id with the id and epoch that it was given last."""

    def __init__(self, talk, name, way, timeout=60000):
        self.talk, self.name, self.way = talk, name, way
        self.begin(timeout)

    def begin(self, timeout=60000):
        def granted():
            error, self.id, self.epoch = self.talk.init(self.name, timeout=timeout)
            if error not in ("NONE", "CONCURRENT_TRANSACTIONS", *PASSING):
                raise AssertionError(f"InitProducerId: {error}")
            return error == "NONE"
        targets.wait_until(granted, 30, "InitProducerId")

    def add(self, *parts, version=3, epoch=None, producer=None, name=None):
        """AddPartitionsToTxn: {(topic, partition): error}."""
        topics = [{"name": topic, "partitions": [index]} for topic, index in parts]
        told = self.talk.ask("AddPartitionsToTxn", version, v3AndBelowTransactionalId=self.name if name is None else name,
                             v3AndBelowProducerId=self.id if producer is None else producer,
                             v3AndBelowProducerEpoch=self.epoch if epoch is None else epoch, v3AndBelowTopics=topics)
        return {(topic["name"], part["partitionIndex"]): ERRORS[part["partitionErrorCode"]]
                for topic in told["resultsByTopicV3AndBelow"] for part in topic["resultsByPartition"]}

    def produce(self, topic, index, sequence, version=None, epoch=None, producer=None, name=None, count=1, transactional=True):
        return self.talk.produce(name or self.name, self.id if producer is None else producer,
                                 self.epoch if epoch is None else epoch, topic, index, sequence, version or self.way["produce"],
                                 count, transactional)

    def end(self, commit, version=None, epoch=None, producer=None, name=None):
        """EndTxn as it is answered: the error, and from version 5 on the producer's next id and epoch."""
        version = version or self.way["end"]
        told = self.talk.ask("EndTxn", version, transactionalId=self.name if name is None else name,
                             producerId=self.id if producer is None else producer,
                             producerEpoch=self.epoch if epoch is None else epoch, committed=commit)
        error = ERRORS[told["errorCode"]]
        return (error, told["producerId"], told["producerEpoch"]) if version >= 5 else error

    def finish(self, commit):
        """Ends the transaction, waits until its markers are written, and takes the epoch that was given."""
        told = self.end(commit)
        error = told[0] if self.way is V2 else told
        if error != "NONE":
            raise AssertionError(f"EndTxn: {error}")
        if self.way is V2:
            self.id, self.epoch = told[1:]
        self.settle()

    def settle(self):
        """Until nothing is being completed: then all markers stand, those of group offsets too."""
        targets.wait_until(lambda: not self.talk.describe(self.name)[1].startswith("Prepare"), 30, "the markers")

    def add_offsets(self, group, version=3, epoch=None):
        told = self.talk.ask("AddOffsetsToTxn", version, transactionalId=self.name, producerId=self.id,
                             producerEpoch=self.epoch if epoch is None else epoch, groupId=group)
        return ERRORS[told["errorCode"]]

    def commit(self, group, topic, index, offset, version=None, epoch=None, generation=-1, member="", instance=None, metadata=None):
        """TxnOffsetCommit: the partition's error."""
        version = version or self.way["offsets"]
        part = {"partitionIndex": index, "committedOffset": offset, "committedMetadata": metadata}
        more = {"generationId": generation, "memberId": member, "groupInstanceId": instance} if version >= 3 else {}
        if version >= 2:
            part["committedLeaderEpoch"] = -1
        told = self.talk.ask("TxnOffsetCommit", version, transactionalId=self.name, groupId=group, producerId=self.id,
                             producerEpoch=self.epoch if epoch is None else epoch,
                             topics=[{"name": topic, "partitions": [part]}], **more)
        return ERRORS[told["topics"][0]["partitions"][0]["errorCode"]]

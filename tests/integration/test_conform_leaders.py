"""Leaders that change, request by request, on three nodes: what Apache Kafka 4.3.1 and the dev broker tell of it, and whom they fence."""
import unittest

from support import wire
from support.conformance import Conformance, batch_offsets, error, versions


class Leaders(Conformance):
    nodes = 3

    def setUp(self):
        self.topic = self.fresh("t")
        self.create([1, 2, 3])

    def create(self, *replicas):
        made = self.ask("CreateTopics", topics=[{
            "name": self.topic, "numPartitions": -1, "replicationFactor": -1,
            "assignments": [{"partitionIndex": index, "brokerIds": nodes} for index, nodes in enumerate(replicas)]}])
        self.assertEqual(error(made["topics"][0]), "NONE")
        self.assert_comes([1] + [nodes[0] for nodes in replicas[1:]], lambda: [part["leaderId"] for part in self.partitions()])
        self.assert_comes("NONE", lambda: self.listed(1)[0])

    def partitions(self):
        told = self.ask("Metadata", 12, topics=[{"name": self.topic}])["topics"][0]["partitions"]
        return sorted(told, key=lambda part: part["partitionIndex"])

    def state(self):
        """(leader, epoch, replicas, in sync)."""
        part = self.partitions()[0]
        return part["leaderId"], part["leaderEpoch"], part["replicaNodes"], sorted(part["isrNodes"])

    def reassign(self, replicas, version=1, topic=None, index=0, **more):
        told = self.ask("AlterPartitionReassignments", version, timeoutMs=10_000, **more, topics=[
            {"name": topic or self.topic, "partitions": [{"partitionIndex": index, "replicas": replicas}]}])
        return error(told), error(told["responses"][0]["partitions"][0])

    def elect(self, kind=0):
        told = self.ask("ElectLeaders", 2, electionType=kind, timeoutMs=10_000, topicPartitions=[{"topic": self.topic, "partitions": [0]}])
        return error(told["replicaElectionResults"][0]["partitionResult"][0])

    def listed(self, node, epoch=-1):
        """(error, end offset, epoch), of one node."""
        part = {"partitionIndex": 0, "currentLeaderEpoch": epoch, "timestamp": -1}
        told = self.ask_node(node, "ListOffsets", 7, replicaId=-1, topics=[{"name": self.topic, "partitions": [part]}])
        told = told["topics"][0]["partitions"][0]
        return error(told), told["offset"], told["leaderEpoch"]

    def fetched(self, node, version=12, **more):
        part = {"partition": 0, "partitionMaxBytes": 1 << 20, **more}
        told = self.ask_node(node, "Fetch", version, maxBytes=1 << 20, topics=[
            {"topic": self.topic, "topicId": self.id_of(self.topic), "partitions": [part]}])
        return told["responses"][0]["partitions"][0], told.get("nodeEndpoints", [])

    def lead_by_the_second(self):
        self.assertEqual(self.reassign([2, 1, 3]), ("NONE", "NONE"))
        self.assert_comes((1, 0, [2, 1, 3], [1, 2, 3]), self.state)
        self.assertEqual(self.elect(), "NONE")
        self.assert_comes((2, 1, [2, 1, 3], [1, 2, 3]), self.state)
        self.assert_comes("NONE", lambda: self.listed(2, 1)[0])
        self.assert_comes("NOT_LEADER_OR_FOLLOWER", lambda: self.listed(1)[0])


class Reassigning(Leaders):
    def test_every_version_takes_another_order(self):
        for version, replicas in zip(versions("AlterPartitionReassignments"), ([1, 3, 2], [3, 1, 2])):
            self.assertEqual(self.reassign(replicas, version), ("NONE", "NONE"))
            self.assert_comes((1, 0, replicas, [1, 2, 3]), self.state)
            self.assertEqual(self.ask("ListPartitionReassignments", 0, topics=None)["topics"], [])

    def test_fewer_replicas_may_need_another_leader(self):
        self.assertEqual(self.reassign([2]), ("NONE", "NONE"))
        self.assert_comes((2, [2], [2]), lambda: (self.state()[0], *self.state()[2:]))
        self.assertEqual(self.reassign([2, 3]), ("NONE", "NONE"))
        self.assert_comes((2, [2, 3], [2, 3]), lambda: (self.state()[0], *self.state()[2:]))

    def test_what_is_refused(self):
        bad = "INVALID_REPLICA_ASSIGNMENT"
        self.assertEqual([self.reassign(replicas)[1] for replicas in ([], [1, 1], [9], None)], [bad, bad, bad, "NO_REASSIGNMENT_IN_PROGRESS"])
        self.assertEqual(self.reassign([1, 2], allowReplicationFactorChange=False)[1], "INVALID_REPLICATION_FACTOR")
        self.assertEqual([self.reassign([1], topic=self.fresh("none"))[1], self.reassign([1], index=9)[1]], ["UNKNOWN_TOPIC_OR_PARTITION"] * 2)
        self.assertEqual(self.state(), (1, 0, [1, 2, 3], [1, 2, 3]))


class Electing(Leaders):
    def test_the_preferred_replica_leads_again(self):
        self.assertEqual(self.elect(), "ELECTION_NOT_NEEDED")
        self.lead_by_the_second()
        self.assertEqual([self.elect(), self.elect(1)], ["ELECTION_NOT_NEEDED"] * 2)

    def test_who_believes_in_the_old_leader_is_fenced(self):
        self.lead_by_the_second()
        self.assertEqual(self.listed(2, 0), ("FENCED_LEADER_EPOCH", -1, -1))
        self.assertEqual(self.listed(2, 5), ("UNKNOWN_LEADER_EPOCH", -1, -1))
        self.assertEqual([error(self.fetched(2, currentLeaderEpoch=epoch)[0]) for epoch in (0, 1, 2)],
                         ["FENCED_LEADER_EPOCH", "NONE", "UNKNOWN_LEADER_EPOCH"])
        part = {"partition": 0, "currentLeaderEpoch": 0, "leaderEpoch": 0}
        told = self.ask_node(2, "OffsetForLeaderEpoch", 4, replicaId=-1, topics=[{"topic": self.topic, "partitions": [part]}])
        self.assertEqual(error(told["topics"][0]["partitions"][0]), "FENCED_LEADER_EPOCH")

    def test_who_asks_the_wrong_node_is_told_the_right_one(self):
        self.lead_by_the_second()
        right = {"leaderId": 2, "leaderEpoch": 1}
        for version in versions("Fetch"):
            part, nodes = self.fetched(1, version, currentLeaderEpoch=0)
            self.assertEqual((error(part), part.get("currentLeader"), [each["nodeId"] for each in nodes]),
                             ("NOT_LEADER_OR_FOLLOWER", None, []) if version < 9 else
                             ("FENCED_LEADER_EPOCH", right if version >= 16 else None, [2] if version >= 16 else []), version)
        data = [{"name": self.topic, "partitionData": [{"index": 0, "records": wire.batch("a")}]}]
        told = self.ask_node(1, "Produce", 10, acks=-1, timeoutMs=5000, topicData=data)
        part = told["responses"][0]["partitionResponses"][0]
        self.assertEqual((error(part), part["currentLeader"], [each["nodeId"] for each in told["nodeEndpoints"]]),
                         ("NOT_LEADER_OR_FOLLOWER", right, [2]))
        told = self.ask_node(1, "DeleteRecords", 2, timeoutMs=5000, topics=[{"name": self.topic, "partitions": [{"partitionIndex": 0, "offset": 0}]}])
        self.assertEqual(error(told["topics"][0]["partitions"][0]), "NOT_LEADER_OR_FOLLOWER")

    def test_from_version_11_on_followers_are_read_as_well(self):
        self.lead_by_the_second()
        for version in versions("Fetch"):
            self.assertEqual(error(self.fetched(1, version)[0]), "NONE" if version >= 11 else "NOT_LEADER_OR_FOLLOWER", version)
        self.assertEqual(self.reassign([2, 3]), ("NONE", "NONE"))
        self.assert_comes("NOT_LEADER_OR_FOLLOWER", lambda: error(self.fetched(1)[0]))

    def test_epochs_are_told_by_offset(self):
        def write(node):
            data = [{"name": self.topic, "partitionData": [{"index": 0, "records": wire.batch("a")}]}]
            told = self.ask_node(node, "Produce", 9, acks=-1, timeoutMs=5000, topicData=data)
            self.assertEqual(error(told["responses"][0]["partitionResponses"][0]), "NONE")

        def ended(epoch):
            part = {"partition": 0, "currentLeaderEpoch": -1, "leaderEpoch": epoch}
            told = self.ask_node(2, "OffsetForLeaderEpoch", 4, replicaId=-1, topics=[{"topic": self.topic, "partitions": [part]}])
            told = told["topics"][0]["partitions"][0]
            return error(told), told["leaderEpoch"], told["endOffset"]

        write(1)
        self.lead_by_the_second()
        write(2)
        self.assertEqual([ended(epoch) for epoch in (0, 1, 2)], [("NONE", 0, 1), ("NONE", 1, 2), ("NONE", -1, -1)])
        part, _ = self.fetched(2, fetchOffset=0)
        self.assertEqual(batch_offsets(part), [(0, 0), (1, 1)])
        part, _ = self.fetched(2, fetchOffset=2, lastFetchedEpoch=0)
        self.assertEqual((error(part), part["divergingEpoch"]), ("NONE", {"epoch": 0, "endOffset": 1}))


if __name__ == "__main__":
    unittest.main()

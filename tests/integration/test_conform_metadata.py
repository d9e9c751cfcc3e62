"""What Apache Kafka 4.3.1 and the dev broker tell of themselves and of topics, request by request."""
import socket
import struct
import unittest

from support.conformance import ERRORS, NO_ID, OTHER_ID, Conformance, error, versions

UNSET = -2147483648


class Versions(Conformance):
    def raw(self, body):
        """One frame to the broker and the frame that comes back."""
        host, port = self.brokers.split(",")[0].rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=30) as link:
            link.sendall(struct.pack(">i", len(body)) + body)
            size = struct.unpack(">i", link.recv(4, socket.MSG_WAITALL))[0]
            return link.recv(size, socket.MSG_WAITALL)

    def test_every_version_lists_the_apis(self):
        for version in versions("ApiVersions"):
            told = self.ask("ApiVersions", version, clientSoftwareName="x", clientSoftwareVersion="1")
            self.assertEqual(error(told), "NONE")
            ranges = {each["apiKey"]: (each["minVersion"], each["maxVersion"]) for each in told["apiKeys"]}
            self.assertEqual((ranges[0], ranges[1], ranges[3], ranges[19], ranges[37]), ((0, 13), (4, 18), (0, 13), (2, 7), (0, 3)))

    def test_a_version_that_is_not_known_is_answered_in_version_0(self):
        answer = self.raw(struct.pack(">hhih", 18, 99, 7, -1) + b"\0")
        correlation, code, count = struct.unpack_from(">ihi", answer)
        self.assertEqual((correlation, ERRORS[code]), (7, "UNSUPPORTED_VERSION"))
        listed = [struct.unpack_from(">hhh", answer, 10 + 6 * i) for i in range(count)]
        self.assertIn(18, [key for key, _, _ in listed])

    def test_the_clients_name_must_be_well_formed(self):
        names = (("-x", "1"), ("x", "1."), ("", ""), ("x y", "1"), ("ab.c-d", "1.0-beta"))
        told = [error(self.ask("ApiVersions", 3, clientSoftwareName=name, clientSoftwareVersion=number)) for name, number in names]
        self.assertEqual(told, ["INVALID_REQUEST"] * 4 + ["NONE"])


class Finding(Conformance):
    def setUp(self):
        self.topic = self.new_topic(2)

    def metadata(self, *topics, version=12, **more):
        """[(error, name)] of the topics that are told."""
        told = self.ask("Metadata", version, topics=list(topics), allowAutoTopicCreation=False, **more)
        return [(error(each), each["name"]) for each in told["topics"]]

    def test_every_version_of_metadata_tells_nodes_topics_and_partitions(self):
        for version in versions("Metadata"):
            told = self.ask("Metadata", version, topics=[{"name": self.topic}], allowAutoTopicCreation=False)
            topic, node = told["topics"][0], told["brokers"][0]["nodeId"]
            self.assertEqual((error(topic), topic["name"]), ("NONE", self.topic), version)
            for part in topic["partitions"]:
                self.assertEqual((error(part), part["leaderId"], part["replicaNodes"], part["isrNodes"]), ("NONE", node, [node], [node]))
                self.assertEqual(part.get("leaderEpoch", 0), 0)
                self.assertEqual(part.get("offlineReplicas", []), [])
            self.assertEqual(sorted(part["partitionIndex"] for part in topic["partitions"]), [0, 1])
            self.assertEqual(told.get("controllerId", node), node)
            self.assertEqual(topic.get("topicId", NO_ID) == NO_ID, version < 10)
            self.assertEqual(topic.get("topicAuthorizedOperations", UNSET), UNSET)

    def test_all_topics_are_meant_by_null_and_in_version_0_by_none(self):
        names = lambda version, topics: [each["name"] for each in self.ask("Metadata", version, topics=topics)["topics"]]  # noqa: E731
        self.assertIn(self.topic, names(0, []))
        for version in versions("Metadata")[1:]:
            self.assertEqual(names(version, []), [], version)
            self.assertIn(self.topic, names(version, None), version)

    def test_what_is_not_there_is_told_by_name_or_id(self):
        missing = self.fresh("none")
        self.assertEqual(self.metadata({"name": missing}), [("UNKNOWN_TOPIC_OR_PARTITION", missing)])
        for bad in ("a b", ".", "..", "x" * 250, "ä", ""):
            self.assertEqual(self.metadata({"name": bad}), [("INVALID_TOPIC_EXCEPTION", bad)])
        self.assertEqual(self.metadata({"topicId": OTHER_ID, "name": None}), [("UNKNOWN_TOPIC_ID", None)])
        self.assertEqual(self.metadata({"topicId": self.id_of(self.topic), "name": None}), [("NONE", self.topic)])
        self.assertEqual(self.metadata({"name": self.topic}, {"name": self.topic}), [("NONE", self.topic)])
        self.assertEqual(sorted(self.metadata({"name": self.topic}, {"name": missing})),
                         sorted([("NONE", self.topic), ("UNKNOWN_TOPIC_OR_PARTITION", missing)]))

    def test_ids_are_for_version_12_and_above(self):
        for version in (10, 11):
            self.assertEqual(self.metadata({"topicId": self.id_of(self.topic), "name": self.topic}, version=version),
                             [("INVALID_REQUEST", self.topic)], version)
            self.assertEqual(self.metadata({"name": None}, version=version), [("INVALID_REQUEST", "")], version)

    def test_what_may_be_done_is_told_if_asked_for(self):
        told = self.ask("Metadata", 12, topics=[{"name": self.topic}], includeTopicAuthorizedOperations=True)
        self.assertEqual(told["topics"][0]["topicAuthorizedOperations"], 0b110111111000 & ~(1 << 9))
        told = self.ask("Metadata", 8, topics=[], includeClusterAuthorizedOperations=True)
        self.assertEqual(told["clusterAuthorizedOperations"], self.ask("DescribeCluster", 0, includeClusterAuthorizedOperations=True)
                         ["clusterAuthorizedOperations"])

    def test_the_cluster_is_described_by_brokers_to_who_asks_for_brokers(self):
        for version in versions("DescribeCluster"):
            told = self.ask("DescribeCluster", version)
            self.assertEqual((error(told), told["controllerId"], told["clusterAuthorizedOperations"]),
                             ("NONE", told["brokers"][0]["brokerId"], UNSET))
            self.assertEqual(told["clusterId"], self.ask("Metadata", 12, topics=[])["clusterId"])
        self.assertEqual([error(self.ask("DescribeCluster", 1, endpointType=kind)) for kind in (2, 3)],
                         ["MISMATCHED_ENDPOINT_TYPE", "UNSUPPORTED_ENDPOINT_TYPE"])


class Paging(Conformance):
    """DescribeTopicPartitions."""

    def setUp(self):
        word = self.fresh("page")
        self.topics = [f"{word}-{letter}" for letter in "abc"]
        for topic in self.topics:
            made = self.ask("CreateTopics", 7, topics=[{"name": topic, "numPartitions": 3, "replicationFactor": 1}])
            self.assertEqual(error(made["topics"][0]), "NONE")
            self.await_leaders(topic, 3)

    def page(self, names=None, limit=2000, cursor=None):
        """([(error, name, [partition])], cursor)."""
        names = self.topics if names is None else names
        if cursor is not None:
            cursor = {"topicName": cursor[0], "partitionIndex": cursor[1]}
        told = self.ask("DescribeTopicPartitions", 0, topics=[{"name": name} for name in names], responsePartitionLimit=limit, cursor=cursor)
        following = told["nextCursor"]
        topics = [(error(each), each["name"], [part["partitionIndex"] for part in each["partitions"]]) for each in told["topics"]]
        return topics, following and (following["topicName"], following["partitionIndex"])

    def test_a_partition_is_told_whole(self):
        a = self.topics[0]
        told = self.ask("DescribeTopicPartitions", 0, topics=[{"name": a}])["topics"][0]
        me = self.node()
        self.assertEqual((told["topicId"], told["isInternal"], told["topicAuthorizedOperations"]), (self.id_of(a), False, 0b110111111000 & ~(1 << 9)))
        self.assertEqual(told["partitions"][1], {
            "errorCode": 0, "partitionIndex": 1, "leaderId": me, "leaderEpoch": 0, "replicaNodes": [me], "isrNodes": [me],
            "eligibleLeaderReplicas": [], "lastKnownElr": [], "offlineReplicas": []})

    def test_pages_follow_each_other_in_the_order_of_names(self):
        a, b, c = self.topics
        self.assertEqual(self.page([c, a, b, a]), ([("NONE", each, [0, 1, 2]) for each in (a, b, c)], None))
        self.assertEqual(self.page(limit=4), ([("NONE", a, [0, 1, 2]), ("NONE", b, [0])], (b, 1)))
        self.assertEqual(self.page(limit=4, cursor=(b, 1)), ([("NONE", b, [1, 2]), ("NONE", c, [0, 1])], (c, 2)))
        self.assertEqual(self.page(limit=4, cursor=(c, 2)), ([("NONE", c, [2])], None))
        self.assertEqual(self.page(limit=3), ([("NONE", a, [0, 1, 2])], (b, 0)))
        self.assertEqual(self.page(limit=0), ([("NONE", a, [0])], (a, 1)))
        self.assertEqual(self.page(limit=9), ([("NONE", each, [0, 1, 2]) for each in (a, b, c)], None))
        self.assertEqual(self.page(cursor=(a, 7)), ([("NONE", a, []), ("NONE", b, [0, 1, 2]), ("NONE", c, [0, 1, 2])], None))

    def test_what_is_not_there_is_told_and_a_cursor_must_make_sense(self):
        a, b, c = self.topics
        missing = b + "x"
        self.assertEqual(self.page([a, missing, c]),
                         ([("NONE", a, [0, 1, 2]), ("UNKNOWN_TOPIC_OR_PARTITION", missing, []), ("NONE", c, [0, 1, 2])], None))
        self.assertEqual(self.page(["a b"]), ([("INVALID_TOPIC_EXCEPTION", "a b", [])], None))
        self.assertEqual(self.page(cursor=(b, -1)), ([("INVALID_REQUEST", each, []) for each in self.topics], None))
        self.assertEqual(self.page([a, c], cursor=(b, 0)), ([("INVALID_REQUEST", each, []) for each in (a, c)], None))

    def test_without_names_all_are_told(self):
        told = [name for _, name, _ in self.page([])[0]]
        self.assertEqual([name for name in told if name in self.topics], self.topics)
        self.assertEqual(told, sorted(told))
        past = [name for _, name, _ in self.page([], cursor=(self.topics[1], 0))[0]]
        self.assertEqual([name for name in past if name in self.topics], self.topics[1:])


if __name__ == "__main__":
    unittest.main()

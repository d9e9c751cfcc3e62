"""Topics made, grown and deleted by Apache Kafka 4.3.1 and by the dev broker, request by request, with the same answers."""
import unittest

from support.conformance import NO_ID, Conformance, error, versions


class Making(Conformance):
    def create(self, *topics, version=7, **more):
        """[(error, name)], in the order of the answer."""
        told = self.ask("CreateTopics", version, topics=list(topics), **more)
        return [(error(each), each["name"]) for each in told["topics"]]

    def refused(self, **topic):
        wanted = {"name": self.fresh("t"), "numPartitions": 1, "replicationFactor": 1, **topic}
        told = self.create(wanted)
        self.assertEqual(len(told), 1)
        return told[0][0]

    def test_every_version_makes_one(self):
        for version in versions("CreateTopics"):
            name = self.fresh("t")
            made = self.ask("CreateTopics", version, topics=[{"name": name, "numPartitions": 2, "replicationFactor": 1}])["topics"][0]
            self.assertEqual(error(made), "NONE")
            self.assertEqual((made.get("numPartitions", 2), made.get("replicationFactor", 1)), (2, 1), version)
            if version >= 5:
                told = {each["name"]: (each["value"], each["configSource"], each["readOnly"], each["isSensitive"]) for each in made["configs"]}
                self.assertEqual(told["max.message.bytes"], ("1048588", 5, False, False))
            self.assertEqual(made.get("topicId", NO_ID) == NO_ID, version < 7)

    def test_names_are_checked(self):
        for bad in ("", ".", "..", "a b", "x" * 250, "a/b", "ä"):
            self.assertEqual(self.refused(name=bad), "INVALID_TOPIC_EXCEPTION", bad)
        name = self.fresh("t") + ".x"
        self.assertEqual([self.refused(name=name), self.refused(name=name), self.refused(name=name.replace(".", "_"))],
                         ["NONE", "TOPIC_ALREADY_EXISTS", "INVALID_TOPIC_EXCEPTION"])
        self.assertEqual(self.refused(name="x" * 213 + self.fresh("-" * 27)), "NONE")

    def test_counts_are_checked(self):
        self.assertEqual([self.refused(numPartitions=count) for count in (0, -2, -1, 1)],
                         ["INVALID_PARTITIONS", "INVALID_PARTITIONS", "NONE", "NONE"])
        self.assertEqual([self.refused(replicationFactor=count) for count in (0, -2, 5, -1)],
                         ["INVALID_REPLICATION_FACTOR"] * 3 + ["NONE"])

    def test_assignments_are_checked(self):
        me = self.node()

        def refused(*assignments, **more):
            given = [{"partitionIndex": index, "brokerIds": nodes} for index, nodes in assignments]
            return self.refused(**{"numPartitions": -1, "replicationFactor": -1, "assignments": given, **more})

        self.assertEqual(refused((0, [me]), (1, [me])), "NONE")
        self.assertEqual(refused((1, [me]), (0, [me])), "NONE")
        self.assertEqual(refused((0, [me]), (2, [me])), "INVALID_REPLICA_ASSIGNMENT")
        self.assertEqual(refused((1, [me])), "INVALID_REPLICA_ASSIGNMENT")
        self.assertEqual(refused((0, [me]), (0, [me])), "INVALID_REPLICA_ASSIGNMENT")
        self.assertEqual(refused((0, [])), "INVALID_REPLICA_ASSIGNMENT")
        self.assertEqual(refused((0, [me, me])), "INVALID_REPLICA_ASSIGNMENT")
        self.assertEqual(refused((0, [99])), "INVALID_REPLICA_ASSIGNMENT")
        self.assertEqual(refused((0, [me]), numPartitions=1), "INVALID_REQUEST")
        self.assertEqual(refused((0, [me]), replicationFactor=1), "INVALID_REQUEST")

    def test_settings_are_checked(self):
        def refused(**settings):
            return self.refused(configs=[{"name": name.replace("_", "."), "value": value} for name, value in settings.items()])

        self.assertEqual(refused(retention_ms="1000", cleanup_policy="compact,delete"), "NONE")
        for bad in ({"no_such": "1"}, {"retention_ms": "x"}, {"retention_ms": "-2"}, {"cleanup_policy": "burn"}, {"retention_ms": None},
                    {"min_insync_replicas": "0"}, {"message_timestamp_type": "Never"}, {"min_cleanable_dirty_ratio": "1.5"},
                    {"min_compaction_lag_ms": "10", "max_compaction_lag_ms": "5"}, {"compression_type": "rar"}, {"segment_bytes": "10"},
                    {"unclean_leader_election_enable": "maybe"}, {"max_message_bytes": "3000000000"}):
            self.assertEqual(refused(**bad), "INVALID_CONFIG", bad)

    def test_what_is_named_twice_is_not_made(self):
        name, other = self.fresh("t"), self.fresh("t")
        wanted = [{"name": each, "numPartitions": 1, "replicationFactor": 1} for each in (name, other, name)]
        self.assertEqual(sorted(self.create(*wanted)), sorted([("INVALID_REQUEST", name), ("NONE", other)]))

    def test_validation_makes_nothing(self):
        name = self.fresh("t")
        for _ in range(2):
            self.assertEqual(self.create({"name": name, "numPartitions": 1, "replicationFactor": 1}, validateOnly=True), [("NONE", name)])
        self.assertEqual(error(self.ask("Metadata", 12, topics=[{"name": name}])["topics"][0]), "UNKNOWN_TOPIC_OR_PARTITION")


class Deleting(Conformance):
    def delete(self, *topics):
        told = self.ask("DeleteTopics", 6, topics=list(topics), timeoutMs=5000)
        return sorted((error(each), each["name"] or "", each["topicId"] != NO_ID) for each in told["responses"])

    def test_every_version_deletes_by_name(self):
        for version in versions("DeleteTopics"):
            name = self.new_topic(1)
            told = self.ask("DeleteTopics", version, topicNames=[name], topics=[{"name": name}], timeoutMs=5000)["responses"]
            self.assertEqual([(error(each), each["name"]) for each in told], [("NONE", name)])
            told = self.ask("DeleteTopics", version, topicNames=[name], topics=[{"name": name}], timeoutMs=5000)["responses"]
            self.assertEqual([(error(each), each["name"]) for each in told], [("UNKNOWN_TOPIC_OR_PARTITION", name)])

    def test_ids_do_as_well(self):
        name = self.new_topic(1)
        topic_id = self.id_of(name)
        self.assertEqual(self.delete({"topicId": topic_id, "name": None}), [("NONE", name, True)])
        self.assertEqual(self.delete({"topicId": topic_id, "name": None}), [("UNKNOWN_TOPIC_ID", "", True)])
        self.assertEqual(self.delete({"topicId": NO_ID, "name": None}), [("INVALID_REQUEST", "", False)])

    def test_what_is_said_twice_stays(self):
        name = self.new_topic(1)
        topic_id = self.id_of(name)
        self.assertEqual(self.delete({"name": name}, {"name": name}), [("INVALID_REQUEST", name, False)])
        self.assertEqual(self.delete({"topicId": topic_id, "name": None}, {"topicId": topic_id, "name": None}),
                         [("INVALID_REQUEST", "", True)])
        self.assertEqual(self.delete({"topicId": topic_id, "name": name}), [("INVALID_REQUEST", name, True)])
        self.assertEqual(self.delete({"topicId": topic_id, "name": None}, {"name": name}), [("INVALID_REQUEST", name, True)])
        self.assertEqual(self.delete({"name": name}), [("NONE", name, True)])


class Growing(Conformance):
    def grow(self, topic, count, assignments=None, version=3, **more):
        nodes = None if assignments is None else [{"brokerIds": each} for each in assignments]
        told = self.ask("CreatePartitions", version, topics=[{"name": topic, "count": count, "assignments": nodes}], timeoutMs=5000, **more)
        return [error(each) for each in told["results"]]

    def partitions(self, topic):
        return len(self.ask("Metadata", 12, topics=[{"name": topic}])["topics"][0]["partitions"])

    def test_every_version_adds_partitions(self):
        topic = self.new_topic(1)
        for version in versions("CreatePartitions"):
            self.assertEqual(self.grow(topic, version + 2, version=version), ["NONE"])
            self.assert_comes(version + 2, self.partitions, topic)

    def test_only_more_is_possible(self):
        topic = self.new_topic(3)
        self.assertEqual([self.grow(topic, count)[0] for count in (3, 2, 0, -1)], ["INVALID_PARTITIONS"] * 4)
        self.assertEqual(self.grow(self.fresh("none"), 3), ["UNKNOWN_TOPIC_OR_PARTITION"])
        self.assertEqual(self.grow(topic, 4, validateOnly=True), ["NONE"])
        self.assertEqual(self.grow(topic, 2, validateOnly=True), ["INVALID_PARTITIONS"])
        self.assert_comes(3, self.partitions, topic)

    def test_assignments_are_of_the_new_ones(self):
        topic, me = self.new_topic(1), self.node()
        bad = "INVALID_REPLICA_ASSIGNMENT"
        self.assertEqual([self.grow(topic, 3, nodes)[0] for nodes in ([[me]], [[me]] * 3, [[me], []], [[me], [99]], [[me], [me, me]], [])],
                         [bad] * 6)
        self.assertEqual(self.grow(topic, 3, [[me], [me]]), ["NONE"])
        self.assert_comes(3, self.partitions, topic)

    def test_what_is_named_twice_stays(self):
        topic = self.new_topic(1)
        told = self.ask("CreatePartitions", 3, timeoutMs=5000, topics=[{"name": topic, "count": count, "assignments": None} for count in (2, 3)])
        self.assertEqual([error(each) for each in told["results"]], ["INVALID_REQUEST"])
        self.assertEqual(self.partitions(topic), 1)

    def test_nothing_moves(self):
        topic = self.new_topic(1)
        for topics in (None, [{"name": topic, "partitionIndexes": [0, 9]}, {"name": "none", "partitionIndexes": [0]}]):
            told = self.ask("ListPartitionReassignments", 0, topics=topics)
            self.assertEqual((error(told), told["topics"]), ("NONE", []))


if __name__ == "__main__":
    unittest.main()

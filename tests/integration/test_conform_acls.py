"""Access control: the same entries, and the same requests of people who may and who may not, to the dev broker and to Kafka."""
import unittest

from support import ottla, wire
from support.conformance import NO_ID, error, versions
from support.people import (ALL, ALLOW, ALTER, ALTER_CONFIGS, ANY, CLUSTER, CLUSTER_ACTION, CREATE, DELETE, DENY, DESCRIBE, DESCRIBE_CONFIGS,
                            GROUP, IDEMPOTENT_WRITE, LITERAL, MATCH, PREFIXED, READ, THE_CLUSTER, TOPIC, TRANSACTIONAL_ID, WRITE, PeopleTest,
                            codes)

TOPIC_FAILED, GROUP_FAILED = {"TOPIC_AUTHORIZATION_FAILED"}, {"GROUP_AUTHORIZATION_FAILED"}
CLUSTER_FAILED, ID_FAILED = {"CLUSTER_AUTHORIZATION_FAILED"}, {"TRANSACTIONAL_ID_AUTHORIZATION_FAILED"}


class Entries(PeopleTest):
    def found(self, version=3, name=None, pattern=ANY, kind=TOPIC, operation=1, permission=1, host=None, user=None):
        told = self.ask("DescribeAcls", version, resourceTypeFilter=kind, resourceNameFilter=name, patternTypeFilter=pattern,
                        principalFilter=f"User:{user or self.user}", hostFilter=host, operation=operation, permissionType=permission)
        self.assertEqual(error(told), "NONE")
        return sorted((each["resourceName"], each.get("patternType", LITERAL), acl["operation"], acl["permissionType"], acl["host"])
                      for each in told["resources"] for acl in each["acls"])

    def remove(self, *filters, version=3):
        asked = [{"resourceTypeFilter": TOPIC, "patternTypeFilter": ANY, "principalFilter": f"User:{self.user}", "hostFilter": None,
                  "operation": 1, "permissionType": 1, "resourceNameFilter": None} | each for each in filters]
        told = self.ask("DeleteAcls", version, filters=asked)["filterResults"]
        self.assertEqual(codes(told), set())
        return [sorted((each["resourceName"], each["operation"]) for each in one["matchingAcls"]) for one in told]

    def test_every_version_makes_finds_and_removes(self):
        for version in versions("CreateAcls"):
            name = self.fresh("t")
            self.assertEqual(self.create(self.entry(self.user, READ, TOPIC, name), version=version), ["NONE"])
            self.assert_comes([(name, LITERAL, READ, ALLOW, "*")], self.found, version, name=name)
            self.assertEqual(self.remove({"resourceNameFilter": name}, version=version), [[(name, READ)]])
            self.assert_comes([], self.found, version, name=name)
            self.assertEqual(self.remove({"resourceNameFilter": name}, version=version), [[]])

    def test_an_entry_is_there_once(self):
        entry = self.entry(self.user, READ, TOPIC, self.fresh("t"))
        self.assertEqual(self.create(entry, entry), ["NONE", "NONE"])
        self.assertEqual(self.create(entry), ["NONE"])
        self.assert_comes(1, lambda: len(self.found()))

    def test_filters_choose_by_each_field(self):
        word = self.fresh("w")
        self.assertEqual(self.create(self.entry(self.user, READ, TOPIC, word + "-a"), self.entry(self.user, WRITE, TOPIC, word + "-a", DENY),
                                     self.entry(self.user, READ, TOPIC, word, pattern=PREFIXED, host="10.0.0.1"),
                                     self.entry(self.user, DESCRIBE, TOPIC, "*", host="10.0.0.1")), ["NONE"] * 4)
        all_of_it = [("*", LITERAL, DESCRIBE, ALLOW, "10.0.0.1"), (word, PREFIXED, READ, ALLOW, "10.0.0.1"),
                     (word + "-a", LITERAL, READ, ALLOW, "*"), (word + "-a", LITERAL, WRITE, DENY, "*")]
        self.assert_comes(all_of_it, self.found)
        self.assertEqual(self.found(name=word + "-a"), all_of_it[2:])
        self.assertEqual(self.found(name=word + "-a", pattern=MATCH), all_of_it)
        self.assertEqual(self.found(name=word + "-b", pattern=MATCH), all_of_it[:2])
        self.assertEqual(self.found(name=word), all_of_it[1:2])
        self.assertEqual(self.found(name=word, pattern=LITERAL), [])
        self.assertEqual(self.found(pattern=PREFIXED), all_of_it[1:2])
        self.assertEqual(self.found(operation=READ), all_of_it[1:3])
        self.assertEqual(self.found(operation=ALL), [])
        self.assertEqual(self.found(permission=DENY), all_of_it[3:])
        self.assertEqual(self.found(host="10.0.0.1"), all_of_it[:2])
        self.assertEqual(self.found(kind=GROUP), [])
        self.assertEqual(self.found(kind=ANY), all_of_it)
        self.assertEqual(self.remove({"resourceNameFilter": word + "-a"}, {"operation": READ}),
                         [[(word + "-a", READ), (word + "-a", WRITE)], [(word, READ), (word + "-a", READ)]])
        self.assert_comes(all_of_it[:1], self.found)

    def test_what_makes_no_sense_is_refused(self):
        good = self.entry(self.user, READ, TOPIC, "t")
        for change in ({"resourceName": ""}, {"principal": self.user}, {"principal": ""}, {"resourceType": CLUSTER}, {"resourceType": 99},
                       {"operation": 77}, {"permissionType": 9}, {"resourcePatternType": 9}):
            self.assertEqual(self.create(good | change), ["INVALID_REQUEST"], change)
        for question in ({"resourceType": 1}, {"resourcePatternType": ANY}, {"resourcePatternType": MATCH}, {"operation": 1},
                         {"permissionType": 1}):
            self.assertEqual(self.create(good | question), ["UNKNOWN_SERVER_ERROR"], question)
        self.assertEqual(self.create(good | {"resourceName": ""}, good), ["INVALID_REQUEST", "NONE"])

    def test_a_filter_with_a_number_that_nobody_knows_fits_nothing(self):
        self.say(self.user, READ, TOPIC, self.fresh("t"))
        self.assertEqual(self.found(operation=77), [])
        asked = {"resourceTypeFilter": 99, "patternTypeFilter": ANY, "principalFilter": None, "hostFilter": None, "operation": 1,
                 "permissionType": 1, "resourceNameFilter": None}
        told = self.ask("DeleteAcls", 3, filters=[asked])["filterResults"]
        self.assertEqual([(error(each), each["matchingAcls"]) for each in told], [("INVALID_REQUEST", [])])

    def test_the_number_of_the_unknown_ends_the_connection(self):
        for change in ({"resourceType": 0}, {"operation": 0}, {"permissionType": 0}, {"resourcePatternType": 0}):
            asked = {"creations": [self.entry(self.user, READ, TOPIC, "t") | change]}
            done = ottla.run(*ottla.reach(self.brokers), "wire", "send", "CreateAcls", "--version", "3", "--json", wire.json.dumps(asked),
                             check=False)
            self.assertNotEqual(done.returncode, 0, (change, done.stdout))


class Rules(PeopleTest):
    """Which entries count for a request: the answers of Metadata (DESCRIBE) and DescribeConfigs (DESCRIBE_CONFIGS) say."""

    def sees(self, topic, user=None):
        return error(self.ask_as(user or self.user, "Metadata", 12, topics=[{"name": topic}])["topics"][0])

    def configs(self, topic):
        asked = [{"resourceType": TOPIC, "resourceName": topic, "configurationKeys": ["retention.ms"]}]
        return error(self.ask_as(self.user, "DescribeConfigs", 4, resources=asked)["results"][0])

    def test_what_nobody_speaks_of_is_free_and_what_somebody_does_is_not(self):
        topic = self.new_topic(1)
        self.assertEqual(self.sees(topic), "NONE")
        self.reserve(TOPIC, topic)
        self.assert_comes("TOPIC_AUTHORIZATION_FAILED", self.sees, topic)
        self.assertEqual(self.sees(topic, "root"), "NONE")

    def test_to_read_write_delete_or_alter_is_to_see(self):
        for operation, seen in ((READ, True), (WRITE, True), (DELETE, True), (ALTER, True), (ALL, True), (DESCRIBE, True), (CREATE, False),
                                (DESCRIBE_CONFIGS, False), (ALTER_CONFIGS, False)):
            topic = self.new_topic(1)
            self.say(self.user, operation, TOPIC, topic)
            self.assert_comes("NONE" if seen else "TOPIC_AUTHORIZATION_FAILED", self.sees, topic)
            shown = operation in (ALL, DESCRIBE_CONFIGS, ALTER_CONFIGS)
            self.assert_comes("NONE" if shown else "TOPIC_AUTHORIZATION_FAILED", self.configs, topic)

    def test_who_may_not_read_may_still_see(self):
        topic = self.new_topic(1)
        self.say(self.user, DESCRIBE, TOPIC, topic)
        self.say(self.user, READ, TOPIC, topic, DENY)
        self.assert_comes("TOPIC_AUTHORIZATION_FAILED", lambda: error(self.fetch_as(topic)))
        self.assertEqual(self.sees(topic), "NONE")

    def fetch_as(self, topic, user=None):
        parts = [{"partition": 0, "partitionMaxBytes": 1000}]
        told = self.ask_as(user or self.user, "Fetch", 12, minBytes=0, topics=[{"topic": topic, "partitions": parts}])
        return told["responses"][0]["partitions"][0]

    def test_a_denial_counts_more_than_any_permission(self):
        topic = self.new_topic(1)
        self.say(self.user, ALL, TOPIC, topic)
        self.assert_comes("NONE", self.sees, topic)
        self.say(self.user, DESCRIBE, TOPIC, topic[:-2], DENY, PREFIXED)
        self.assert_comes("TOPIC_AUTHORIZATION_FAILED", self.sees, topic)
        self.assertEqual(error(self.fetch_as(topic)), "NONE")

    def test_prefixes_and_the_star_are_for_many_names(self):
        word = self.fresh("w")
        topics = [self.new_topic(1, word) for _ in range(2)]
        self.reserve(TOPIC, word, PREFIXED)
        for topic in topics:
            self.assert_comes("TOPIC_AUTHORIZATION_FAILED", self.sees, topic)
        self.say(self.user, READ, TOPIC, word + "-", pattern=PREFIXED)
        for topic in topics:
            self.assert_comes("NONE", self.sees, topic)
        self.say(self.user, ALL, TOPIC, "*", DENY)
        for topic in topics:
            self.assert_comes("TOPIC_AUTHORIZATION_FAILED", self.sees, topic)

    def test_everybody_is_a_user_and_hosts_count(self):
        topic = self.reserve(TOPIC, self.new_topic(1))
        self.assert_comes("TOPIC_AUTHORIZATION_FAILED", self.sees, topic)
        self.say(self.user, READ, TOPIC, topic, host="10.1.2.3")
        self.assertEqual(self.sees(topic), "TOPIC_AUTHORIZATION_FAILED")
        self.say(self.user, READ, TOPIC, topic, host="127.0.0.1")
        self.assert_comes("NONE", self.sees, topic)
        self.addCleanup(self.ask, "DeleteAcls", 3, filters=[{"resourceTypeFilter": TOPIC, "resourceNameFilter": topic, "patternTypeFilter": ANY,
                                                             "principalFilter": "User:*", "hostFilter": None, "operation": 1,
                                                             "permissionType": 1}])
        self.say("*", READ, TOPIC, topic)
        self.assert_comes("NONE", self.sees, topic, self.fresh("anybody"))

    def test_what_is_allowed_is_told_as_bits(self):
        topic, group = self.new_topic(1), self.reserve(GROUP, self.fresh("g"))
        self.await_group_coordinator()
        def of_topic():
            told = self.ask_as(self.user, "Metadata", 12, topics=[{"name": topic}], includeTopicAuthorizedOperations=True)
            return told["topics"][0]["topicAuthorizedOperations"]
        def of_cluster():
            return self.ask_as(self.user, "DescribeCluster", 1, endpointType=1, includeClusterAuthorizedOperations=True)["clusterAuthorizedOperations"]
        def of_group():
            return self.ask_as(self.user, "DescribeGroups", 5, groups=[group], includeAuthorizedOperations=True)["groups"][0]["authorizedOperations"]
        bits = lambda *operations: sum(1 << each for each in operations)
        self.assertEqual(of_topic(), bits(READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS))
        self.assertEqual(of_cluster(), bits(CREATE, ALTER, DESCRIBE, CLUSTER_ACTION, DESCRIBE_CONFIGS, ALTER_CONFIGS, IDEMPOTENT_WRITE))
        self.say(self.user, WRITE, TOPIC, topic)
        self.say(self.user, ALTER_CONFIGS, TOPIC, topic)
        self.assert_comes(bits(WRITE, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS), of_topic)
        self.say(self.user, DELETE, GROUP, group)
        self.assert_comes(bits(DELETE, DESCRIBE), of_group)
        self.say(self.user, CREATE, CLUSTER, THE_CLUSTER)
        self.assert_comes(0, of_cluster)
        self.say(self.user, ALTER, CLUSTER, THE_CLUSTER)
        self.assert_comes(bits(CREATE, ALTER, DESCRIBE), of_cluster)


class Refusals(PeopleTest):
    """Each API, asked by somebody who may not: the same errors in the same places."""

    def tell(self, api, version=None, **fields):
        return codes(self.ask_as(self.user, api, version, **fields))

    def assert_all(self, expected, *questions):
        for api, version, fields in questions:
            with self.subTest(api=api, version=version):
                self.assert_comes(expected, self.tell, api, version, **fields)

    def test_topics_that_one_may_not_use(self):
        topic = self.new_topic(1)
        topic_id = self.id_of(topic)
        self.await_group_coordinator()
        group = self.fresh("g")
        self.reserve(TOPIC, topic)
        self.reserve(CLUSTER, THE_CLUSTER)  # who may make, delete or act for brokers everywhere may here
        part, configs = [{"partition": 0, "partitionMaxBytes": 100}], [{"name": "retention.ms", "value": "1000", "configOperation": 0}]
        records = [{"index": 0, "records": wire.batch("x")}]
        offsets = [{"name": topic, "partitions": [{"partitionIndex": 0, "committedOffset": 0}]}]
        self.assert_all(
            TOPIC_FAILED,
            ("Produce", 9, {"acks": -1, "timeoutMs": 1000, "topicData": [{"name": topic, "partitionData": records}]}),
            ("Produce", 13, {"acks": -1, "timeoutMs": 1000, "topicData": [{"topicId": topic_id, "partitionData": records}]}),
            ("Fetch", 12, {"topics": [{"topic": topic, "partitions": part}]}),
            ("Fetch", None, {"topics": [{"topicId": topic_id, "partitions": part}]}),
            ("ListOffsets", 9, {"replicaId": -1, "topics": [{"name": topic, "partitions": [{"partitionIndex": 0, "timestamp": -1}]}]}),
            ("Metadata", 4, {"topics": [{"name": topic}]}),
            ("Metadata", 12, {"topics": [{"name": topic}, {"name": None, "topicId": topic_id}]}),
            ("DescribeTopicPartitions", 0, {"topics": [{"name": topic}], "responsePartitionLimit": 10}),
            ("OffsetForLeaderEpoch", 4, {"topics": [{"topic": topic, "partitions": [{"partition": 0}]}]}),
            ("DeleteRecords", None, {"topics": [{"name": topic, "partitions": [{"partitionIndex": 0, "offset": 0}]}], "timeoutMs": 1000}),
            ("CreatePartitions", None, {"topics": [{"name": topic, "count": 3, "assignments": None}], "timeoutMs": 1000}),
            ("CreateTopics", None, {"topics": [{"name": topic, "numPartitions": 1, "replicationFactor": 1}], "timeoutMs": 1000}),
            ("DeleteTopics", 3, {"topicNames": [topic], "timeoutMs": 1000}),
            ("DeleteTopics", 6, {"topics": [{"name": topic}], "timeoutMs": 1000}),
            ("DeleteTopics", 6, {"topics": [{"name": None, "topicId": topic_id}], "timeoutMs": 1000}),
            ("DescribeConfigs", None, {"resources": [{"resourceType": TOPIC, "resourceName": topic, "configurationKeys": None}]}),
            ("AlterConfigs", None, {"resources": [{"resourceType": TOPIC, "resourceName": topic,
                                                 "configs": [{"name": "retention.ms", "value": "1000"}]}]}),
            ("IncrementalAlterConfigs", None, {"resources": [{"resourceType": TOPIC, "resourceName": topic, "configs": configs}]}),
            ("DescribeProducers", None, {"topics": [{"name": topic, "partitionIndexes": [0]}]}),
            ("OffsetCommit", 8, {"groupId": group, "generationIdOrMemberEpoch": -1, "topics": offsets}),
            ("OffsetCommit", 10, {"groupId": group, "generationIdOrMemberEpoch": -1, "topics": [offsets[0] | {"name": "", "topicId": topic_id}]}),
            ("OffsetFetch", 7, {"groupId": group, "topics": [{"name": topic, "partitionIndexes": [0]}]}),
            ("OffsetFetch", 9, {"groups": [{"groupId": group, "topics": [{"name": topic, "partitionIndexes": [0]}]}]}),
            ("AddPartitionsToTxn", 3, {"v3AndBelowTransactionalId": "x", "v3AndBelowProducerId": 1, "v3AndBelowTopics":
                                       [{"name": topic, "partitions": [0]}]}),
            ("TxnOffsetCommit", 3, {"transactionalId": "x", "groupId": group, "producerId": 1, "generationId": -1, "topics": offsets}),
            ("ConsumerGroupHeartbeat", 1, {"groupId": group, "memberId": "m", "rebalanceTimeoutMs": 1000, "subscribedTopicNames": [topic],
                                           "topicPartitions": []}),
        )
        self.assertEqual(self.partitions_of(topic), 1)
        self.assertEqual(error(self.ask("Metadata", 12, topics=[{"name": topic}])["topics"][0]), "NONE")

    def partitions_of(self, topic):
        return len(self.ask("Metadata", 12, topics=[{"name": topic}])["topics"][0]["partitions"])

    def test_lists_of_everything_leave_out_what_is_hidden(self):
        hidden, seen = self.new_topic(1), self.new_topic(1)
        self.reserve(TOPIC, hidden)
        def listed(api, **fields):
            names = {each["name"] for each in self.ask_as(self.user, api, **fields)["topics"]}
            return hidden in names, seen in names
        self.assert_comes((False, True), listed, "Metadata", topics=None)
        self.assert_comes((False, True), listed, "DescribeTopicPartitions", topics=[], responsePartitionLimit=2000, cursor=None)
        self.assertEqual(self.ask_as(self.user, "Metadata", 12, topics=[{"name": hidden}])["topics"][0]["topicId"], NO_ID)

    def test_one_forbidden_partition_leaves_the_others_alone(self):
        bad, good = self.new_topic(1), self.new_topic(1)
        self.reserve(TOPIC, bad)
        self.assert_comes(TOPIC_FAILED, self.tell, "Metadata", 12, topics=[{"name": bad}])
        data = [{"name": name, "partitionData": [{"index": 0, "records": wire.batch("x")}]} for name in (bad, good)]
        told = self.ask_as(self.user, "Produce", 9, acks=-1, timeoutMs=1000, topicData=data)["responses"]
        self.assertEqual({each["name"]: error(each["partitionResponses"][0]) for each in told}, {bad: "TOPIC_AUTHORIZATION_FAILED", good: "NONE"})
        asked = [{"topic": name, "partitions": [{"partition": 0, "partitionMaxBytes": 1000}]} for name in (bad, good)]
        told = self.ask_as(self.user, "Fetch", 12, maxWaitMs=500, minBytes=1, topics=asked)["responses"]
        self.assertEqual({each["topic"]: error(each["partitions"][0]) for each in told}, {bad: "TOPIC_AUTHORIZATION_FAILED", good: "NONE"})
        self.assertEqual([len(wire.batches(each["partitions"][0]["records"])) for each in told if each["topic"] == good], [1])

    def test_groups_that_one_may_not_use(self):
        self.await_group_coordinator()
        group, topic = self.fresh("g"), self.new_topic(1)
        self.reserve(GROUP, group)
        offsets = [{"name": topic, "partitions": [{"partitionIndex": 0, "committedOffset": 0}]}]
        self.assert_all(
            GROUP_FAILED,
            ("FindCoordinator", 3, {"key": group}), ("FindCoordinator", 6, {"coordinatorKeys": [group]}),
            ("JoinGroup", None, {"groupId": group, "sessionTimeoutMs": 10000, "protocolType": "consumer",
                                 "protocols": [{"name": "range", "metadata": ""}]}),
            ("SyncGroup", None, {"groupId": group, "protocolType": "consumer", "protocolName": "range"}),
            ("Heartbeat", None, {"groupId": group}), ("LeaveGroup", 2, {"groupId": group}), ("LeaveGroup", None, {"groupId": group}),
            ("OffsetCommit", 9, {"groupId": group, "generationIdOrMemberEpoch": -1, "topics": offsets}),
            ("OffsetFetch", 1, {"groupId": group, "topics": [{"name": topic, "partitionIndexes": [0]}]}),
            ("OffsetFetch", 7, {"groupId": group, "topics": [{"name": topic, "partitionIndexes": [0]}]}),
            ("OffsetFetch", 9, {"groups": [{"groupId": group, "topics": None}]}),
            ("OffsetDelete", None, {"groupId": group, "topics": [{"name": topic, "partitions": [{"partitionIndex": 0}]}]}),
            ("DescribeGroups", None, {"groups": [group]}), ("DeleteGroups", None, {"groupsNames": [group]}),
            ("ConsumerGroupHeartbeat", 1, {"groupId": group, "memberId": "m", "rebalanceTimeoutMs": 1000, "subscribedTopicNames": [topic],
                                           "topicPartitions": []}),
            ("ConsumerGroupDescribe", None, {"groupIds": [group]}),
            ("AddOffsetsToTxn", 3, {"transactionalId": "x", "producerId": 1, "groupId": group}),
            ("TxnOffsetCommit", 3, {"transactionalId": "x", "groupId": group, "producerId": 1, "generationId": -1, "topics": offsets}),
        )

    def test_groups_are_listed_for_those_who_may_see_them(self):
        self.await_group_coordinator()
        group, topic = self.fresh("g"), self.new_topic(1)
        offsets = [{"name": topic, "partitions": [{"partitionIndex": 0, "committedOffset": 0}]}]
        self.assertEqual(codes(self.ask("OffsetCommit", 9, groupId=group, generationIdOrMemberEpoch=-1, topics=offsets)), set())
        listed = lambda: group in {each["groupId"] for each in self.ask_as(self.user, "ListGroups")["groups"]}
        self.assertTrue(listed())
        self.reserve(GROUP, group)
        self.assertTrue(listed(), "who may describe the cluster sees all groups")
        self.say(self.user, DESCRIBE, CLUSTER, THE_CLUSTER, DENY)
        self.assert_comes(False, listed)
        self.say(self.user, DESCRIBE, GROUP, group)
        self.assert_comes(True, listed)

    def test_transactional_ids_that_one_may_not_use(self):
        self.await_group_coordinator()
        name, topic, group = self.fresh("x"), self.new_topic(1), self.fresh("g")
        self.reserve(TRANSACTIONAL_ID, name)
        records = [{"index": 0, "records": wire.batch("x", producer=1, epoch=0, sequence=0, transactional=True)}]
        offsets = [{"name": topic, "partitions": [{"partitionIndex": 0, "committedOffset": 0}]}]
        self.assert_all(
            ID_FAILED,
            ("FindCoordinator", 3, {"key": name, "keyType": 1}), ("FindCoordinator", 6, {"coordinatorKeys": [name], "keyType": 1}),
            ("InitProducerId", None, {"transactionalId": name, "transactionTimeoutMs": 1000, "producerId": -1, "producerEpoch": -1}),
            ("AddPartitionsToTxn", 3, {"v3AndBelowTransactionalId": name, "v3AndBelowProducerId": 1, "v3AndBelowTopics":
                                       [{"name": topic, "partitions": [0]}]}),
            ("AddOffsetsToTxn", 3, {"transactionalId": name, "producerId": 1, "groupId": group}),
            ("EndTxn", 3, {"transactionalId": name, "producerId": 1, "committed": True}),
            ("TxnOffsetCommit", 3, {"transactionalId": name, "groupId": group, "producerId": 1, "generationId": -1, "topics": offsets}),
            ("DescribeTransactions", None, {"transactionalIds": [name]}),
            ("Produce", 9, {"transactionalId": name, "acks": -1, "timeoutMs": 1000, "topicData": [{"name": topic, "partitionData": records}]}),
        )

    def test_what_is_the_clusters(self):
        topic = self.new_topic(1)
        node = self.node()
        self.reserve(CLUSTER, THE_CLUSTER)
        anything = {"resourceTypeFilter": 1, "resourceNameFilter": None, "patternTypeFilter": 1, "principalFilter": "User:nobody",
                    "hostFilter": None, "operation": 1, "permissionType": 1}
        broker = {"resourceType": 4, "resourceName": str(node)}
        quota = {"entity": [{"entityType": "user", "entityName": self.user}], "ops": [{"key": "producer_byte_rate", "value": 1000.0, "remove": False}]}
        self.assert_all(
            CLUSTER_FAILED,
            ("CreateAcls", None, {"creations": [self.entry(self.user, READ, TOPIC, topic)]}),
            ("DescribeAcls", None, anything), ("DeleteAcls", None, {"filters": [anything]}),
            ("ElectLeaders", None, {"electionType": 0, "topicPartitions": [{"topic": topic, "partitions": [0]}], "timeoutMs": 1000}),
            ("ElectLeaders", 0, {"topicPartitions": [{"topic": topic, "partitions": [0]}], "timeoutMs": 1000}),
            ("AlterPartitionReassignments", None, {"topics": [{"name": topic, "partitions": [{"partitionIndex": 0, "replicas": [node]}]}],
                                                   "timeoutMs": 1000}),
            ("ListPartitionReassignments", None, {"topics": None, "timeoutMs": 1000}),
            ("DescribeLogDirs", None, {"topics": None}),
            ("DescribeConfigs", None, {"resources": [broker | {"configurationKeys": None}]}),
            ("AlterConfigs", None, {"resources": [broker | {"configs": [{"name": "log.retention.ms", "value": "1000"}]}]}),
            ("IncrementalAlterConfigs", None, {"resources": [broker | {"configs": [{"name": "log.retention.ms", "value": "1000"}]}]}),
            ("AddPartitionsToTxn", None, {"transactions": []}),
            ("WriteTxnMarkers", None, {"markers": [{"producerId": 1, "topics": [{"name": topic, "partitionIndexes": [0]}]}]}),
            ("DescribeClientQuotas", None, {"components": [], "strict": False}),
            ("AlterClientQuotas", None, {"entries": [quota], "validateOnly": True}),
        )
        self.assertEqual(self.tell("DescribeLogDirs", 2, topics=None), set())
        self.assertEqual(self.ask_as(self.user, "DescribeLogDirs", 2, topics=None)["results"], [])

    def test_whoever_may_write_somewhere_may_be_idempotent(self):
        ask = lambda: self.tell("InitProducerId", None, transactionalId=None, transactionTimeoutMs=1000, producerId=-1, producerEpoch=-1)
        self.reserve(CLUSTER, THE_CLUSTER)
        self.assert_comes(set(), ask)
        self.say(self.user, WRITE, TOPIC, "*", DENY)
        self.assert_comes(CLUSTER_FAILED, ask)
        self.say(self.user, IDEMPOTENT_WRITE, CLUSTER, THE_CLUSTER)
        self.assert_comes(set(), ask)

    def test_settings_of_a_new_topic_are_for_those_who_may_see_them(self):
        word = self.fresh("w")
        self.say(self.user, CREATE, TOPIC, word, pattern=PREFIXED)
        made = {"topics": [{"name": word + "-1", "numPartitions": 1, "replicationFactor": 1}], "timeoutMs": 5000}
        told = self.ask_as(self.user, "CreateTopics", 7, **made)["topics"][0]
        self.assertEqual((error(told), told["numPartitions"], told.get("topicConfigErrorCode"), told["configs"] or []), ("NONE", -1, 29, []))
        self.say(self.user, DESCRIBE_CONFIGS, TOPIC, word, pattern=PREFIXED)
        made["topics"][0]["name"] = word + "-2"
        told = self.ask_as(self.user, "CreateTopics", 7, **made)["topics"][0]
        self.assertEqual((error(told), told["numPartitions"], told.get("topicConfigErrorCode", 0)), ("NONE", 1, 0))


if __name__ == "__main__":
    unittest.main()

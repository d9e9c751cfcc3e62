"""Groups of the consumer protocol (KIP-848), heartbeat by heartbeat: what Apache Kafka 4.3.1 answers, and the dev broker does the same."""
import unittest

from support import consumer_groups, targets
from support.consumer_groups import ERRORS, Group, Member, wait_for_assignment


class Conformance(targets.BrokerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        consumer_groups.wait_for_coordinator(cls.brokers)

    def setUp(self):
        self.group = Group(self.brokers)
        self.topic = self.new_topic(4)

    def new_topic(self, partitions):
        topic = super().new_topic(partitions)
        consumer_groups.wait_for_topic(self.brokers, topic, partitions)
        return topic

    def member(self, *topics, **first):
        return Member(self.group, list(topics or (self.topic,)), **first)

    def two(self):
        """Two members that share the topic, both in epoch 3."""
        one, other = self.member(), self.member()
        self.assertEqual(one.join(), ("NONE", 2, 4))
        wait_for_assignment()
        self.assertEqual(other.join(), ("NONE", 3, 0))
        self.assertEqual(one.beat(), ("NONE", 2, 2))
        self.assertEqual(one.own(), ("NONE", 3, None))
        self.assertEqual(other.beat(), ("NONE", 3, 2))
        return one, other

    def indexes(self, member):
        return member.given[0]["partitions"]


class Joining(Conformance):
    def test_what_is_refused_makes_no_group(self):
        m = self.member()
        for wrong in ({"memberId": ""}, {"groupId": ""}, {"instanceId": ""}, {"rackId": ""}, {"rebalanceTimeoutMs": -1},
                      {"topicPartitions": None}, {"subscribedTopicNames": None}, {"memberEpoch": -3}, {"memberEpoch": -2}):
            self.assertEqual(m.join(**wrong), ("INVALID_REQUEST", 0, None), wrong)
        self.assertEqual(m.join(serverAssignor="nope"), ("UNSUPPORTED_ASSIGNOR", 0, None))
        self.assertEqual(m.join(subscribedTopicNames=None, subscribedTopicRegex="["), ("INVALID_REGULAR_EXPRESSION", 0, None))
        self.assertEqual([m.join(memberEpoch=epoch)[0] for epoch in (5, -1)], ["GROUP_ID_NOT_FOUND"] * 2)
        self.assertEqual((self.group.standing(), self.group.listed()), (("GROUP_ID_NOT_FOUND", "", 0, 0, 0), None))

    def test_the_first_member_gets_everything_and_hears_it_again_only_if_it_says_everything(self):
        m = self.member()
        self.assertEqual(m.join(), ("NONE", 2, 4))
        self.assertEqual(self.group.standing(), ("NONE", "Stable", 2, 2, 1))
        self.assertEqual([m.beat(), m.own()], [("NONE", 2, None)] * 2)
        self.assertEqual(m.own(rebalanceTimeoutMs=60000, subscribedTopicNames=[self.topic]), ("NONE", 2, 4))
        self.assertEqual([m.beat(memberEpoch=epoch)[0] for epoch in (1, 3)], ["FENCED_MEMBER_EPOCH"] * 2)
        self.assertEqual(m.beat(memberId="nobody")[0], "UNKNOWN_MEMBER_ID")
        self.assertEqual(m.join(), ("NONE", 2, 4))

    def test_version_0_gives_the_member_its_id(self):
        m = self.member(name="")
        m.name = ""
        self.assertEqual(m.join(version=0), ("NONE", 2, 4))
        self.assertEqual(len(m.name), 22)
        self.assertEqual(m.leave(version=0), ("NONE", -1, None))

    def test_who_reads_nothing_is_a_member_as_well_and_topics_may_come_later(self):
        m = Member(self.group, [])
        self.assertEqual(m.join(), ("NONE", 1, 0))
        self.assertEqual(self.group.standing(), ("NONE", "Stable", 1, 1, 1))
        wait_for_assignment()
        self.assertEqual(m.beat(subscribedTopicNames=[self.topic]), ("NONE", 2, 4))

    def test_a_pattern_takes_in_what_matches(self):
        m = Member(self.group, None, subscribedTopicRegex=self.topic[:-1] + ".*")
        m.join()  # Kafka looks for topics afterwards
        wait_for_assignment()
        given = lambda: sum(len(each["partitions"]) for each in m.given)  # noqa: E731
        targets.wait_until(lambda: m.own()[0] == "NONE" and given() == 4, 30, "the topic that matches")
        self.assertEqual(m.beat(subscribedTopicRegex="[")[0], "INVALID_REGULAR_EXPRESSION")
        self.assertEqual(m.beat(subscribedTopicRegex=""), ("NONE", 2, 0))


class Sharing(Conformance):
    def test_a_partition_moves_when_its_owner_has_let_go(self):
        one, other = self.member(), self.member()
        one.join()
        wait_for_assignment()
        self.assertEqual(other.join(), ("NONE", 3, 0))
        self.assertEqual(self.group.standing(), ("NONE", "Reconciling", 3, 3, 2))
        self.assertEqual([one.beat(), other.beat()], [("NONE", 2, 2), ("NONE", 3, None)])
        self.assertEqual(one.own(), ("NONE", 3, None))
        self.assertEqual(other.beat(), ("NONE", 3, 2))
        self.assertEqual(self.group.standing(), ("NONE", "Stable", 3, 3, 2))
        self.assertEqual(one.own(memberEpoch=2), ("NONE", 3, None))  # the answer could have been lost
        self.assertEqual(one.beat(memberEpoch=2)[0], "FENCED_MEMBER_EPOCH")

    def test_subscriptions_grow_and_shrink(self):
        one, other = self.two()
        more = self.new_topic(3)
        wait_for_assignment()
        self.assertEqual(one.beat(subscribedTopicNames=[self.topic, more]), ("NONE", 3, 1))
        self.assertEqual(self.group.standing(), ("NONE", "Reconciling", 4, 4, 2))
        self.assertEqual([other.own(), one.own()], [("NONE", 4, None), ("NONE", 4, 4)])
        self.assertEqual(other.own(), ("NONE", 4, 3))
        wait_for_assignment()
        self.assertEqual(one.beat(subscribedTopicNames=[more]), ("NONE", 4, 3))
        self.assertEqual([one.own(), other.own()], [("NONE", 5, None), ("NONE", 5, 4)])
        self.assertEqual(self.group.standing(), ("NONE", "Stable", 5, 5, 2))

    def test_range_gives_the_same_numbers_to_the_same_member(self):
        other = self.new_topic(3)
        x, y = (Member(self.group, [self.topic, other], name=name, serverAssignor="range") for name in "xy")
        x.join()
        wait_for_assignment()
        y.join()
        told = self.group.describe()
        self.assertEqual(told["assignorName"], "range")
        target = {m["memberId"]: {t["topicName"]: t["partitions"] for t in m["targetAssignment"]["topicPartitions"]} for m in told["members"]}
        self.assertEqual(target, {"x": {self.topic: [0, 1], other: [0, 1]}, "y": {self.topic: [2, 3], other: [2]}})

    def test_who_leaves_hands_over(self):
        one, other = self.two()
        self.assertEqual(one.leave(), ("NONE", -1, None))
        self.assertEqual(self.group.standing(), ("NONE", "Assigning", 4, 3, 1))
        wait_for_assignment()
        self.assertEqual(other.beat(), ("NONE", 4, 4))
        self.assertEqual([other.leave(), other.leave()], [("NONE", -1, None), ("UNKNOWN_MEMBER_ID", 0, None)])
        self.assertEqual(self.group.standing(), ("NONE", "Empty", 5, 4, 0))


class Statics(Conformance):
    def test_a_static_member_goes_and_comes_back(self):
        one, other = self.member(instanceId="i"), self.member(instanceId="i")
        self.assertEqual([one.join(), other.join()], [("NONE", 2, 4), ("UNRELEASED_INSTANCE_ID", 0, None)])
        self.assertEqual(other.beat(instanceId="i", memberEpoch=2)[0], "FENCED_INSTANCE_ID")
        self.assertEqual(one.beat(instanceId="none", memberEpoch=2)[0], "UNKNOWN_MEMBER_ID")
        self.assertEqual(one.leave(epoch=-2, instanceId="i"), ("NONE", -2, None))
        self.assertEqual(self.group.standing(), ("NONE", "Reconciling", 2, 2, 1))
        self.assertEqual(other.join(), ("NONE", 2, 4))
        self.assertEqual(one.beat(instanceId="i", memberEpoch=2)[0], "FENCED_INSTANCE_ID")
        self.assertEqual(other.leave(epoch=-1, instanceId="i"), ("NONE", -1, None))

    def test_an_administrator_takes_members_out(self):
        one, other = self.member(instanceId="i"), self.member()
        one.join()
        wait_for_assignment()
        other.join()

        def out(member, instance):
            told = self.group.ask("LeaveGroup", 5, groupId=self.group.name, members=[{"memberId": member, "groupInstanceId": instance, "reason": None}])
            return ERRORS[told["members"][0]["errorCode"]]

        self.assertEqual([out("", "q"), out("q", "i"), out("", "i"), out(other.name, None)],
                         ["UNKNOWN_MEMBER_ID", "FENCED_INSTANCE_ID", "NONE", "NONE"])
        self.assertEqual(self.group.standing()[1], "Empty")


class Offsets(Conformance):
    def test_a_commit_needs_a_member_and_the_epoch_of_its_partition(self):
        one, other = self.two()
        commit = self.group.commit
        kept, moved = self.indexes(one)[0], self.indexes(other)[0]
        self.assertEqual([commit(self.topic, kept, one.name, epoch) for epoch in (1, 2, 3, 4, -1)],
                         ["STALE_MEMBER_EPOCH", "NONE", "NONE", "STALE_MEMBER_EPOCH", "STALE_MEMBER_EPOCH"])
        self.assertEqual([commit(self.topic, moved, one.name, epoch) for epoch in (2, 3)], ["STALE_MEMBER_EPOCH", "NONE"])
        self.assertEqual([commit(self.topic, 0, "x", 3), commit(self.topic, 0)], ["UNKNOWN_MEMBER_ID"] * 2)
        self.assertEqual(commit(self.topic, 0, one.name, 3, version=8), "UNSUPPORTED_VERSION")
        fetch = self.group.fetch
        self.assertEqual([fetch(self.topic, kept), fetch(self.topic, kept, one.name, 3)], [("NONE", 7)] * 2)
        self.assertEqual([fetch(self.topic, kept, *who) for who in ((one.name, 2), (one.name, -1), ("x", 3), ("", -1))],
                         [("STALE_MEMBER_EPOCH", None)] * 2 + [("UNKNOWN_MEMBER_ID", None)] * 2)

    def test_an_administrator_sees_and_deletes_what_nobody_uses(self):
        m, other = self.member(), self.new_topic(1)
        m.join()
        listed = self.group.listed
        self.assertEqual([listed(), listed(["stable"]), listed(["Empty"])], [("consumer", "Stable", listed()[2]), listed(), None])
        self.assertEqual([listed(types=["Consumer"]) is not None, listed(types=["classic"])], [True, None])
        old = [self.group.ask("DescribeGroups", version, groups=[self.group.name], includeAuthorizedOperations=False)["groups"][0] for version in (5, 6)]
        self.assertEqual([(ERRORS[each["errorCode"]], each["groupState"]) for each in old], [("NONE", "Dead"), ("GROUP_ID_NOT_FOUND", "Dead")])
        self.group.commit(other, 0, m.name, 2)
        forget = lambda topic: ERRORS[self.group.ask("OffsetDelete", 0, groupId=self.group.name, topics=[  # noqa: E731
            {"name": topic, "partitions": [{"partitionIndex": 0}]}])["topics"][0]["partitions"][0]["errorCode"]]
        self.assertEqual([forget(self.topic), forget(other)], ["GROUP_SUBSCRIBED_TO_TOPIC", "NONE"])
        delete = lambda: ERRORS[self.group.ask("DeleteGroups", 2, groupsNames=[self.group.name])["results"][0]["errorCode"]]  # noqa: E731
        self.assertEqual(delete(), "NON_EMPTY_GROUP")
        m.leave()
        self.assertEqual([delete(), self.group.standing()[0]], ["NONE", "GROUP_ID_NOT_FOUND"])


class Converting(Conformance):
    def test_an_empty_group_takes_the_protocol_of_who_joins_and_keeps_its_offsets(self):
        m = self.member()
        m.join()
        self.group.commit(self.topic, 0, m.name, 2)
        m.leave()
        joined = self.group.ask("JoinGroup", 3, groupId=self.group.name, sessionTimeoutMs=30000, rebalanceTimeoutMs=30000, memberId="",
                                protocolType="consumer", protocols=[{"name": "range", "metadata": ""}])
        self.assertEqual(ERRORS[joined["errorCode"]], "NONE")
        self.assertEqual((self.group.listed()[1], self.group.standing()[0]), ("CompletingRebalance", "GROUP_ID_NOT_FOUND"))
        self.assertEqual(m.join()[0], "GROUP_ID_NOT_FOUND")
        self.group.ask("LeaveGroup", 2, groupId=self.group.name, memberId=joined["memberId"])
        self.assertEqual(m.beat(memberEpoch=2)[0], "GROUP_ID_NOT_FOUND")
        self.assertEqual([m.join(), self.group.standing()], [("NONE", 2, 4), ("NONE", "Stable", 2, 2, 1)])
        self.assertEqual(self.group.fetch(self.topic, 0), ("NONE", 7))

    def test_the_feature_tells_clients(self):
        told = self.group.ask("ApiVersions", 4, clientSoftwareName="x", clientSoftwareVersion="1")
        finalized = {each["name"]: (each["minVersionLevel"], each["maxVersionLevel"]) for each in told["finalizedFeatures"]}
        supported = {each["name"]: (each["minVersion"], each["maxVersion"]) for each in told["supportedFeatures"]}
        self.assertEqual((finalized["group.version"], supported["group.version"]), ((1, 1), (0, 1)))
        versions = {each["apiKey"]: (each["minVersion"], each["maxVersion"]) for each in told["apiKeys"]}
        self.assertEqual([versions[68], versions[69]], [(0, 1), (0, 1)])


if __name__ == "__main__":
    unittest.main()

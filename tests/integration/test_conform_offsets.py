"""What Apache Kafka 4.3.1 and the dev broker keep of groups and tell of them: offsets, descriptions, lists."""
import base64
import unittest

from support.conformance import NO_ID, OTHER_ID, error, versions
from support.group_conformance import RANGE, GroupConformance


class Offsets(GroupConformance):
    def setUp(self):
        super().setUp()
        self.topic = self.new_topic(2)

    def commit(self, offset, index=0, group=None, member="", generation=-1, version=9, topic=None, metadata="", **more):
        topic = self.topic if topic is None else topic
        part = {"partitionIndex": index, "committedOffset": offset, "committedMetadata": metadata}
        named = {"name": topic, "topicId": self.id_of(topic) if version >= 10 and topic == self.topic else OTHER_ID, "partitions": [part]}
        told = self.ask("OffsetCommit", version, groupId=self.group if group is None else group, memberId=member,
                        generationIdOrMemberEpoch=generation, topics=[named], **more)
        return error(told["topics"][0]["partitions"][0])

    def committed(self, *indexes, version=7):
        """(error, {partition: (offset, metadata, error)})."""
        if version < 8:
            told = self.ask("OffsetFetch", version, groupId=self.group, topics=[{"name": self.topic, "partitionIndexes": list(indexes)}] if indexes else None)
        else:
            named = {"name": self.topic, "topicId": self.id_of(self.topic) if version >= 10 else NO_ID, "partitionIndexes": list(indexes)}
            told = self.ask("OffsetFetch", version, groups=[{"groupId": self.group, "topics": [named] if indexes else None}])["groups"][0]
        return (error(told) if "errorCode" in told else "NONE",
                {part["partitionIndex"]: (part["committedOffset"], part["metadata"], error(part)) for each in told["topics"] for part in each["partitions"]})

    def test_every_version_commits_and_fetches(self):
        for version in versions("OffsetCommit"):
            self.assertEqual(self.commit(version, version=version, metadata="m"), "NONE", version)
            self.assertEqual(self.committed(0), ("NONE", {0: (version, "m", "NONE")}))
        for version in versions("OffsetFetch"):
            self.assertEqual(self.committed(0, 1, version=version), ("NONE", {0: (10, "m", "NONE"), 1: (-1, "", "NONE")}), version)
            if version >= 2:
                self.assertEqual(self.committed(version=version), ("NONE", {0: (10, "m", "NONE")}), version)

    def test_whose_commit_is_taken(self):
        for version in versions("OffsetCommit"):  # there is no such group
            self.assertEqual(self.commit(1, generation=5, member="m", version=version), "ILLEGAL_GENERATION" if version < 9 else "GROUP_ID_NOT_FOUND")
        self.assertEqual(self.commit(1, group=""), "NONE")  # the oldest consumers had no name
        deleted = lambda: [error(each) for each in self.ask("DeleteGroups", 2, groupsNames=[""])["results"]]  # noqa: E731
        self.assertEqual([deleted(), deleted()], [["NONE"], ["GROUP_ID_NOT_FOUND"]])
        self.assertEqual(self.commit(1, group="", generation=1, member="m"), "GROUP_ID_NOT_FOUND")
        member, generation = self.stable()
        self.assertEqual(self.commit(1, generation=generation, member=member), "NONE")
        self.assertEqual(self.commit(1, generation=generation + 1, member=member), "ILLEGAL_GENERATION")
        self.assertEqual(self.commit(1, generation=generation, member="stranger"), "UNKNOWN_MEMBER_ID")
        self.assertEqual(self.commit(1), "UNKNOWN_MEMBER_ID")
        self.assertEqual(self.commit(1, generation=generation, member=member, groupInstanceId="i"), "UNKNOWN_MEMBER_ID")
        self.join(member=member)
        self.assertEqual(self.commit(1, generation=generation, member=member), "ILLEGAL_GENERATION")
        self.assertEqual(self.commit(1, generation=generation + 1, member=member), "REBALANCE_IN_PROGRESS")
        self.leave((member, None))
        self.assertEqual(self.commit(2), "NONE")

    def test_what_may_be_committed(self):
        self.assertEqual(self.commit(1, metadata="x" * 4096), "NONE")
        self.assertEqual(self.commit(1, metadata="x" * 4097), "OFFSET_METADATA_TOO_LARGE")
        self.assertEqual(self.commit(2, metadata=None), "NONE")
        self.assertEqual(self.committed(0), ("NONE", {0: (2, "", "NONE")}))
        self.assertEqual(self.commit(1, index=9), "UNKNOWN_TOPIC_OR_PARTITION")
        self.assertEqual(self.commit(1, topic=self.fresh("none")), "UNKNOWN_TOPIC_OR_PARTITION")
        self.assertEqual(self.commit(1, topic="none", version=10), "UNKNOWN_TOPIC_ID")

    def test_groups_that_nobody_knows_have_nothing(self):
        self.assertEqual(self.committed(0), ("NONE", {0: (-1, "", "NONE")}))
        self.assertEqual(self.committed(0, version=9), ("NONE", {0: (-1, "", "NONE")}))
        self.assertEqual(self.committed(), ("NONE", {}))
        self.commit(1)
        self.assertEqual(self.committed(9), ("NONE", {9: (-1, "", "NONE")}))

    def test_offsets_are_deleted_unless_somebody_reads_there(self):
        def delete(*indexes, group=None, topic=None):
            told = self.ask("OffsetDelete", 0, groupId=self.group if group is None else group, topics=[
                {"name": topic or self.topic, "partitions": [{"partitionIndex": index} for index in indexes]}])
            return error(told), sorted((part["partitionIndex"], error(part)) for each in told["topics"] for part in each["partitions"])

        self.assertEqual(delete(0), ("GROUP_ID_NOT_FOUND", []))
        self.assertEqual(delete(0, group=""), ("INVALID_GROUP_ID", []))
        self.commit(1)
        self.assertEqual(delete(0, 1, 9), ("NONE", [(0, "NONE"), (1, "NONE"), (9, "UNKNOWN_TOPIC_OR_PARTITION")]))
        self.assertEqual(self.committed(0), ("NONE", {0: (-1, "", "NONE")}))
        self.commit(1)
        reads = b"\0\1\0\0\0\1" + len(self.topic).to_bytes(2, "big") + self.topic.encode() + b"\xff\xff\xff\xff\0\0\0\0"
        self.stable(protocols=[{"name": "range", "metadata": base64.b64encode(reads).decode()}])
        self.assertEqual(delete(0), ("NONE", [(0, "GROUP_SUBSCRIBED_TO_TOPIC")]))
        self.assertEqual(self.committed(0)[1][0][0], 1)


class Managing(GroupConformance):
    def listed(self, version=5, **more):
        told = self.ask("ListGroups", version, **more)
        self.assertEqual(error(told), "NONE")
        return [(each["protocolType"], each.get("groupState"), each.get("groupType")) for each in told["groups"] if each["groupId"] == self.group]

    def delete(self, *groups, version=2):
        return [error(each) for each in self.ask("DeleteGroups", version, groupsNames=list(groups))["results"]]

    def test_a_group_is_described_in_every_state(self):
        for version in versions("DescribeGroups"):
            told = self.ask("DescribeGroups", version, groups=[self.group])["groups"][0]
            expected = ("NONE" if version < 6 else "GROUP_ID_NOT_FOUND", "Dead", "", "", [])
            self.assertEqual((error(told), told["groupState"], told["protocolType"], told["protocolData"], told["members"]), expected, version)
        member, _ = self.stable(groupInstanceId="i")
        for version in versions("DescribeGroups"):
            told = self.ask("DescribeGroups", version, groups=[self.group])["groups"][0]
            self.assertEqual((error(told), told["groupState"], told["protocolType"], told["protocolData"]), ("NONE", "Stable", "consumer", "range"))
            mine = told["members"][0]
            self.assertEqual((mine["memberId"], mine["memberMetadata"], mine["memberAssignment"], mine.get("groupInstanceId", "i")),
                             (member, RANGE[0]["metadata"], "Zm9v", "i"))
        self.join(member=member, groupInstanceId="i", protocols=[{"name": "range", "metadata": ""}])
        told = self.ask("DescribeGroups", 5, groups=[self.group])["groups"][0]
        self.assertEqual((told["groupState"], told["protocolData"], told["members"][0]["memberMetadata"], told["members"][0]["memberAssignment"]),
                         ("CompletingRebalance", "", "", "Zm9v"))  # of the generation before
        self.leave((member, "i"))
        told = self.ask("DescribeGroups", 5, groups=[self.group])["groups"][0]
        self.assertEqual((told["groupState"], told["protocolType"], told["protocolData"], told["members"]), ("Empty", "consumer", "", []))

    def test_what_may_be_done_is_told_if_asked_for(self):
        self.stable()
        told = [self.ask("DescribeGroups", 5, groups=[self.group], includeAuthorizedOperations=asked)["groups"][0]["authorizedOperations"]
                for asked in (False, True)]
        self.assertEqual(told, [-2147483648, 1 << 3 | 1 << 6 | 1 << 8 | 1 << 10 | 1 << 11])

    def test_groups_are_listed_by_state_and_type(self):
        self.stable()
        self.assertEqual([self.listed(version) for version in versions("ListGroups")],
                         [[("consumer", None, None)]] * 4 + [[("consumer", "Stable", None)], [("consumer", "Stable", "classic")]])
        self.assertEqual([self.listed(statesFilter=states) for states in (["Stable"], ["stable", "Empty"], ["Empty"], ["None such"])],
                         [[("consumer", "Stable", "classic")]] * 2 + [[], []])
        self.assertEqual([self.listed(typesFilter=types) for types in (["classic"], ["Classic"], ["consumer"])],
                         [[("consumer", "Stable", "classic")]] * 2 + [[]])

    def test_only_empty_groups_are_deleted(self):
        missing = self.fresh("none")
        for version in versions("DeleteGroups"):
            self.assertEqual(self.delete(missing, version=version), ["GROUP_ID_NOT_FOUND"])
        member, _ = self.stable()
        self.assertEqual(self.delete(self.group), ["NON_EMPTY_GROUP"])
        self.leave((member, None))
        self.assertEqual(self.delete(self.group, self.group), ["NONE"])
        self.assertEqual(self.listed(), [])

    def test_every_version_finds_the_coordinator(self):
        me = self.node()
        for version in versions("FindCoordinator"):
            told = self.ask("FindCoordinator", version, key=self.group, keyType=0, coordinatorKeys=[self.group, "other"])
            found = [told] if version < 4 else told["coordinators"]
            self.assertEqual([(error(each), each["nodeId"]) for each in found], [("NONE", me)] * len(found), version)
        self.assertEqual([error(each) for each in self.ask("FindCoordinator", 4, keyType=0, coordinatorKeys=[])["coordinators"]], [])
        self.assertEqual(error(self.ask("FindCoordinator", 3, key="x", keyType=9)), "INVALID_REQUEST")


if __name__ == "__main__":
    unittest.main()

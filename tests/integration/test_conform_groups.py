"""Members of classic groups, request by request: whom Apache Kafka 4.3.1 and the dev broker let in, and whom they refuse."""
import threading
import unittest

from support.conformance import error, versions
from support.group_conformance import RANGE, GroupConformance


class Joining(GroupConformance):
    def test_every_version_joins_syncs_beats_and_leaves(self):
        for version in versions("JoinGroup"):
            group = self.fresh("g")
            joined = self.join(version=version, group=group)
            member = joined["memberId"]
            self.assertEqual((error(joined), joined["generationId"], joined["leader"], joined["protocolName"], len(joined["members"])),
                             ("NONE", 1, member, "range", 1), version)
            self.assertEqual(joined.get("protocolType", "consumer"), "consumer")
            self.assertEqual(joined.get("skipAssignment", False), False)
            mine = {"assignments": [{"memberId": member, "assignment": "Zm9v"}]}
            self.assertEqual(self.sync(member, 1, version=min(version, 5), group=group, protocolType="consumer", protocolName="range", **mine),
                             ("NONE", "Zm9v"))
            self.assertEqual(self.beat(member, 1, version=min(version, 4), group=group), "NONE")
            left = self.ask("LeaveGroup", min(version, 5), groupId=group, memberId=member, members=[{"memberId": member}])
            self.assertEqual((error(left), [error(each) for each in left.get("members", [{"errorCode": 0}])]), ("NONE", ["NONE"]))

    def test_an_id_is_required_from_version_4_on(self):
        for version in versions("JoinGroup"):
            told = self.ask("JoinGroup", version, groupId=self.fresh("g"), sessionTimeoutMs=30_000, rebalanceTimeoutMs=30_000, memberId="",
                            protocolType="consumer", protocols=RANGE)
            if version < 4:
                self.assertEqual(error(told), "NONE")
                continue
            self.assertEqual((error(told), told["generationId"], told["members"], told["leader"]), ("MEMBER_ID_REQUIRED", -1, [], ""))
            self.assertTrue(told["memberId"])

    def test_what_is_refused(self):
        join = lambda **more: error(self.join(**more))  # noqa: E731
        self.assertEqual(join(group=""), "INVALID_GROUP_ID")
        self.assertEqual([join(sessionTimeoutMs=time) for time in (0, 5_999, 1_800_001)], ["INVALID_SESSION_TIMEOUT"] * 3)
        self.assertEqual(join(member="stranger"), "UNKNOWN_MEMBER_ID")
        self.assertEqual(join(protocols=[]), "INCONSISTENT_GROUP_PROTOCOL")
        self.assertEqual(join(protocolType=""), "INCONSISTENT_GROUP_PROTOCOL")
        told = self.join(member="stranger")
        self.assertEqual((told["generationId"], told["memberId"], told["leader"], told["protocolName"]), (-1, "stranger", "", None))
        self.assertEqual(self.join(member="stranger", version=6)["protocolName"], "")

    def test_protocols_must_be_shared(self):
        self.stable()
        other = [{"name": "sticky", "metadata": ""}]
        self.assertEqual(error(self.join(protocols=other)), "INCONSISTENT_GROUP_PROTOCOL")
        self.assertEqual(error(self.join(protocolType="connect")), "INCONSISTENT_GROUP_PROTOCOL")
        self.assertEqual(error(self.join(member="stranger")), "UNKNOWN_MEMBER_ID")

    def test_a_leader_that_joins_again_begins_a_generation_and_a_sync_must_be_of_it(self):
        member, generation = self.stable()
        again = self.join(member=member)
        self.assertEqual((error(again), again["generationId"], again["memberId"]), ("NONE", generation + 1, member))
        self.assertEqual(self.sync(member, generation), ("ILLEGAL_GENERATION", ""))
        self.assertEqual(self.state(), "CompletingRebalance")
        self.assertEqual(self.beat(member, generation + 1), "NONE")
        self.assertEqual(self.beat(member, generation), "ILLEGAL_GENERATION")

    def test_a_second_member_has_the_first_told_to_join(self):
        member, generation = self.stable()
        told = {}
        second = threading.Thread(target=lambda: told.update(self.join()))
        second.start()
        try:
            while self.beat(member, generation) == "NONE":
                pass
            self.assertEqual(self.beat(member, generation), "REBALANCE_IN_PROGRESS")
            self.assertEqual(self.sync(member, generation)[0], "REBALANCE_IN_PROGRESS")
            self.assertEqual(self.state(), "PreparingRebalance")
            first = self.join(member=member)
        finally:
            second.join()
        self.assertEqual((first["generationId"], told["generationId"], first["leader"], told["leader"]), (generation + 1,) * 2 + (member,) * 2)
        self.assertEqual((len(first["members"]), len(told["members"])), (2, 0))


class Syncing(GroupConformance):
    def test_what_is_refused(self):
        member, generation = self.stable()
        self.assertEqual(self.sync(member, generation), ("NONE", "Zm9v"))  # once more is no harm
        self.assertEqual(self.sync("stranger", generation), ("UNKNOWN_MEMBER_ID", ""))
        self.assertEqual(self.sync(member, generation + 1), ("ILLEGAL_GENERATION", ""))
        self.assertEqual(self.sync(member, generation - 1), ("ILLEGAL_GENERATION", ""))
        self.assertEqual(self.sync(member, generation, group=self.fresh("none")), ("UNKNOWN_MEMBER_ID", ""))
        self.assertEqual(self.sync(member, generation, group=""), ("INVALID_GROUP_ID", ""))
        for kind, name, answer in (("connect", "range", ("INCONSISTENT_GROUP_PROTOCOL", "")), ("consumer", "sticky", ("INCONSISTENT_GROUP_PROTOCOL", "")),
                                   ("consumer", None, ("INCONSISTENT_GROUP_PROTOCOL", "")), ("consumer", "range", ("NONE", "Zm9v"))):
            self.assertEqual(self.sync(member, generation, version=5, protocolType=kind, protocolName=name), answer)
        self.assertEqual(self.sync(member, generation, groupInstanceId="i"), ("UNKNOWN_MEMBER_ID", ""))

    def test_heartbeats_that_are_refused(self):
        member, generation = self.stable()
        for version in versions("Heartbeat"):
            self.assertEqual([self.beat(member, generation, version=version), self.beat("stranger", generation, version=version),
                              self.beat(member, generation + 1, version=version), self.beat(member, generation, group="", version=version),
                              self.beat(member, generation, group=self.fresh("none"), version=version)],
                             ["NONE", "UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION", "INVALID_GROUP_ID", "UNKNOWN_MEMBER_ID"], version)
        self.assertEqual(self.beat(member, generation, groupInstanceId="i"), "UNKNOWN_MEMBER_ID")


class Static(GroupConformance):
    def test_who_comes_back_under_a_name_replaces_himself_without_a_rebalance(self):
        member, generation = self.stable(groupInstanceId="i")
        again = self.join(groupInstanceId="i")
        self.assertEqual((error(again), again["generationId"], again["memberId"] != member, again["skipAssignment"]), ("NONE", generation, True, True))
        self.assertEqual(again["leader"], again["memberId"])
        self.assertEqual(self.beat(member, generation, groupInstanceId="i"), "FENCED_INSTANCE_ID")
        self.assertEqual(self.sync(member, generation, groupInstanceId="i"), ("FENCED_INSTANCE_ID", ""))
        self.assertEqual(error(self.join(member=member, groupInstanceId="i")), "FENCED_INSTANCE_ID")
        self.assertEqual(self.beat(again["memberId"], generation, groupInstanceId="i"), "NONE")
        self.assertEqual(self.beat(again["memberId"], generation, groupInstanceId="other"), "UNKNOWN_MEMBER_ID")

    def test_an_administrator_removes_by_name(self):
        self.stable(groupInstanceId="i")
        self.assertEqual(self.leave(("", "other"), ("stranger", "i"), ("", "i")),
                         ("NONE", ["UNKNOWN_MEMBER_ID", "FENCED_INSTANCE_ID", "NONE"]))
        self.assertEqual(self.state(), "Empty")


class Leaving(GroupConformance):
    def test_who_is_not_there_cannot_leave(self):
        member, _ = self.stable()
        self.assertEqual(self.leave(("stranger", None)), ("NONE", ["UNKNOWN_MEMBER_ID"]))
        self.assertEqual(self.leave((member, None), group=self.fresh("none")), ("NONE", ["UNKNOWN_MEMBER_ID"]))
        self.assertEqual(self.leave((member, None), group="")[0], "INVALID_GROUP_ID")
        self.assertEqual(error(self.ask("LeaveGroup", 1, groupId=self.group, memberId="stranger")), "UNKNOWN_MEMBER_ID")
        self.assertEqual(self.leave((member, None), (member, None)), ("NONE", ["NONE", "UNKNOWN_MEMBER_ID"]))
        self.assertEqual(self.state(), "Empty")


if __name__ == "__main__":
    unittest.main()

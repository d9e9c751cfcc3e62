"""A member of a classic group, one request at a time, for scripts that Kafka and the dev broker both get."""
import base64

from .conformance import Conformance, error

RANGE = [{"name": "range", "metadata": base64.b64encode(b"\0\1\0\0\0\0\xff\xff\xff\xff").decode()}]


class GroupConformance(Conformance):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.await_group_coordinator()

    def setUp(self):
        self.group = self.fresh("g")

    def join(self, member="", version=9, group=None, **more):
        """The answer; a member id that is asked for is taken and used."""
        fields = {"groupId": self.group if group is None else group, "sessionTimeoutMs": 30_000, "rebalanceTimeoutMs": 30_000,
                  "protocolType": "consumer", "protocols": RANGE, **more}
        told = self.ask("JoinGroup", version, memberId=member, **fields)
        if error(told) == "MEMBER_ID_REQUIRED" and member == "":
            told = self.ask("JoinGroup", version, memberId=told["memberId"], **fields)
        return told

    def sync(self, member, generation, version=4, group=None, **more):
        told = self.ask("SyncGroup", version, groupId=self.group if group is None else group, memberId=member, generationId=generation, **more)
        return error(told), told["assignment"]

    def beat(self, member, generation, version=4, group=None, **more):
        return error(self.ask("Heartbeat", version, groupId=self.group if group is None else group, memberId=member, generationId=generation, **more))

    def leave(self, *members, group=None):
        """(error, [error of each])."""
        told = self.ask("LeaveGroup", 5, groupId=self.group if group is None else group,
                        members=[{"memberId": member, "groupInstanceId": instance} for member, instance in members])
        return error(told), [error(each) for each in told["members"]]

    def stable(self, **more):
        """The member of a stable generation of one: (id, generation)."""
        joined = self.join(**more)
        self.assertEqual(error(joined), "NONE")
        member, generation = joined["memberId"], joined["generationId"]
        mine = {"assignments": [{"memberId": member, "assignment": "Zm9v"}]}
        self.assertEqual(self.sync(member, generation, groupInstanceId=more.get("groupInstanceId"), **mine), ("NONE", "Zm9v"))
        return member, generation

    def state(self):
        told = self.ask("DescribeGroups", 5, groups=[self.group])["groups"][0]
        return told["groupState"]

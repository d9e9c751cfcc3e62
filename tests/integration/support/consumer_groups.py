"""Members of groups of the consumer protocol (KIP-848), one heartbeat at a time; errors come back by their names."""
import time
import uuid

from . import targets, wire
from .transactions import ERRORS, PASSING

BETWEEN_ASSIGNMENTS = 1.1  # Kafka computes a group's assignment once a second (group.consumer.assignment.interval.ms)


class Group:
    def __init__(self, brokers, name=None):
        self.name = name or f"g-{uuid.uuid4().hex[:8]}"
        self.brokers = brokers

    def ask(self, api, version, **fields):
        return wire.ask(self.brokers, api, version, **fields)

    def describe(self, version=1):
        """The first and only group of a ConsumerGroupDescribe."""
        return self.ask("ConsumerGroupDescribe", version, groupIds=[self.name], includeAuthorizedOperations=False)["groups"][0]

    def standing(self):
        """(error, state, group epoch, assignment epoch, members)."""
        told = self.describe()
        return (ERRORS[told["errorCode"]], told["groupState"], told["groupEpoch"], told["assignmentEpoch"], len(told["members"]))

    def listed(self, states=(), types=()):
        """(protocol type, state, type) of this group, None if it is not among those listed."""
        told = self.ask("ListGroups", 5, statesFilter=list(states), typesFilter=list(types))
        for each in told["groups"]:
            if each["groupId"] == self.name:
                return each["protocolType"], each["groupState"], each["groupType"]
        return None

    def commit(self, topic, index, member="", epoch=-1, instance=None, version=9, offset=7):
        part = {"partitionIndex": index, "committedOffset": offset, "committedLeaderEpoch": -1, "committedMetadata": ""}
        told = self.ask("OffsetCommit", version, groupId=self.name, generationIdOrMemberEpoch=epoch, memberId=member,
                        groupInstanceId=instance, topics=[{"name": topic, "partitions": [part]}])
        return ERRORS[told["topics"][0]["partitions"][0]["errorCode"]]

    def fetch(self, topic, index, member=None, epoch=-1):
        """(error, offset or None)."""
        told = self.ask("OffsetFetch", 9, requireStable=False, groups=[
            {"groupId": self.name, "memberId": member, "memberEpoch": epoch, "topics": [{"name": topic, "partitionIndexes": [index]}]}])
        group = told["groups"][0]
        parts = [part["committedOffset"] for each in group["topics"] for part in each["partitions"]]
        return ERRORS[group["errorCode"]], parts[0] if parts else None


class Member:
    """What it is told it keeps: its epoch goes into its next heartbeat, its partitions when it has taken them."""

    def __init__(self, group, topics, name=None, **first):
        self.group = group
        self.name = name or f"m-{uuid.uuid4().hex[:8]}"
        self.epoch = 0
        self.given = []
        self.first = {"rebalanceTimeoutMs": 60000, "subscribedTopicNames": topics, "topicPartitions": [], **first}

    def beat(self, version=1, **fields):
        """One heartbeat: (error, epoch, partitions or None where the answer has none)."""
        asked = {"groupId": self.group.name, "memberId": self.name, "memberEpoch": self.epoch, "instanceId": None, "rackId": None,
                 "rebalanceTimeoutMs": -1, "subscribedTopicNames": None, "serverAssignor": None, "topicPartitions": None}
        if version >= 1:
            asked["subscribedTopicRegex"] = None
        told = self.group.ask("ConsumerGroupHeartbeat", version, **{**asked, **fields})
        error = ERRORS[told["errorCode"]]
        if error != "NONE":
            return error, told["memberEpoch"], None
        self.name = told["memberId"]
        self.epoch = told["memberEpoch"]
        if told["assignment"] is None:
            return error, self.epoch, None
        self.given = told["assignment"]["topicPartitions"]
        return error, self.epoch, sum(len(each["partitions"]) for each in self.given)

    def join(self, version=1, **fields):
        self.epoch = 0
        return self.beat(version, **{**self.first, **fields})

    def own(self, what=None, **fields):
        """A heartbeat that says what the member has: by default all that it was given last."""
        return self.beat(topicPartitions=self.given if what is None else what, **fields)

    def leave(self, epoch=-1, **fields):
        return self.beat(memberEpoch=epoch, **fields)


def wait_for_assignment():
    time.sleep(BETWEEN_ASSIGNMENTS)


def wait_for_topic(brokers, topic, partitions):
    """Until coordinators know a topic that was just made: on Kafka they hear of it later than the one who made it."""
    def is_known():
        probe = Member(Group(brokers), [topic])
        given = probe.join()
        probe.leave()
        return given[2] == partitions

    targets.wait_until(is_known, 60, f"the coordinator knows {topic}")


def wait_for_coordinator(brokers):
    probe = Group(brokers)
    targets.wait_until(lambda: probe.ask("FindCoordinator", 3, keyType=0, key=probe.name)["errorCode"] == 0, 60, "a coordinator")
    targets.wait_until(lambda: ERRORS[probe.describe()["errorCode"]] not in PASSING, 60, "the groups' coordinator")

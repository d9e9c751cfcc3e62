"""Quotas: what may be set, what is told of it, and how long whoever goes past it is told to wait, by the dev broker and by Kafka."""
import time
import unittest

from support import schema_fill, wire
from support.conformance import ERRORS, error, size, versions
from support.people import PeopleTest

SENT, FETCHED, REQUESTS = "producer_byte_rate", "consumer_byte_rate", "request_percentage"


def entity(**names):
    """user="x", client="y"; None is the default."""
    types = {"user": "user", "client": "client-id", "ip": "ip"}
    return [{"entityType": types.get(kind, kind), "entityName": name} for kind, name in names.items()]


def one(key, value, remove=False):
    return {"key": key, "value": value, "remove": remove}


class QuotaTest(PeopleTest):
    def alter(self, who, *ops, version=1, validate_only=False):
        entries = [{"entity": who, "ops": list(ops)}]
        return [ERRORS[each["errorCode"]] for each in self.ask("AlterClientQuotas", version, entries=entries, validateOnly=validate_only)["entries"]]

    def found(self, *components, strict=False, version=1):
        asked = [{"entityType": kind, "matchType": how, "match": match} for kind, how, match in components]
        told = self.ask("DescribeClientQuotas", version, components=asked, strict=strict)
        if told["errorCode"] != 0:
            return error(told)
        return sorted((sorted((part["entityType"], part["entityName"] or "<default>") for part in each["entity"]),
                       sorted((value["key"], value["value"]) for value in each["values"])) for each in told["entries"])

    def limit(self, who, key, value):
        """Sets it for as long as the test runs, and waits until the broker goes by it."""
        self.assertEqual(self.alter(who, one(key, value)), ["NONE"])
        self.addCleanup(self.alter, who, one(key, 0.0, remove=True))
        asked = [(part["entityType"], 1 if part["entityName"] is None else 0, part["entityName"]) for part in who]
        self.assert_comes(True, lambda: any((key, value) in values for _, values in self.found(*asked, strict=True)))


class Described(QuotaTest):
    def test_every_version_sets_tells_and_removes(self):
        for version in versions("AlterClientQuotas"):
            who = entity(user=self.user)
            self.assertEqual(self.alter(who, one(SENT, 1000.0), one(REQUESTS, 50.5), version=version), ["NONE"])
            self.assert_comes([([("user", self.user)], [(SENT, 1000.0), (REQUESTS, 50.5)])], self.found, ("user", 0, self.user), version=version)
            self.assertEqual(self.alter(who, one(SENT, 0.0, remove=True), one(REQUESTS, 20.0), version=version), ["NONE"])
            self.assert_comes([([("user", self.user)], [(REQUESTS, 20.0)])], self.found, ("user", 0, self.user), version=version)
            self.assertEqual(self.alter(who, one(REQUESTS, 0.0, remove=True), version=version), ["NONE"])
            self.assert_comes([], self.found, ("user", 0, self.user), version=version)

    def test_filters_find_by_name_by_default_and_by_type(self):
        client = self.fresh("client")
        self.limit(entity(user=self.user), SENT, 1e6)
        self.limit(entity(user=self.user, client=client), SENT, 2e6)
        self.limit(entity(user=self.user, client=None), SENT, 3e6)
        alone = ([("user", self.user)], [(SENT, 1e6)])
        with_client = ([("client-id", client), ("user", self.user)], [(SENT, 2e6)])
        with_default = ([("client-id", "<default>"), ("user", self.user)], [(SENT, 3e6)])
        me = ("user", 0, self.user)
        self.assertEqual(self.found(me), sorted([alone, with_client, with_default]))
        self.assertEqual(self.found(me, strict=True), [alone])
        self.assertEqual(self.found(me, ("client-id", 0, client)), [with_client])
        self.assertEqual(self.found(me, ("client-id", 1, None)), [with_default])
        self.assertEqual(self.found(me, ("client-id", 2, None), strict=True), sorted([with_client, with_default]))
        self.assertIn(with_client, self.found(("client-id", 2, None)))
        self.assertEqual(self.found(("client-id", 0, client), strict=True), [])

    def test_filters_that_make_no_sense_are_refused(self):
        for component in (("user", 0, None), ("user", 1, "x"), ("user", 2, "x"), ("", 0, "x"), ("user", 9, None)):
            self.assertEqual(self.found(component), "INVALID_REQUEST", component)
        self.assertEqual(self.found(("nobody", 0, "x")), "UNSUPPORTED_VERSION")
        self.assertEqual(self.found(("user", 0, "x"), ("user", 0, "y")), "INVALID_REQUEST")
        self.assertEqual(self.found(("user", 0, "x"), ("ip", 0, "10.0.0.1")), "INVALID_REQUEST")

    def test_what_cannot_be_a_quota_is_refused(self):
        me, bad = entity(user=self.user), ["INVALID_REQUEST"]
        for who in ([], entity(group="g"), entity(user=""), entity(user="x", ip="10.0.0.1"), entity(client="")):
            self.assertEqual(self.alter(who, one(SENT, 1.0)), bad, who)
        for key, value in ((SENT, 0.0), (SENT, -1.0), (SENT, 0.5), (SENT, 1e19), (REQUESTS, 0.0), ("no_such_rate", 1.0),
                           ("connection_creation_rate", 1.0)):
            self.assertEqual(self.alter(me, one(key, value)), bad, (key, value))
        self.assertEqual(self.alter(entity(ip="10.0.0.1"), one(SENT, 1.0)), bad)
        self.assertEqual(self.alter(entity(ip="10.0.0.1"), one("connection_creation_rate", 1.5)), bad)
        self.assertEqual(self.alter(me, one(SENT, 1.0), one(SENT, 2.0)), bad)
        for fine in (one(REQUESTS, 0.5), one("controller_mutation_rate", 0.5), one("no_such_rate", 0.0, remove=True), one(SENT, 2.0000001)):
            self.assertEqual(self.alter(me, fine, validate_only=True), ["NONE"], fine)
        self.assertEqual(self.alter(me + me, one(SENT, 1.0), validate_only=True), ["NONE"])
        self.assertEqual(self.alter(me), ["NONE"])
        self.assertEqual(self.found(("user", 0, self.user)), [])


class InForce(QuotaTest):
    def send(self, length, client="wire", acks=-1):
        """Seconds that the answer says are to be waited. The connection ends with it; the next one is of the same user."""
        data = [{"name": self.topic, "partitionData": [{"index": 0, "records": wire.batch("x" * length)}]}]
        asked = schema_fill.fill("Produce", 9, {"acks": acks, "timeoutMs": 5000, "topicData": data})
        told = wire.ask(self.way(self.user, client), "Produce", 9, **asked)
        self.assertEqual(error(told["responses"][0]["partitionResponses"][0]), "NONE")
        return told["throttleTimeMs"] / 1000

    def setUp(self):
        super().setUp()
        self.topic = self.new_topic(1)

    def test_a_burst_is_free_and_what_comes_behind_it_is_not(self):
        self.limit(entity(user=self.user), SENT, 1000.0)
        self.assertEqual(self.send(9_000), 0)
        self.assertAlmostEqual(self.send(20_000), 19.3, delta=1.7)  # 29,300 bytes and 10 s, of which some have gone by
        self.assertEqual(self.ask_as(self.user, "Metadata", 12, topics=[])["throttleTimeMs"], 0)

    def test_the_most_particular_quota_counts(self):
        self.limit(entity(user=self.user, client=None), SENT, 1e8)
        self.limit(entity(user=self.user), SENT, 100.0)
        self.limit(entity(user=self.user, client="slow"), SENT, 100.0)
        self.assertEqual(self.send(9_000, "quick"), 0)
        self.assertGreater(self.send(9_000, "slow"), 60)

    def test_what_is_removed_is_as_if_it_had_never_been(self):
        me = entity(user=self.user)
        self.limit(me, SENT, 100.0)
        self.assertGreater(self.send(9_000), 60)
        self.assertEqual(self.alter(me, one(SENT, 0.0, remove=True)), ["NONE"])
        self.assert_comes([], self.found, ("user", 0, self.user))
        self.assertEqual(self.send(9_000), 0)

    def fetched(self, offset, **more):
        part = [{"partition": 0, "fetchOffset": offset, "partitionMaxBytes": 1 << 20}]
        told = self.ask_as(self.user, "Fetch", 12, maxWaitMs=100, minBytes=0, topics=[{"topic": self.topic, "partitions": part}], **more)
        told["bytes"] = sum(size(part["records"]) for topic in told["responses"] for part in topic["partitions"])
        return told

    def test_what_is_fetched_too_fast_comes_empty(self):
        for _ in range(12):
            self.put(self.topic, wire.batch("x" * 2_000))
        self.limit(entity(user=self.user), FETCHED, 1000.0)
        first = self.fetched(0, maxBytes=8_000)
        self.assertEqual(first["throttleTimeMs"], 0)
        self.assertGreater(first["bytes"], 7_000)
        second = self.fetched(4, maxBytes=8_000)
        self.assertAlmostEqual(second["throttleTimeMs"] / 1000, 6, delta=2)
        self.assertEqual((second["bytes"], second["responses"], second["sessionId"], error(second)), (0, [], 0, "NONE"))

    def test_a_fetch_is_never_larger_than_what_may_be_fetched_at_all(self):
        for _ in range(12):
            self.put(self.topic, wire.batch("x" * 2_000))
        self.limit(entity(user=self.user), FETCHED, 500.0)
        # What stands around the records makes it a little too much at first: the wait is told, and short.
        told = self.fetched(0, maxBytes=1 << 20)
        self.assertLess(told["throttleTimeMs"], 1_000)
        time.sleep(told["throttleTimeMs"] / 1000)
        told = self.fetched(0, maxBytes=1 << 20)
        self.assertGreater(told["bytes"], 2_000)
        self.assertLessEqual(told["bytes"], 5_000)


if __name__ == "__main__":
    unittest.main()

"""Settings, request by request: described, replaced and changed by Apache Kafka 4.3.1 and by the dev broker with the same answers."""
import unittest

from support import wire
from support.conformance import Conformance, error, versions

TOPIC, BROKER = 2, 4
SET, DELETE, APPEND, SUBTRACT = range(4)


class Settings(Conformance):
    def describe(self, kind, name, *keys, version=4, **more):
        """(error, {name: (value, source)})."""
        told = self.ask("DescribeConfigs", version, **more, resources=[
            {"resourceType": kind, "resourceName": name, "configurationKeys": list(keys) or None}])["results"]
        self.assertEqual([(each["resourceType"], each["resourceName"]) for each in told], [(kind, name)])
        found = {each["name"]: (each["value"], each["configSource"]) for each in told[0]["configs"]}
        if (kind, name) == (BROKER, ""):
            found.pop("min.insync.replicas", None)  # Kafka sets it by itself with eligible.leader.replicas.version
        return error(told[0]), found

    def of_topic(self, topic, *keys):
        return self.describe(TOPIC, topic, *keys)[1]

    def change(self, kind, name, *changes, version=1, **more):
        """IncrementalAlterConfigs with (setting, operation, value)."""
        configs = [{"name": key, "configOperation": operation, "value": value} for key, operation, value in changes]
        told = self.ask("IncrementalAlterConfigs", version, **more,
                        resources=[{"resourceType": kind, "resourceName": name, "configs": configs}])["responses"]
        self.assertEqual([(each["resourceType"], each["resourceName"]) for each in told], [(kind, name)])
        return error(told[0])

    def replace(self, kind, name, version=2, validate=False, **settings):
        """AlterConfigs."""
        configs = [{"name": key.replace("_", "."), "value": value} for key, value in settings.items()]
        told = self.ask("AlterConfigs", version, validateOnly=validate,
                        resources=[{"resourceType": kind, "resourceName": name, "configs": configs}])["responses"]
        self.assertEqual([(each["resourceType"], each["resourceName"]) for each in told], [(kind, name)])
        return error(told[0])


class Describing(Settings):
    def test_every_version_tells_values_and_where_they_come_from(self):
        topic = self.new_topic(1, retention_ms="1234")
        for version in versions("DescribeConfigs"):
            told = self.describe(TOPIC, topic, "retention.ms", "max.message.bytes", "no.such", version=version)
            self.assertEqual(told, ("NONE", {"retention.ms": ("1234", 1), "max.message.bytes": ("1048588", 5)}), version)
            self.assertEqual(self.describe(BROKER, str(self.node()), "message.max.bytes", version=version),
                             ("NONE", {"message.max.bytes": ("1048588", 5)}))

    def test_synonyms_are_told_with_what_counts_first(self):
        topic = self.new_topic(1, max_message_bytes="5000")

        def told(key):
            answer = self.ask("DescribeConfigs", 4, includeSynonyms=True, includeDocumentation=True, resources=[
                {"resourceType": TOPIC, "resourceName": topic, "configurationKeys": [key]}])["results"][0]["configs"][0]
            self.assertGreater(len(answer["documentation"]), 5)
            return (answer["configType"], answer["readOnly"], answer["isSensitive"],
                    [(each["name"], each["value"], each["source"]) for each in answer["synonyms"]])

        self.assertEqual(told("max.message.bytes"),
                         (3, False, False, [("max.message.bytes", "5000", 1), ("message.max.bytes", "1048588", 5)]))
        self.assertEqual(told("cleanup.policy"), (7, False, False, [("log.cleanup.policy", "delete", 5)]))
        self.assertEqual(told("min.cleanable.dirty.ratio"), (6, False, False, [("log.cleaner.min.cleanable.ratio", "0.5", 5)]))
        self.assertEqual(told("remote.storage.enable"), (1, False, False, []))
        self.assertEqual(told("message.timestamp.type"), (2, False, False, [("log.message.timestamp.type", "CreateTime", 5)]))

    def test_the_settings_of_topics_are_kafkas_with_their_values(self):
        told = self.of_topic(self.new_topic(1))
        own = {"cleanup.policy": "delete", "compression.type": "producer", "delete.retention.ms": "86400000", "file.delete.delay.ms": "60000",
               "flush.messages": "9223372036854775807", "index.interval.bytes": "4096", "local.retention.ms": "-2",
               "max.compaction.lag.ms": "9223372036854775807", "message.timestamp.after.max.ms": "3600000",
               "message.timestamp.before.max.ms": "9223372036854775807", "min.compaction.lag.ms": "0", "retention.bytes": "-1",
               "retention.ms": "604800000", "segment.bytes": "1073741824", "segment.index.bytes": "10485760", "segment.ms": "604800000",
               "unclean.leader.election.enable": "false", "compression.gzip.level": "-1", "compression.lz4.level": "9",
               "compression.zstd.level": "3", "preallocate": "false", "leader.replication.throttled.replicas": ""}
        self.assertEqual({name: told[name][0] for name in own}, own)
        self.assertEqual(len(told), 33)

    def test_what_has_no_settings(self):
        me, missing = self.node(), self.fresh("none")
        self.assertEqual(self.describe(TOPIC, missing), ("UNKNOWN_TOPIC_OR_PARTITION", {}))
        self.assertEqual(self.describe(TOPIC, "a b"), ("INVALID_TOPIC_EXCEPTION", {}))
        self.assertEqual(self.describe(TOPIC, ""), ("INVALID_TOPIC_EXCEPTION", {}))
        self.assertEqual(self.describe(BROKER, str(me + 1)), ("INVALID_REQUEST", {}))
        self.assertEqual(self.describe(BROKER, "x"), ("INVALID_REQUEST", {}))
        self.assert_comes(("NONE", {}), self.describe, BROKER, "")
        self.assertEqual(self.describe(99, "x"), ("INVALID_REQUEST", {}))


class Changing(Settings):
    def test_every_version_sets_and_deletes(self):
        topic = self.new_topic(1)
        for version in versions("IncrementalAlterConfigs"):
            self.assertEqual(self.change(TOPIC, topic, ("retention.ms", SET, "77"), ("retention.bytes", SET, "88"), version=version), "NONE")
            self.assert_comes({"retention.ms": ("77", 1), "retention.bytes": ("88", 1)}, self.of_topic, topic, "retention.ms", "retention.bytes")
            self.assertEqual(self.change(TOPIC, topic, ("retention.ms", DELETE, None), version=version), "NONE")
            self.assert_comes({"retention.ms": ("604800000", 5), "retention.bytes": ("88", 1)}, self.of_topic, topic, "retention.ms", "retention.bytes")

    def test_lists_are_appended_to_and_subtracted_from(self):
        topic = self.new_topic(1)
        policy = lambda: self.of_topic(topic, "cleanup.policy")["cleanup.policy"]  # noqa: E731
        self.assertEqual(self.change(TOPIC, topic, ("cleanup.policy", APPEND, "compact")), "NONE")
        self.assert_comes(("delete,compact", 1), policy)
        self.assertEqual(self.change(TOPIC, topic, ("cleanup.policy", APPEND, "delete")), "NONE")
        self.assert_comes(("delete,compact", 1), policy)
        self.assertEqual(self.change(TOPIC, topic, ("cleanup.policy", SUBTRACT, "delete")), "NONE")
        self.assert_comes(("compact", 1), policy)
        self.assertEqual(self.change(TOPIC, topic, ("cleanup.policy", APPEND, "burn")), "INVALID_CONFIG")
        self.assertEqual(self.change(TOPIC, topic, ("retention.ms", APPEND, "5")), "INVALID_CONFIG")
        self.assertEqual(self.change(TOPIC, topic, ("no.such", SUBTRACT, "5")), "INVALID_CONFIG")
        self.assert_comes(("compact", 1), policy)

    def test_values_are_tidied(self):
        topic = self.new_topic(1)
        for name, value, tidy in (("cleanup.policy", "compact, delete ,compact", "compact,delete"), ("cleanup.policy", "", ""),
                                  ("preallocate", "TRUE", "true"), ("retention.ms", " 5 ", "5"), ("max.message.bytes", "+7", "7"),
                                  ("compression.type", "zstd ", "zstd")):
            self.assertEqual(self.change(TOPIC, topic, (name, SET, value)), "NONE")
            self.assert_comes({name: (tidy, 1)}, self.of_topic, topic, name)
        self.assertEqual(self.change(TOPIC, topic, ("cleanup.policy", SET, "delete")), "NONE")
        self.assertEqual(self.change(TOPIC, topic, ("cleanup.policy", SUBTRACT, "delete")), "NONE")
        self.assert_comes({"cleanup.policy": ("", 1)}, self.of_topic, topic, "cleanup.policy")

    def test_every_setting_has_its_range(self):
        topic = self.new_topic(1)
        fits = {"retention.bytes": "-2", "compression.gzip.level": "9", "compression.lz4.level": "17", "compression.zstd.level": "22",
                "leader.replication.throttled.replicas": "0:1,1:1", "min.cleanable.dirty.ratio": "1e-1", "min.insync.replicas": "100"}
        bad = {"segment.ms": "0", "flush.ms": "-1", "max.message.bytes": "-1", "segment.bytes": "1048575", "min.cleanable.dirty.ratio": "-0.1",
               "message.timestamp.after.max.ms": "-1", "delete.retention.ms": "-1", "segment.index.bytes": "3", "index.interval.bytes": "-1",
               "file.delete.delay.ms": "-1", "compression.gzip.level": "0", "compression.lz4.level": "18", "compression.zstd.level": "23",
               "local.retention.ms": "-3", "flush.messages": "0", "remote.storage.enable": "true", "segment.jitter.ms": "-1",
               "leader.replication.throttled.replicas": "x", "max.compaction.lag.ms": "0", "message.timestamp.type": "createtime",
               "retention.ms": "9223372036854775808", "retention.bytes": "0x5", "preallocate": ""}
        for settings, answer in ((fits, "NONE"), (bad, "INVALID_CONFIG")):
            for name, value in settings.items():
                self.assertEqual(self.change(TOPIC, topic, (name, SET, value)), answer, name)
        self.assertEqual(self.change(TOPIC, topic, ("follower.replication.throttled.replicas", APPEND, "*")), "NONE")

    def test_one_bad_change_undoes_all_of_its_resource(self):
        topic = self.new_topic(1)
        self.assertEqual(self.change(TOPIC, topic, ("retention.ms", SET, "5"), ("segment.ms", SET, "x")), "INVALID_CONFIG")
        self.assert_comes({"retention.ms": ("604800000", 5)}, self.of_topic, topic, "retention.ms")

    def test_what_is_refused(self):
        topic, missing = self.new_topic(1), self.fresh("none")
        change = lambda *what, name=topic, **more: self.change(TOPIC, name, *what, **more)  # noqa: E731
        self.assertEqual(change(("no.such", SET, "1")), "INVALID_CONFIG")
        self.assertEqual(change(("no.such", DELETE, None)), "NONE")
        self.assertEqual(change(("retention.ms", SET, "-2")), "INVALID_CONFIG")
        self.assertEqual(change(("retention.ms", SET, None)), "INVALID_REQUEST")
        self.assertEqual(change(("cleanup.policy", APPEND, None)), "INVALID_REQUEST")
        self.assertEqual(change(("retention.ms", SET, "1"), ("retention.ms", DELETE, None)), "INVALID_REQUEST")
        self.assertEqual(change(("min.compaction.lag.ms", SET, "10"), ("max.compaction.lag.ms", SET, "5")), "INVALID_CONFIG")
        self.assertEqual(change(("retention.ms", 9, "1")), "UNKNOWN_SERVER_ERROR")
        self.assertEqual(change(("retention.ms", SET, "1"), name=missing), "UNKNOWN_TOPIC_OR_PARTITION")
        self.assertEqual(change(("no.such", SET, "1"), name=missing), "INVALID_CONFIG")
        self.assertEqual(change(("retention.ms", SET, "1"), name="a b"), "INVALID_TOPIC_EXCEPTION")
        self.assertEqual(change(("retention.ms", SET, "1"), name=""), "INVALID_REQUEST")
        self.assertEqual(self.change(99, topic, ("retention.ms", SET, "1")), "INVALID_REQUEST")
        self.assertEqual(change(name=missing), "UNKNOWN_TOPIC_OR_PARTITION")
        self.assertEqual(change(), "NONE")

    def test_validation_changes_nothing(self):
        topic = self.new_topic(1)
        self.assertEqual(self.change(TOPIC, topic, ("retention.ms", SET, "5"), validateOnly=True), "NONE")
        self.assertEqual(self.change(TOPIC, topic, ("retention.ms", SET, "x"), validateOnly=True), "INVALID_CONFIG")
        self.assertEqual(self.replace(TOPIC, topic, retention_ms="5", validate=True), "NONE")
        self.assert_comes({"retention.ms": ("604800000", 5)}, self.of_topic, topic, "retention.ms")

    def test_a_resource_that_is_named_twice_stays(self):
        topic = self.new_topic(1)
        told = self.ask("IncrementalAlterConfigs", resources=[
            {"resourceType": TOPIC, "resourceName": topic, "configs": [{"name": "retention.ms", "value": value}]} for value in "12"])["responses"]
        self.assertEqual([error(each) for each in told], ["INVALID_REQUEST"] * 2)
        self.assert_comes({"retention.ms": ("604800000", 5)}, self.of_topic, topic, "retention.ms")

    def test_every_version_of_alter_configs_replaces_all(self):
        for version in versions("AlterConfigs"):
            topic = self.new_topic(1, retention_ms="5", retention_bytes="6")
            self.assertEqual(self.replace(TOPIC, topic, retention_ms="7", segment_ms="8", version=version), "NONE")
            self.assert_comes({"retention.ms": ("7", 1), "retention.bytes": ("-1", 5), "segment.ms": ("8", 1)}, self.of_topic, topic, "retention.ms", "retention.bytes", "segment.ms")
            self.assertEqual(self.replace(TOPIC, topic, version=version), "NONE")
            self.assert_comes({"retention.ms": ("604800000", 5)}, self.of_topic, topic, "retention.ms")

    def test_what_alter_configs_refuses(self):
        topic = self.new_topic(1, retention_ms="5")
        self.assertEqual(self.replace(TOPIC, topic, retention_ms="x"), "INVALID_CONFIG")
        self.assertEqual(self.replace(TOPIC, topic, no_such="x"), "INVALID_CONFIG")
        self.assertEqual(self.replace(TOPIC, topic, retention_ms=None), "INVALID_REQUEST")
        self.assertEqual(self.replace(TOPIC, self.fresh("none"), retention_ms="1"), "UNKNOWN_TOPIC_OR_PARTITION")
        self.assertEqual(self.replace(99, topic, retention_ms="1"), "INVALID_REQUEST")
        self.assert_comes({"retention.ms": ("5", 1)}, self.of_topic, topic, "retention.ms")


class OfBrokers(Settings):
    def tearDown(self):
        for name in ("", str(self.node())):
            self.assertEqual(self.change(BROKER, name, *((key, DELETE, None) for key in ("message.max.bytes", "log.cleanup.policy"))), "NONE")

    def test_what_is_said_of_all_brokers_counts_where_a_topic_says_nothing(self):
        quiet, loud = self.new_topic(1), self.new_topic(1, max_message_bytes="150000")
        self.assertEqual(self.change(BROKER, "", ("message.max.bytes", SET, "90000")), "NONE")
        self.assert_comes(("NONE", {"message.max.bytes": ("90000", 3)}), self.describe, BROKER, "")
        self.assert_comes(("NONE", {"message.max.bytes": ("90000", 3)}), self.describe, BROKER, str(self.node()), "message.max.bytes")
        self.assert_comes({"max.message.bytes": ("90000", 3)}, self.of_topic, quiet, "max.message.bytes")
        self.assert_comes({"max.message.bytes": ("150000", 1)}, self.of_topic, loud, "max.message.bytes")
        self.assertEqual(self.change(BROKER, str(self.node()), ("message.max.bytes", SET, "80000")), "NONE")
        self.assert_comes({"max.message.bytes": ("80000", 2)}, self.of_topic, quiet, "max.message.bytes")
        told = self.ask("DescribeConfigs", 4, includeSynonyms=True, resources=[
            {"resourceType": TOPIC, "resourceName": loud, "configurationKeys": ["max.message.bytes"]}])["results"][0]["configs"][0]
        self.assertEqual([(each["name"], each["value"], each["source"]) for each in told["synonyms"]],
                         [("max.message.bytes", "150000", 1), ("message.max.bytes", "80000", 2), ("message.max.bytes", "90000", 3),
                          ("message.max.bytes", "1048588", 5)])
        self.assertEqual(self.change(BROKER, str(self.node()), ("message.max.bytes", DELETE, None)), "NONE")
        self.assert_comes({"max.message.bytes": ("90000", 3)}, self.of_topic, quiet, "max.message.bytes")

    def test_lists_of_brokers_are_appended_to_as_well(self):
        self.assertEqual(self.change(BROKER, "", ("log.cleanup.policy", APPEND, "compact")), "NONE")
        self.assert_comes(("NONE", {"log.cleanup.policy": ("delete,compact", 3)}), self.describe, BROKER, "")
        self.assertEqual(self.change(BROKER, "", ("message.max.bytes", APPEND, "1")), "INVALID_CONFIG")
        self.assertEqual(self.change(BROKER, "", ("no.such", APPEND, "1")), "INVALID_CONFIG")

    def test_what_is_refused(self):
        me = str(self.node())
        for name in (me, ""):
            self.assertEqual(self.change(BROKER, name, ("num.partitions", SET, "5")), "INVALID_REQUEST")
            self.assertEqual(self.change(BROKER, name, ("node.id", SET, "5")), "INVALID_REQUEST")
            self.assertEqual(self.change(BROKER, name, ("message.max.bytes", SET, "x")), "INVALID_REQUEST")
            self.assertEqual(self.change(BROKER, name, ("message.max.bytes", SET, None)), "INVALID_REQUEST")
            self.assertEqual(self.change(BROKER, name, ("message.max.bytes", 9, "1")), "INVALID_REQUEST")
            self.assertEqual(self.replace(BROKER, name, num_partitions="5"), "INVALID_REQUEST")
        for name in (str(self.node() + 1), "x"):
            self.assertEqual(self.change(BROKER, name, ("message.max.bytes", SET, "5000")), "INVALID_REQUEST")
            self.assertEqual(self.replace(BROKER, name, message_max_bytes="5000"), "INVALID_REQUEST")
        self.assertEqual(self.change(BROKER, "", ("message.max.bytes", SET, "5000"), validateOnly=True), "NONE")
        self.assert_comes(("NONE", {}), self.describe, BROKER, "")

    def test_what_may_change_is_not_read_only(self):
        told = self.ask("DescribeConfigs", 4, resources=[{"resourceType": BROKER, "resourceName": str(self.node()), "configurationKeys": [
            "message.max.bytes", "num.partitions", "node.id", "log.cleanup.policy"]}])["results"][0]["configs"]
        self.assertEqual({each["name"]: each["readOnly"] for each in told},
                         {"message.max.bytes": False, "num.partitions": True, "node.id": True, "log.cleanup.policy": False})


class TakingEffect(Settings):
    def produced(self, topic, *values, **how):
        return error(self.produce(topic, wire.batch(*values, **how)))

    def test_the_largest_batch(self):
        topic = self.new_topic(1)
        self.assertEqual(self.produced(topic, "x" * 300), "NONE")
        self.change(TOPIC, topic, ("max.message.bytes", SET, "200"))
        self.assert_comes("MESSAGE_TOO_LARGE", self.produced, topic, "x" * 300)
        self.change(TOPIC, topic, ("max.message.bytes", DELETE, None))
        self.assert_comes("NONE", self.produced, topic, "x" * 300)

    def test_the_largest_batch_of_all_topics(self):
        topic = self.new_topic(1)
        self.addCleanup(self.change, BROKER, "", ("message.max.bytes", DELETE, None))
        self.change(BROKER, "", ("message.max.bytes", SET, "200"))
        self.assert_comes("MESSAGE_TOO_LARGE", self.produced, topic, "x" * 300)
        self.change(TOPIC, topic, ("max.message.bytes", SET, "2000"))
        self.assert_comes("NONE", self.produced, topic, "x" * 300)

    def test_whose_time_it_is(self):
        topic = self.new_topic(1)
        by_the_broker = lambda: self.produce(topic, wire.batch("a"))["logAppendTimeMs"] != -1  # noqa: E731
        self.assertFalse(by_the_broker())
        self.change(TOPIC, topic, ("message.timestamp.type", SET, "LogAppendTime"))
        self.assert_comes(True, by_the_broker)

    def test_whether_records_need_keys(self):
        topic = self.new_topic(1)
        self.assertEqual(self.produced(topic, "a"), "NONE")
        self.change(TOPIC, topic, ("cleanup.policy", SET, "compact"))
        self.assert_comes("INVALID_RECORD", self.produced, topic, "a")
        self.assertEqual(self.produced(topic, "a", key=b"k"), "NONE")


if __name__ == "__main__":
    unittest.main()

"""Kafka's own tools for administrators against the dev broker: configs, topics, delete-records, leader-election, log-dirs, acls,
quotas."""
import json
import pathlib
import re
import socket
import tempfile
import unittest
import urllib.request

from support import ottla, targets, wire

CONFIGS = "kafka.admin.ConfigCommand"


class JavaAdministrators(targets.BrokerTest):
    """The tools are those of the Kafka that is up; they talk to a dev broker."""

    def tool(self, brokers, name, *arguments):
        return self.server.tool(name, "--bootstrap-server", brokers, *arguments)

    def file_of(self, content):
        file = tempfile.NamedTemporaryFile("w", suffix=".json", delete=False)
        self.addCleanup(pathlib.Path(file.name).unlink)
        with file:
            json.dump(content, file)
        return file.name

    def start(self, *options):
        dev = targets.DevBroker(*options)
        self.addCleanup(dev.close)
        return dev.brokers

    def test_topics_grow_and_their_settings_change(self):
        brokers = self.start()
        self.tool(brokers, "TopicCommand", "--create", "--topic", "t", "--partitions", "2", "--config", "retention.ms=5000")
        self.tool(brokers, "TopicCommand", "--alter", "--topic", "t", "--partitions", "5")
        described = self.tool(brokers, "TopicCommand", "--describe", "--topic", "t")
        self.assertRegex(described, r"PartitionCount: 5\s+ReplicationFactor: 1\s+Configs: retention\.ms=5000")
        self.assertRegex(described, r"Partition: 4\s+Leader: 1\s+Replicas: 1\s+Isr: 1")

        configs = lambda *words: self.tool(brokers, CONFIGS, *words)  # noqa: E731
        configs("--entity-type", "topics", "--entity-name", "t", "--alter", "--add-config", "cleanup.policy=[compact,delete],segment.ms=9",
                "--delete-config", "retention.ms")
        told = configs("--entity-type", "topics", "--entity-name", "t", "--describe")
        self.assertRegex(told, r"cleanup\.policy=compact,delete .*DYNAMIC_TOPIC_CONFIG:cleanup\.policy=compact,delete, DEFAULT_CONFIG:log\.cleanup\.policy=delete")
        self.assertIn("segment.ms=9 ", told)
        self.assertNotIn("retention.ms", told)
        configs("--entity-type", "brokers", "--entity-default", "--alter", "--add-config", "message.max.bytes=5000")
        self.assertRegex(configs("--entity-type", "brokers", "--entity-default", "--describe"), r"message\.max\.bytes=5000 ")
        self.assertRegex(configs("--entity-type", "brokers", "--entity-name", "1", "--describe", "--all"), r"message\.max\.bytes=5000 .*DYNAMIC_DEFAULT_BROKER_CONFIG")

    def test_records_are_deleted_and_sizes_told(self):
        brokers = self.start("--topic", "t:1")
        ottla.produce(brokers, "t", ['{"value":"%d"}' % number for number in range(10)])
        told = self.tool(brokers, "DeleteRecordsCommand", "--offset-json-file", self.file_of(
            {"partitions": [{"topic": "t", "partition": 0, "offset": 4}], "version": 1}))
        self.assertRegex(told, r"partition: t-0\s+low_watermark: 4")
        self.assertRegex(self.tool(brokers, "GetOffsetShell", "--topic", "t", "--time", "earliest"), r"t:0:4")
        told = self.tool(brokers, "LogDirsCommand", "--describe", "--topic-list", "t")
        directory = json.loads(told[told.index('{"'):].splitlines()[0])["brokers"][0]["logDirs"][0]
        self.assertEqual((directory["error"], directory["logDir"]), (None, "memory"))
        part = directory["partitions"][0]
        self.assertEqual((part["partition"], part["offsetLag"], part["isFuture"]), ("t-0", 0, False))
        self.assertGreater(part["size"], 100)

    def test_the_preferred_leader_is_elected(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            control = f"127.0.0.1:{free.getsockname()[1]}"
        brokers = self.start("--brokers", "3", "--topic", "t:1", "--control", control)
        place = ("--topic", "t", "--partition", "0")
        elect = lambda kind, *which: self.tool(brokers, "LeaderElectionCommand", "--election-type", kind, *which)  # noqa: E731
        first = self.leader(brokers)
        self.assertIn("Valid replica already elected for partitions t-0", elect("preferred", *place))
        other = first % 3 + 1
        urllib.request.urlopen(f"http://{control}/topics/t/0/leader", json.dumps({"node": other}).encode(), timeout=30).close()
        self.assertEqual(self.leader(brokers), other)
        self.assertIn("Successfully completed leader election (PREFERRED) for partitions t-0", elect("preferred", *place))
        self.assertEqual(self.leader(brokers), first)
        elect("preferred", "--all-topic-partitions")
        self.assertIn("Valid replica already elected for partitions t-0", elect("unclean", *place))

    def test_access_control_lists_are_kept_by_kafkas_tool(self):
        brokers = self.start("--topic", "t:1", "--acl", "--super-user", "User:ANONYMOUS")
        acls = lambda *words: self.tool(brokers, "AclCommand", *words)  # noqa: E731
        acls("--add", "--allow-principal", "User:alice", "--operation", "Read", "--operation", "Describe", "--topic", "t", "--group", "g")
        acls("--add", "--deny-principal", "User:eve", "--deny-host", "10.0.0.1", "--operation", "All", "--topic", "t",
             "--resource-pattern-type", "prefixed")
        told = acls("--list")
        for shown in ("ResourcePattern(resourceType=TOPIC, name=t, patternType=LITERAL)", "ResourcePattern(resourceType=GROUP, name=g, patternType=LITERAL)",
                      "ResourcePattern(resourceType=TOPIC, name=t, patternType=PREFIXED)",
                      "(principal=User:alice, host=*, operation=READ, permissionType=ALLOW)",
                      "(principal=User:eve, host=10.0.0.1, operation=ALL, permissionType=DENY)"):
            self.assertIn(shown, told)
        acls("--remove", "--force", "--allow-principal", "User:alice", "--operation", "Read", "--topic", "t")
        told = acls("--list", "--principal", "User:alice", "--topic", "t")
        self.assertIn("operation=DESCRIBE", told)
        self.assertNotIn("operation=READ", told)

    def test_quotas_are_set_and_shown_by_kafkas_tool(self):
        brokers = self.start("--topic", "t:1")
        configs = lambda *words: self.tool(brokers, CONFIGS, *words)  # noqa: E731
        both = ("--entity-type", "users", "--entity-name", "alice", "--entity-type", "clients", "--entity-default")
        configs(*both, "--alter", "--add-config", "producer_byte_rate=1024,consumer_byte_rate=2048")
        configs("--entity-type", "users", "--entity-default", "--alter", "--add-config", "request_percentage=50")
        self.assertRegex(configs(*both, "--describe"), r"user-principal 'alice'.*default client-id are .*producer_byte_rate=1024\.0")
        self.assertIn("request_percentage=50.0", configs("--entity-type", "users", "--entity-default", "--describe"))
        configs(*both, "--alter", "--delete-config", "producer_byte_rate,consumer_byte_rate")
        self.assertNotIn("producer_byte_rate", configs(*both, "--describe"))

    def test_kafkas_producer_is_told_what_it_may_not_and_slowed_down(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            control = f"127.0.0.1:{free.getsockname()[1]}"
        brokers = self.start("--topic", "t:1", "--topic", "u:1", "--control", control)
        urllib.request.urlopen(f"http://{control}/forbidden", b'{"topic": "u", "operation": "write"}', timeout=30).close()
        words = ("run", "ProducerPerformance", "--num-records", "20", "--record-size", "100", "--throughput", "-1", "--producer-props",
                 f"bootstrap.servers={brokers}", "--topic")
        done = self.server.command(*words, "u")
        self.assertIn("TopicAuthorizationException: Not authorized to access topics: [u]", done.stdout + done.stderr)
        self.tool(brokers, CONFIGS, "--entity-type", "clients", "--entity-default", "--alter", "--add-config", "producer_byte_rate=100")
        done = self.server.command(*words, "t", "--print-metrics")
        self.assertEqual(done.returncode, 0, done.stderr)
        throttled = re.search(r"produce-throttle-time-max:.*: ([0-9.]+)", done.stdout)
        self.assertIsNotNone(throttled, done.stdout)
        self.assertGreater(float(throttled[1]), 5_000)

    def leader(self, brokers):
        told = wire.ask(brokers, "Metadata", 4, topics=[{"name": "t"}], allowAutoTopicCreation=False)
        return told["topics"][0]["partitions"][0]["leaderId"]


if __name__ == "__main__":
    unittest.main()

"""Topics, cluster and offsets: what is made is described, what goes wrong is told per topic."""
import json
import unittest

from support import BrokerTest, ottla


class Topics(BrokerTest):
    def test_a_created_topic_is_listed_and_described_with_its_settings(self):
        name = self.new_topic(5, "-c", "retention.ms=1234", "--cleanup-policy", "compact,delete")
        listed = {entry["name"]: entry for entry in json.loads(self.ok("topics", "list", "--output", "json"))}
        self.assertEqual(listed[name]["partitions"], 5)
        described = json.loads(self.ok("topics", "describe", name, "--configs", "--output", "jsonl"))
        self.assertEqual([part["partition"] for part in described["partitions"]], [0, 1, 2, 3, 4])
        self.assertTrue(all(part["leader"] in part["isr"] for part in described["partitions"]))
        settings = {entry["name"]: entry for entry in described["configs"]}
        self.assertEqual(settings["retention.ms"]["value"], "1234")
        self.assertEqual(settings["retention.ms"]["source"], "TOPIC")
        self.assertEqual(set(settings["cleanup.policy"]["value"].split(",")), {"compact", "delete"})

    def test_zero_and_minus_one_mean_the_clusters_default(self):
        for number in ("0", "-1"):
            name = f"default{number}"
            self.ok("topics", "create", name, "--partitions", number, "--replication-factor", number)
            self.assertEqual(len(json.loads(self.ok("topics", "describe", name, "--output", "jsonl"))["partitions"]), 1)

    def test_a_topic_that_exists_is_a_failure_unless_that_was_allowed(self):
        name = self.new_topic()
        self.assert_refused(self.run_ottla("topics", "create", name), name, "TOPIC_ALREADY_EXISTS", status=1)
        self.assertTrue(json.loads(self.ok("topics", "create", name, "--if-not-exists", "--output", "jsonl"))["existed"])

    def test_one_failure_among_several_is_told_and_the_rest_is_done(self):
        name = self.new_topic()
        done = self.run_ottla("topics", "create", name, "fresh-one")
        self.assertEqual(done.returncode, 1)
        self.assertIn("fresh-one", done.stdout)
        self.assertIn(name, done.stderr)
        self.ok("topics", "describe", "fresh-one")

    def test_validate_only_creates_nothing(self):
        self.ok("topics", "create", "never-made", "--validate-only")
        self.assert_refused(self.run_ottla("topics", "describe", "never-made"), "UNKNOWN_TOPIC_OR_PARTITION", status=1)

    def test_deleted_topics_are_gone(self):
        name = self.new_topic()
        self.ok("topics", "delete", name)
        self.assert_refused(self.run_ottla("topics", "describe", name), name, status=1)
        self.assert_refused(self.run_ottla("topics", "delete", name), name, status=1)
        self.ok("topics", "delete", name, "--if-exists")

    def test_a_setting_that_the_broker_refuses_is_told_in_its_words(self):
        done = self.run_ottla("topics", "create", "odd", "-c", "no.such.setting=1")
        self.assert_refused(done, "odd", "INVALID_CONFIG", status=1)

    def settings(self, name):
        described = json.loads(self.ok("topics", "describe", name, "--configs", "--output", "jsonl"))
        return {entry["name"]: (entry["value"], entry["source"]) for entry in described["configs"]}, len(described["partitions"])

    def test_a_topic_gets_more_partitions_and_other_settings(self):
        name = self.new_topic(2, "-c", "segment.bytes=1048576")
        told = json.loads(self.ok("topics", "alter", name, "--partitions", "5", "-c", "retention.ms=1234", "--reset", "segment.bytes",
                                  "--output", "jsonl"))
        self.assertEqual(told, {"name": name, "altered": True, "partitions": 5})
        settings, partitions = self.settings(name)
        self.assertEqual((settings["retention.ms"], partitions), (("1234", "TOPIC"), 5))
        self.assertNotEqual(settings["segment.bytes"], ("1048576", "TOPIC"))
        self.assertIn("altered, 6 partitions", self.ok("topics", "alter", name, "-p", "6"))

    def test_an_alteration_that_is_only_validated_changes_nothing(self):
        name = self.new_topic(2)
        self.assertIn("could be altered", self.ok("topics", "alter", name, "-p", "3", "-c", "retention.ms=77", "--validate-only"))
        settings, partitions = self.settings(name)
        self.assertEqual(partitions, 2)
        self.assertNotEqual(settings["retention.ms"][0], "77")

    def test_alterations_that_are_refused_are_told_per_topic(self):
        name = self.new_topic(3)
        self.assert_refused(self.run_ottla("topics", "alter", name, "-p", "2"), name, "INVALID_PARTITIONS", status=1)
        self.assert_refused(self.run_ottla("topics", "alter", name, "-c", "no.such.setting=1"), name, "INVALID_CONFIG", status=1)
        done = self.run_ottla("topics", "alter", name, "never-made", "-c", "retention.ms=5")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{name}  altered", done.stdout)
        self.assertIn("never-made", done.stderr)
        self.assert_refused(self.run_ottla("topics", "alter", name), "nothing to change", "--partitions", status=2)
        self.assert_refused(self.run_ottla("topics", "alter", name, "-c", "retention.ms"), "NAME=VALUE", status=2)

    def test_offsets_tell_beginning_and_end_of_each_partition(self):
        name = self.new_topic(3)
        self.ok("produce", name, "--partition", "1", input="a\nb\nc\n")
        found = [json.loads(line) for line in self.ok("offsets", name, "--output", "jsonl").splitlines()]
        self.assertEqual([(one["partition"], one["beginning"], one["end"]) for one in found], [(0, 0, 0), (1, 0, 3), (2, 0, 0)])
        self.assert_refused(self.run_ottla("offsets", "no-such-topic"), "no-such-topic", status=1)

    def test_the_cluster_is_described(self):
        found = json.loads(self.ok("cluster", "describe", "--output", "json"))
        host, port = self.brokers.split(":")
        self.assertEqual([(one["host"], one["port"]) for one in found["brokers"]], [(host, int(port))])
        self.assertEqual(found["controllerId"], found["brokers"][0]["id"])

    def test_options_of_every_command_stand_before_or_behind_it(self):
        for words in (["-b", self.brokers, "topics", "list"], ["topics", "-b", self.brokers, "list"], ["topics", "list", "-b", self.brokers]):
            self.assertEqual(ottla(*words).returncode, 0, words)


if __name__ == "__main__":
    unittest.main()

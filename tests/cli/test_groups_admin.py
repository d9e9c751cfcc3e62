"""ottla groups: what is told of groups with and without members, and what is done to those without."""
import json
import pathlib
import tempfile
import unittest

from kcat import KCAT, Kcat
from support import BrokerTest, dev_broker, ottla


class GroupTest(BrokerTest):
    groups = 0

    def new_group(self, topic, *offsets):
        """A group without members that has committed these offsets, one per partition."""
        type(self).groups += 1
        name = f"group-{self.groups}"
        lines = "".join(f"{topic},{partition},{offset}\n" for partition, offset in enumerate(offsets))
        self.ok("groups", "reset-offsets", name, "--from-file", "-", "--execute", "-q", input=lines)
        return name

    def filled_topic(self, *counts):
        """A topic whose partitions hold so many records, at 1,000 ms, 2,000 ms, and so on."""
        topic = self.new_topic(len(counts))
        lines = [json.dumps({"value": "x", "partition": partition, "timestamp": 1000 * (n + 1)})
                 for partition, count in enumerate(counts) for n in range(count)]
        self.ok("produce", topic, "--input", "jsonl", input="\n".join(lines) + "\n")
        return topic

    def objects(self, *words, input=None):
        return [json.loads(line) for line in self.ok(*words, "--output", "jsonl", input=input).splitlines()]

    def committed(self, group):
        return {(one["topic"], one["partition"]): one["committedOffset"] for one in self.objects("groups", "lag", group)}


class Groups(GroupTest):
    def test_groups_are_listed_by_state_and_type(self):
        group = self.new_group(self.filled_topic(1), 0)
        listed = {one["group"]: one for one in self.objects("groups", "list")}
        self.assertEqual((listed[group]["state"], listed[group]["type"], listed[group]["coordinator"]), ("Empty", "classic", 1))
        self.assertIn(group, self.ok("groups", "list", "--state", "empty", "--type", "classic"))
        self.assertNotIn(group, self.ok("groups", "list", "--state", "Stable"))
        self.assertNotIn(group, self.ok("groups", "list", "--type", "share"))

    def test_lag_is_the_end_less_what_was_committed(self):
        topic = self.filled_topic(5, 3)
        group = self.new_group(topic, 2, 3)
        found = self.objects("groups", "lag", group)
        self.assertEqual([(one["partition"], one["committedOffset"], one["endOffset"], one["lag"]) for one in found], [(0, 2, 5, 3), (1, 3, 3, 0)])
        described = json.loads(self.ok("groups", "describe", group, "--output", "json"))[0]
        self.assertEqual((described["state"], described["members"], described["totalLag"]), ("Empty", [], 3))
        self.assertIn("lag 3", self.ok("groups", "describe", group))

    def test_a_group_that_is_not_there_is_a_failure_and_the_others_are_told(self):
        group = self.new_group(self.filled_topic(1), 1)
        for verb in ("describe", "lag"):
            done = self.run_ottla("groups", verb, "nobody", group)
            self.assertEqual(done.returncode, 1)
            self.assertIn(group, done.stdout)
            self.assertIn("nobody", done.stderr)
            self.assertIn("GROUP_ID_NOT_FOUND", done.stderr)

    def test_deleted_groups_are_gone(self):
        group = self.new_group(self.filled_topic(1), 1)
        self.assertEqual(self.objects("groups", "delete", group, group), [{"group": group, "deleted": True}])
        self.assertNotIn(group, self.ok("groups", "list"))
        self.assert_refused(self.run_ottla("groups", "delete", group), group, "GROUP_ID_NOT_FOUND", status=1)
        self.ok("groups", "delete", group, "--if-exists")

    def test_each_group_is_asked_of_the_node_that_coordinates_it(self):
        with dev_broker("--brokers", "3", "--topic", "t:1") as (brokers, _):
            names = [f"g{n}" for n in range(12)]
            for name in names:
                done = ottla("groups", "reset-offsets", name, "--topic", "t", "--to", "latest", "--execute", brokers=brokers)
                self.assertEqual(done.returncode, 0, done.stderr)
            listed = [json.loads(line) for line in ottla("groups", "list", "--output", "jsonl", brokers=brokers).stdout.splitlines()]
            self.assertEqual(sorted(one["group"] for one in listed), sorted(names))
            self.assertEqual({one["coordinator"] for one in listed}, {1, 2, 3})
            described = ottla("groups", "describe", *names, "--output", "json", brokers=brokers)
            self.assertEqual(described.returncode, 0, described.stderr)
            self.assertEqual([one["group"] for one in json.loads(described.stdout)], names)
            self.assertEqual(ottla("groups", "delete", *names, brokers=brokers).returncode, 0)
            self.assertEqual(ottla("groups", "list", "--output", "json", brokers=brokers).stdout, "[]\n")


class ResetOffsets(GroupTest):
    def reset(self, group, *words, input=None):
        """{partition: new offset}"""
        return {one["partition"]: one["offset"] for one in self.objects("groups", "reset-offsets", group, *words, input=input)}

    def test_nothing_is_changed_without_execute(self):
        topic = self.filled_topic(5)
        group = self.new_group(topic, 3)
        done = self.run_ottla("groups", "reset-offsets", group, "--all-topics", "--to", "earliest")
        self.assertEqual(done.returncode, 0)
        self.assertIn("nothing was changed", done.stderr)
        self.assertEqual(self.committed(group), {(topic, 0): 3})
        self.reset(group, "--all-topics", "--to", "earliest", "--execute")
        self.assertEqual(self.committed(group), {(topic, 0): 0})

    def test_each_kind_of_place_is_found_in_the_log(self):
        topic = self.filled_topic(5, 1)
        group = self.new_group(topic, 3, 1)
        places = [(["--to", "earliest"], {0: 0, 1: 0}), (["--to", "latest"], {0: 5, 1: 1}), (["--to", "4"], {0: 4, 1: 1}),
                  (["--to", "@2500"], {0: 2, 1: 1}), (["--to", "@1970-01-01T00:00:04Z"], {0: 3, 1: 1}),
                  (["--shift-by", "-2"], {0: 1, 1: 0}), (["--shift-by", "1"], {0: 4, 1: 1}), (["--shift-by", "99"], {0: 5, 1: 1})]
        for words, expected in places:
            self.assertEqual(self.reset(group, "--all-topics", *words), expected, words)

    def test_partitions_are_chosen_by_topic_and_number(self):
        topic = self.filled_topic(2, 2, 2)
        group = self.new_group(topic, 1)
        self.assertEqual(self.reset(group, "--topic", f"{topic}:0,2", "--to", "latest", "--execute"), {0: 2, 2: 2})
        self.assertEqual(self.committed(group), {(topic, 0): 2, (topic, 2): 2})
        self.assertEqual(set(self.reset(group, "--topic", topic, "--to", "latest")), {0, 1, 2})

    def test_what_was_shown_can_be_kept_in_a_file_and_set_again(self):
        topic = self.filled_topic(5)
        group = self.new_group(topic, 3)
        saved = self.ok("groups", "reset-offsets", group, "--all-topics", "--shift-by", "0", "--output", "jsonl")
        self.reset(group, "--all-topics", "--to", "earliest", "--execute")
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "offsets.jsonl")
            path.write_text(saved)
            self.reset(group, "--from-file", str(path), "--execute")
        self.assertEqual(self.committed(group), {(topic, 0): 3})

    def test_one_line_that_cannot_be_read_changes_nothing(self):
        topic = self.filled_topic(5)
        group = self.new_group(topic, 3)
        for line in (f"{topic},0", f"{topic},x,1", f"{topic},0,-1", '{"topic":"t"}', f"{topic},0,2"):
            done = self.run_ottla("groups", "reset-offsets", group, "--from-file", "-", "--execute", input=f"{topic},0,1\n{line}\n")
            self.assert_refused(done, "line 2", status=1)
        self.assertEqual(self.committed(group), {(topic, 0): 3})

    def test_one_partition_without_a_place_changes_nothing(self):
        topic = self.filled_topic(5, 5)
        group = self.new_group(topic, 3)
        for words in (["--topic", topic, "--shift-by", "1"], ["--topic", f"{topic}:0,7", "--to", "latest"],
                      ["--topic", topic, "--topic", "no-such-topic", "--to", "latest"]):
            self.assert_refused(self.run_ottla("groups", "reset-offsets", group, "--execute", *words), status=1)
        self.assertEqual(self.committed(group), {(topic, 0): 3})

    def test_contradictions_are_refused(self):
        for words in ([], ["--to", "latest"], ["--topic", "t"], ["--to", "latest", "--shift-by", "1", "--topic", "t"],
                      ["--to", "soon", "--topic", "t"], ["--to", "-1", "--topic", "t"], ["--to", "latest", "--topic", "t:x"],
                      ["--to", "latest", "--topic", "t", "--all-topics"], ["--from-file", "-", "--topic", "t"],
                      ["--from-file", "/no/such/file"], ["--to", "latest", "--topic", "t", "--execute", "--dry-run"]):
            self.assert_refused(self.run_ottla("groups", "reset-offsets", "g", *words))


@unittest.skipUnless(KCAT, "kcat is not installed: tools/setup --with kafka brings it")
class WithAMember(GroupTest):
    def test_a_member_is_described_and_its_group_is_neither_reset_nor_deleted(self):
        topic = self.filled_topic(2, 2)
        member = Kcat(self.brokers, "readers", topic, "-X", "client.id=desk")
        self.addCleanup(lambda: member.process.poll() is None and member.end())
        self.assertTrue(member.wait(lambda m: len(m.records) == 4), member.notes)
        described = json.loads(self.ok("groups", "describe", "readers", "--output", "json"))[0]
        self.assertEqual((described["state"], described["assignor"], len(described["members"])), ("Stable", "range", 1))
        one = described["members"][0]
        self.assertEqual((one["clientId"], one["topics"]), ("desk", [topic]))
        self.assertEqual(one["assignment"], [{"topic": topic, "partitions": [0, 1]}])
        self.assertEqual([part["memberId"] for part in described["partitions"]], [one["memberId"]] * 2)
        self.assertIn("desk", self.ok("groups", "lag", "readers"))

        refused = self.run_ottla("groups", "reset-offsets", "readers", "--topic", topic, "--to", "earliest", "--execute")
        self.assert_refused(refused, "readers", "NON_EMPTY_GROUP", "1 member", "stop its consumers", status=1)
        self.assert_refused(self.run_ottla("groups", "delete", "readers"), "readers", "NON_EMPTY_GROUP", status=1)
        member.end()
        self.assertEqual(self.committed("readers"), {(topic, 0): 2, (topic, 1): 2})
        self.ok("groups", "reset-offsets", "readers", "--topic", topic, "--to", "earliest", "--execute")
        again = Kcat(self.brokers, "readers", topic)
        self.addCleanup(lambda: again.process.poll() is None and again.end())
        self.assertTrue(again.wait(lambda m: len(m.records) == 4), again.notes)


if __name__ == "__main__":
    unittest.main()

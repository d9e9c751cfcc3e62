"""ottla consume --group against the dev broker: what was written is what is committed, whatever ends it."""
import json
import os
import shutil
import signal
import threading
import unittest

from support import DEADLINE, BrokerTest, rest_of, start

KCAT = shutil.which("kcat")
QUICK = ["-X", "heartbeat.interval.ms=100"]


class Member:
    """One `ottla consume --group` that runs on; its records are read as they come."""

    def __init__(self, brokers, group, *words):
        environment = dict(os.environ, OTTLA_BROKERS=brokers)
        self.process = start("consume", "--group", group, "--from", "beginning", "--output", "jsonl", *QUICK, *words, env=environment)
        self.changed = threading.Condition()
        self.records = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            with self.changed:
                self.records.append(json.loads(line))
                self.changed.notify_all()

    def wait(self, count):
        with self.changed:
            return self.changed.wait_for(lambda: len(self.records) >= count, DEADLINE)

    def values(self):
        return sorted(record["value"] for record in self.records)

    def partitions(self):
        return {record["partition"] for record in self.records}

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        timer = threading.Timer(DEADLINE, self.process.kill)
        timer.start()
        self.process.wait()
        timer.cancel()
        self.reader.join(DEADLINE)
        stderr = self.process.stderr.read()
        self.process.stdout.close()
        self.process.stderr.close()
        return self.process.returncode, stderr


class ConsumeGroup(BrokerTest):
    groups = 0

    def new_group(self):
        type(self).groups += 1
        return f"group-{self.groups}"

    def member(self, group, *words):
        made = Member(self.brokers, group, *words)
        self.addCleanup(lambda: made.process.poll() is None and made.process.kill())
        return made

    def fill(self, topic, values, partition=0):
        self.ok("produce", topic, "--partition", str(partition), input="".join(f"{value}\n" for value in values))

    def read(self, group, topic, *words):
        out = self.ok("consume", topic, "--group", group, "--from", "beginning", "--output", "jsonl", *QUICK, *words)
        return [json.loads(line)["value"] for line in out.splitlines()]

    def test_count_commits_what_was_written_and_the_next_run_goes_on_behind_it(self):
        topic, group = self.new_topic(), self.new_group()
        self.fill(topic, range(10))
        self.assertEqual(self.read(group, topic, "--count", "3"), ["0", "1", "2"])
        self.assertEqual(self.read(group, topic, "--count", "4"), ["3", "4", "5", "6"])
        self.assertEqual(self.read(group, topic, "--exit-at-end"), ["7", "8", "9"])
        self.assertEqual(self.read(group, topic, "--exit-at-end"), [])

    def test_no_commit_leaves_the_group_where_it_was(self):
        topic, group = self.new_topic(), self.new_group()
        self.fill(topic, range(3))
        self.assertEqual(self.read(group, topic, "--count", "2", "--no-commit"), ["0", "1"])
        self.assertEqual(self.read(group, topic, "--exit-at-end"), ["0", "1", "2"])

    def test_records_that_a_filter_leaves_out_are_gone_through_as_well(self):
        topic, group = self.new_topic(), self.new_group()
        self.ok("produce", topic, "--key-separator", ":", input="a:0\nb:1\na:2\n")
        self.assertEqual(self.read(group, topic, "--exit-at-end", "--filter-key", "b"), ["1"])
        self.assertEqual(self.read(group, topic, "--exit-at-end"), [])

    def test_a_signal_commits_leaves_and_exits_with_0(self):
        for how in (signal.SIGINT, signal.SIGTERM):
            topic, group = self.new_topic(), self.new_group()
            self.fill(topic, range(5))
            one = self.member(group, topic)
            self.assertTrue(one.wait(5))
            status, stderr = one.end(how)
            self.assertEqual(status, 0, stderr)
            self.fill(topic, [5])
            self.assertEqual(self.read(group, topic, "--exit-at-end"), ["5"], "it left: nobody waits for its session")

    def test_two_members_share_and_the_second_takes_over_without_a_record_twice(self):
        topic, group = self.new_topic(2), self.new_group()
        one, two = self.member(group, topic), self.member(group, topic)
        written = 0
        for turn in range(40):  # until both have a partition
            for partition in (0, 1):
                self.fill(topic, [f"{turn}-{partition}"], partition)
            written += 2
            if one.records and two.records and len(one.partitions()) == len(two.partitions()) == 1:
                break
        status, stderr = one.end()
        self.assertEqual(status, 0, stderr)
        for partition in (0, 1):
            self.fill(topic, [f"last-{partition}"], partition)
        self.assertTrue(two.wait(written + 2 - len(one.records)))
        self.assertEqual(two.end()[0], 0)
        seen = one.values() + two.values()
        self.assertEqual(len(seen), len(set(seen)), "nothing twice")
        self.assertEqual(len(seen), written + 2)

    def test_the_brokers_share_partitions_out_where_that_is_asked_for(self):
        topic, group = self.new_topic(2), self.new_group()
        for partition in (0, 1):
            self.fill(topic, [f"a{partition}", f"b{partition}", f"c{partition}"], partition)
        words = ["consume", topic, "--group", group, "--group-protocol", "consumer", "--from", "beginning", "--output", "jsonl"]
        first = [json.loads(line)["value"] for line in self.ok(*words, "--count", "4").splitlines()]
        self.assertEqual(len(first), 4)
        rest = [json.loads(line)["value"] for line in self.ok(*words, "--exit-at-end").splitlines()]
        self.assertEqual(sorted(first + rest), ["a0", "a1", "b0", "b1", "c0", "c1"], "what was written is what was committed")
        told = json.loads(self.ok("groups", "describe", group, "--output", "json"))
        described = told[0] if isinstance(told, list) else told
        self.assertEqual((described["type"], described["state"]), ("consumer", "Empty"))

    def test_what_the_brokers_decide_is_not_for_a_member_to_set(self):
        topic, group = self.new_topic(), self.new_group()
        done = self.run_ottla("consume", topic, "--group", group, "--group-protocol", "consumer", *QUICK)
        self.assert_refused(done, "heartbeat.interval.ms", "group.protocol=consumer")

    def test_a_pattern_and_single_partitions(self):
        topic, group = self.new_topic(2), self.new_group()
        self.fill(topic, ["a"], 0)
        self.fill(topic, ["b"], 1)
        self.assertEqual(sorted(self.read(group, f"^{topic}$", "--count", "2")), ["a", "b"])
        other = self.new_group()
        self.assertEqual(self.read(other, f"{topic}:1", "--exit-at-end"), ["b"])
        self.fill(topic, ["c"], 1)
        self.assertEqual(self.read(other, f"{topic}:1", "--exit-at-end"), ["c"])

    def test_the_start_is_for_partitions_without_a_commit_alone(self):
        topic, group = self.new_topic(), self.new_group()
        self.fill(topic, range(4))
        out = self.ok("consume", topic, "--group", group, "--from", "2", "--exit-at-end", *QUICK)
        self.assertEqual(out, "2\n3\n")
        self.fill(topic, [4])
        out = self.ok("consume", topic, "--group", group, "--from", "2", "--exit-at-end", *QUICK)
        self.assertEqual(out, "4\n")

    @unittest.skipUnless(KCAT, "kcat is not installed: tools/setup --with kafka brings it")
    def test_it_shares_a_group_with_librdkafka(self):
        import subprocess
        for assignor in ("range", "roundrobin", "cooperative-sticky"):
            topic, group = self.new_topic(2), self.new_group()
            words = ["-X", f"partition.assignment.strategy={assignor}"]
            one = self.member(group, topic, *words)
            other = subprocess.Popen([KCAT, "-b", self.brokers, "-G", group, "-u", "-f", "%p %s\\n", *QUICK, *words,
                                      "-X", "auto.offset.reset=earliest", topic],
                                     stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            lines = []
            reader = threading.Thread(target=lambda: lines.extend(other.stdout), daemon=True)
            reader.start()
            written = 0
            for turn in range(60):
                for partition in (0, 1):
                    self.fill(topic, [f"{turn}-{partition}"], partition)
                written += 2
                if lines and one.records:
                    break
            self.assertTrue(lines, f"librdkafka had no partition with {assignor}")
            other.terminate()
            other.wait(DEADLINE)
            reader.join(DEADLINE)
            other.stdout.close()
            for partition in (0, 1):
                self.fill(topic, [f"last-{partition}"], partition)
            self.assertTrue(one.wait(written + 2 - len(lines)), (assignor, len(lines), written, len(one.records)))
            self.assertEqual(one.end()[0], 0)
            values = one.values() + [line.split()[1] for line in lines]
            self.assertEqual(len(set(values)), written + 2, "nothing left out")


if __name__ == "__main__":
    unittest.main()

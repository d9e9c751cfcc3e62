"""ottla dlq: dead letters listed, shown, and sent back each once, on the dev broker."""
import json
import time
import unittest

from support import BrokerTest, start

FAILED_AT = "2026-11-21T13:21:22.123Z"


class DeadLetters(BrokerTest):
    def dead(self, topic, origin=None, error="it broke", value="v", key=None, partition=None, source=(0, 7), more=(), timestamp=None):
        """Writes one dead letter as the service does."""
        headers = [["own", "kept"], *more, ["x-retry-count", "3"], ["x-error-message", error], ["x-failed-timestamp", FAILED_AT]]
        if origin:
            headers += [["x-original-topic", origin], ["x-original-partition", str(source[0])], ["x-original-offset", str(source[1])]]
        line = {"key": key, "value": value, "headers": headers}
        if timestamp is not None:
            line["timestamp"] = timestamp
        words = [] if partition is None else ["--partition", str(partition)]
        self.ok("produce", topic, "--input", "jsonl", *words, input=json.dumps(line) + "\n")

    def listed(self, topic, *words):
        return [json.loads(line) for line in self.ok("dlq", "list", topic, "--output", "jsonl", *words).splitlines()]


class ListAndShow(DeadLetters):
    def test_each_letter_is_a_line_that_says_where_from_when_and_why(self):
        topic = self.new_topic()
        self.dead(topic, "orders", "no stock", key="k1", source=(3, 17))
        done = self.run_ottla("dlq", "list", topic)
        self.assertEqual(done.returncode, 0, done.stderr)
        head, line = done.stdout.splitlines()
        self.assertEqual(head.split()[0], "PARTITION")
        for part in ("0", FAILED_AT, "orders-3@17", "3", "k1", "no stock"):
            self.assertIn(part, line)
        self.assertIn("1 dead letter\n", done.stderr)
        [one] = self.listed(topic)
        self.assertEqual(one["originalTopic"], "orders")
        self.assertEqual((one["originalPartition"], one["originalOffset"], one["retryCount"]), (3, 17, 3))
        self.assertEqual((one["failedAt"], one["error"], one["key"]), (FAILED_AT, "no stock", "k1"))
        self.assertEqual(json.loads(self.ok("dlq", "list", topic, "--output", "json")), [one])

    def test_the_summary_counts_by_origin_and_error(self):
        topic = self.new_topic()
        for error in ("late", "late", "lost"):
            self.dead(topic, "orders", error)
        self.dead(topic, None, "late")
        done = self.run_ottla("dlq", "list", topic)
        self.assertEqual([line.split() for line in done.stderr.splitlines()[2:]],
                         [["2", "orders", "late"], ["1", "-", "late"], ["1", "orders", "lost"]])
        counted = json.loads(self.ok("dlq", "list", topic, "--summary", "--output", "json"))
        self.assertEqual(counted[0], {"count": 2, "originalTopic": "orders", "error": "late"})
        self.assertEqual(counted[1], {"count": 1, "originalTopic": None, "error": "late"})

    def test_ranges_partitions_a_pattern_and_a_number_choose(self):
        topic = self.new_topic(2)
        for number in range(4):
            self.dead(topic, "orders", f"error {number}", partition=number % 2)
        errors = lambda *words: sorted(one["error"] for one in self.listed(topic, *words))
        self.assertEqual(errors("--partition", "1"), ["error 1", "error 3"])
        self.assertEqual(errors("--from", "1"), ["error 2", "error 3"])
        self.assertEqual(errors("--until", "1"), ["error 0", "error 1"])
        self.assertEqual(errors("--error-matches", "[03]$"), ["error 0", "error 3"])
        self.assertEqual(len(errors("--max", "3")), 3)
        self.assertEqual(errors("--from", "end"), [])

    def test_other_header_names_are_read_when_they_are_named(self):
        topic = self.new_topic()
        line = {"value": "v", "headers": [["tries", "2"], ["why", "it hurt"], ["when", FAILED_AT]]}
        self.ok("produce", topic, "--input", "jsonl", input=json.dumps(line) + "\n")
        [one] = self.listed(topic, "--retry-count-header", "tries", "--error-header", "why", "--timestamp-header", "when")
        self.assertEqual((one["retryCount"], one["error"], one["failedAt"]), (2, "it hurt", FAILED_AT))
        [plain] = self.listed(topic)
        self.assertEqual((plain["retryCount"], plain["error"], plain["originalTopic"]), (None, None, None))

    def test_show_tells_all_about_one(self):
        topic = self.new_topic()
        self.dead(topic, "orders", "no\nstock", more=[["x-consumer-group", "billing"], ["x-exception-type", "out_of_stock"]])
        page = self.ok("dlq", "show", topic, "--offset", "0")
        for part in ("orders-0@7", "no\\nstock", "billing", "out_of_stock", "own = kept", "value        1 byte\n  v\n"):
            self.assertIn(part, page)
        one = json.loads(self.ok("dlq", "show", topic, "--offset", "0", "--output", "json"))
        self.assertEqual((one["value"], one["consumerGroup"], one["headers"][0]), ("v", "billing", ["own", "kept"]))
        self.assertIn("00000000  76 ", self.ok("dlq", "show", topic, "--offset", "0", "--hex"))

    def test_show_wants_a_partition_where_there_are_several(self):
        topic = self.new_topic(2)
        self.dead(topic, "orders", partition=1)
        self.assert_refused(self.run_ottla("dlq", "show", topic, "--offset", "0"), "has 2 partitions", "--partition")
        self.assertIn("orders-0@7", self.ok("dlq", "show", topic, "--offset", "0", "--partition", "1"))
        self.assert_refused(self.run_ottla("dlq", "show", topic, "--offset", "9", "--partition", "1"), "offset 9", status=1)
        self.assert_refused(self.run_ottla("dlq", "show", topic, "--offset", "0", "--partition", "2"), "2 partitions", status=1)

    def test_what_is_not_there_or_not_meant_is_refused(self):
        self.assert_refused(self.run_ottla("dlq", "list", "nowhere"), "nowhere", "UNKNOWN_TOPIC", status=1)
        self.assert_refused(self.run_ottla("dlq", "list", "t", "--error-matches", "("), "--error-matches")
        self.assert_refused(self.run_ottla("dlq", "list", "t", "--from", "soon"), "--from")
        self.assert_refused(self.run_ottla("dlq", "show", "t"), "--offset")
        self.assert_refused(self.run_ottla("dlq", "list", "t", "--error-header", "x-retry-count"), "x-retry-count")


class Replay(DeadLetters):
    def replay(self, topic, *words, status=0):
        """The objects of --output json, and stderr."""
        done = self.run_ottla("dlq", "replay", topic, "--output", "json", *words)
        self.assertEqual(done.returncode, status, done.stderr)
        return json.loads(done.stdout), done.stderr

    def values(self, topic):
        return sorted(one["value"] for one in self.consume(topic))

    def test_letters_go_back_once_with_their_headers_their_time_and_a_marker(self):
        orders, dead = self.new_topic(3), self.new_topic()
        self.dead(dead, orders, key="k", value="v", source=(2, 7), timestamp=1790000000000)
        told, said = self.replay(dead)
        self.assertEqual((told["sent"], told["letters"][0]["outcome"]), (1, "sent"))
        self.assertIn("1 sent", said)
        [back] = self.consume(orders)
        self.assertEqual((back["partition"], back["key"], back["value"], back["timestamp"]), (2, "k", "v", 1790000000000))
        [was] = self.consume(dead)
        reset = [[name, "0" if name == "x-retry-count" else value] for name, value in was["headers"]]
        self.assertEqual(back["headers"], reset + [["x-replayed-from", f"{dead}/0/0"]])
        told, said = self.replay(dead)
        self.assertEqual((told["sent"], told["letters"]), (0, []))
        self.assertEqual(len(self.consume(orders)), 1)

    def test_what_is_left_by_a_pattern_or_a_number_comes_with_a_later_replay(self):
        orders, dead = self.new_topic(), self.new_topic(2)
        for number in range(6):
            self.dead(dead, orders, "late" if number % 2 else "lost", value=str(number), partition=number % 2)
        self.replay(dead, "--error-matches", "^late$", "--max", "2")
        self.assertEqual(self.values(orders), ["1", "3"])
        self.replay(dead, "--error-matches", "^lo")
        self.assertEqual(self.values(orders), ["0", "1", "2", "3", "4"])
        self.replay(dead)
        self.assertEqual(self.values(orders), ["0", "1", "2", "3", "4", "5"])

    def test_a_dry_run_says_where_to_and_sends_nothing(self):
        orders, dead = self.new_topic(), self.new_topic()
        self.dead(dead, orders)
        self.assertEqual(self.ok("dlq", "replay", dead, "--dry-run"), f"{dead}-0@0 would go to {orders}-0\n")
        self.assertEqual(self.values(orders), [])
        self.assertEqual(self.ok("dlq", "replay", dead), f"{dead}-0@0 sent to {orders}-0@0\n")

    def test_what_has_no_known_origin_is_left_and_told_unless_a_topic_is_named(self):
        elsewhere, dead = self.new_topic(), self.new_topic()
        self.dead(dead, None, value="a")
        self.dead(dead, "nowhere", value="b")
        told, said = self.replay(dead, status=1)
        self.assertEqual([one["outcome"] for one in told["letters"]], ["noOrigin", "refused"])
        self.assertEqual(told["letters"][1]["error"], "UNKNOWN_TOPIC_OR_PARTITION")
        self.assertIn("1 left without a known origin", said)
        self.replay(dead, "--to", elsewhere)
        self.assertEqual(self.values(elsewhere), ["a", "b"])

    def test_killed_at_any_moment_and_run_again_each_letter_is_sent_once(self):
        orders, dead = self.new_topic(3), self.new_topic(2)
        lines = []
        for number in range(3000):
            headers = [["x-retry-count", "3"], ["x-original-topic", orders], ["x-original-partition", str(number % 3)]]
            lines.append(json.dumps({"value": str(number), "headers": headers, "partition": number % 2}))
        self.ok("produce", dead, "--input", "jsonl", input="\n".join(lines) + "\n")
        with start("-b", self.brokers, "dlq", "replay", dead) as killed:
            for _ in range(700):  # lines come when batches are acknowledged
                killed.stdout.readline()
            killed.kill()
        done = self.run_ottla("dlq", "replay", dead)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("waiting up to", done.stderr)
        self.assertEqual(sorted(int(value) for value in self.values(orders)), list(range(3000)))

    def test_a_replay_beside_another_is_refused(self):
        dead = self.new_topic()
        self.dead(dead, "nowhere")
        group = f"ottla-dlq-replay.{dead}"
        with start("-b", self.brokers, "consume", dead, "-g", group, "--from", "end", "--no-commit") as member:
            while not any(one["group"] == group and one["state"] == "Stable" for one in json.loads(self.ok("groups", "list", "--output", "json"))):
                time.sleep(0.05)
            self.assert_refused_last(self.run_ottla("dlq", "replay", dead), "another replay of it is running", "NON_EMPTY_GROUP")
            member.terminate()

    def assert_refused_last(self, done, *parts):
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr.splitlines()[-1])

    def test_what_makes_no_sense_is_refused(self):
        self.assert_refused(self.run_ottla("dlq", "replay", "t", "--to", "t"), "dead letters itself")
        self.assert_refused(self.run_ottla("dlq", "replay", "t", "--error-matches", "["), "--error-matches")
        self.assert_refused(self.run_ottla("dlq", "replay", "nowhere"), "nowhere", "UNKNOWN_TOPIC", status=1)


if __name__ == "__main__":
    unittest.main()

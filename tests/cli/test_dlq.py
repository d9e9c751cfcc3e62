"""ottla dlq: dead letters listed, shown, and sent back each once, on the dev broker."""
import json
import unittest

from support import BrokerTest

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


if __name__ == "__main__":
    unittest.main()

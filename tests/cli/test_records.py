"""Records go out and come back unchanged: null and empty, bytes that are no text, headers, times, partitions, order."""
import base64
import json
import unittest

from support import BrokerTest


def lines(*records):
    return "".join(json.dumps(record) + "\n" for record in records)


class Records(BrokerTest):
    def round_trip(self, *records):
        topic = self.new_topic()
        status, report = self.report(topic, "--input", "jsonl", input=lines(*records))
        self.assertEqual((status, [entry["offset"] for entry in report]), (0, list(range(len(records)))))
        return self.consume(topic)

    def test_null_and_empty_are_two_things(self):
        found = self.round_trip({"key": None, "value": ""}, {"key": "", "value": None}, {}, {"key": "k", "value": "v"})
        self.assertEqual([(one["key"], one["value"]) for one in found], [(None, ""), ("", None), (None, None), ("k", "v")])

    def test_bytes_that_are_no_text_travel_as_base64(self):
        raw = base64.b64encode(bytes(range(256))).decode()
        one, = self.round_trip({"keyBase64": raw, "valueBase64": raw, "key": "loses", "value": "loses"})
        self.assertEqual((one["keyBase64"], one["valueBase64"]), (raw, raw))
        self.assertNotIn("key", one)

    def test_a_null_base64_member_leaves_the_text_in_force(self):
        one, = self.round_trip({"keyBase64": None, "key": "k", "valueBase64": None, "value": None})
        self.assertEqual((one["key"], one["value"]), ("k", None))

    def test_headers_keep_order_repeated_names_nulls_and_bytes(self):
        headers = [["a", "1"], ["b", None], ["a", ""], ["", {"base64": "/wA="}], ["a", "1"]]
        one, = self.round_trip({"value": "v", "headers": headers})
        self.assertEqual(one["headers"], headers)

    def test_text_of_every_kind_comes_back(self):
        texts = ["caf\u00e9 \U0001F600", "quote \" and \\ slash / tab \t", "\u0000\u001f\u007f", "\u2028 \u2029 \u0085 \u00e2 \u20ac"]
        self.assertEqual([one["value"] for one in self.round_trip(*({"value": text} for text in texts))], texts)

    def test_timestamps_and_partitions_are_kept(self):
        topic = self.new_topic(3)
        sent = [{"value": str(n), "partition": 2 - n, "timestamp": 1_700_000_000_000 + n} for n in range(3)]
        status, report = self.report(topic, "--input", "jsonl", input=lines(*sent))
        self.assertEqual((status, [entry["partition"] for entry in report]), (0, [2, 1, 0]))
        found = {one["value"]: one for one in self.consume(topic)}
        self.assertEqual([(found[str(n)]["partition"], found[str(n)]["timestamp"]) for n in range(3)],
                         [(2 - n, 1_700_000_000_000 + n) for n in range(3)])
        self.assertEqual({one["timestampType"] for one in found.values()}, {"create"})

    def test_what_consume_wrote_can_be_produced_again(self):
        topic = self.new_topic()
        self.report(topic, "--input", "jsonl", input=lines({"key": "k", "valueBase64": "/w==", "headers": [["h", None]]}))
        text = self.ok("consume", topic, "--from", "beginning", "--exit-at-end", "--output", "jsonl")
        status, _ = self.report(topic, "--input", "jsonl", input=text)
        first, second = self.consume(topic)
        self.assertEqual(status, 0)
        for member in ("key", "valueBase64", "headers", "timestamp"):
            self.assertEqual(first[member], second[member])

    def test_lines_may_bring_keys(self):
        topic = self.new_topic()
        self.ok("produce", topic, "--key-separator", "\\t", "-H", "a=b=c", input="k\tv\tw\nno key\n\n\tempty key\nlast")
        self.assertEqual([(one["key"], one["value"]) for one in self.consume(topic)],
                         [("k", "v\tw"), (None, "no key"), (None, ""), ("", "empty key"), (None, "last")])
        self.assertEqual(self.consume(topic)[0]["headers"], [["a", "b=c"]])

    def test_binary_input_is_one_record(self):
        topic = self.new_topic()
        done = self.run_ottla("produce", topic, "--input", "binary", "--key", "k", input=b"a\nb\xff\x00")
        self.assertEqual(done.returncode, 0, done.stderr)
        one, = self.consume(topic)
        self.assertEqual((one["key"], base64.b64decode(one["valueBase64"])), ("k", b"a\nb\xff\x00"))

    def test_records_of_one_key_stay_in_order_with_every_codec(self):
        for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
            topic = self.new_topic(4)
            sent = [{"key": f"k{n % 7}", "value": str(n)} for n in range(2000)]
            status, report = self.report(topic, "--input", "jsonl", "--compression", codec, input=lines(*sent))
            self.assertEqual((status, [entry["index"] for entry in report]), (0, list(range(2000))), codec)
            by_key = {}
            for one in self.consume(topic):
                by_key.setdefault(one["key"], []).append(int(one["value"]))
            self.assertEqual(by_key, {f"k{k}": list(range(k, 2000, 7)) for k in range(7)}, codec)

    def test_made_up_records_are_counted_and_keyed(self):
        topic = self.new_topic(3)
        self.ok("produce", topic, "--count", "500", "--size", "64")
        found = self.consume(topic)
        self.assertEqual(sorted(int(dict(one["headers"])["index"]) for one in found), list(range(500)))
        self.assertEqual({len(one["value"]) for one in found}, {64})

    def test_acks_zero_reports_no_offset(self):
        topic = self.new_topic()
        status, report = self.report(topic, "--acks", "0", input="a\nb\n")
        self.assertEqual((status, report), (0, [{"index": n, "partition": 0, "offset": -1} for n in range(2)]))

    def test_a_record_that_cannot_be_sent_is_reported_in_its_place_and_the_rest_is_sent(self):
        topic = self.new_topic(2)
        text = lines({"value": "a"}) + "junk\n" + lines({"value": "b", "partition": 9}, {"value": "c", "headers": 5}, {"value": "d"})
        status, report = self.report(topic, "--input", "jsonl", input=text)
        self.assertEqual(status, 1)
        self.assertEqual([entry.get("error") for entry in report],
                         [None, "INVALID_ARGUMENT", "UNKNOWN_PARTITION", "INVALID_ARGUMENT", None])
        self.assertEqual({entry["persisted"] for entry in report if "error" in entry}, {"no"})
        self.assertEqual(sorted(one["value"] for one in self.consume(topic)), ["a", "d"])

    def test_a_record_above_the_limit_is_too_large(self):
        topic = self.new_topic()
        status, report = self.report(topic, input="x" * 20_000_000 + "\nsmall\n")
        self.assertEqual((status, report[0]["error"], report[1]["offset"]), (1, "RECORD_TOO_LARGE", 0))

    def test_a_record_above_the_topics_limit_is_refused_by_the_broker(self):
        topic = self.new_topic(1, "-c", "max.message.bytes=1000")
        status, report = self.report(topic, input="x" * 5000 + "\n")
        self.assertEqual((status, report[0]["error"]), (1, "MESSAGE_TOO_LARGE"))

    def test_an_unknown_topic_is_named(self):
        done = self.run_ottla("produce", "no-such-topic", "--timeout", "3s", input="a\n")
        self.assert_refused(done, "no-such-topic", "UNKNOWN_TOPIC", status=1)
        done = self.run_ottla("consume", "no-such-topic", "--timeout", "3s")
        self.assert_refused(done, "no-such-topic", "UNKNOWN_TOPIC", status=1)


if __name__ == "__main__":
    unittest.main()

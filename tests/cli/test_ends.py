"""Where consuming begins and ends, what is shown, and that outcomes and records come as they happen."""
import json
import signal
import subprocess
import time
import unittest

from support import DEADLINE, BrokerTest, start


class Ends(BrokerTest):
    def filled(self, count=10, partitions=1):
        topic = self.new_topic(partitions)
        text = "".join(json.dumps({"key": f"k{n}", "value": str(n), "timestamp": 1_000_000 + n}) + "\n" for n in range(count))
        self.report(topic, "--input", "jsonl", input=text)
        return topic

    def values(self, topic, *words):
        return [int(one["value"]) for one in self.consume(topic, *words)]

    def test_from_an_offset_a_distance_a_time_or_a_date(self):
        topic = self.filled()
        self.assertEqual(self.values(topic, "--from", "7"), [7, 8, 9])
        self.assertEqual(self.values(topic, "--from", "-2"), [8, 9])
        self.assertEqual(self.values(topic, "--from", "-200"), list(range(10)))
        self.assertEqual(self.values(topic, "--from", "@1000006"), [6, 7, 8, 9])
        self.assertEqual(self.values(topic, "--from", "@1970-01-01T00:16:40.008Z"), [8, 9])
        self.assertEqual(self.values(topic, "--from", "end"), [])

    def test_to_an_offset_or_a_time_stops_before_it(self):
        topic = self.filled()
        self.assertEqual(self.values(topic, "--to", "3"), [0, 1, 2])
        self.assertEqual(self.values(topic, "--to", "@1000002"), [0, 1])
        self.assertEqual(self.values(topic, "--to", "end"), list(range(10)))
        self.assertEqual(self.values(topic, "--from", "5", "--to", "2"), [])

    def test_count_stops_after_so_many_records(self):
        topic = self.filled(10, 3)
        out = self.ok("consume", topic, "--from", "beginning", "--count", "4", "--output", "jsonl")
        self.assertEqual(len(out.splitlines()), 4)
        self.assertEqual(self.ok("consume", topic, "--from", "beginning", "--count", "0"), "")

    def test_only_the_key_that_was_asked_for(self):
        self.assertEqual(self.values(self.filled(), "--filter-key", "k3"), [3])

    def test_a_single_partition_can_be_named(self):
        topic = self.filled(50, 3)
        found = self.consume(topic + ":1")
        self.assertTrue(found)
        self.assertEqual({one["partition"] for one in found}, {1})

    def test_a_pattern_chooses_topics(self):
        topic = self.filled(3)
        self.assertEqual(self.values(f"^{topic}$"), [0, 1, 2])
        self.assert_refused(self.run_ottla("consume", "^nothing-like-this"), "^nothing-like-this", status=1)
        self.assert_refused(self.run_ottla("consume", "^("), "^(")

    def test_an_empty_topic_ends_at_once(self):
        self.assertEqual(self.consume(self.new_topic(3)), [])

    def test_an_offset_that_is_not_there_is_told(self):
        topic = self.filled(3)
        done = self.run_ottla("consume", topic, "--from", "1000", "--exit-at-end", "--timeout", "5s")
        self.assertEqual((done.returncode, done.stdout), (0, ""), "nothing stands between offset 1000 and the end")
        done = self.run_ottla("consume", topic, "--from", "1000", "--timeout", "5s")
        self.assert_refused(done, "OFFSET_OUT_OF_RANGE", topic, status=1)

    def test_formats(self):
        topic = self.new_topic()
        self.report(topic, "--input", "jsonl", input='{"key":"k","value":"v","headers":[["a","1"],["b",null]],"timestamp":5}\n{"timestamp":6}\n')
        out = self.ok("consume", topic, "--from", "beginning", "--exit-at-end", "-f", "%t|%p|%o|%T|%k|%K|%v|%s|%S|%h|%%\\n")
        self.assertEqual(out, f"{topic}|0|0|5|k|1|v|v|1|a=1,b=NULL|%\n{topic}|0|1|6||-1|||-1||%\n")

    def test_json_is_one_document(self):
        topic = self.filled(3)
        for count, words in ((3, []), (0, ["--from", "end"])):
            place = words or ["--from", "beginning"]
            self.assertEqual(len(json.loads(self.ok("consume", topic, *place, "--exit-at-end", "--output", "json"))), count)

    def test_each_record_and_each_outcome_comes_when_it_happens_and_an_interrupt_ends_cleanly(self):
        topic = self.new_topic()
        with start("-b", self.brokers, "consume", topic, "--from", "beginning", "--output", "jsonl") as reader, \
             start("-b", self.brokers, "produce", topic, "--report", "jsonl", stdin=subprocess.PIPE) as writer:
            for n in range(3):
                writer.stdin.write(f"{n}\n")
                writer.stdin.flush()
                self.assertEqual(json.loads(writer.stdout.readline())["offset"], n)
                self.assertEqual(json.loads(reader.stdout.readline())["value"], str(n))
            for process in (reader, writer):
                process.send_signal(signal.SIGINT)
                self.assertEqual(process.wait(DEADLINE), 130)
            writer.stdin.close()

    def test_an_interrupted_producer_reports_what_was_acknowledged(self):
        topic = self.new_topic()
        with start("-b", self.brokers, "produce", topic, "--rate", "200", "--count", "1000000", "--report", "jsonl") as process:
            first = process.stdout.readline()
            time.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            report = [json.loads(line) for line in [first] + process.stdout.readlines()]
            self.assertEqual(process.wait(DEADLINE), 130)
        self.assertEqual([entry["offset"] for entry in report], list(range(len(report))))
        self.assertEqual(len(self.consume(topic)), len(report))

    def test_a_reader_that_goes_away_ends_consume(self):
        topic = self.new_topic()
        self.ok("produce", topic, "--count", "20000")
        with start("-b", self.brokers, "consume", topic, "--from", "beginning") as process:
            process.stdout.readline()
            process.stdout.close()
            self.assertEqual(process.wait(DEADLINE), 1)


if __name__ == "__main__":
    unittest.main()

"""The broker dies, stops answering or is too slow in the middle of a run: told within the deadline, and nothing is claimed that is not so."""
import json
import signal
import time
import unittest

from support import CommandTest, dev_broker, ottla, rest_of, start

TIMEOUT = 3
SLACK = 10  # a loaded machine or a sanitizer; the default deadlines are 30 s and 120 s


class BrokerTrouble(CommandTest):
    def produce_through(self, disturb):
        """Runs a steady produce, disturbs the broker, and returns status, report and stderr."""
        with dev_broker("--topic", "t:2") as (brokers, broker):
            with start("-b", brokers, "produce", "t", "--rate", "200", "--count", "400", "--report", "jsonl", "--timeout", f"{TIMEOUT}s") as process:
                first = process.stdout.readline()
                disturb(broker)
                begin = time.monotonic()
                rest, errors = rest_of(process)
                self.assertLess(time.monotonic() - begin, 2 + 2 * TIMEOUT + SLACK)
                return process.returncode, [json.loads(line) for line in [first] + rest.splitlines()], errors, brokers

    def check_report(self, status, report, errors):
        self.assertEqual(status, 1, errors)
        self.assertEqual([entry["index"] for entry in report], list(range(400)), "each record has one outcome, in order")
        failed = [entry for entry in report if "error" in entry]
        self.assertTrue(failed)
        self.assertTrue(all(entry["persisted"] in ("no", "possibly") and entry["message"] for entry in failed))

    def test_a_broker_that_dies_under_a_producer(self):
        status, report, errors, brokers = self.produce_through(lambda broker: broker.kill())
        self.check_report(status, report, errors)
        self.assertIn(brokers, errors)

    def test_a_broker_that_stops_answering_a_producer(self):
        status, report, errors, _ = self.produce_through(lambda broker: broker.send_signal(signal.SIGSTOP))
        self.check_report(status, report, errors)

    def test_a_broker_that_pauses_and_goes_on_costs_nothing(self):
        def pause(broker):
            broker.send_signal(signal.SIGSTOP)
            time.sleep(0.5)
            broker.send_signal(signal.SIGCONT)

        status, report, errors, _ = self.produce_through(pause)
        self.assertEqual(status, 0, errors)
        self.assertEqual(len({(entry["partition"], entry["offset"]) for entry in report}), 400)

    def test_a_broker_that_dies_or_stops_under_a_consumer(self):
        for trouble in (signal.SIGKILL, signal.SIGSTOP):
            with self.subTest(signal=trouble.name), dev_broker("--topic", "t:1") as (brokers, broker):
                self.assertEqual(ottla("-b", brokers, "produce", "t", input="a\n").returncode, 0)
                with start("-b", brokers, "consume", "t", "--from", "beginning", "--timeout", f"{TIMEOUT}s") as process:
                    self.assertEqual(process.stdout.readline(), "a\n")
                    broker.send_signal(trouble)
                    begin = time.monotonic()
                    out, errors = rest_of(process)
                    self.assertLess(time.monotonic() - begin, 2 * TIMEOUT + SLACK)
                    self.assertEqual((process.returncode, out, len(errors.splitlines())), (1, "", 1), errors)
                    self.assertIn(brokers, errors)

    def test_a_full_buffer_is_told(self):
        with dev_broker("--topic", "t:1") as (brokers, broker):
            with start("-b", brokers, "produce", "t", "--report", "jsonl", "-X", "buffer.memory=65536", "-X", "max.block.ms=300",
                       "--timeout", f"{TIMEOUT}s", "--rate", "100", "--count", "200", "--size", "2000") as process:
                process.stdout.readline()
                broker.send_signal(signal.SIGSTOP)
                out, errors = rest_of(process)
            self.assertEqual(process.returncode, 1)
            self.assertIn("BUFFER_FULL", {json.loads(line).get("error") for line in out.splitlines()}, errors)


if __name__ == "__main__":
    unittest.main()

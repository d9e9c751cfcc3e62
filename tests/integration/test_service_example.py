"""The example service against a broker: retries, dead letters, a kill in the middle, a clean stop under load, metrics and health."""
import collections
import json
import os
import shutil
import tempfile
import time
import unittest
import uuid

from support import ottla, targets
from support.service_example import ServiceExample

PARTITIONS = 6
MESSAGES = int(os.environ.get("OTTLA_TEST_SERVICE_MESSAGES", "3000"))
PATIENCE = float(os.environ.get("OTTLA_TEST_SERVICE_PATIENCE", "180"))
# The example's own rates, as its contract has them; of few messages one or the other must still be there.
RATES = ["--temporary-rate", "0.01", "--poison-rate", "0.001" if MESSAGES > 20_000 else "0.01"]


class ServiceTest(targets.BrokerTest):
    def setUp(self):
        self.topic, self.group = self.new_topic(PARTITIONS, "service"), f"service-{uuid.uuid4().hex[:8]}"
        self.dead_topic = f"{self.topic}-dlq"
        self.directory = tempfile.mkdtemp(prefix="ottla-service-")
        self.addCleanup(self.clear_away)

    def clear_away(self):
        if self._outcome.success and not os.environ.get("OTTLA_TEST_KEEP"):
            shutil.rmtree(self.directory, ignore_errors=True)
        else:
            print(f"what the processes said: {self.directory}")

    def start(self, name, role, *more, rates=RATES):
        one = ServiceExample(name, self.directory, self.brokers, self.topic, self.group, role, *rates, *more)
        self.addCleanup(one.close)
        return one

    def produce(self, count):
        """The producer's role, to its end; {(partition, offset): message} of what is in the topic."""
        producer = self.start("producer", "producer", "--messages", str(count), "--seed", "7")
        self.assertEqual(producer.ended(PATIENCE), 0, producer.err.read_text()[-2000:])
        return self.stored()

    def stored(self):
        found = {}
        for partition, offset, _, value, _ in ottla.consume(self.brokers, self.topic):
            found[partition, offset] = json.loads(value)
        return found

    def dead_letters(self):
        """{(partition, offset) of the original: [headers of its dead letters]}"""
        found = collections.defaultdict(list)
        for _, _, _, value, headers in ottla.consume(self.brokers, self.dead_topic):
            told = {name: text.decode() for name, text in headers}
            self.assertEqual(told["x-original-topic"], self.topic)
            found[int(told["x-original-partition"]), int(told["x-original-offset"])].append(told)
        return found

    def outcomes(self, *services):
        """{(partition, offset): [outcomes]} over all that these processes printed."""
        found = collections.defaultdict(list)
        for one in services:
            for line in one.lines():
                found[line["partition"], line["offset"]].append((line["outcome"], line["index"]))
        return found

    def wait_processed(self, places, *services, seconds=PATIENCE):
        """Until each place was told; what is lost for good shows in the caller's comparison."""
        deadline = time.monotonic() + seconds
        while set(places) - set(self.outcomes(*services)) and time.monotonic() < deadline:
            time.sleep(0.2)

    def assert_all_processed(self, stored, told, letters):
        """Each message was processed or is among the dead letters, with the headers that say why."""
        self.assertEqual(sorted(set(stored) - set(told)), [], "messages that nobody processed")
        self.assertEqual(sorted(set(told) - set(stored)), [], "messages that nobody sent")
        for place, said in told.items():
            self.assertTrue(all(index == stored[place]["index"] for _, index in said), f"{place}: {said}")
            expected = "dlq" if stored[place]["kind"] == "poison" else "ok"
            self.assertEqual({outcome for outcome, _ in said}, {expected}, f"{place}: {stored[place]}")
        poison = {place for place, message in stored.items() if message["kind"] == "poison"}
        self.assertEqual(set(letters), poison, "dead letters and poison")
        self.assertGreater(len(poison), 0, "the test saw no poison")
        self.assertTrue(any(message["kind"] == "temporary" for message in stored.values()), "the test saw no temporary failure")
        for place, headers in letters.items():
            for told_of_it in headers:
                self.assertEqual(told_of_it["x-retry-count"], "0", place)
                self.assertEqual(told_of_it["x-consumer-group"], self.group)
                self.assertRegex(told_of_it["x-failed-timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
                self.assertTrue(told_of_it["x-error-message"] and told_of_it["x-exception-type"], told_of_it)


class Service(ServiceTest):
    def test_each_message_is_processed_or_dead_although_the_process_is_killed_in_the_middle(self):
        stored = self.produce(MESSAGES)
        self.assertEqual(sorted(message["index"] for message in stored.values()), list(range(MESSAGES)))
        first = self.start("first", "consumer")
        targets.wait_until(lambda: len(first.lines()) > MESSAGES // 3, PATIENCE, "a third of the messages")
        first.kill()
        second = self.start("second", "consumer")
        self.wait_processed(stored, first, second)
        given_up = sum(line["outcome"] == "dlq" for line in second.lines())
        targets.wait_until(lambda: second.metrics().sum("example_service_dlq_messages_total", topic=self.topic) == given_up, 30,
                           "dead letters that are acknowledged")
        metrics = second.metrics()
        self.assertEqual(second.stop(), 0, second.err.read_text()[-2000:])
        self.assert_all_processed(stored, self.outcomes(first, second), self.dead_letters())
        mine = second.lines()
        self.assertGreater(len(mine), 0, "the first process did all the work")
        count = collections.Counter(line["outcome"] for line in mine)
        self.assertEqual(metrics.sum("example_service_messages_processed_total", topic=self.topic, status="success"), count["ok"])
        self.assertEqual(metrics.sum("example_service_dlq_messages_total", topic=self.topic), count["dlq"])
        self.assertEqual(metrics.sum("example_service_messages_received_total", topic=self.topic), len(mine))
        for line in second.log():
            self.assertIn("component", line)

    def test_a_stop_under_load_drains_and_commits_so_that_nothing_is_processed_twice(self):
        stored = self.produce(MESSAGES)
        services = []
        while len(self.outcomes(*services)) < len(stored) and len(services) < 5:
            one = self.start(f"run-{len(services)}", "consumer")
            services.append(one)
            enough = len(self.outcomes(*services[:-1])) + MESSAGES // 4
            targets.wait_until(lambda: len(self.outcomes(*services)) >= min(enough, len(stored)), PATIENCE, "a quarter of the messages")
            begun = time.monotonic()
            self.assertEqual(one.stop(), 0, one.err.read_text()[-2000:])
            self.assertLess(time.monotonic() - begun, 30, "the stop")
        last = self.start("last", "consumer")
        self.wait_processed(stored, *services, last)
        self.assertEqual(last.stop(), 0, last.err.read_text()[-2000:])
        told = self.outcomes(*services, last)
        self.assert_all_processed(stored, told, self.dead_letters())
        self.assertEqual({place: said for place, said in told.items() if len(said) > 1}, {}, "processed twice after clean stops")

    def test_one_process_in_all_roles_does_its_work_and_ends_by_itself(self):
        one = self.start("all", "all", "--messages", str(MESSAGES), "--seed", "3", "--max-seconds", "60")
        targets.wait_until(lambda: len(one.lines()) >= MESSAGES, 60, "all messages")
        metrics = one.metrics()
        self.assertEqual(one.stop(), 0, one.err.read_text()[-2000:])
        stored = self.stored()
        self.assert_all_processed(stored, self.outcomes(one), self.dead_letters())
        self.assertEqual(metrics.sum("example_service_messages_sent_total", topic=self.topic, status="success"), len(stored))

    def test_health_is_red_while_the_broker_is_paused_and_green_again(self):
        if self.kind == "broker":
            self.skipTest("the dev broker cannot be paused from outside")
        one = self.start("healthy", "consumer")
        targets.wait_until(lambda: (one.health() or (0,))[0] == 200, PATIENCE, "health")
        self.assertEqual(one.health("/livez")[0], 200)
        nodes = [str(node) for node in (1, 2, 3)[:self.copies]]
        for node in nodes:
            self.server.do("pause", node)
        try:
            targets.wait_until(lambda: (one.health() or (0,))[0] == 503, PATIENCE, "red health")
            status, document = one.health()
            self.assertEqual((status, document["status"]), (503, "down"))
            self.assertTrue(any(check["status"] == "down" and check["error"] for check in document["checks"]), document)
            self.assertEqual(one.health("/livez")[0], 200, "a broker that hangs is no reason to restart this process")
        finally:
            for node in nodes:
                self.server.do("resume", node)
        targets.wait_until(lambda: (one.health() or (0,))[0] == 200, PATIENCE, "green health")
        self.assertEqual(one.stop(), 0, one.err.read_text()[-2000:])


if __name__ == "__main__":
    unittest.main(defaultTest=os.environ["OTTLA_TEST_ONLY"].split() if "OTTLA_TEST_ONLY" in os.environ else None)

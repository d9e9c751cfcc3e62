"""Retry topics on a broker: tier behind tier, in the order of keys if asked, while the process is killed in the middle."""
import collections
import json
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import unittest
import uuid

from support import ottla, targets

PARTITIONS = 3
KEYS = 40
MESSAGES = int(os.environ.get("OTTLA_TEST_SERVICE_MESSAGES", "3000"))
PATIENCE = float(os.environ.get("OTTLA_TEST_SERVICE_PATIENCE", "180"))
IN_PLACE, TIERS = 1, (0.2, 0.5, 0.9)  # as retry_service has them
HOPELESS, POISON = 99, -1


class Member:
    """One retry_service, whose lines are kept although it is killed."""

    def __init__(self, name, directory, *arguments):
        self.name, self.killed = name, False
        self.out, self.err = pathlib.Path(directory) / f"{name}.out", pathlib.Path(directory) / f"{name}.err"
        program = pathlib.Path(ottla.binary()).parent / "retry_service"
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen([program, *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=err)

    def lines(self):
        text = self.out.read_text()
        return [json.loads(line) | {"by": self} for line in text[:text.rfind("\n") + 1].splitlines()]

    def kill(self):
        self.killed = True
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def close(self):
        if self.process.poll() is None:
            self.kill()


def place(line):
    return line["partition"], line["offset"]


class RetryTopics(targets.BrokerTest):
    def setUp(self):
        self.topic, self.group = self.new_topic(PARTITIONS, "retried"), f"retried-{uuid.uuid4().hex[:8]}"
        ottla.create_topic(self.brokers, f"{self.topic}-dlq", 2, self.copies)
        self.directory = self.enterContext(tempfile.TemporaryDirectory(prefix="ottla-retried-"))
        self.members = []

    def start(self, order):
        one = Member(f"member-{len(self.members)}", self.directory, self.brokers, self.topic, self.group, order)
        self.addCleanup(one.close)
        self.members.append(one)
        return one

    def fill(self):
        """{place: (key, failures)} in the order of offsets."""
        rng, lines, told = random.Random(5), [], []
        for _ in range(MESSAGES):
            number = rng.randrange(KEYS)
            key = None if rng.random() < 0.1 else f"k{number}"
            failures = rng.choices([0, 1, 3, HOPELESS, POISON], [84, 8, 4, 2, 2])[0]
            lines.append(json.dumps({"key": key, "value": str(failures), "partition": number % PARTITIONS}))
            told.append((key, failures))
        places = ottla.produce(self.brokers, self.topic, lines)
        return {places[index]: told[index] for index in sorted(places, key=places.get)}

    def lines(self):
        return sorted((line for one in self.members for line in one.lines()), key=lambda line: line["at"])

    def letters(self):
        """{place: headers of its dead letters}"""
        found = collections.defaultdict(list)
        for _, _, key, value, headers in ottla.consume(self.brokers, f"{self.topic}-dlq"):
            told = {name: text.decode() for name, text in headers}
            self.assertEqual(told["x-original-topic"], self.topic)
            at = int(told["x-original-partition"]), int(told["x-original-offset"])
            wanted_key, failures = self.stored[at]
            self.assertEqual((key, value), (wanted_key and wanted_key.encode(), str(failures).encode()), at)
            found[at].append(told)
        return found

    def finished(self):
        return {place(line) for line in self.lines() if line["say"] == "done"}

    def live_through(self, order):
        """Two members, one is killed with messages in the tiers, another comes; at the end both stop cleanly."""
        self.stored = self.fill()
        first, second = self.start(order), self.start(order)
        for one in (first, second):  # both have partitions, and messages wait in tiers
            targets.wait_until(lambda: any(line["tier"] > 0 for line in one.lines()), PATIENCE, "messages in tiers")
        first.kill()
        self.assertLess(len(self.finished()), MESSAGES, "all was done before the kill: it proves nothing")
        self.start(order)
        alive = [one for one in self.members if not one.killed]
        targets.wait_until(lambda: set(self.stored) <= self.finished() | set(self.letters()), PATIENCE, "all done or dead")
        targets.wait_until(lambda: self.lag() == 0, PATIENCE, "all committed, in the tiers too")
        for one in alive:
            self.assertEqual(one.stop(), 0, one.err.read_text()[-2000:])

    def lag(self):
        """Over the topic and its retry topics; -1: not all of them have offsets."""
        said = ottla.run("-b", self.brokers, "groups", "lag", self.group, "--output", "jsonl").stdout
        parts = [json.loads(line) for line in said.splitlines()]
        known = {part["topic"] for part in parts if part["committedOffset"] is not None}
        return sum(part["lag"] or 0 for part in parts) if len(known) == 1 + len(TIERS) else -1

    # --- What must hold

    def assert_each_done_or_dead(self, least_retries):
        done, letters = self.finished(), self.letters()
        for at, (key, failures) in self.stored.items():
            ways = {"done"} if at in done else set()
            ways |= {"dead"} if at in letters else set()
            if failures in (HOPELESS, POISON):
                self.assertEqual(ways, {"dead"}, (at, key, failures))
            elif failures <= IN_PLACE or least_retries > IN_PLACE:
                self.assertEqual(ways, {"done"}, (at, key, failures))
            else:  # who follows into the last tier has only the tries in place
                self.assertTrue(ways, (at, key, failures))
        for at, notes in letters.items():
            poison = self.stored[at][1] == POISON
            for told in notes:
                low, high = (0, 0) if poison else (least_retries, IN_PLACE + len(TIERS))
                self.assertTrue(low <= int(told["x-retry-count"]) <= high, (at, told))
                self.assertEqual(told["x-error-message"], "poison" if poison else "the database was busy", at)
                self.assertEqual(told["x-exception-type"], "bad_message" if poison else "busy", at)
                self.assertEqual(told["x-consumer-group"], self.group, at)
                self.assertRegex(told["x-failed-timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
                self.assertFalse({"x-retry-due", "x-retry-tier"} & set(told), "a letter waits for nothing")

    def assert_retries_say_what_they_are(self):
        for tier, seconds in enumerate(TIERS, 1):
            records = ottla.consume(self.brokers, f"{self.topic}-retry-{round(seconds * 1000)}ms")
            self.assertTrue(records, f"nothing went to tier {tier}")
            for _, _, key, value, headers in records:
                told = {name: text.decode() for name, text in headers}
                wanted_key, failures = self.stored[int(told["x-original-partition"]), int(told["x-original-offset"])]
                self.assertEqual((key, value), (wanted_key and wanted_key.encode(), str(failures).encode()))
                self.assertEqual((told["x-original-topic"], told["x-retry-tier"]), (self.topic, str(tier)))
                self.assertTrue(told["x-retry-due"].isdigit(), told)

    def assert_tiers_were_waited_out(self):
        """A try in a tier comes at least so long after the one that failed before; of copies, after the first one's."""
        waits, failed = 0, {}
        for line in self.lines():
            if line["say"] == "dead":
                continue
            if line["tier"] > 0:
                waited = (line["at"] - failed[place(line), line["tries"] - 1]) / 1e9
                self.assertGreaterEqual(waited, TIERS[line["tier"] - 1] - 0.005, line)
                waits += 1
            failed.setdefault((place(line), line["tries"]), line["at"])
        self.assertGreater(waits, MESSAGES // 50, "hardly anything went through tiers")

    def assert_keys_kept_their_order(self):
        """Whoever is tried, all earlier messages of its key are done, or dead: as told, or by a process that was killed."""
        earlier = {}
        of_key = collections.defaultdict(list)
        for at, (key, _) in self.stored.items():
            if key is not None:
                earlier[at] = list(of_key[key, at[0]])
                of_key[key, at[0]].append(at)
        over, letters, in_tiers = set(), self.letters(), 0
        for line in self.lines():
            at = place(line)
            if line["say"] not in ("dead",) and at in earlier:
                self.assertEqual([one for one in earlier[at] if one not in over], [], f"{self.stored[at][0]}: {line}")
                in_tiers += line["tier"] > 0
            given_up = line["say"] == "reject" or (line["say"] == "retry" and line["tier"] == len(TIERS))
            unsaid = line["by"].killed and at in letters and given_up
            if line["say"] in ("done", "dead") or unsaid:
                over.add(at)
        self.assertGreater(in_tiers, MESSAGES // 50, "hardly any key went through tiers")

    # --- The stories

    def test_a_kill_in_the_middle_loses_nothing_in_a_tier_and_each_tier_is_waited_out(self):
        self.live_through("any-order")
        self.assert_each_done_or_dead(least_retries=IN_PLACE + len(TIERS))
        self.assert_retries_say_what_they_are()
        self.assert_tiers_were_waited_out()

    def test_keys_keep_their_order_over_tiers_although_a_member_is_killed(self):
        self.live_through("key-order")
        self.assert_each_done_or_dead(least_retries=IN_PLACE)
        self.assert_retries_say_what_they_are()
        self.assert_keys_kept_their_order()


if __name__ == "__main__":
    unittest.main()

"""Groups on three nodes while members join, leave, crash and hang and their coordinator is killed; and groups mixed with other clients.

Every record has a place, and every member says when it takes and gives up a partition. What is checked then: nothing that was acknowledged
is skipped; a successor begins where its predecessor ended, unless that one had no chance to commit; offsets follow each other within one
ownership; no two owners at once.
"""
import json
import os
import random
import shutil
import signal
import tempfile
import threading
import time
import unittest
import uuid

from support import group_checks, group_load, group_members, targets
from support import ottla
from support.group_history import Reading

PARTITIONS = 12
MEMBERS = 6
SECONDS = float(os.environ.get("OTTLA_TEST_GROUP_SECONDS", "20"))
SEED = int(os.environ.get("OTTLA_TEST_GROUP_SEED", random.randrange(10**6)))
PATIENCE = 120  # for what takes two or three sessions on an idle machine
KAFKA_SECONDS = 90  # a JVM starts, and joins


class GroupTest(targets.BrokerTest):
    per_second = 400

    def setUp(self):
        self.topic, self.group = self.new_topic(PARTITIONS, "tormented"), f"group-{uuid.uuid4().hex[:8]}"
        self.random = random.Random(SEED)
        self.directory = tempfile.mkdtemp(prefix="ottla-groups-")
        self.members, self.begin = [], group_members.now()
        self.addCleanup(self.clear_away)
        self.addCleanup(lambda: [one.close() for one in self.members])

    def clear_away(self):
        if self._outcome.success and not os.environ.get("OTTLA_TEST_KEEP"):
            shutil.rmtree(self.directory, ignore_errors=True)
        else:
            print(f"seed {SEED}; what the members said: {self.directory}")

    def shorten_sessions(self):
        """Of this group: in groups of the consumer protocol that is not the members' to say."""
        self.server.tool("kafka.admin.ConfigCommand", "--bootstrap-server", self.brokers, "--alter", "--entity-type", "groups", "--entity-name",
                         self.group, "--add-config", "consumer.session.timeout.ms=6000,consumer.heartbeat.interval.ms=500")

    def load(self):
        load = group_load.Load(self.brokers, self.topic, self.per_second)
        self.addCleanup(load.close)
        targets.wait_until(lambda: load.outcomes, 60, "the first acknowledgement")
        return load

    def join(self, assignor):
        one = group_members.OttlaMember(f"ottla-{len(self.members)}", self.directory, self.brokers, self.topic, self.group, assignor)
        self.members.append(one)
        return one

    def alive(self):
        return [one for one in self.members if one.alive() and one.kind == "ottla"]

    def settled(self):
        """Every partition has one owner, and every member a partition."""
        shares = [one.has() for one in self.alive()]
        return all(shares) and sorted(p for share in shares for p in share) == list(range(PARTITIONS))

    def wait_settled(self):
        targets.wait_until(self.settled, PATIENCE, "each partition with one owner")

    def readings(self):
        return [Reading(one, self.begin) for one in self.members if one.kind == "ottla"]

    def others_records(self):
        """(partition, offset, value) of the other clients' members."""
        found = []
        for one in self.members:
            if one.kind != "ottla":
                found += [(int(at[1]), int(at[2]), at[3]) for at in map(one.PLACE.match, one.text().splitlines()) if at]
        return found

    def seen(self):
        return ({(own.partition, offset) for reading in self.readings() for own in [*reading.done] for offset, _ in own.records}
                | {(partition, offset) for partition, offset, _ in self.others_records()})

    def wait_all_seen(self, sent):
        """Then the group is at the end; what is skipped for good shows when the time is over."""
        deadline = time.monotonic() + PATIENCE
        while set(sent) - self.seen() and time.monotonic() < deadline:
            time.sleep(0.5)

    def stop_all(self):
        for one in [one for one in self.members if one.alive()]:
            status = one.stop()
            if one.kind == "ottla":
                self.assertEqual(status, 0, f"{one.name} after SIGTERM: {one.text()[-1000:]}")

    def assert_all_committed(self):
        """A member that comes now finds nothing to do."""
        left = ottla.run("-b", self.brokers, "consume", self.topic, "--group", self.group, "--from", "beginning", "--exit-at-end",
                         "--output", "jsonl", "-X", group_members.shared_by(self.assignor)[-1]).stdout
        self.assertEqual(left, "", "what was written was not committed at the end")

    def coordinator(self):
        """The node that coordinates the group: the leader of its partition of __consumer_offsets."""
        number = 0
        for letter in self.group:
            number = (31 * number + ord(letter)) & 0xFFFFFFFF
        said = json.loads(ottla.run("-b", self.brokers, "topics", "describe", "__consumer_offsets", "--output", "json").stdout)
        parts = {part["partition"]: part["leader"] for part in said[0]["partitions"]}
        return parts[(number & 0x7FFFFFFF) % len(parts)]


class Tormented(GroupTest):
    """Six members of Ottla."""

    def disturb_broker(self, node, faults):
        """Kills the node that coordinates the group, and restarts it when another one does."""
        try:
            self.server.do("kill", str(node))
            targets.wait_until(lambda: self.coordinator() != node, PATIENCE, "another coordinator")
            self.server.do("restart", str(node))
        except AssertionError as fault:
            faults.append(str(fault))

    def leave(self, one):
        """Once it has said something: a process that has not begun yet cannot end well."""
        targets.wait_until(one.text, PATIENCE, f"{one.name} has said something")
        status = one.stop()
        self.assertEqual(status, 0, f"{one.name} after SIGTERM: {one.text()[-1000:]}")

    def crash(self, one):
        one.kill()

    def hang(self, one):
        """Until others have what it had; then it wakes up, and must notice before it goes on."""
        self.wait_settled()
        had, said = one.has(), one.changes()
        one.pause()
        try:
            targets.wait_until(lambda: had <= set().union(*(other.has() for other in self.alive() if other is not one)), PATIENCE,
                               "others have what a hanging member had")
        finally:
            one.resume()
        targets.wait_until(lambda: one.changes() > said, PATIENCE, "a member that hung knows what it lost")

    def torment(self):
        """Each kind of disturbance once at least, and again until the time is over; members that are gone are replaced."""
        end = time.monotonic() + SECONDS
        faults, counts = [], {"leave": 0, "crash": 0, "hang": 0}
        broker = threading.Thread(target=self.disturb_broker, args=(self.coordinator(), faults))
        while time.monotonic() < end or not all(counts.values()):
            kinds = list(counts)
            self.random.shuffle(kinds)
            for kind in kinds:
                getattr(self, kind)(self.random.choice(self.alive()))
                counts[kind] += 1
                if broker.ident is None:
                    broker.start()  # so that the next disturbances meet a group without its coordinator
                while len(self.alive()) < MEMBERS:
                    self.join(self.assignor)
                if self.random.random() < 0.5 or kind == kinds[-1]:
                    self.wait_settled()  # else the next disturbance falls into this rebalance
        broker.join(PATIENCE)
        self.assertFalse(broker.is_alive(), "the broker's restart hangs")
        self.assert_nothing(faults)
        return counts

    def run_with(self, assignor):
        self.assignor = assignor
        started = time.monotonic()
        load = self.load()
        for _ in range(MEMBERS // 2):
            self.join(assignor)
        self.wait_settled()
        for _ in range(MEMBERS - MEMBERS // 2):
            self.join(assignor)
        self.wait_settled()
        counts = self.torment()
        self.wait_settled()
        sent = load.finish()
        self.wait_all_seen(sent)
        self.stop_all()
        readings = self.readings()
        owns = [own for reading in readings for own in reading.done]
        records = [(own.partition, offset, value) for own in owns for offset, value in own.records]
        lost = sum(own.end == "loses" for own in owns)
        generations = {own.generation for own in owns if own.generation >= 0}
        print(f"\n{assignor}: {len(sent)} records acknowledged, {len(records)} written, {group_checks.duplicates(owns)} of them again; "
              f"{len(generations)} generations with new owners, {len(owns)} ownerships ({lost} lost, "
              f"{sum(own.commit_failed for own in owns)} without their commit); {len(self.members)} members: {counts['leave']} left, "
              f"{counts['crash']} killed, {counts['hang']} hung; {time.monotonic() - started:.0f} s, seed {SEED}", flush=True)
        errors = sorted({error for reading in readings for error in reading.errors})
        for error in errors:
            print(f"  a member said: {error}")
        self.assert_nothing([fault for reading in readings for fault in reading.faults])
        self.assert_nothing(group_checks.skipped(sent, {(partition, offset) for partition, offset, _ in records}))
        self.assert_nothing(group_checks.changed(sent, records))
        self.assert_nothing(group_checks.out_of_order(owns))
        self.assert_nothing(group_checks.two_owners(owns))
        self.assert_nothing(group_checks.read_again(owns))
        self.assert_all_committed()

    def test_range_keeps_its_promises_while_members_and_the_coordinator_go_and_come(self):
        self.run_with("range")

    def test_cooperative_sticky_keeps_its_promises_while_members_and_the_coordinator_go_and_come(self):
        self.run_with("cooperative-sticky")

    def test_the_consumer_protocol_keeps_its_promises_while_members_and_the_coordinator_go_and_come(self):
        self.shorten_sessions()
        self.run_with(group_members.BY_BROKER)


class Mixed(GroupTest):
    """Two members of Ottla, one of the Java client, one of librdkafka."""

    def wait_shared(self, others):
        """Everybody reads something new, and Ottla's members do not have it all."""
        before = {one.name: len(one.text()) for one in others}
        targets.wait_until(lambda: all(len(one.text()) > before[one.name] for one in others), KAFKA_SECONDS,
                           "the other clients read their share")
        targets.wait_until(lambda: 0 < sum(len(one.has()) for one in self.alive()) < PARTITIONS and all(one.has() for one in self.alive()),
                           KAFKA_SECONDS, "Ottla's members read theirs")

    def end(self, one):
        """kcat drops the record that it holds when it is told to end, and commits it all the same: it must hold none."""
        one.send("stopped", signal.SIGTERM)
        self.assertIsNotNone(one.ended(PATIENCE), f"{one.name} does not end")

    def run_with(self, assignor):
        self.assignor = assignor
        started = time.monotonic()
        load = self.load()
        first = self.join(assignor)
        others = [group_members.JavaMember("java", self.directory, self.server, self.topic, self.group, assignor)]
        if shutil.which("kcat") and assignor != group_members.BY_BROKER:  # those of distributions are too old for that
            others.append(group_members.LibrdkafkaMember("librdkafka", self.directory, self.server, self.topic, self.group, assignor))
        self.members += others
        self.wait_shared(others)
        self.join(assignor)
        self.wait_shared(others)
        self.assertEqual(first.stop(), 0, first.text()[-1000:])  # they take over from us
        self.wait_shared(others)
        self.join(assignor)
        self.wait_shared(others)
        self.end(others[0])  # and we from the Java client
        self.wait_shared(others[1:])
        sent = load.finish()
        self.wait_all_seen(sent)
        for one in others[1:]:
            self.end(one)
        self.wait_settled()
        load = self.load()
        targets.wait_until(lambda: load.index >= 2 * self.per_second, 60, "records for those who are left")
        more = load.finish()
        self.assertEqual(set(sent) & set(more), set())
        sent.update(more)
        self.wait_all_seen(sent)
        self.stop_all()
        readings = self.readings()
        owns = [own for reading in readings for own in reading.done]
        ours = [(own.partition, offset, value) for own in owns for offset, value in own.records]
        theirs = self.others_records()
        places = [(partition, offset) for partition, offset, _ in ours + theirs]
        shares = ", ".join(f"{one.name} {len(one.text().splitlines())}" for one in others)
        print(f"\n{assignor}, mixed: {len(sent)} records acknowledged, {len(places)} written, {len(places) - len(set(places))} of them "
              f"again; Ottla {len(ours)}, {shares}; {len({own.generation for own in owns})} generations with new owners among ours; "
              f"{time.monotonic() - started:.0f} s", flush=True)
        self.assert_nothing([fault for reading in readings for fault in reading.faults + reading.errors])
        self.assert_nothing(group_checks.skipped(sent, set(places)))
        self.assert_nothing(group_checks.changed(sent, ours + theirs))
        self.assert_nothing(group_checks.out_of_order(owns))
        self.assert_nothing(group_checks.two_owners(owns))
        self.assert_all_committed()

    def test_range_is_shared_with_the_java_client_and_librdkafka(self):
        self.run_with("range")

    def test_cooperative_sticky_is_shared_with_the_java_client_and_librdkafka(self):
        self.run_with("cooperative-sticky")

    def test_a_group_of_the_consumer_protocol_is_shared_with_the_java_client(self):
        self.shorten_sessions()
        self.run_with(group_members.BY_BROKER)


if __name__ == "__main__":
    unittest.main()

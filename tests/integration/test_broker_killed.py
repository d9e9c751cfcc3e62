"""A broker dies with kill -9 in the middle of a run and comes back: nothing acknowledged is missing, nothing is doubled."""
import subprocess
import threading
import time
import unittest

from support import java_side, ottla, records, targets

PARTITIONS = 12
BURST = 250


class BrokerKilled(targets.BrokerTest):
    def send_while(self, topic, disturb):
        """Feeds records to one ottla produce for as long as disturb runs, and a little longer; {(partition, offset): index}."""
        process = subprocess.Popen([ottla.binary(), "-b", self.brokers, "produce", topic, "--input", "jsonl", "--report", "jsonl",
                                    "--compression", "lz4"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        outcomes, errors = [], []
        readers = [threading.Thread(target=lambda: outcomes.extend(process.stdout)),
                   threading.Thread(target=lambda: errors.extend(process.stderr))]
        self.addCleanup(process.stdout.close)  # cleanups run last to first: kill, join, close
        self.addCleanup(process.stderr.close)
        for reader in readers:
            reader.start()
            self.addCleanup(reader.join)
        self.addCleanup(process.kill)
        index = 0

        def feed(seconds):
            nonlocal index
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                burst = [records.to_jsonl(*records.make(index + n)) + "\n" for n in range(BURST)]
                process.stdin.write("".join(burst))
                process.stdin.flush()
                index += BURST
                time.sleep(0.02)  # a steady stream, so that the disturbance falls into it

        feed(1)
        targets.wait_until(lambda: outcomes, 30, "the first outcome, while input is still open")
        disturbance = threading.Thread(target=disturb)
        disturbance.start()
        while disturbance.is_alive():
            feed(0.2)
        feed(2)
        process.stdin.close()
        try:
            status = process.wait(ottla.DEADLINE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError(f"{len(outcomes)} of {index} outcomes, then silence: {''.join(errors)[-3000:]}") from None
        for reader in readers:
            reader.join()
        places = ottla.acknowledged(outcomes)
        self.assertEqual(status, 0, "".join(errors))
        self.assertEqual(sorted(places), list(range(index)), "each record has one outcome")
        sent = {place: number for number, place in places.items()}
        self.assertEqual(len(sent), index, "two records were acknowledged at one offset")
        return sent

    def assert_all_there(self, topic, sent):
        self.assert_nothing(records.order_faults(sent))
        self.assert_nothing(records.differences(sent, ottla.consume(self.brokers, topic)))
        self.assert_nothing(records.differences(sent, java_side.consume(self.server, topic, len(sent))))

    def disturbed(self, *commands):
        faults = []

        def disturb():
            for command in commands:
                try:
                    time.sleep(command) if isinstance(command, (int, float)) else self.server.do(*command)
                except AssertionError as fault:
                    faults.append(str(fault))
        topic = self.new_topic(PARTITIONS, "killed")
        sent = self.send_while(topic, disturb)
        self.assert_nothing(faults)
        self.assert_all_there(topic, sent)

    def test_a_broker_killed_and_restarted_costs_no_record(self):
        self.disturbed(("kill", "2"), 3, ("restart", "2"))

    def test_a_broker_restarted_cleanly_costs_no_record(self):
        self.disturbed(("restart", "1"),)

    def test_a_broker_that_hangs_for_a_while_costs_no_record(self):
        self.disturbed(("pause", "3"), 5, ("resume", "3"))


class OneNodeKilled(BrokerKilled):
    """With one node there is nobody to take over: the producer waits for it."""

    test_a_broker_restarted_cleanly_costs_no_record = None
    test_a_broker_that_hangs_for_a_while_costs_no_record = None

    def test_a_broker_killed_and_restarted_costs_no_record(self):
        self.disturbed(("kill", "1"), 2, ("restart", "1"))


def load_tests(loader, _tests, _pattern):
    return loader.loadTestsFromTestCase(OneNodeKilled if targets.target() == "kafka1" else BrokerKilled)


if __name__ == "__main__":
    unittest.main()

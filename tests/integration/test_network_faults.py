"""A producer over a network that loses, delays, resets and swallows packets: nothing is lost or doubled, it recovers within its bounds, and
the connections it opens meanwhile are counted."""
import collections
import json
import subprocess
import threading
import time
import unittest

from support import ottla
from support.faulty_wire import BROKER, FaultyWire, why_not

MISSING = why_not()
SETUP, BACKOFF, REQUEST = 1.0, 1.0, 2.0  # seconds: socket.connection.setup.timeout.ms, reconnect.backoff.max.ms, request.timeout.ms
BOUNDS = ("-X", f"socket.connection.setup.timeout.ms={SETUP * 1000:.0f}", "-X", f"reconnect.backoff.max.ms={BACKOFF * 1000:.0f}",
          "-X", f"request.timeout.ms={REQUEST * 1000:.0f}")
# Beside what the settings say: a machine with other work. SYNs and data of the system's own are sent again after 1 s.
SLACK = 4.0
LANES = 2  # of a producer to one broker: control and produce; the bootstrap address is a third connection at the start


@unittest.skipIf(MISSING, MISSING)
class NetworkFaults(unittest.TestCase):
    RECORDS, RATE = 3000, 300

    def setUp(self):
        self.wire = self.enterContext(FaultyWire(seed=7))
        broker = subprocess.Popen([*self.wire.words("broker"), ottla.binary(), "broker", "--listen", f"{BROKER}:9092", "--topic", "t:3"],
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(broker.wait)
        self.addCleanup(broker.kill)
        self.addCleanup(broker.stdout.close)
        self.assertEqual(broker.stdout.readline().split(), ["ready", f"{BROKER}:9092"])
        self.acknowledged = []  # (when, partition, offset, index)

    def client(self, *words, **more):
        return subprocess.Popen([*self.wire.words("client"), ottla.binary(), "-b", f"{BROKER}:9092", *BOUNDS, *words], text=True,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)

    def produce_during(self, trouble):
        """Sends records at a steady rate while `trouble` happens; when it was over."""
        sender = self.client("produce", "t", "--report", "jsonl", "--key-separator", ":")
        self.addCleanup(sender.kill)

        def feed():
            begun = time.monotonic()
            for index in range(self.RECORDS):
                time.sleep(max(0.0, begun + index / self.RATE - time.monotonic()))
                sender.stdin.write(f"{index % 50}:{index}\n")
                sender.stdin.flush()
            sender.stdin.close()

        def listen():
            for line in sender.stdout:
                told = json.loads(line)
                self.assertNotIn("error", told)
                self.acknowledged.append((time.monotonic(), told["partition"], told["offset"], told["index"]))

        threads = [threading.Thread(target=work, daemon=True) for work in (feed, listen)]
        for one in threads:
            one.start()
        self.until_acknowledged(self.RATE)
        before = len(self.wire.connects)
        trouble()
        over = time.monotonic()
        during = len(self.wire.connects) - before
        for one in threads:
            one.join(ottla.DEADLINE)
        self.assertEqual(sender.wait(timeout=ottla.DEADLINE), 0, sender.stderr.read()[-2000:])
        sender.stdout.close()
        sender.stderr.close()
        self.check_what_is_there()
        return over, during

    def until_acknowledged(self, count):
        deadline = time.monotonic() + 60
        while len(self.acknowledged) < count:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def check_what_is_there(self):
        """All are acknowledged once, and are there once, in the order of their keys."""
        self.assertEqual(sorted(index for _, _, _, index in self.acknowledged), list(range(self.RECORDS)))
        reader = self.client("consume", "t", "--from", "beginning", "--exit-at-end", "--output", "jsonl")
        out, err = reader.communicate(timeout=ottla.DEADLINE)
        self.assertEqual(reader.returncode, 0, err)
        there, by_key = {}, collections.defaultdict(list)
        for line in out.splitlines():
            record = json.loads(line)
            there[record["partition"], record["offset"]] = int(record["value"])
            by_key[record["key"]].append(int(record["value"]))
        self.assertEqual(there, {(partition, offset): index for _, partition, offset, index in self.acknowledged})
        for key, values in by_key.items():
            self.assertEqual(values, sorted(values), f"key {key}")

    def first_after(self, moment):
        return min(when for when, *_ in self.acknowledged if when > moment) - moment

    def test_loss_and_delay(self):
        def trouble():
            self.wire.loss, self.wire.delay = 0.05, 0.02
            time.sleep(5)
            self.wire.loss, self.wire.delay = 0.0, 0.0

        over, during = self.produce_during(trouble)
        self.assertLess(self.first_after(over), REQUEST + SETUP + BACKOFF + SLACK)
        # Lost packets are the system's business; where it takes too long, a request may time out.
        self.assertLessEqual(during, 2 * LANES)

    def test_resets(self):
        resets = 6

        def trouble():
            for _ in range(resets):
                self.wire.reset_all()
                time.sleep(0.7)

        over, during = self.produce_during(trouble)
        self.assertLess(self.first_after(over), SETUP + BACKOFF + SLACK)
        self.assertGreaterEqual(during, 1)
        self.assertLessEqual(during, resets * LANES)

    def test_half_open(self):
        dark = 6.0

        def trouble():
            self.wire.cut = True
            time.sleep(dark)
            self.wire.cut = False

        over, during = self.produce_during(trouble)
        self.assertFalse([when for when, *_ in self.acknowledged if over - dark + 0.5 < when < over], "an answer came through a cut wire")
        self.assertLess(self.first_after(over), SETUP + BACKOFF * 1.2 + SLACK)
        # Each try takes the set-up time and waits for the backoff; the first goes out when a request has timed out. Bootstrap is asked as well.
        self.assertGreaterEqual(during, 1)
        self.assertLessEqual(during, (LANES + 1) * (1 + dark / SETUP))


if __name__ == "__main__":
    unittest.main()

"""Sessions that end every five seconds, on TLS with SCRAM, as fast as it goes: nothing is lost, and what a renewal costs those who wait.

In no CI, since it measures: tools/secure-check. The cluster renews SCRAM-SHA-512 on SASL_SSL and leaves SCRAM-SHA-256 alone, which is the run to
compare with: on a busy machine acknowledgements pause for reasons of their own.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import unittest

from support import ottla, renewals, targets

SECONDS = float(os.environ.get("OTTLA_TEST_RENEWAL_SECONDS", "40"))
ROUNDS = int(os.environ.get("OTTLA_TEST_RENEWAL_ROUNDS", "2"))
MOST_MS = 50
# A flood that nobody reads must not fill the disk.
SHORT_LIVED = {"retention_bytes": 134_217_728, "segment_bytes": 33_554_432, "file_delete_delay_ms": 1000}


class Renewals(targets.BrokerTest):
    def flood(self, mechanism, topic, count):
        """Sends as fast as it goes; (what bench said, its log)."""
        way = pathlib.Path(self.server.directory) / "clients" / f"sasl_ssl-scram-sha-{mechanism}.properties"
        with tempfile.TemporaryFile("w+") as log:
            done = subprocess.run([ottla.binary(), "-F", str(way), "-vv", "bench", "produce", "--topic", topic, "--records", str(count), "--size", "100",
                                   "--keyed", "--idempotent", "--gaps", "2000", "--output", "json"],
                                  stdout=subprocess.PIPE, stderr=log, text=True, timeout=ottla.DEADLINE + 10 * SECONDS)
            log.seek(0)
            said = log.read()
        self.assertEqual(done.returncode, 0, said[-3000:])
        return json.loads(done.stdout), said

    def stored(self, topic):
        told = json.loads(ottla.run("-b", self.brokers, "offsets", topic, "--output", "json").stdout)
        return sum(one["end"] for one in told)

    def test_nothing_is_lost_and_nobody_waits_long(self):
        topic, sent = self.new_topic(6, "flood", **SHORT_LIVED), 0
        rate = None
        waited, around, away, control, seconds = [], [], [], [], [0.0, 0.0]
        for turn in range(1 + 2 * ROUNDS):
            mechanism = ("256", "512")[turn % 2]
            count = int(rate * SECONDS) if rate else 2_000_000
            told, log = self.flood(mechanism, topic, count)
            sent += count
            self.assertEqual(self.stored(topic), sent, "records that were acknowledged are stored, once")
            self.assertNotIn("DISCONNECTED", log)
            found = renewals.renewals(log)
            rest = renewals.sort_out(told["gaps"], found)
            rate = told["recordsPerSecond"]
            if turn == 0:
                continue  # to learn how fast it goes
            print(f"SCRAM-SHA-{mechanism}: {count} records in {told['seconds']:.1f} s, {rate:,.0f} per second; {len(found)} renewals",
                  file=sys.stderr, flush=True)
            if mechanism == "256":
                self.assertEqual(found, [], "this one is not renewed")
                control += rest
                seconds[1] += told["seconds"]
                continue
            seconds[0] += told["seconds"]
            self.assertGreaterEqual(len(found), told["seconds"] // 5 - 1)
            # One that is not among the longest gaps lay in none that is longer than the shortest of these.
            around += [one.gap_ms or told["gaps"][-1]["us"] / 1000 for one in found]
            waited += [one.waited_ms for one in found]
            away += rest
        self.tell("requests waited for a renewal", waited)
        self.tell("the wait for an answer that a renewal lies in", around)
        self.tell_moments("away from renewals", away, seconds[0])
        self.tell_moments("without renewals (SCRAM-SHA-256)", control, seconds[1])
        # What is longer than that has to be the machine: then it shows elsewhere too, and more than once.
        most = max(MOST_MS, min(sorted(away, reverse=True)[:3]), min(sorted(control, reverse=True)[:3]))
        self.assertLessEqual(max(waited), most, "milliseconds that a renewal held requests up")
        self.assertLessEqual(max(around), most, "milliseconds without an answer around a renewal")

    def tell(self, what, lengths):
        lengths = sorted(lengths, reverse=True)
        print(f"{what}: median {statistics.median(lengths):.1f} ms, longest {', '.join(f'{one:.1f}' for one in lengths[:5])} ms"
              f" of {len(lengths)}; over {MOST_MS} ms: {sum(one > MOST_MS for one in lengths)}", file=sys.stderr, flush=True)

    def tell_moments(self, what, lengths, seconds):
        """Any moment lies in a wait; renewals are compared with these, since a long wait has more moments than a short one."""
        half, tenth = (renewals.at_a_moment(lengths, seconds, share) for share in (0.5, 0.1))
        print(f"the wait for an answer that any other moment lies in, {what}: median {half:.1f} ms, one in ten {tenth:.1f} ms, longest "
              f"{', '.join(f'{one:.1f}' for one in sorted(lengths, reverse=True)[:3])} ms", file=sys.stderr, flush=True)


if __name__ == "__main__":
    unittest.main()

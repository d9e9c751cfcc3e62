"""The dev broker with --data-dir dies with kill -9 in the middle of a run and comes back: nothing acknowledged is missing, nothing is doubled."""
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from support import ottla, records

PARTITIONS = 6
BURST = 250
KILLS = 3


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class KeptBroker(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="ottla-kept-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.data = self.directory / "data"
        self.brokers = f"127.0.0.1:{free_port()}"
        self.process = None

    def up(self, *words, **more):
        """Starts the broker on the same directory and address; the seconds until it is ready."""
        began = time.monotonic()
        process = subprocess.Popen([ottla.binary(), "broker", "--listen", self.brokers, "--data-dir", str(self.data), *words],
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, **more)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stdout.close)
        self.assertEqual(process.stdout.readline(), f"ready {self.brokers}\n")
        self.process = process
        return time.monotonic() - began

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def command(self, *words, status=0, **more):
        done = subprocess.run([ottla.binary(), "-b", self.brokers, *words], capture_output=True, text=True, timeout=ottla.DEADLINE, **more)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def test_what_was_acknowledged_before_kill_9_is_there_once_and_in_order(self):
        self.up("--topic", f"t:{PARTITIONS}")
        producer = subprocess.Popen([ottla.binary(), "-b", self.brokers, "produce", "t", "--input", "jsonl", "--report", "jsonl",
                                     "--compression", "lz4"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True)
        self.addCleanup(producer.wait)
        self.addCleanup(producer.kill)
        outcomes, errors = [], []
        readers = [threading.Thread(target=lambda: outcomes.extend(producer.stdout)),
                   threading.Thread(target=lambda: errors.extend(producer.stderr))]
        for reader in readers:
            reader.start()
        index = 0

        def feed(seconds):
            nonlocal index
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                producer.stdin.write("".join(records.to_jsonl(*records.make(index + n)) + "\n" for n in range(BURST)))
                producer.stdin.flush()
                index += BURST
                time.sleep(0.01)  # a steady stream, so that the kills fall into it

        feed(0.5)
        for _ in range(KILLS):
            self.kill()
            self.up()
            feed(0.7)
        producer.stdin.close()
        for reader in readers:
            reader.join()
        self.assertEqual(producer.wait(ottla.DEADLINE), 0, "".join(errors))
        producer.stdout.close()
        producer.stderr.close()
        places = ottla.acknowledged(outcomes)
        self.assertEqual(sorted(places), list(range(index)), "each record has one outcome")
        sent = {place: number for number, place in places.items()}
        self.kill()
        self.up()
        self.assertEqual(records.order_faults(sent), [])
        self.assertEqual(records.differences(sent, ottla.consume(self.brokers, "t")), [])

    def test_a_group_goes_on_from_its_commit(self):
        self.up("--topic", "t:1")
        self.command("produce", "t", input="".join(f"{i}\n" for i in range(100)))
        first = self.command("consume", "t", "-g", "g", "--from", "beginning", "--count", "40").stdout.split()
        self.kill()
        self.up()
        rest = self.command("consume", "t", "-g", "g", "--from", "beginning", "--exit-at-end").stdout.split()
        self.assertEqual([int(word) for word in first + rest], list(range(100)))

    def test_a_torn_end_is_cut_off_and_said(self):
        self.up("--topic", "t:1")
        self.command("produce", "t", input="a\nb\n")
        self.kill()
        log = self.data / "t-0" / f"{0:020}.log"
        size = log.stat().st_size
        with open(log, "ab") as file:
            file.write(b"\0" * 30)
        process = subprocess.Popen([ottla.binary(), "broker", "--listen", self.brokers, "--data-dir", str(self.data)],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        self.assertEqual(process.stderr.readline(), f"{self.data}/t-0/{0:020}.log: cut to {size} of {size + 30} bytes, "
                                                    "there is no whole batch behind.\n")
        process.stdout.readline()
        self.assertEqual(log.stat().st_size, size)
        self.assertEqual(self.command("consume", "t", "--from", "beginning", "--exit-at-end").stdout, "a\nb\n")

    def test_a_second_broker_on_the_directory_is_refused(self):
        self.up()
        done = subprocess.run([ottla.binary(), "broker", "--listen", "127.0.0.1:0", "--data-dir", str(self.data)],
                              capture_output=True, text=True, timeout=ottla.DEADLINE)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(done.stderr, f"ottla broker: --data-dir: {self.data} is in use by another broker.\n")

    def test_an_unknown_format_is_refused(self):
        self.data.mkdir()
        (self.data / "format").write_text("ottla dev broker, format 7\n")
        done = subprocess.run([ottla.binary(), "broker", "--listen", "127.0.0.1:0", "--data-dir", str(self.data)],
                              capture_output=True, text=True, timeout=ottla.DEADLINE)
        self.assertEqual(done.returncode, 1)
        self.assertIn("its data has a format that this version does not know: 'ottla dev broker, format 7'", done.stderr)

    def test_with_fsync_the_same_holds(self):
        self.up("--topic", "t:1", "--fsync")
        self.command("produce", "t", input="a\nb\n")
        self.kill()
        self.up("--fsync")
        self.assertEqual(self.command("consume", "t", "--from", "beginning", "--exit-at-end").stdout, "a\nb\n")

    def test_a_file_that_may_not_grow_refuses_records_and_keeps_what_it_has(self):
        limit = 200_000
        self.up("--topic", "t:1", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        self.command("produce", "t", input="a\nb\n")
        refused = self.command("--timeout", "2s", "produce", "t", "--count", "3000", "--size", "100", "--report", "jsonl", status=1)
        taken = len([line for line in refused.stdout.splitlines() if '"offset"' in line])
        self.assertIn("KAFKA_STORAGE_ERROR", refused.stdout + refused.stderr)
        self.kill()
        self.up()
        self.assertLessEqual(os.path.getsize(self.data / "t-0" / f"{0:020}.log"), limit)
        self.assertEqual(len(self.command("consume", "t", "--from", "beginning", "--exit-at-end").stdout.splitlines()), 2 + taken)
        self.command("produce", "t", input="c\n")


if __name__ == "__main__":
    unittest.main()

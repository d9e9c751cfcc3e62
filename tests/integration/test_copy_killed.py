"""The example that copies a topic in transactions, killed again and again: readers of committed records see each letter once."""
import pathlib
import signal
import subprocess
import time
import unittest

from support import ottla, targets

LETTERS = 3000
KILLS = 4


class CopyKilled(targets.BrokerTest):
    def committed(self, topic):
        """The values, in order, of committed transactions alone."""
        return [one[3] for one in ottla.consume(self.brokers, topic, "-X", "isolation.level=read_committed")]

    def start(self, source, copy):
        program = pathlib.Path(ottla.binary()).parent / "example_copy"
        one = subprocess.Popen([program, self.brokers, source, copy, copy + "-copier"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.end, one)
        return one

    @staticmethod
    def end(one):
        if one.poll() is None:
            one.kill()
        one.communicate(timeout=30)

    def test_a_copier_killed_in_the_middle_copies_each_letter_once(self):
        source, copy = self.new_topic(3, "letters"), self.new_topic(3, "copies")
        lines = [f'{{"key":"{n % 7}","value":"letter {n}"}}' for n in range(LETTERS)]
        share = LETTERS // (KILLS + 1)
        for life in range(KILLS + 1):
            copier = self.start(source, copy)
            ottla.produce(self.brokers, source, lines[life * share:(life + 1) * share])
            if life < KILLS:
                self.assertTrue(copier.stdout.readline().strip().isdigit(), "the first commit of its life")
                time.sleep(0.05 * life)  # somewhere in a transaction
                self.assertIsNone(copier.poll(), "it ended by itself")
                copier.send_signal(signal.SIGKILL)
                copier.wait(timeout=30)
        targets.wait_until(lambda: len(self.committed(copy)) >= LETTERS, 60, "a copy of each letter")
        time.sleep(0.5)  # nothing comes twice
        copies = [value.decode() for value in self.committed(copy)]
        self.assertEqual(sorted(copies), sorted(f"letter {n}" for n in range(LETTERS)))
        self.assertIsNone(copier.poll(), "the last one ended by itself")


if __name__ == "__main__":
    unittest.main()

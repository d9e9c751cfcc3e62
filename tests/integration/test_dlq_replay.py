"""ottla dlq replay killed in the middle, on the dev broker and Apache Kafka: run again, each dead letter is in its topic once."""
import json
import subprocess
import unittest

from support import ottla, targets

LETTERS = 6000


class ReplayKilled(targets.BrokerTest):
    def test_killed_twice_and_run_again_each_letter_is_sent_once(self):
        orders, dead = self.new_topic(3, "orders"), self.new_topic(2, "dead")
        lines = []
        for number in range(LETTERS):
            headers = [["own", "kept"], ["x-retry-count", "3"], ["x-original-topic", orders], ["x-original-partition", str(number % 3)]]
            lines.append(json.dumps({"key": f"k{number % 7}", "value": str(number), "headers": headers, "partition": number % 2}))
        ottla.produce(self.brokers, dead, lines)
        for seen_before_the_kill in (1, 900):
            with subprocess.Popen([ottla.binary(), "-b", self.brokers, "dlq", "replay", dead], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as killed:
                for _ in range(seen_before_the_kill):
                    self.assertTrue(killed.stdout.readline(), "it ended before it was killed")
                killed.kill()
        ottla.run("-b", self.brokers, "dlq", "replay", dead)
        found = ottla.run("-b", self.brokers, "consume", orders, "--output", "jsonl", "--from", "beginning", "--exit-at-end").stdout
        back = [json.loads(line) for line in found.splitlines()]
        self.assertEqual(sorted(int(one["value"]) for one in back), list(range(LETTERS)))
        for one in back:
            headers = dict(map(tuple, one["headers"]))
            self.assertEqual((one["partition"], headers["own"], headers["x-retry-count"]), (int(one["value"]) % 3, "kept", "0"))
        again = ottla.run("-b", self.brokers, "dlq", "replay", dead, "--output", "json").stdout
        self.assertEqual(json.loads(again)["sent"], 0)


if __name__ == "__main__":
    unittest.main()

"""kcat -G, which is librdkafka, in groups that the dev broker coordinates: partitions shared, offsets kept from one start to the next."""
import unittest

from kcat import KCAT, Kcat
from support import BrokerTest


@unittest.skipUnless(KCAT, "kcat is not installed: tools/setup --with kafka brings it")
class Groups(BrokerTest):
    def member(self, group, topic, *words):
        made = Kcat(self.brokers, group, topic, *words)
        self.addCleanup(lambda: made.process.poll() is None and made.end())
        return made

    def produce(self, topic, values):
        for partition in (0, 1):
            lines = "".join(f"{value}-{partition}\n" for value in values)
            self.ok("produce", topic, "--partition", str(partition), input=lines)

    def test_two_share_the_partitions_and_a_later_start_goes_on_where_they_ended(self):
        topic = self.new_topic(2)
        one = self.member("letters", topic)
        self.assertTrue(one.wait(lambda m: m.assigned() == 2), one.notes)
        two = self.member("letters", topic)
        self.assertTrue(two.wait(lambda m: m.assigned() == 1), two.notes)
        self.assertTrue(one.wait(lambda m: m.assigned() == 1), one.notes)
        self.produce(topic, ["a", "b"])
        self.assertTrue(one.wait(lambda m: len(m.records) == 2), one.records)
        self.assertTrue(two.wait(lambda m: len(m.records) == 2), two.records)
        self.assertEqual(len({record.split()[0] for record in one.records}), 1, "each has one partition")
        self.assertEqual(sorted(one.records + two.records), ["0 a-0", "0 b-0", "1 a-1", "1 b-1"])
        two.end()
        one.end()

        self.produce(topic, ["c"])
        again = self.member("letters", topic)
        self.assertTrue(again.wait(lambda m: len(m.records) >= 2), again.notes)
        again.end()
        self.assertEqual(sorted(again.records), ["0 c-0", "1 c-1"], "nothing twice, nothing left out")


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""The integration tests' comparison must see each kind of damage, and its made-up records must hold every special form."""
import datetime
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "integration"))
from support import bulk, java_side, records, renewals  # noqa: E402

COUNT = 2000


def delivered():
    """Records on three partitions as a correct broker would hold them: ({place: index}, [consumed])."""
    sent, ends, home = {}, [0, 0, 0], {}
    for index in range(COUNT):
        key = records.make(index)[0]
        partition = home.setdefault(key, index % 3) if key is not None else index % 3
        sent[partition, ends[partition]] = index
        ends[partition] += 1
    return sent, [(*place, *records.make(index)) for place, index in sent.items()]


class RecordsSelftest(unittest.TestCase):
    def setUp(self):
        self.sent, self.consumed = delivered()

    def assert_seen(self, word):
        self.assertTrue(any(word in fault for fault in records.differences(self.sent, self.consumed)))

    def test_a_correct_delivery_has_no_faults(self):
        self.assertEqual(records.differences(self.sent, self.consumed), [])
        self.assertEqual(records.order_faults(self.sent), [])

    def test_a_missing_record_is_seen(self):
        del self.consumed[700]
        self.assert_seen("is not there")

    def test_a_record_handed_out_twice_is_seen(self):
        self.consumed.append(self.consumed[3])
        self.assert_seen("twice")

    def test_a_record_stored_twice_is_seen(self):
        self.consumed.append((0, 10**6, *records.make(5)))
        self.assert_seen("nobody had acknowledged")

    def test_null_for_empty_is_seen(self):
        at = next(n for n, entry in enumerate(self.consumed) if entry[3] == b"")
        self.consumed[at] = (*self.consumed[at][:3], None, self.consumed[at][4])
        self.assert_seen("should be record")

    def test_a_lost_or_reordered_header_is_seen(self):
        at = next(n for n, entry in enumerate(self.consumed) if len(entry[4]) >= 4)
        self.consumed[at] = (*self.consumed[at][:4], list(reversed(self.consumed[at][4])))
        self.assert_seen("should be record")

    def test_two_records_that_changed_places_are_seen_by_content_and_by_order(self):
        first, second = sorted(self.sent)[:2]
        self.sent[first], self.sent[second] = self.sent[second], self.sent[first]
        self.assert_seen("should be record")
        self.assertTrue(any("comes after" in fault for fault in records.order_faults(self.sent)))

    def test_a_key_on_two_partitions_is_seen(self):
        place = next(place for place, index in self.sent.items() if index > 1000 and records.make(index)[0])
        self.sent[(place[0] + 1) % 3, 10**6] = self.sent.pop(place)
        self.assertTrue(any("is on partitions" in fault for fault in records.order_faults(self.sent)))

    def test_made_up_records_hold_every_special_form_and_their_number(self):
        made = [records.make(index) for index in range(COUNT)]
        for form in (None, b""):
            self.assertTrue(any(key == form for key, _, _ in made))
            self.assertTrue(any(value == form for _, value, _ in made))
            self.assertTrue(any(said == form for _, _, headers in made for _, said in headers))
        self.assertEqual([records.number_of(value, headers) for _, value, headers in made], list(range(COUNT)))
        self.assertGreater(len({key for key, _, _ in made}), 900)

    def test_jsonl_carries_a_record_there_and_back(self):
        for index in range(COUNT):
            line = records.to_jsonl(*records.make(index)).replace("{", '{"partition": 1, "offset": 2, ', 1)
            self.assertEqual(records.from_jsonl(line), (1, 2, *records.make(index)))

    def test_the_console_consumer_s_line_is_understood(self):
        line = "Partition:3\tOffset:14\tn:5|null:~null~|empty:\tkey\t~null~"
        self.assertEqual(java_side.parse(line), (3, 14, b"key", None, [("n", b"5"), ("null", None), ("empty", b"")]))
        self.assertEqual(java_side.parse("Partition:0\tOffset:0\tNO_HEADERS\t~null~\t"), (0, 0, None, b"", []))


class BulkSelftest(unittest.TestCase):
    """The same for the comparison of very many records, which are lines in files."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = pathlib.Path(folder.name)
        bulk.make_lines(self.home / "lines", COUNT)
        sent = (self.home / "lines").read_bytes().splitlines()
        self.report = [f'{{"index":{index},"partition":{index % 3},"offset":{index // 3}}}\n' for index in range(COUNT)]
        self.found = [b"%d %d %b\n" % (partition, at // 3, sent[at]) for partition in range(3) for at in range(partition, COUNT, 3)]

    def faults(self):
        (self.home / "report").write_text("".join(self.report))
        (self.home / "found").write_bytes(b"".join(self.found))
        return bulk.differences(self.home / "lines", self.home / "report", self.home / "found")

    def assert_seen(self, words):
        faults = self.faults()
        self.assertTrue(any(words in fault for fault in faults), faults)

    def test_lines_are_as_long_as_they_should_be_and_none_is_twice_there(self):
        lines = (self.home / "lines").read_bytes().splitlines()
        self.assertEqual({len(line.split(bulk.SEPARATOR, 1)[1]) for line in lines}, {100})
        self.assertEqual(len(set(lines)), COUNT)

    def test_a_correct_delivery_has_no_faults(self):
        self.assertEqual(self.faults(), [])

    def test_a_missing_record_is_seen(self):
        del self.found[100]
        self.assert_seen("is next")

    def test_the_last_record_of_a_partition_is_missed(self):
        del self.found[-1]
        self.assert_seen(f"gave {COUNT // 3 - 1} of {COUNT // 3} records")

    def test_a_partition_of_which_nothing_came_is_missed(self):
        self.found = self.found[:2 * COUNT // 3 + 1]
        self.assert_seen("partition 2 gave 0 of")

    def test_a_record_handed_out_twice_is_seen(self):
        self.found.insert(6, self.found[5])
        self.assert_seen("gave offset 5 where 6 is next")

    def test_a_record_stored_twice_is_seen(self):
        self.found.append(b"2 %d %b\n" % (COUNT // 3, self.found[-1].split(b" ", 2)[2].rstrip()))
        self.assert_seen("that was not acknowledged")

    def test_one_changed_byte_is_seen(self):
        self.found[7] = self.found[7][:-2] + b"#\n"
        self.assert_seen("came back changed")

    def test_two_records_that_changed_places_are_seen(self):
        first, second = self.found[3].split(b" ", 2), self.found[4].split(b" ", 2)
        self.found[3], self.found[4] = b" ".join([*first[:2], second[2]]), b" ".join([*second[:2], first[2]])
        self.assert_seen("came back changed, or another in its place")

    def test_a_record_that_was_never_acknowledged_is_missed(self):
        self.report.pop()
        self.assert_seen(f"{COUNT} records were sent, and {COUNT - 1} acknowledged")

    def test_a_hole_between_acknowledgements_is_seen(self):
        self.report[9] = '{"index":9,"partition":0,"offset":4}\n'
        self.assert_seen("was acknowledged at offset 4 of partition 0, where 3 is next")


class RenewalsSelftest(unittest.TestCase):
    """Which waits are a renewal's, and which are the machine's."""

    LOG = ("10:00:00.000 info net: something else\n"
           "10:00:05.020 debug sasl: the session with 127.0.0.1:9092 (node 1) was renewed; requests waited 20 ms\n"
           "23:59:59.999 debug sasl: the session with 127.0.0.1:9092 (node 1) was renewed; requests waited 7 ms\n")

    def gap(self, ended, ms):
        """As `ottla bench produce --gaps` tells it; ended is a time of day."""
        at = datetime.datetime.combine(datetime.date(2026, 3, 1), datetime.time.fromisoformat(ended))
        return {"endedMs": at.timestamp() * 1000, "us": ms * 1000}

    def test_the_log_is_read(self):
        self.assertEqual([(one.ended_ms, one.waited_ms) for one in renewals.renewals(self.LOG)], [(36_005_020, 20), (86_399_999, 7)])

    def test_a_renewal_gets_the_longest_wait_that_it_lies_in_and_the_rest_are_away(self):
        found = renewals.renewals(self.LOG)
        away = renewals.sort_out([self.gap("10:00:05.010", 8), self.gap("10:00:05.040", 30), self.gap("10:00:04.900", 50), self.gap("10:00:05.200", 90),
                                  self.gap("00:00:00.010", 15), self.gap("10:00:06", 40)], found)
        self.assertEqual([round(one.gap_ms) for one in found], [30, 15], "the second one over midnight")
        self.assertEqual([round(one) for one in away], [90, 50, 40])

    def test_a_moment_lies_in_a_long_wait_more_likely_than_in_a_short_one(self):
        lengths = [100] * 5 + [1] * 500
        self.assertEqual(renewals.at_a_moment(lengths, 1.0, 0.5), 100)
        self.assertEqual(renewals.at_a_moment(lengths, 1.0, 0.6), 1)
        self.assertEqual(renewals.at_a_moment(lengths, 10.0, 0.5), 0.0, "those that are not among them are shorter")


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""The check of consumer groups must see each way in which a group can break its promises, and only those."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "integration"))
from support import group_checks, group_members  # noqa: E402
from support.group_history import Ownership, Reading  # noqa: E402


def records(first, last):
    return [(offset, str(offset)) for offset in range(first, last + 1)]


class ChecksSelftest(unittest.TestCase):
    """Partition 0 goes from a to b to c; b is killed, so that c begins again where b had committed."""

    def setUp(self):
        self.line = [Ownership("a", 0, 1, 0.0, 10.0, "gives up", records(0, 99)),
                     Ownership("b", 0, 2, 11.0, 20.0, "killed", records(100, 149)),
                     Ownership("c", 0, 3, 26.0, 30.0, "gives up", records(130, 199))]
        self.acknowledged = {(0, offset): str(offset) for offset in range(200)}

    def faults(self):
        written = [(one.partition, *record) for one in self.line for record in one.records]
        return (group_checks.skipped(self.acknowledged, {record[:2] for record in written})
                + group_checks.changed(self.acknowledged, written) + group_checks.out_of_order(self.line)
                + group_checks.two_owners(self.line) + group_checks.read_again(self.line))

    def assert_seen(self, word):
        self.assertTrue(any(word in fault for fault in self.faults()), self.faults())

    def test_a_correct_history_has_no_faults(self):
        self.assertEqual(self.faults(), [])
        self.assertEqual(group_checks.duplicates(self.line), 20)

    def test_a_skipped_record_is_seen(self):
        del self.line[2].records[-1]
        self.assert_seen("offset 199 was acknowledged and never written")

    def test_a_changed_record_is_seen(self):
        self.line[1].records[3] = (103, "7")
        self.assert_seen("acknowledged was '103'")

    def test_a_gap_and_a_step_back_within_one_ownership_are_seen(self):
        for at in (slice(5, 6), slice(0, 0)):
            self.setUp()
            self.line[0].records[at] = records(7, 7) if at.start == at.stop else []
            self.assert_seen("within one ownership")

    def test_records_again_after_a_clean_end_are_seen(self):
        self.line[1].end = "gives up"
        self.assert_seen("should go on at 150")

    def test_records_again_before_what_the_predecessor_s_predecessor_committed_are_seen(self):
        self.line[2].records = records(90, 199)
        self.assert_seen("should go on at between 100 and 150")

    def test_records_again_after_a_commit_that_failed_are_allowed(self):
        self.line[1].end, self.line[1].commit_failed = "gives up", True
        self.assertEqual(self.faults(), [])

    def test_an_owner_without_records_moves_nothing(self):
        self.line.insert(2, Ownership("d", 0, 4, 21.0, 25.0, "gives up"))
        self.line[3].generation = 5
        self.assertEqual(self.faults(), [])

    def test_an_overlap_with_somebody_who_gave_up_or_still_runs_is_seen(self):
        for end in ("gives up", "running", "ended"):
            self.setUp()
            self.line[0].until, self.line[0].end = 11.5, end
            self.assert_seen("had two owners")

    def test_a_member_that_lost_its_partition_may_hear_of_it_late(self):
        self.line[1].until, self.line[1].end = 29.0, "loses"
        self.assertEqual(self.faults(), [])

    def test_one_generation_that_gives_a_partition_to_two_members_is_seen(self):
        other = Ownership("e", 0, 1, 10.1, 10.9, "gives up")
        self.line.append(other)
        self.assert_seen("one generation gave it to two members")
        other.member = "a"  # the coordinator died in a rebalance, and its successor knows the generation before it
        self.assertEqual(self.faults(), [])


class ReadingSelftest(unittest.TestCase):
    """A member's file as `ottla consume -v` writes it."""

    HEAD = "10:00:{:06.3f} info group: g: generation {}, member m-1 {} orders {}\n"

    def reading(self, text, *events):
        class Said:
            name = "m"
            def text(self):
                return text
            def happened(self, what):
                return any(what == one for one, _ in events)
        Said.events = list(events)
        return Reading(Said(), 36000.0)

    @staticmethod
    def record(partition, offset):
        return f'{{"topic":"orders","partition":{partition},"offset":{offset},"value":"{offset}"}}\n'

    def test_records_belong_to_the_ownership_in_which_they_stand(self):
        read = self.reading(self.HEAD.format(1, 1, "takes", "0-1,4") + self.record(1, 5) + self.HEAD.format(2.5, 1, "gives up", "0-1")
                            + self.HEAD.format(3, 2, "takes", "1") + self.record(1, 9) + self.HEAD.format(4, -1, "loses", "1,4"))
        self.assertEqual(read.faults, [])
        mine = [(one.partition, one.generation, one.since, one.until, one.end, one.records) for one in read.done if one.partition == 1]
        self.assertEqual(mine, [(1, 1, 1.0, 2.5, "gives up", [(5, "5")]), (1, 2, 3.0, 4.0, "loses", [(9, "9")])])

    def test_a_record_without_ownership_is_a_fault(self):
        self.assertIn("which it did not have", self.reading(self.record(0, 1)).faults[0])

    def test_a_failed_commit_counts_for_what_is_given_up_next(self):
        failed = '{"error":"TIMED_OUT","message":"m","asked":"OffsetCommit of group g"}\n'
        read = self.reading(self.HEAD.format(1, 1, "takes", "0-1") + failed + self.HEAD.format(2, 1, "gives up", "0")
                            + self.HEAD.format(3, 1, "gives up", "1"))
        self.assertEqual([one.commit_failed for one in read.done], [True, False])

    def test_a_line_cut_by_kill_9_is_no_fault_and_any_other_is(self):
        text = self.HEAD.format(1, 1, "takes", "0") + self.record(0, 1) + '{"topic":"ord'
        self.assertEqual(len(self.reading(text).faults), 1)
        killed = self.reading(text, ("killed", 36005.0))
        self.assertEqual((killed.faults, killed.done[0].end, killed.done[0].until), ([], "killed", 5.0))

    def test_partitions_are_read_from_their_short_form(self):
        self.assertEqual(group_members.partitions_in("orders 0-2,5,7-8"), {0, 1, 2, 5, 7, 8})


if __name__ == "__main__":
    unittest.main()

"""What members of a group said, read back as ownerships: who had which partition from when to when, and what it wrote meanwhile."""
import dataclasses
import json
import re

from . import group_members

LINE = re.compile(r"^(\d\d):(\d\d):(\d\d\.\d{3}) info group: \S+ (?:generation|epoch) (-?\d+), member \S* (takes|gives up|loses) (.+)$")
DAY = 86400.0


@dataclasses.dataclass
class Ownership:
    """One member's time with one partition. Times are seconds since the run's begin."""
    member: str
    partition: int
    generation: int  # -1: not known any more when it was told
    since: float
    until: float = float("inf")
    end: str = "running"  # "gives up", "loses", "killed", "ended" (a process that said nothing)
    records: list = dataclasses.field(default_factory=list)  # (offset, value) in the order of writing
    commit_failed: bool = False  # it said so before it gave the partition up

    def clean(self):
        """Everything that it wrote was committed before anybody else came."""
        return self.end == "gives up" and not self.commit_failed

    def __str__(self):
        wrote = f"{self.records[0][0]} to {self.records[-1][0]}" if self.records else "nothing"
        return (f"{self.member} (generation {self.generation}, {self.since:.3f} to {self.until:.3f} s, {self.end}"
                f"{', commit failed' if self.commit_failed else ''}, wrote {wrote})")


class Reading:
    """One member's file. Its log lines and records stand in it in the order in which they were written."""

    def __init__(self, member, begin):
        self.name, self.begin = member.name, begin
        self.done, self.open, self.faults, self.errors = [], {}, [], []
        self.failed = False  # a commit failed, and the next partitions that are given up pay for it
        lines = member.text().splitlines()
        for number, line in enumerate(lines):
            try:
                self.take(line)
            except (ValueError, KeyError):
                if not (number == len(lines) - 1 and member.happened("killed")):  # a line may be cut by kill -9
                    self.faults.append(f"{self.name}: not a line of ottla consume: {line[:200]!r}")
        ends = [(what, when) for what, when in member.events if what in ("killed", "ended")]
        what, when = ends[-1] if ends else ("running", float("inf"))
        for one in self.open.values():
            one.end, one.until = what, when if when == float("inf") else self.since_begin(when)
            self.done.append(one)

    def since_begin(self, of_day):
        passed = (of_day - self.begin) % DAY
        return passed if passed < DAY / 2 else passed - DAY

    def take(self, line):
        if line.startswith("{"):
            entry = json.loads(line)
            if "error" in entry:
                self.errors.append(entry["message"])
                self.failed = self.failed or entry["asked"].startswith("OffsetCommit")
                return
            self.record(entry["partition"], entry["offset"], entry["value"])
            return
        found = LINE.match(line)
        if found:
            when = self.since_begin(int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3]))
            self.change(found[5], group_members.partitions_in(found[6]), int(found[4]), when)

    def record(self, partition, offset, value):
        owner = self.open.get(partition)
        if owner is None:
            self.faults.append(f"{self.name} wrote offset {offset} of partition {partition}, which it did not have")
            return
        owner.records.append((offset, value))

    def change(self, what, partitions, generation, when):
        if what == "takes":
            for one in partitions:
                if one in self.open:
                    self.faults.append(f"{self.name} took partition {one}, which it had")
                self.open[one] = Ownership(self.name, one, generation, when)
            return
        for one in partitions:
            if one not in self.open:
                self.faults.append(f"{self.name} {what} partition {one}, which it did not have")
                continue
            ended = self.open.pop(one)
            ended.until, ended.end, ended.commit_failed = when, what, self.failed
            self.done.append(ended)
        self.failed = False

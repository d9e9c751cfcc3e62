"""What `ottla -vv bench produce --gaps` said of a session that was renewed under load: each renewal, and the waits around it and away from it."""
import dataclasses
import datetime
import re

# The log has whole milliseconds, and an answer that is there may wait for its turn.
SLACK_MS = 5.0
RENEWED = re.compile(r"^(\d\d):(\d\d):(\d\d)\.(\d\d\d) debug sasl: the session with .* was renewed; requests waited (\d+) ms$", re.M)
DAY_MS = 86_400_000


@dataclasses.dataclass
class Renewal:
    ended_ms: float  # of the local day
    waited_ms: int   # no request went out on this connection
    gap_ms: float | None = None  # the longest wait for an acknowledgement that it lies in


def of_day(since_1970_ms):
    at = datetime.datetime.fromtimestamp(since_1970_ms / 1000)
    return (at - at.replace(hour=0, minute=0, second=0, microsecond=0)) / datetime.timedelta(milliseconds=1)


def renewals(log):
    return [Renewal(((int(hour) * 60 + int(minute)) * 60 + int(second)) * 1000 + int(ms), int(waited))
            for hour, minute, second, ms, waited in RENEWED.findall(log)]


def sort_out(gaps, found):
    """Gives each renewal the longest gap that has a moment in common with it; returns the lengths (ms) of all others, longest first."""
    away = []
    for gap in sorted(gaps, key=lambda one: -one["us"]):
        ended, length = of_day(gap["endedMs"]), gap["us"] / 1000
        here = [one for one in found if -one.waited_ms - SLACK_MS <= since(one.ended_ms, ended) <= length + SLACK_MS]
        for one in here:
            one.gap_ms = one.gap_ms or length
        if not here:
            away.append(length)
    return away


def since(earlier_ms, later_ms):
    """From one time of day to another, by the shorter way: midnight may lie between."""
    return (later_ms - earlier_ms + DAY_MS / 2) % DAY_MS - DAY_MS / 2


def at_a_moment(lengths, seconds, share):
    """How long the wait is that a moment lies in, if this share of all moments lie in longer ones; 0: in a shorter one than any of these."""
    passed = 0
    for length in sorted(lengths, reverse=True):
        passed += length / 1000
        if passed >= seconds * share:
            return length
    return 0.0

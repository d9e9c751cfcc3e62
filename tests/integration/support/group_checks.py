"""What must hold of a group's history, as sentences about what does not. acknowledged: {(partition, offset): value}."""


def skipped(acknowledged, seen, shown=10):
    """seen: a set of (partition, offset)."""
    missing = sorted(set(acknowledged) - seen)
    told = [f"partition {partition}: offset {offset} was acknowledged and never written by a member" for partition, offset in missing]
    return told[:shown] + ([f"... and {len(told) - shown} more"] if len(told) > shown else [])


def changed(acknowledged, records, shown=10):
    """records: (partition, offset, value). What nobody acknowledged may be there (an outcome that got lost is not), but not changed."""
    return [f"partition {partition}: offset {offset} holds {value!r}, acknowledged was {acknowledged[partition, offset]!r}"
            for partition, offset, value in records if acknowledged.get((partition, offset), value) != value][:shown]


def out_of_order(ownerships):
    """Within one ownership offsets follow each other: none twice, none left out, none back."""
    told = []
    for one in ownerships:
        for (before, _), (after, _) in zip(one.records, one.records[1:]):
            if after != before + 1:
                told.append(f"partition {one.partition}: offset {after} follows {before} within one ownership: {one}")
                break
    return told


def in_turn(ownerships):
    """{partition: ownerships in the order in which the group gave them}."""
    lines = {}
    for one in sorted(ownerships, key=lambda o: o.since):
        lines.setdefault(one.partition, []).append(one)
    return lines


def two_owners(ownerships):
    """No generation gives a partition to two members, and whoever gives it up by its own will does so before the next one has it.

    The same member may have it from the same generation twice: a rebalance that dies with its coordinator never was.
    A member that was killed, or that lost its membership (it was paused, or its coordinator died), cannot say when the
    group took the partition away; it may overlap with its successor until it hears of it. The later check on
    duplicates then shows that nothing it did in that time was committed in the successor's place.
    """
    told = []
    for partition, line in in_turn(ownerships).items():
        given = {}
        for one in line:
            other = given.setdefault(one.generation, one) if one.generation >= 0 else one
            if other.member != one.member:
                told.append(f"partition {partition}: one generation gave it to two members: {other} and {one}")
        for at, one in enumerate(line):
            for other in line[at + 1:]:
                if other.since < one.until and one.end not in ("loses", "killed"):
                    told.append(f"partition {partition} had two owners: {one} and {other}")
    return told


def read_again(ownerships, first=0):
    """Faults where a successor does not begin where its predecessor ended, unless that one had no chance to commit."""
    told = []
    for partition, line in in_turn(ownerships).items():
        low = high = first  # where the next ownership may begin
        for one in line:
            if one.records:
                begin, end = one.records[0][0], max(offset for offset, _ in one.records) + 1
                if not low <= begin <= high:
                    place = str(low) if low == high else f"between {low} and {high}"
                    told.append(f"partition {partition}: should go on at {place}: {one}; the owners were\n  "
                                + "\n  ".join(map(str, line)))
                low, high = (end, end) if one.clean() else (min(begin, low), max(high, end))
            # An ownership without a record leaves the place as it was, however it ended.
    return told


def duplicates(ownerships):
    places = [(one.partition, offset) for one in ownerships for offset, _ in one.records]
    return len(places) - len(set(places))

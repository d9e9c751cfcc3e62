"""Very many records as lines of a file: sent from it and read back as text by the command alone, then compared place by place."""
import dataclasses
import pathlib
import re
import resource
import subprocess
import time

from . import ottla

LETTERS = b"abcdefghijklmnopqrstuvwxyz" * 8
SEPARATOR = b"|"
KEYS = 9973
PLACE = re.compile(rb'\{"index":(\d+),"partition":(\d+),"offset":(\d+)\}\n')


def make_lines(path, count, size=100):
    """KEY|VALUE, the value of `size` bytes (11 at least) and with its number in it, so that no two lines are the same."""
    with open(path, "wb") as file:
        file.writelines(b"key-%d|%010d:%b\n" % (index * 7919 % KEYS, index, LETTERS[index % 26:][:size - 11]) for index in range(count))


@dataclasses.dataclass
class Cost:
    """Of one run of the command, its start included."""
    seconds: float
    cpu_seconds: float


def run(arguments, output, errors):
    """`ottla arguments` with its stdout in one file and stderr in another; AssertionError with its words if it fails."""
    def spent():
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime
    before, started = spent(), time.monotonic()
    with open(output, "wb") as out, open(errors, "wb") as err:
        done = subprocess.run([ottla.binary(), *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=out, stderr=err, timeout=ottla.DEADLINE)
    cost = Cost(time.monotonic() - started, spent() - before)
    if done.returncode != 0:
        raise AssertionError(f"ottla {' '.join(map(str, arguments))} ended with {done.returncode}:\n{pathlib.Path(errors).read_text()[-3000:]}")
    return cost


def send(way, topic, lines, report, *options):
    return run([*ottla.reach(way), "produce", topic, "--file", lines, "--key-separator", SEPARATOR.decode(), "--report", "jsonl", *options],
               report, f"{report}.errors")


def read_back(way, topic, found, *options):
    return run([*ottla.reach(way), "consume", topic, "--from", "beginning", "--exit-at-end", "-f", r"%p %o %k|%v\n", *options],
               found, f"{found}.errors")


def acknowledged(report, count, faults):
    """{partition: the numbers of its records in the order of offsets}, of a new topic: offsets count from 0 without a hole."""
    by_partition, told = {}, 0
    for index, partition, offset in PLACE.findall(pathlib.Path(report).read_bytes()):
        numbers = by_partition.setdefault(int(partition), [])
        if int(index) != told:
            faults.append(f"record {told} should be the next in the report, and {int(index)} is")
        if int(offset) != len(numbers):
            faults.append(f"record {int(index)} was acknowledged at offset {int(offset)} of partition {int(partition)}, where {len(numbers)} is next")
        numbers.append(int(index))
        told = int(index) + 1
        if len(faults) > 10:
            break
    if told != count:
        faults.append(f"{count} records were sent, and {told} acknowledged")
    return by_partition


def differences(lines, report, found):
    """What is not as it was sent: sentences, some ten at most. Every record must be where its acknowledgement said, once, and byte for byte."""
    faults = []
    sent = pathlib.Path(lines).read_bytes().splitlines()
    by_partition = acknowledged(report, len(sent), faults)
    seen = dict.fromkeys(by_partition, 0)
    with open(found, "rb") as file:
        for line in file:
            if len(faults) > 10:
                return faults
            partition, offset, text = line.rstrip(b"\n").split(b" ", 2)
            partition, offset = int(partition), int(offset)
            expected = by_partition.get(partition, [])
            if offset != seen.get(partition, 0):
                faults.append(f"partition {partition} gave offset {offset} where {seen.get(partition, 0)} is next")
            if offset >= len(expected):
                faults.append(f"partition {partition} has a record at offset {offset} that was not acknowledged")
            elif text != sent[expected[offset]]:
                faults.append(f"record {expected[offset]} came back changed, or another in its place: {text[:60]!r}")
            seen[partition] = offset + 1
    for partition, numbers in by_partition.items():
        if seen[partition] < len(numbers):
            faults.append(f"partition {partition} gave {seen[partition]} of {len(numbers)} records")
    return faults

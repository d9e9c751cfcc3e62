"""Runs the ottla command by its contract: arguments in, lines and exit status out, never longer than a deadline."""
import json
import os
import pathlib
import subprocess

from . import records

ROOT = pathlib.Path(__file__).resolve().parents[3]
# Sanitizers and small machines are slow; a hang is still an end.
DEADLINE = float(os.environ.get("OTTLA_TEST_DEADLINE", "300"))


def binary():
    named = os.environ.get("OTTLA_BIN")
    return named if named else str(ROOT / "build" / "dev" / "bin" / "ottla")


def run(*arguments, input=None, check=True):
    """The finished process; AssertionError with its words if it failed and check is set."""
    done = subprocess.run([binary(), *arguments], input=input, capture_output=True, text=True, timeout=DEADLINE)
    if check and done.returncode != 0:
        raise AssertionError(f"ottla {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    return done


def reach(cluster):
    """How the command is told where to go: bootstrap servers, or the path of a properties file."""
    return ["-F", str(cluster)] if isinstance(cluster, pathlib.Path) else ["-b", cluster]


def create_topic(brokers, topic, partitions, copies=1, **settings):
    words = [word for name, value in settings.items() for word in ("-c", f"{name.replace('_', '.')}={value}")]
    run(*reach(brokers), "topics", "create", topic, "--partitions", str(partitions), "--replication-factor", str(copies), *words)


def produce(brokers, topic, lines, *options):
    """Sends jsonl lines; {index: (partition, offset)} of what was acknowledged. Everything must be."""
    done = run(*reach(brokers), "produce", topic, "--input", "jsonl", "--report", "jsonl", *options, input="\n".join(lines) + "\n")
    return acknowledged(done.stdout.splitlines())


def acknowledged(report):
    places = {}
    for line in report:
        entry = json.loads(line)
        if "error" in entry:
            raise AssertionError(f"record {entry['index']} failed: {entry}")
        if entry["index"] in places:
            raise AssertionError(f"record {entry['index']} was reported twice")
        places[entry["index"]] = (entry["partition"], entry["offset"])
    return places


def produce_made_up(brokers, topic, count, *options):
    """Sends records 0 to count - 1; {(partition, offset): index}."""
    places = produce(brokers, topic, [records.to_jsonl(*records.make(index)) for index in range(count)], *options)
    if sorted(places) != list(range(count)):
        raise AssertionError(f"{count} records sent, {len(places)} reported")
    by_place = {place: index for index, place in places.items()}
    if len(by_place) != count:
        raise AssertionError("two records were acknowledged at one offset")
    return by_place


def consume(brokers, topic, *options):
    """All records of a topic from its beginning: a list of (partition, offset, key, value, headers)."""
    done = run(*reach(brokers), "consume", topic, "--output", "jsonl", "--from", "beginning", "--exit-at-end", *options)
    return [records.from_jsonl(line) for line in done.stdout.splitlines()]

#!/usr/bin/env python3
"""The records of tools/quickstart: makes them up, sends them with ottla, reads them back, and compares every one."""
import argparse
import json
import subprocess
import sys
import time
import uuid

PARTITIONS = 6
CUSTOMERS = 5000
WORDS = ("paid", "shipped", "returned", "refunded", "ordered", "cancelled")


class Failed(Exception):
    """What went wrong, in a sentence."""


def make(index):
    """Order number index: a key that many orders share, a value, two headers."""
    return {"key": f"customer-{index * 7919 % CUSTOMERS}",
            "value": json.dumps({"order": index, "state": WORDS[index % len(WORDS)], "cents": index * 31 % 99991}),
            "headers": [["source", "quickstart"], ["order", str(index)]]}


def step(name, text):
    print(f"{name:<10} {text}", flush=True)


def run(args, *words, input=None):
    begin = time.monotonic()
    done = subprocess.run([args.ottla, "-b", args.brokers, *words], input=input, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(f"ottla {words[0]} ended with {done.returncode}:\n{done.stderr.strip()[-2000:]}")
    return done.stdout, time.monotonic() - begin


def produce(args, topic):
    """{(partition, offset): index} as acknowledged."""
    lines = "".join(json.dumps(make(index)) + "\n" for index in range(args.records))
    said, seconds = run(args, "produce", topic, "--input", "jsonl", "--report", "jsonl", input=lines)
    places, last = {}, {}
    for line in said.splitlines():
        entry = json.loads(line)
        if "error" in entry:
            raise Failed(f"record {entry['index']} was not acknowledged: {entry['message']}")
        partition = entry["partition"]
        if entry["offset"] <= last.get(partition, -1):
            raise Failed(f"partition {partition} took record {entry['index']} out of order")
        last[partition] = entry["offset"]
        places[partition, entry["offset"]] = entry["index"]
    if len(places) != args.records:
        raise Failed(f"{args.records} records were sent and {len(places)} acknowledged")
    step("produce", f"{len(places):,} records acknowledged in {seconds:.1f} s, on {len(last)} partitions")
    return places


def consume(args, topic, places):
    said, seconds = run(args, "consume", topic, "--from", "beginning", "--exit-at-end", "--output", "jsonl")
    missing, homes = dict(places), {}
    for line in said.splitlines():
        entry = json.loads(line)
        place = (entry["partition"], entry["offset"])
        index = missing.pop(place, None)
        if index is None:
            raise Failed(f"partition {place[0]} offset {place[1]} came twice, or was never acknowledged")
        if {name: entry.get(name) for name in ("key", "value", "headers")} != make(index):
            raise Failed(f"record {index} came back changed: {line}")
        if homes.setdefault(entry["key"], place[0]) != place[0]:
            raise Failed(f"key {entry['key']} is on two partitions")
    if missing:
        raise Failed(f"{len(missing)} acknowledged records did not come back; the first is {min(missing.values())}")
    step("consume", f"{len(places):,} records in {seconds:.1f} s: keys, values, headers, order, all as they went out")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ottla", required=True, help="the command")
    parser.add_argument("--brokers", required=True, help="where it sends and reads")
    parser.add_argument("--records", type=int, required=True, help="how many")
    args = parser.parse_args()
    topic = f"quickstart-{uuid.uuid4().hex[:8]}"
    try:
        run(args, "topics", "create", topic, "--partitions", str(PARTITIONS), "--replication-factor", "-1")
        step("topic", f"{topic}, {PARTITIONS} partitions")
        try:
            consume(args, topic, produce(args, topic))
        finally:
            run(args, "topics", "delete", topic)
    except Failed as failure:
        print(f"tools/quickstart: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Holds a path of a record to its budget: budget_test.py OTTLA PATH. Exit 1 with the figures if it is overdrawn."""
import pathlib
import subprocess
import sys

PER_RECORD = pathlib.Path(__file__).resolve().parents[2] / "bench" / "per_record"

# The command's own loop is in the instructions. A tenth of an allocation is a batch's or a request's: one per record would be 1.
BUDGETS = {
    "produce": (["produce", "--keyed", "--idempotent"], {"instructions": 600, "allocations": 0.1}),
    "produce_callback": (["produce", "--keyed", "--idempotent", "--callback"], {"instructions": 750, "allocations": 0.1}),
    "consume": (["consume"], {"instructions": 400, "allocations": 0.1}),
}


def main():
    ottla, path = sys.argv[1:]
    words, limits = BUDGETS[path]
    peer = subprocess.Popen([ottla, "bench", "peer", "--listen", "127.0.0.1:0", "--partitions", "12", "--size", "100"],
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    failed = False
    try:
        brokers = peer.stdout.readline().split()[1]
        for what, most in limits.items():
            command = [ottla, "-b", brokers, "bench", *words, "--records", "{n}"]
            done = subprocess.run([PER_RECORD, "--of", what, "--low", "100000", "--high", "200000", "--most", str(most), *command],
                                  text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            print(f"{done.stdout.strip()} (at most {most})")
            failed = failed or done.returncode != 0
    finally:
        peer.kill()
        peer.wait()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Holds the service layer to its share above the bare client: layer_test.py SERVICE_PATHS PATH. Exit 1 with the figures if it takes more."""
import pathlib
import subprocess
import sys

PER_RECORD = pathlib.Path(__file__).resolve().parents[2] / "bench" / "per_record"

MOST = 1.15  # with metrics on
PATHS = {"send": ("send", "send_counted"), "consume": ("consume", "consume_counted")}
# How many messages share a reading of the clock depends on how fast they come, and a machine with other work to do may
# be slow for a moment: what is too much three times in a row is too much.
TRIES = 3


def instructions(service_paths, path):
    command = [PER_RECORD, "--low", "100000", "--high", "250000", service_paths, path, "{n}"]
    return float(subprocess.run(command, text=True, stdout=subprocess.PIPE, check=True).stdout.split()[0])


def main():
    service_paths, path = sys.argv[1:]
    bare, counted = PATHS[path]
    for _ in range(TRIES):
        below, above = instructions(service_paths, bare), instructions(service_paths, counted)
        print(f"{path}: {below:.4g} instructions bare, {above:.4g} through the layer with metrics, {above / below:.3f} times as many (at most {MOST})")
        if above <= MOST * below:
            return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())

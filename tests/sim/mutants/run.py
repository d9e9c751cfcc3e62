#!/usr/bin/env python3
"""Compiles deliberate bugs in, one at a time, and runs the simulation until it notices: `tools/sim mutants`.

Each bug is put into a copy of the tree (build/mutants, made and built by the first run, which takes as long as a build), and
seeds from 1 on are run until one fails. The status is 0 if each bug was noticed within its seeds.
"""
import argparse
import pathlib
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from mutant_list import MUTANTS  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[3]


def parse(arguments):
    parser = argparse.ArgumentParser(prog="tools/sim mutants", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these; none: all")
    parser.add_argument("--list", action="store_true", help="print their names and what they are")
    parser.add_argument("--in-place", action="store_true", help="in this tree and its build, which is put back afterwards")
    parser.add_argument("--jobs", default="2", help="of the build (default: 2)")
    return parser.parse_args(arguments)


def copy_of_the_tree():
    scratch = ROOT / "build" / "mutants"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        source, target = ROOT / name, scratch / name
        if not source.is_file() or (target.is_file() and target.read_bytes() == source.read_bytes()):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    return scratch


def build(tree, jobs):
    directory = tree / "build" / "release"
    if not (directory / "CMakeCache.txt").is_file():
        launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
        subprocess.run(["cmake", "--preset", "release", *launcher], cwd=tree, check=True, stdout=subprocess.DEVNULL)
    # A mutant may leave a parameter unused; that is no news.
    done = subprocess.run(["cmake", "--build", str(directory), "--target", "sim_runner", "-j", jobs], cwd=tree,
                          capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"the build failed:\n{done.stdout[-3000:]}{done.stderr[-2000:]}")
    return directory / "bin" / "sim_runner"


def first_violation(runner, mutant):
    for seed in range(1, mutant.seeds + 1):
        try:
            ran = subprocess.run([runner, "run", "--seeds", f"{seed}..{seed}", "--profile", mutant.profile], capture_output=True,
                                 text=True, timeout=120)
        except subprocess.TimeoutExpired:
            return seed, "no end (120 s)"
        if ran.returncode < 0:
            return seed, f"signal {-ran.returncode}"
        if ran.returncode != 0:
            found = [line for line in ran.stdout.splitlines() if line.startswith("seed ")]
            return seed, found[0].split(": ")[1] if found else "status " + str(ran.returncode)
    return None, "not noticed"


def main():
    args = parse(sys.argv[1:])
    if args.list:
        for one in MUTANTS:
            print(f"{one.name:24} {one.profile:16} {one.what}")
        return 0
    unknown = set(args.names) - {one.name for one in MUTANTS}
    if unknown:
        sys.exit(f"there is no {', '.join(sorted(unknown))}; --list says which there are")
    tree = ROOT if args.in_place else copy_of_the_tree()
    escaped = 0
    print(f"{'mutant':24} {'profile':16} {'seed':>5}  {'invariant':20} {'seconds':>8}", flush=True)
    for one in [m for m in MUTANTS if not args.names or m.name in args.names]:
        path = tree / one.file
        before = path.read_text()
        if before.count(one.old) != 1:
            sys.exit(f"{one.name}: its text occurs {before.count(one.old)} times in {one.file}")
        try:
            path.write_text(before.replace(one.old, one.new))
            runner = build(tree, args.jobs)
            start = time.monotonic()
            seed, said = first_violation(runner, one)
        finally:
            path.write_text(before)
        escaped += seed is None
        print(f"{one.name:24} {one.profile:16} {seed or '-':>5}  {said:20} {time.monotonic() - start:8.1f}", flush=True)
    build(tree, args.jobs)
    return 1 if escaped else 0


if __name__ == "__main__":
    sys.exit(main())

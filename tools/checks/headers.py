"""Each public header compiles alone, and all of them together, with warnings as errors and without exceptions."""
import concurrent.futures
import os
import shutil
import subprocess

from .cache import Cache, digest
from .tree import SEARCH

FLAGS = ("-std=c++20", "-fsyntax-only", "-fno-exceptions", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wold-style-cast",
         "-Wno-pragma-once-outside-header", "-Werror", "-x", "c++")


def problems(tree):
    compiler = shutil.which(os.environ.get("CXX", "g++"))
    if not compiler:
        return ["there is no g++ here; run tools/setup"]
    version = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True).stdout.split("\n")[0]
    includes = [f"-I{folder}" for folder, _, public in SEARCH if public and (tree.root / folder).is_dir()]
    cache = Cache(tree, "headers")
    every_header = sorted(tree.public_headers())
    jobs = {}
    # Together first, the longest: somebody includes two rooms, and two things have one name.
    for headers in [tuple(every_header), *((header,) for header in every_header)]:
        closed = sorted(set().union(*(closure(tree, header) for header in headers)))
        key = digest(version, *FLAGS, *includes, *map(str, headers), *(tree.text(path) for path in closed))
        if not cache.has(key):
            jobs[headers] = key

    def compile_headers(headers):
        # Included from a program: -Wpedantic has words about a #pragma once in a main file.
        done = subprocess.run([compiler, *FLAGS, *includes, "-"], cwd=tree.root, capture_output=True, text=True,
                              input="".join(f'#include "{tree.root / header}"\n' for header in headers))
        errors = [line for line in done.stderr.split("\n") if "error" in line]
        what = f"{headers[0]} does not compile alone" if len(headers) == 1 else "the public headers do not compile together"
        return None if done.returncode == 0 else f"{what}: {errors[0] if errors else done.stderr}"

    found = []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for headers, problem in zip(jobs, pool.map(compile_headers, jobs)):
            if problem:
                found.append(problem)
            else:
                cache.add(jobs[headers])
    cache.save()
    return found


def closure(tree, header):
    """The header and every file of the tree that it includes, in a fixed order."""
    todo, done = [header], set()
    while todo:
        path = todo.pop()
        if path in done:
            continue
        done.add(path)
        todo += [target for _, _, name in tree.includes(path) if (target := tree.resolve(path, name))]
    return sorted(done)

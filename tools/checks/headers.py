"""Each public header compiles alone, with warnings as errors and without exceptions."""
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
    jobs = {}
    for header in tree.public_headers():
        key = digest(version, *FLAGS, *includes, *(tree.text(path) for path in closure(tree, header)))
        if not cache.has(key):
            jobs[header] = key

    def compile_alone(header):
        # Included from a one-line program: -Wpedantic has words about a #pragma once in a main file.
        done = subprocess.run([compiler, *FLAGS, *includes, "-"], cwd=tree.root, capture_output=True, text=True,
                              input=f'#include "{tree.root / header}"\n')
        errors = [line for line in done.stderr.split("\n") if "error" in line]
        return None if done.returncode == 0 else f"{header} does not compile alone: {errors[0] if errors else done.stderr}"

    found = []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for header, problem in zip(jobs, pool.map(compile_alone, jobs)):
            if problem:
                found.append(problem)
            else:
                cache.add(jobs[header])
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

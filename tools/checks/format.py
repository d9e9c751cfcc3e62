"""Code that people write is formatted as .clang-format says."""
import concurrent.futures
import shutil
import subprocess

from .cache import Cache, digest


def fix(tree):
    """Formats every file that people write."""
    subprocess.run(["clang-format", "-i", *tree.written_files()], cwd=tree.root, check=True)


def problems(tree):
    tool = shutil.which("clang-format")
    if not tool:
        return ["there is no clang-format here; run tools/setup --with checks"]
    version = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout
    style = tree.text(".clang-format")
    cache = Cache(tree, "format")
    jobs = {}
    for path in tree.written_files():
        key = digest(version, style, tree.text(path))
        if not cache.has(key):
            jobs[path] = key

    def first_difference(path):
        done = subprocess.run([tool, "--dry-run", "--Werror", "--ferror-limit=1", path], cwd=tree.root, capture_output=True, text=True)
        return None if done.returncode == 0 else done.stderr.split(": error:")[0].split("\n")[0]

    found = []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for path, where in zip(jobs, pool.map(first_difference, jobs)):
            if where:
                found.append(f"{where} is not formatted; tools/check --fix does it")
            else:
                cache.add(jobs[path])
    cache.save()
    return found

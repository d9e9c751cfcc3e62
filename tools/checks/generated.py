"""The checked-in generated code is what the generator makes of the schemas today."""
import subprocess
import sys

GENERATOR = "protocol/generate.py"


def problems(tree):
    if GENERATOR not in tree.known:
        generated = [path for path in tree.files if path.startswith("protocol/generated/")]
        return [f"{generated[0]} is generated, but {GENERATOR} is not there"] if generated else []
    done = subprocess.run([sys.executable, GENERATOR, "--check"], cwd=tree.root, capture_output=True, text=True)
    if done.returncode == 0:
        return []
    said = (done.stdout + done.stderr).strip().split("\n")
    return [f"{GENERATOR} --check: {line}" for line in said[:5]]

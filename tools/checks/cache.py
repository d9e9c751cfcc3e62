"""Remembers which inputs passed a slow check, by a hash of everything that it read; lives in build/."""
import hashlib
import json


class Cache:
    """Only what passed is remembered: a failure is always looked at again."""

    def __init__(self, tree, name):
        self.path = tree.root / "build" / "checks" / f"{name}.json"
        self.passed_ = set()
        self.seen_ = set()
        if self.path.exists():
            try:
                self.passed_ = set(json.loads(self.path.read_text()))
            except ValueError:
                pass  # half-written by a run that was killed: start over

    def has(self, key):
        self.seen_.add(key)
        return key in self.passed_

    def add(self, key):
        self.passed_.add(key)

    def save(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(sorted(self.passed_ & self.seen_)))


def digest(*parts):
    mixed = hashlib.sha256()
    for part in parts:
        mixed.update(part.encode() + b"\0")
    return mixed.hexdigest()

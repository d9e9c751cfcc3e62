"""Keyed records at a steady rate through one `ottla produce`, and what was acknowledged of them."""
import json
import subprocess
import threading
import time

from . import ottla

KEYS = 97
TICK = 0.05


class Load:
    def __init__(self, brokers, topic, per_second):
        self.process = subprocess.Popen([ottla.binary(), "-b", brokers, "produce", topic, "--input", "jsonl", "--report", "jsonl"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.per_tick = max(1, round(per_second * TICK))
        self.index = 0
        self.over = threading.Event()
        self.outcomes, self.errors = [], []
        self.threads = [threading.Thread(target=work, daemon=True)
                        for work in (self.feed, lambda: self.outcomes.extend(self.process.stdout),
                                     lambda: self.errors.extend(self.process.stderr))]
        for thread in self.threads:
            thread.start()

    def feed(self):
        due = time.monotonic()
        while not self.over.is_set():
            lines = [json.dumps({"key": f"key-{n % KEYS}", "value": str(n)}) for n in range(self.index, self.index + self.per_tick)]
            try:
                self.process.stdin.write("\n".join(lines) + "\n")
                self.process.stdin.flush()
            except BrokenPipeError:
                return
            self.index += self.per_tick
            due += TICK
            self.over.wait(max(0.0, due - time.monotonic()))

    def finish(self):
        """{(partition, offset): value}; AssertionError unless every record was acknowledged, each key in order on one partition."""
        self.over.set()
        self.threads[0].join(ottla.DEADLINE)
        self.process.stdin.close()
        status = self.process.wait(ottla.DEADLINE)
        for thread in self.threads:
            thread.join(ottla.DEADLINE)
        places = ottla.acknowledged(self.outcomes)
        if status != 0 or sorted(places) != list(range(self.index)):
            raise AssertionError(f"produce ended with {status}, {len(places)} of {self.index}: {''.join(self.errors)[-2000:]}")
        self.check_keys(places)
        sent = {place: str(number) for number, place in places.items()}
        if len(sent) != self.index:
            raise AssertionError("two records were acknowledged at one offset")
        return sent

    @staticmethod
    def check_keys(places):
        last = {}
        for number in range(len(places)):
            partition, offset = places[number]
            before = last.setdefault(number % KEYS, (partition, -1))
            if before[0] != partition or before[1] >= offset:
                raise AssertionError(f"key-{number % KEYS}: record {number} is at {places[number]}, the one before it at {before}")
            last[number % KEYS] = (partition, offset)

    def close(self):
        self.over.set()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for thread in self.threads:
            thread.join(30)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                pipe.close()
            except BrokenPipeError:
                pass

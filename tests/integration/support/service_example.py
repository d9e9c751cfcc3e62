"""examples/service as a process: what it prints, its metrics and its health."""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import urllib.error
import urllib.request

from . import ottla


def binary():
    return pathlib.Path(os.environ.get("OTTLA_SERVICE_EXAMPLE", pathlib.Path(ottla.binary()).parent / "service_example"))


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def page(port, path, seconds=10):
    """(status, text) of a page; None when nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=seconds) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read().decode()
    except OSError:
        return None


class Metrics:
    """A page of metrics."""
    LINE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")
    LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

    def __init__(self, text):
        self.samples = []
        for line in text.splitlines():
            found = self.LINE.match(line)
            if found and not line.startswith("#"):
                self.samples.append((found[1], dict(self.LABEL.findall(found[2] or "")), float(found[3])))

    def sum(self, name, **labels):
        """Over all samples that have these labels; None if there is none."""
        values = [value for one, has, value in self.samples if one == name and labels.items() <= has.items()]
        return sum(values) if values else None


class ServiceExample:
    def __init__(self, name, directory, brokers, topic, group, role, *more):
        self.name = name
        self.metrics_port, self.health_port = free_port(), free_port()
        self.out, self.err = pathlib.Path(directory) / f"{name}.out", pathlib.Path(directory) / f"{name}.err"
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen(
                [binary(), "--brokers", brokers, "--topic", topic, "--group", group, "--role", role, "--metrics-port", str(self.metrics_port),
                 "--health-port", str(self.health_port), *more],
                stdin=subprocess.DEVNULL, stdout=out, stderr=err, preexec_fn=os.setpgrp)  # Ctrl-C is the checker's

    def lines(self):
        """What was processed, each whole line of stdout; a killed process may leave half a line."""
        text = self.out.read_text()
        return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]

    def log(self):
        """Its log; each line is a JSON object, or this fails."""
        text = self.err.read_text()
        return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]

    def metrics(self):
        answer = page(self.metrics_port, "/metrics")
        return Metrics(answer[1]) if answer and answer[0] == 200 else None

    def health(self, path="/health"):
        """(status, document); None when nobody answers."""
        answer = page(self.health_port, path, 30)
        return (answer[0], json.loads(answer[1])) if answer else None

    def alive(self):
        return self.process.poll() is None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, seconds=60):
        """SIGTERM; the exit status, or None if it took longer."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended(seconds)

    def ended(self, seconds):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def close(self):
        if self.alive():
            self.kill()

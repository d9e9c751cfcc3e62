"""Hostile lines to ottla wire: one answer each, exit status 0, and memory that stays bounded."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import hostile
from support import OTTLA

# The contract's bound. A sanitizer takes several times what it serves, so that nothing can be said of its builds.
MOST_BYTES = (512 << 20) if not os.environ.get("OTTLA_SANITIZE") else 1 << 60
LINES = {"decode": 2000, "roundtrip": 1000, "encode": 1000, "records": 600}


def run(verb, lines):
    """Answers, exit status, and the peak of resident memory in bytes."""
    with tempfile.TemporaryDirectory() as scratch:
        questions = pathlib.Path(scratch) / "questions"
        questions.write_bytes(b"".join(line + b"\n" for line in lines))
        with questions.open("rb") as given, open(pathlib.Path(scratch) / "answers", "w+b") as answers:
            process = subprocess.Popen([OTTLA, "wire", verb, "--jsonl"], stdin=given, stdout=answers)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            answers.seek(0)
            return answers.read().splitlines(), process.returncode, used.ru_maxrss << 10


class Hostile(unittest.TestCase):
    def test_every_line_has_its_answer_and_memory_is_bounded(self):
        for verb, count in LINES.items():
            with self.subTest(verb=verb):
                lines = list(hostile.lines(verb, count, seed=20261121))
                if verb == "records":
                    lines += [json.dumps({"hex": hostile.bomb(70 << 20).hex()}).encode()]
                lines += [json.dumps({"api": "Fetch", "kind": "response", "version": 12, "hex": "00" * (5 << 20)}).encode()]
                answers, status, memory = run(verb, lines)
                self.assertEqual(status, 0)
                self.assertEqual(len(answers), len(lines))
                told = [json.loads(answer) for answer in answers]
                self.assertTrue(all(isinstance(one, dict) for one in told))
                errors = sum("error" in one for one in told)
                self.assertGreater(errors, count // 3)
                self.assertLess(errors, len(told))
                self.assertLess(memory, MOST_BYTES)


if __name__ == "__main__":
    unittest.main()

"""The pages of docs/wire tell the truth: each command on them prints what the page shows, each byte map is the bytes of its file.

Two kinds of fenced blocks are looked at:
  ```console          `$ ottla ...`, run in docs/wire, and what it prints
  ```bytes FILE all   lines of offset, bytes and words; `all`: they are the whole file, none left out

    python3 tests/cli/test_wire_pages.py --update     writes what the commands print into the pages
"""
import pathlib
import re
import shlex
import subprocess
import sys
import unittest

from support import OTTLA

PAGES = pathlib.Path(__file__).resolve().parents[2] / "docs" / "wire"
BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MAP_LINE = re.compile(r"^([0-9a-f]{4})  ((?:[0-9a-f]{2} )*[0-9a-f]{2})(?:  |$)")


def output_of(line):
    words = shlex.split(line.removeprefix("$ "))
    if words[0] != "ottla":
        raise ValueError(f"'{line}' is no command of ours")
    done = subprocess.run([OTTLA, *words[1:]], cwd=PAGES, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                          text=True, timeout=30, check=False)
    return done.stdout


def as_run(block):
    """The block's commands with what they print today."""
    return "".join(line + "\n" + output_of(line) for line in block.splitlines() if line.startswith("$ "))


def bytes_of(name):
    return bytes.fromhex("".join((PAGES / name).read_text().split()))


class WirePages(unittest.TestCase):
    maxDiff = None

    def blocks(self, kind):
        found = 0
        for page in sorted(PAGES.glob("*.md")):
            for block in BLOCK.finditer(page.read_text()):
                if block.group(1) == kind:
                    found += 1
                    yield page.name, block.group(2).split(), block.group(3)
        self.assertGreater(found, 3, f"hardly a {kind} block on the pages")

    def test_each_command_prints_what_the_page_shows(self):
        for page, _, text in self.blocks("console"):
            with self.subTest(page=page, command=text.splitlines()[0]):
                self.assertEqual(text, as_run(text))

    def test_each_byte_map_is_the_bytes_of_its_file(self):
        for page, words, text in self.blocks("bytes"):
            with self.subTest(page=page, map=words):
                whole, end = bytes_of(words[0]), 0
                for line in text.splitlines():
                    found = MAP_LINE.match(line)
                    self.assertTrue(found, f"no line of a byte map: {line}")
                    at, piece = int(found.group(1), 16), bytes.fromhex(found.group(2))
                    self.assertEqual(piece.hex(" "), whole[at:at + len(piece)].hex(" "), line)
                    if "all" in words:
                        self.assertEqual(at, end, line)
                    end = at + len(piece)
                if "all" in words:
                    self.assertEqual(end, len(whole))

    def test_every_page_is_in_the_index(self):
        index = (PAGES / "README.md").read_text()
        for page in PAGES.glob("*.md"):
            if page.name != "README.md":
                self.assertIn(f"]({page.name})", index)


def update():
    for page in PAGES.glob("*.md"):
        text = page.read_text()
        page.write_text(BLOCK.sub(lambda b: f"```console\n{as_run(b.group(3))}```" if b.group(1) == "console" else b.group(0), text))


if __name__ == "__main__":
    if sys.argv[1:] == ["--update"]:
        update()
    else:
        unittest.main()

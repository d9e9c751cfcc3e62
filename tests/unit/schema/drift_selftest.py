"""A schema line that is wrong in any of its facts is told by the comparison, and nothing is told where nothing differs."""
import pathlib
import random
import re
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "protocol/codegen"), str(ROOT / "tools/schema")]
import compare  # noqa: E402
import schema  # noqa: E402

SCHEMAS = ROOT / "protocol/schemas"
FIELD = re.compile(r"^ +[a-z]\w* +\S")

# What can be wrong with a line: a pattern and what stands in its place.
WRONG = {
    "type": (r"(?<= )int32\b", "int64"), "wide type": (r"(?<= )int64\b", "int32"), "text for bytes": (r"(?<= )bytes\b", "string"),
    "name": (r"^( +\w+)", r"\1x"), "array": (r"\[(string|int32|uuid)\]", r"\1"), "null": (r"(string|bytes|\])\? ", r"\1  "),
    "never null": (r"(?<= )string(?= |$)", "string?"), "later": (r" (\d+)\+", lambda m: f" {int(m[1]) + 1}+"),
    "default": (r"= -1\b", "= -2"), "no default": (r"= null", ""), "ignorable": (r"\bignorable\b", ""), "entity": (r"\bid=\w+", ""),
    "untagged": (r"\btag \d+", ""), "compact": (r"never-compact", ""),
    "key": (r"^api (\d+)", lambda m: f"api {int(m[1]) + 500}"), "highest": (r"versions (\d+)-(\d+)(?!.*ahead)", lambda m: f"versions {m[1]}-{int(m[2]) + 1}"),
    "lowest": (r"versions (\d+)-", lambda m: f"versions {int(m[1]) + 1}-"), "flexible": (r"flexible (\d+)\+", lambda m: f"flexible {int(m[1]) + 1}+"),
    "rigid": (r"flexible none", "flexible 0+"), "stable": (r"unstable \d+", ""),
}


def parse(text):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "sample.txt"
        path.write_text(text)
        return schema.Parser(path).parse()


def told(ours, theirs):
    """Sentences, or the reader's own complaint."""
    try:
        return compare.apis([parse(ours)], [parse(theirs)])[0]
    except schema.SchemaError as error:
        return [str(error)]


def texts():
    """The schemas without comments, whose words are no facts; those that are only ahead have no jar to stand against."""
    for path in sorted(SCHEMAS.glob("*.txt")):
        lines = [re.sub(r"\s*#.*", "", line) for line in path.read_text().splitlines()]
        if path.name != "errors.txt" and "ahead 0" not in lines[0]:
            yield path.stem, lines


class Mutations(unittest.TestCase):
    def test_every_kind_of_wrong_fact_is_told_wherever_it_is(self):
        tried = dict.fromkeys(WRONG, 0)
        for name, lines in texts():
            right = "\n".join(lines) + "\n"
            self.assertEqual(told(right, right), [], name)
            for kind, (pattern, instead) in WRONG.items():
                places = [i for i, line in enumerate(lines) if re.search(pattern, line)]
                if not places:
                    continue
                at = random.Random(name + kind).choice(places)
                wrong = lines[:at] + [re.sub(pattern, instead, lines[at], count=1)] + lines[at + 1:]
                with self.subTest(schema=name, line=wrong[at].strip(), wrong=kind):
                    self.assertTrue(told("\n".join(wrong) + "\n", right))
                tried[kind] += 1
        self.assertTrue(all(tried.values()), tried)

    def test_fields_that_changed_places_are_told(self):
        tried = 0
        for name, lines in texts():
            for i, (one, two) in enumerate(zip(lines, lines[1:])):
                indents = {len(line) - len(line.lstrip()) for line in (one, two)}
                after = lines[i + 2] if i + 2 < len(lines) else ""
                if not FIELD.match(one) or not FIELD.match(two) or len(indents) != 1 or after.startswith(" " * (indents.pop() + 1)):
                    continue
                if "tag " in one + two or one.split()[0] == "struct" or two.split()[0] == "struct":
                    continue
                wrong = lines[:i] + [two, one] + lines[i + 2:]
                with self.subTest(schema=name, line=two.strip()):
                    # Fields that share no version may stand in either order: no byte moves.
                    spans = [set(range(f.versions[0], f.versions[1] + 1)) for f in neighbours(parse("\n".join(lines)), one, two)]
                    if spans and not spans[0] & spans[1]:
                        continue
                    self.assertTrue(told("\n".join(wrong) + "\n", "\n".join(lines) + "\n"))
                tried += 1
                break
        self.assertGreater(tried, 60)


def neighbours(api, *lines):
    """The fields of two lines, when they can be told apart by their names."""
    found = []
    for line in lines:
        name = line.split()[0]
        every = [f for m in api.messages for s in m.structs + [m.root] for f in s.fields if f.name == name]
        found += every[:1]
    return found if len(found) == 2 else []


class Sentences(unittest.TestCase):
    RIGHT = "api 9 Sample versions 0-3 flexible 2+ unstable 3\nrequest\n  name  string  1+\nresponse\n  count  int32\n"

    def test_versions_are_gathered_and_both_sides_named(self):
        wrong = self.RIGHT.replace("string ", "string? ").replace("int32", "int16")
        self.assertEqual(told(wrong, self.RIGHT), ["SampleRequest 1-3: Name: nullable is True in ours, False in the jar",
                                                   "SampleResponse 0-3: Count: type is int16 in ours, int32 in the jar"])

    def test_a_version_that_is_new_is_told_with_what_it_brings(self):
        new = self.RIGHT.replace("0-3", "0-4").replace("unstable 3", "").replace("int32\n", "int32  0-3\n  total  int64  4+\n")
        self.assertIn("SampleResponse: only the jar has version 4: +Total int64, -Count int32", told(self.RIGHT.replace(" unstable 3", ""), new))

    def test_what_we_hold_ahead_is_no_difference_from_an_older_jar_and_compared_with_a_newer_one(self):
        ahead = self.RIGHT.replace("0-3", "0-4").replace("unstable 3", "ahead 4").replace("int32\n", "int32\n  total  int64  4+\n")
        older, newer = self.RIGHT.replace(" unstable 3", ""), ahead.replace(" ahead 4", "")
        self.assertEqual(told(ahead, older), [])
        self.assertEqual(told(ahead, newer), [])
        self.assertEqual(told(ahead, newer.replace("int64", "int32")), ["SampleResponse 4: Total: type is int64 in ours, int32 in the jar"])

    def test_messages_that_one_side_lacks_are_told(self):
        both = [parse(self.RIGHT), parse(self.RIGHT.replace("9 Sample", "8 Other"))]
        self.assertEqual(compare.apis(both, both[:1])[0], ["Other: only ours has it"])
        self.assertEqual(compare.apis(both[:1], both)[0][0], "Other: only the jar has it, with key 8")


if __name__ == "__main__":
    unittest.main()

"""The schema text is read strictly, and the transcriber keeps what is ours."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "protocol/codegen"), str(ROOT / "tools/schema")]
import cpp  # noqa: E402
import emit  # noqa: E402
import schema  # noqa: E402
import transcribe  # noqa: E402

GOOD = """api 900 Sample   versions 1-4   flexible 3+   unstable 4   # KIP-1 as a sample
request
  name      string?        2+   null=3+ id=topic_name   # why it may be null
  parts     [Part]
    index   int32               = -1
    extra   int64          3+   tag 0
  owner     int32               = -1 id=broker_id
response
  error_code  error
"""


def parse(text):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "sample.txt"
        path.write_text(text)
        return schema.Parser(path).parse()


class Reading(unittest.TestCase):
    def test_facts_come_out_as_written(self):
        api = parse(GOOD)
        request = api.messages[0]
        self.assertEqual((request.min_version, request.max_version, request.max_unstable), (1, 3, 4))
        name, parts, owner = request.root.fields
        self.assertEqual((name.versions, name.nullable, name.doc), ((2, 4), (3, 4), ["why it may be null"]))
        self.assertEqual([f.name for f in parts.struct.fields], ["index", "extra"])
        self.assertEqual(cpp.full_type(owner), "protocol::broker_id")

    def test_versions_ahead_are_read_and_not_spoken(self):
        request = parse(GOOD.replace("unstable 4", "ahead 3")).messages[0]
        self.assertEqual((request.max_version, request.max_unstable, request.ahead, request.unstable), (2, 4, 3, None))
        for wrong in ("ahead 5", "ahead 0", "unstable 9"):
            with self.subTest(wrong=wrong), self.assertRaises(schema.SchemaError):
                parse(GOOD.replace("unstable 4", wrong))

    def test_the_smallest_size_follows_the_version(self):
        part = parse(GOOD).messages[0].root.fields[1].struct
        self.assertEqual([cpp.min_size(part, version, (3, schema.FOREVER)) for version in (2, 3)], [4, 5])

    def test_whatever_is_not_understood_is_an_error_with_its_line(self):
        for old, new in (("int32               = -1 id=broker_id", "int33"), ("tag 0", "tagg 0"), ("tag 0", "tag 1"), ("= -1", "= x"),
                         ("3+   tag 0", "2+   tag 0"), ("id=topic_name", "id=nobody"), ("[Part]", "[Part"), ("response", "answer"),
                         ("unstable 4", "instable 4"), ("    index", "      index"), ("id=broker_id", "id=producer_id"),
                         ("= -1\n    extra", "= 99999999999\n    extra"), ("null=3+", "null=x"), ("2+   null", "9+   null"),
                         ("  owner ", "  parts "), ("int64 ", "Nobody")):
            with self.subTest(new=new), self.assertRaises(schema.SchemaError) as caught:
                parse(GOOD.replace(old, new, 1))
            self.assertIn("sample.txt", str(caught.exception))

    def test_a_struct_that_nobody_uses_or_that_holds_itself_is_an_error(self):
        with self.assertRaises(schema.SchemaError):
            parse(GOOD.replace("response\n", "  struct Lone\n    x  int8\nresponse\n"))
        with self.assertRaises(schema.SchemaError):
            parse(GOOD.replace("    extra   int64          3+   tag 0", "    again   [Part]"))


class Generating(unittest.TestCase):
    def test_an_element_without_bytes_is_refused(self):
        api = parse("api 900 Sample versions 0 flexible none\nrequest\n  all  [One]\n    x  int8  0\nresponse\n")
        api.messages[0].root.fields[0].struct.fields[0].versions = schema.NEVER
        with self.assertRaises(schema.SchemaError):
            emit.walk_header(api)

    def test_a_field_with_the_name_of_a_static_member_steps_aside(self):
        api = parse("data Sample versions 0 flexible none\n  name  string\n")
        self.assertIn("std::string_view name_{};", emit.public_header(api))

    def test_what_is_checked_in_is_what_the_schemas_say(self):
        done = subprocess.run([sys.executable, "-B", str(ROOT / "protocol/generate.py"), "--check"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Transcribing(unittest.TestCase):
    def test_a_range_is_open_where_it_lasts_as_long_as_its_message(self):
        fields = [{"name": "Topic", "type": "[]string", "versions": "2-3", "nullableVersions": "3+", "entityType": "topicName"},
                  {"name": "timeoutMs", "type": "int32", "versions": "0+", "default": "0x10"}]
        rows = transcribe.field_lines(fields, (1, 3), 1)
        self.assertEqual(rows[0], ("  topic", "[string]?", "2+", "null=3+ id=topic_name"))
        self.assertEqual(rows[1], ("  timeout_ms", "int32", "", "= 16 name=timeoutMs"))

    def test_an_unknown_key_in_a_definition_ends_the_program(self):
        with self.assertRaises(SystemExit):
            transcribe.field_lines([{"name": "X", "type": "int8", "versions": "0+", "surprise": 1}], (0, 1), 1)


if __name__ == "__main__":
    unittest.main()

"""Bad usage: each misuse is named in one sentence with the nearest right word, on stderr, with status 2."""
import json
import shutil
import subprocess
import unittest

from support import CommandTest, ottla

LEAVES = [["produce"], ["consume"], ["topics", "list"], ["topics", "describe"], ["topics", "create"], ["topics", "delete"],
          ["topics", "alter"], ["doctor"], ["completion"], ["man"],
          ["groups", "list"], ["groups", "describe"], ["groups", "delete"], ["groups", "reset-offsets"], ["groups", "lag"],
          ["cluster", "describe"], ["offsets"], ["config", "list"], ["config", "explain"], ["config", "check"], ["broker"],
          ["bench", "produce"], ["bench", "consume"], ["bench", "latency"], ["bench", "peer"], ["wire", "decode"], ["wire", "encode"],
          ["wire", "roundtrip"], ["wire", "records"], ["wire", "info"], ["wire", "list"], ["wire", "schema"], ["wire", "send"]]


class Usage(CommandTest):
    def test_help_of_every_command_succeeds_and_has_an_example(self):
        everything = ottla("--help")
        self.assertEqual(everything.returncode, 0)
        for words in LEAVES:
            done = ottla(*words, "--help")
            self.assertEqual(done.returncode, 0, words)
            self.assertRegex(done.stdout, r"Example:\n  .*ottla .*" + " ".join(words), words)
            self.assertRegex(everything.stdout, r"  .*ottla .*" + " ".join(words), words)

    def completed(self, line):
        """What bash offers at the end of a line, the completions loaded as a person would."""
        script = ottla("completion", "bash").stdout + f"""
COMP_WORDS=({line}); [[ '{line}' == *' ' ]] && COMP_WORDS+=('')
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _ottla; printf '%s\\n' "${{COMPREPLY[@]}}"
"""
        done = subprocess.run(["bash", "-eu"], input=script, capture_output=True, text=True, timeout=30)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.split()

    def test_bash_completes_commands_options_and_choices(self):
        self.assertEqual(self.completed("ottla pro"), ["produce"])
        self.assertEqual(sorted(self.completed("ottla topics ")[:5]), ["alter", "create", "delete", "describe", "list"])
        self.assertEqual(self.completed("ottla topics create orders --parti"), ["--partitions"])
        self.assertEqual(self.completed("ottla -b localhost:9092 produce t --compression z"), ["zstd"])
        self.assertEqual(self.completed("ottla produce t --output js"), ["json", "jsonl"])
        for shell in ("zsh", "fish"):
            told = ottla("completion", shell)
            self.assertEqual(told.returncode, 0)
            self.assertIn("reset-offsets", told.stdout)
        self.assert_refused(ottla("completion", "cmd"), "cmd", "bash|zsh|fish")

    def test_the_manual_page_has_every_command(self):
        page = ottla("man").stdout
        for words in LEAVES:
            self.assertIn(".SS " + " ".join(words).replace("-", "\\-") + "\n", page)
        self.assertIn("\\-\\-brokers", page)
        if shutil.which("groff"):
            done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z"], input=page, capture_output=True, text=True, timeout=30)
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_version(self):
        done = ottla("--version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"^ottla \d+\.\d+\.\d+\n$")

    def test_an_unknown_option_is_named_with_the_nearest(self):
        self.assert_refused(ottla("produce", "t", "--comprssion", "gzip"), "--comprssion", "--compression")
        self.assert_refused(ottla("produce", "t", "--comprssion=gzip"), "--comprssion", "--compression")
        self.assert_refused(ottla("--timeuot", "3s", "topics", "list"), "--timeuot", "--timeout")

    def test_an_unknown_command_is_named_with_the_nearest(self):
        self.assert_refused(ottla("prodcue", "t"), "prodcue", "produce")
        self.assert_refused(ottla("topics", "creat", "t"), "creat", "create")

    def test_a_missing_command_or_argument_is_said(self):
        self.assert_refused(ottla(), "a command is missing")
        self.assert_refused(ottla("topics"), "a command is missing", "ottla topics")
        self.assert_refused(ottla("produce"), "TOPIC")

    def test_one_argument_too_many_is_named(self):
        self.assert_refused(ottla("topics", "list", "surplus"), "surplus")

    def test_numbers_durations_and_choices_are_read_strictly(self):
        self.assert_refused(ottla("produce", "t", "--partition", "1x"), "1x")
        self.assert_refused(ottla("produce", "t", "--partition", "-1"), "-1")
        self.assert_refused(ottla("produce", "t", "--acks", "2"), "0|1|all")
        self.assert_refused(ottla("produce", "t", "--size", "big"), "big")
        self.assert_refused(ottla("topics", "list", "--timeout", "soon"), "soon")
        self.assert_refused(ottla("topics", "list", "--output", "xml"), "xml")
        self.assert_refused(ottla("topics", "create", "t", "--partitions", "99999999999999999999"), "--partitions")

    def test_what_needs_a_group_says_so(self):
        self.assert_refused(ottla("consume", "t", "--from", "stored"), "--group")
        self.assert_refused(ottla("consume", "t", "--group-protocol", "consumer"), "--group")
        self.assert_refused(ottla("consume", "t", "t2:1", "-g", "billing"), "exclude each other")

    def test_places_that_cannot_be_read_are_named(self):
        for place in ("start", "@yesterday", "@2026-13-01", "1e5", "@2026-02-30T00:00Z"):
            self.assert_refused(ottla("consume", "t", "--from", place), place)
        self.assert_refused(ottla("consume", "t", "--to", "-5"), "-5")

    def test_a_format_that_cannot_be_read_is_named(self):
        self.assert_refused(ottla("consume", "t", "-f", "%q"), "%q")

    def test_errors_are_objects_where_output_is_json(self):
        for words in (["--output", "json", "topics", "lst"], ["topics", "list", "--bogus", "--output=json"], ["produce", "--output", "jsonl"]):
            done = ottla(*words)
            self.assertEqual(done.returncode, 2)
            self.assertEqual(json.loads(done.stderr)["error"], "USAGE")

    def test_wire_verbs_answer_each_line(self):
        done = ottla("wire", "info", "--jsonl", input='{"api":"ApiVersions","kind":"response","version":3}\nnonsense\n')
        self.assertEqual(done.returncode, 0)
        first, second = done.stdout.splitlines()
        self.assertEqual(json.loads(first), {"key": 18, "flexible": True, "headerVersion": 0, "unstable": False})
        self.assertIn("error", json.loads(second))


if __name__ == "__main__":
    unittest.main()

"""Configuration by name: from files, the environment and options; unknown and contradictory settings are sentences."""
import json
import pathlib
import tempfile
import unittest

from support import CommandTest, ottla


class Config(CommandTest):
    def file(self, text):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name) / "client.properties"
        path.write_text(text)
        return str(path)

    def resolved(self, *words, brokers=None):
        done = ottla("config", "check", "--output", "json", *words, brokers=brokers)
        self.assertEqual(done.returncode, 0, done.stderr)
        return {(entry["scope"], entry["name"]): entry for entry in json.loads(done.stdout)}

    def test_an_unknown_property_is_named_with_the_nearest(self):
        for words in (["produce", "t"], ["topics", "list"], ["config", "check"]):
            self.assert_refused(ottla(*words, "-X", "linger.mss=5"), "linger.mss", "linger.ms", "-X")

    def test_an_unknown_property_of_a_file_is_named_with_its_line(self):
        path = self.file("# a comment\nbootstrap.servers=a:1\nackz=1\n")
        for words in (["-F", path], [path]):
            self.assert_refused(ottla("config", "check", *words), "ackz", path + ":3", "acks")

    def test_a_file_that_is_not_there_is_named(self):
        self.assert_refused(ottla("config", "check", "-F", "/nonexistent.properties"), "/nonexistent.properties")

    def test_a_contradiction_names_both_settings(self):
        self.assert_refused(ottla("produce", "t", "-X", "enable.idempotence=true", "--acks", "0"), "enable.idempotence", "acks")
        self.assert_refused(ottla("config", "check", "-X", "linger.ms=1", "-X", "queue.buffering.max.ms=2"), "linger.ms", "queue.buffering.max.ms")

    def test_what_other_clients_have_and_ottla_has_not_yet_is_said(self):
        self.assert_refused(ottla("topics", "list", "-X", "transaction.two.phase.commit.enable=true"), "two-phase commit", "not there yet")

    def test_a_secret_that_is_refused_is_not_repeated(self):
        done = ottla("topics", "list", "-X", 'sasl.jaas.config=Module required password="hunter2";')
        self.assert_refused(done, "sasl.jaas.config")
        self.assertNotIn("hunter2", done.stderr)

    def test_later_places_win_and_are_told(self):
        path = self.file("bootstrap.servers=file:1\nclient.id=from-file\nlinger.ms=7\n")
        found = self.resolved("-F", path, "-X", "linger.ms=9", brokers="environment:2")
        self.assertEqual(found["cluster", "bootstrap.servers"]["value"], "environment:2")
        self.assertEqual(found["cluster", "client.id"]["value"], "from-file")
        self.assertEqual(found["cluster", "client.id"]["origin"], path + ":2")
        self.assertEqual(found["producer", "linger.ms"]["value"], "9ms")
        found = self.resolved("-F", path, "-b", "option:3", brokers="environment:2")
        self.assertEqual(found["cluster", "bootstrap.servers"]["value"], "option:3")

    def test_explain_finds_a_setting_by_each_of_its_names(self):
        for name in ("linger.ms", "queue.buffering.max.ms", "linger"):
            done = ottla("config", "explain", name, "--output", "json")
            self.assertEqual(done.returncode, 0)
            self.assertEqual(json.loads(done.stdout)["member"], "linger")
        self.assert_refused(ottla("config", "explain", "lingr.ms"), "lingr.ms", "linger.ms")

    def test_list_tells_everything_about_every_setting(self):
        listed = json.loads(ottla("config", "list", "--output", "json").stdout)
        self.assertGreater(len(listed), 30)
        for entry in listed:
            for member in ("name", "scope", "type", "range", "default", "since", "meaning"):
                self.assertTrue(entry[member] or member == "default", (entry["name"], member))

    def test_an_address_that_is_none_is_refused(self):
        self.assert_refused(ottla("topics", "list", "-b", "host:99999"), "99999")


if __name__ == "__main__":
    unittest.main()

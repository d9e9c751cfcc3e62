"""The wire laboratory for people: lists, definitions and what changed between versions."""
import json
import unittest

from support import CommandTest, ottla


class WireTest(CommandTest):
    def ok(self, *words, input=None):
        done = ottla("wire", *words, input=input)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout


class List(WireTest):
    def test_every_api_has_a_row_with_versions_and_release(self):
        rows = [line.split() for line in self.ok("list").splitlines()]
        self.assertEqual(rows[0][:2], ["KEY", "API"])
        self.assertIn(["1", "Fetch", "request,", "response", "4-18", "12+", "-", "-", "0.8"], rows)
        self.assertIn(["22", "InitProducerId", "request,", "response", "0-5", "2+", "6", "-", "0.11"], rows)
        self.assertIn(["4", "LeaderAndIsr", "-", "removed", "in", "4.0", "-", "-", "-", "0.9"], rows)
        self.assertIn(["-", "VotersRecord", "data", "0", "0+", "-", "-", "-"], rows)
        self.assertIn(["94", "UnregisterController", "request,", "response", "-", "0+", "-", "0", "4.4"], rows)

    def test_json_and_json_lines_hold_the_same(self):
        rows = json.loads(self.ok("list", "--output", "json"))
        self.assertEqual(rows, [json.loads(line) for line in self.ok("list", "--output", "jsonl").splitlines()])
        by_name = {row["api"]: row for row in rows}
        self.assertEqual(by_name["SaslHandshake"], {"key": 17, "api": "SaslHandshake", "kinds": ["request", "response"], "minVersion": 0,
                                                    "maxVersion": 1, "flexibleSince": None, "maxUnstableVersion": None,
                                                    "maxAheadVersion": None, "sinceKafka": "0.10.0"})
        self.assertEqual(by_name["InitProducerId"]["maxUnstableVersion"], 6)
        self.assertEqual((by_name["ApiVersions"]["maxVersion"], by_name["ApiVersions"]["maxAheadVersion"]), (4, 5))


class Schema(WireTest):
    def test_a_definition_is_a_table_of_fields_with_our_comments(self):
        out = self.ok("schema", "Fetch", "--kind", "request")
        self.assertIn("FetchRequest: key 1, versions 4-18, flexible 12+\n", out)
        self.assertIn("12 since 2.7", out)
        rows = [line.split() for line in out.splitlines()]
        self.assertIn(["clusterId", "string?", "12+", "12+", "0", "null"], rows)
        self.assertTrue(any(row[:6] == ["currentLeaderEpoch", "int32", "9+", "-", "-", "-1"] and "KIP-320:" in row for row in rows))
        self.assertNotIn("FetchResponse", out)
        self.assertIn("versions 0-5, unstable 6, flexible 2+\n", self.ok("schema", "InitProducerId"))
        self.assertIn("versions newer than Kafka 4.3: 0, flexible 0+\n", self.ok("schema", "UnregisterController"))

    def test_a_version_shows_its_own_fields_alone(self):
        fields = json.loads(self.ok("schema", "fetchrequest", "--version", "12", "--output", "json"))[0]["fields"]
        self.assertEqual([f["name"] for f in fields], ["clusterId", "replicaId", "maxWaitMs", "minBytes", "maxBytes", "isolationLevel", "sessionId",
                                                       "sessionEpoch", "topics", "forgottenTopicsData", "rackId"])
        topics = fields[8]
        self.assertEqual((topics["type"], topics["fields"][0]["name"], topics["fields"][0]["entityType"]),
                         ("[FetchTopic]", "topic", "topicName"))

    def test_null_is_shown_for_the_versions_that_allow_it(self):
        def topics_of(version):
            out = self.ok("schema", "Metadata", "--kind", "request", "--version", version, "--output", "jsonl")
            return json.loads(out)["fields"][0]["type"]
        self.assertEqual((topics_of("0"), topics_of("1")), ("[MetadataRequestTopic]", "[MetadataRequestTopic]?"))

    def test_a_difference_names_what_came_went_and_may_be_null(self):
        out = self.ok("schema", "Fetch", "--kind", "request", "--diff", "11..13")
        rows = [" ".join(line.split()) for line in out.splitlines()]
        self.assertEqual(rows, ["FetchRequest: version 11 to 13",
                                "~ flexible: lengths are compact, every struct may have tagged fields (KIP-482)",
                                "+ clusterId string? tag 0, default null", "- topics.topic string", "+ topics.topicId uuid",
                                "+ topics.partitions.lastFetchedEpoch int32 default -1, KIP-595: for diverging logs; consumers send -1",
                                "- forgottenTopicsData.topic string", "+ forgottenTopicsData.topicId uuid"])
        self.assertIn("~ topics", self.ok("schema", "Metadata", "--kind", "request", "--diff", "0..1"))
        self.assertIn("the same on the wire", self.ok("schema", "Fetch", "--kind", "request", "--diff", "9..10"))

    def test_a_difference_runs_backwards_and_as_json(self):
        found, = json.loads(self.ok("schema", "Fetch", "--kind", "request", "--diff", "9..8", "--output", "json"))
        self.assertEqual(found["changes"], [{"change": "removed", "path": "topics.partitions.currentLeaderEpoch", "type": "int32", "tag": None,
                                             "default": "-1"}])
        self.assertEqual(found["flexible"], {"from": False, "to": False})

    def test_what_is_not_there_is_named_with_the_nearest(self):
        self.assert_refused(ottla("wire", "schema", "Fetsch"), "'Fetsch'", "did you mean Fetch?")
        self.assert_refused(ottla("wire", "schema", "StopReplica"), "removed")
        self.assert_refused(ottla("wire", "schema", "Fetch", "--version", "3"), "no version 3", "4 to 18")
        self.assert_refused(ottla("wire", "schema", "Fetch", "--diff", "4..99"), "no version 99")
        self.assert_refused(ottla("wire", "schema", "Fetch", "--diff", "4-7"), "4-7", "4..7")
        self.assert_refused(ottla("wire", "schema", "Fetch", "--kind", "data"), "no data")
        self.assert_refused(ottla("wire", "schema"), "API")


if __name__ == "__main__":
    unittest.main()

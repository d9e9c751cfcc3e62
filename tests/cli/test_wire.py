"""The wire laboratory for people: lists, definitions and what changed between versions."""
import base64
import contextlib
import gzip
import json
import os
import pty
import socket
import subprocess
import tempfile
import unittest

from support import OTTLA, BrokerTest, CommandTest, ottla


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


# The example of the contract: two records, the first with a key and two headers.
BATCH = ("00000000000000070000004800000004023191bed20010000000010000018bcfe568000000018bcfe568050000000000002328000100000003"
         "000000021c000000026b010402680201026e010e000a0201027600000000")
VERSIONS = ["--api", "ApiVersions", "--kind", "request", "--version", "3"]
SOFTWARE = "066f74746c6104302e3100"


def produce_body(batch=bytes.fromhex(BATCH)[:-3]):
    records = base64.b64encode(batch).decode()
    body = {"transactionalId": None, "acks": -1, "timeoutMs": 1000,
            "topicData": [{"name": "t", "partitionData": [{"index": 0, "records": records}]}]}
    done = ottla("wire", "encode", "--api", "Produce", "--kind", "request", "--version", "3", json.dumps(body))
    return done.stdout.strip()


class Decode(WireTest):
    def test_hex_base64_and_binary_from_argument_stdin_and_file(self):
        body = {"clientSoftwareName": "ottla", "clientSoftwareVersion": "0.1"}
        raw = bytes.fromhex(SOFTWARE)
        self.assertEqual(json.loads(self.ok("decode", *VERSIONS, SOFTWARE)), body)
        self.assertEqual(json.loads(self.ok("decode", *VERSIONS, input="06 6F74 74\n6c6104 302e31 00\n")), body)
        self.assertEqual(json.loads(self.ok("decode", *VERSIONS, "--form", "base64", base64.b64encode(raw).decode())), body)
        self.assertEqual(json.loads(self.ok("decode", *VERSIONS, "--form", "binary", input=raw)), body)
        with tempfile.NamedTemporaryFile() as file:
            file.write(raw)
            file.flush()
            out = self.ok("decode", *VERSIONS, "--form", "binary", "--file", file.name, "--output", "jsonl")
            self.assertEqual((json.loads(out), out.count("\n")), (body, 1))

    def test_annotated_bytes_name_every_field_and_are_plain_in_a_pipe(self):
        out = self.ok("decode", *VERSIONS, "--annotate", SOFTWARE)
        self.assertEqual([" ".join(line.split()) for line in out.splitlines()],
                         ["ApiVersionsRequest 3", "0000 06 clientSoftwareName 3+ uvarint (n+1) 5 bytes",
                          '0001 6f 74 74 6c 61 clientSoftwareName 3+ string "ottla"', "0006 04 clientSoftwareVersion 3+ uvarint (n+1) 3 bytes",
                          '0007 30 2e 31 clientSoftwareVersion 3+ string "0.1"', "000a 00 _tags 3+ uvarint 0 tagged fields"])
        parts = json.loads(self.ok("decode", *VERSIONS, "--annotate", SOFTWARE, "--output", "json"))
        self.assertEqual("".join(part["hex"] for part in parts), SOFTWARE)
        self.assertEqual(parts[1], {"offset": 1, "length": 5, "hex": "6f74746c61", "part": "value", "path": "clientSoftwareName",
                                    "encoding": "string", "value": '"ottla"', "versions": "3+"})

    def test_colours_are_for_terminals_that_want_them(self):
        def on_a_terminal(**more):
            leader, follower = pty.openpty()
            environment = {**{k: v for k, v in os.environ.items() if k != "NO_COLOR"}, "TERM": "xterm", **more}
            words = [OTTLA, "wire", "decode", *VERSIONS, "--annotate", SOFTWARE]
            with open(leader, "rb", buffering=0) as screen:
                subprocess.run(words, stdout=follower, stdin=subprocess.DEVNULL, env=environment, timeout=60, check=True)
                os.close(follower)
                out = b""
                with contextlib.suppress(OSError):  # how a terminal says that nobody writes any more
                    while piece := screen.read(4096):  # a read brings what one write left, not all
                        out += piece
                return out
        self.assertIn(b"\x1b[", on_a_terminal())
        self.assertNotIn(b"\x1b[", on_a_terminal(NO_COLOR="1"))

    def test_a_cut_body_is_shown_as_far_as_it_goes(self):
        done = ottla("wire", "decode", *VERSIONS, "--annotate", SOFTWARE[:10])
        self.assertEqual(done.returncode, 1)
        self.assertIn("0001 6f 74 74 6c <- byte 1 (clientSoftwareName): a string of 5 bytes expected, 4 are left",
                      [" ".join(line.split()) for line in done.stdout.splitlines()])
        self.assertIn("byte 1 (clientSoftwareName)", done.stderr)
        self.assert_refused(ottla("wire", "decode", *VERSIONS, SOFTWARE[:10]), "ApiVersionsRequest 3, byte 1", status=1)
        self.assert_refused(ottla("wire", "decode", *VERSIONS, SOFTWARE + "00"), "byte 11", "left over", status=1)

    def test_records_are_opened_on_request(self):
        body, words = produce_body(), ["--api", "Produce", "--kind", "request", "--version", "3"]
        field = json.loads(self.ok("decode", *words, body))["topicData"][0]["partitionData"][0]["records"]
        self.assertEqual(base64.b64decode(field), bytes.fromhex(BATCH)[:-3])
        opened = json.loads(self.ok("decode", *words, "--records", body))["topicData"][0]["partitionData"][0]["records"]
        self.assertEqual([record["offset"] for record in opened["batches"][0]["records"]], [7, 8])

    def test_records_are_annotated_with_the_offset_of_each_field(self):
        words = ["--api", "Produce", "--kind", "request", "--version", "3", "--annotate", "--records"]
        body = produce_body()
        lines = [" ".join(line.split()) for line in self.ok("decode", *words, body).splitlines()]
        at = body.index(BATCH[:-6]) // 2
        for offset, rest in [(0, "00 00 00 00 00 00 00 07 batches[0].baseOffset int64 7"), (21, "00 10 batches[0].attributes int16 16: codec none, create time, transactional"),
                             (61, "1c batches[0].records[0].length varint 14 bytes"), (66, '6b batches[0].records[0].key bytes "k"')]:
            self.assertIn(f"{at + offset:04x} {rest}", lines)
        parts = json.loads(self.ok("decode", *words, body, "--output", "json"))
        self.assertEqual("".join(part["hex"] for part in parts), body)
        key, = [p for p in parts if p["path"].endswith("records.batches[0].records[0].key") and p["part"] == "value"]
        self.assertEqual((key["offset"], key["hex"], key["value"]), (at + 66, "6b", '"k"'))

    def test_offsets_of_compressed_records_are_said_to_be_in_the_inflated_data(self):
        gzipped = bytearray(bytes.fromhex(BATCH)[:61] + gzip.compress(bytes.fromhex(BATCH)[61:-3], mtime=0))
        gzipped[8:12], gzipped[22] = (len(gzipped) - 12).to_bytes(4), 0x11
        body = produce_body(bytes(gzipped))
        words = ["--api", "Produce", "--kind", "request", "--version", "3", "--annotate", "--records", body]
        lines = [" ".join(line.split()) for line in self.ok("decode", *words).splitlines()]
        self.assertIn("* offsets in the inflated data", lines)
        self.assertIn("0000* 1c batches[0].records[0].length varint 14 bytes", lines)
        self.assertTrue(any(line.endswith("batches[0].records gzip 23 bytes when inflated") for line in lines), lines)
        parts = json.loads(self.ok("decode", *words, "--output", "json"))
        self.assertEqual("".join(part["hex"] for part in parts if "offset" in part), body)
        self.assertEqual("".join(part["hex"] for part in parts if "inflatedOffset" in part), BATCH[122:-6])

    def test_records_that_cannot_be_read_are_annotated_up_to_the_fault(self):
        cut = bytearray(bytes.fromhex(BATCH)[:-4])
        cut[11] -= 1
        body = produce_body(bytes(cut))
        words = ["--api", "Produce", "--kind", "request", "--version", "3", "--annotate", "--records", body]
        at, second = body.index(cut.hex()) // 2, 61 + 15
        out = self.ok("decode", *words)
        self.assertIn("which is wrong: the bytes have 0x", out)
        self.assertIn(f"<- not to be read: byte {at + second} (batches[0].records[1]): a record of 7 bytes where 6 are left", out)
        parts = json.loads(self.ok("decode", *words, "--output", "json"))
        self.assertEqual("".join(part["hex"] for part in parts), body)
        self.assertEqual([part["errorOffset"] for part in parts if "error" in part], [at + second])

    def test_a_frame_says_what_it_is(self):
        request = self.ok("encode", *VERSIONS, "--frame", "--correlation-id", "7", "--client-id", "me",
                          '{"clientSoftwareName":"ottla","clientSoftwareVersion":"0.1"}').strip()
        found = json.loads(self.ok("decode", "--frame", request))
        self.assertEqual(found, {"api": "ApiVersions", "kind": "request", "version": 3,
                                 "header": {"requestApiKey": 18, "requestApiVersion": 3, "correlationId": 7, "clientId": "me"},
                                 "json": {"clientSoftwareName": "ottla", "clientSoftwareVersion": "0.1"}})
        out = self.ok("decode", "--frame", "--annotate", request)
        self.assertIn("size of what follows: 24 bytes", out)
        self.assertRegex(out, r"\n0011  06 +clientSoftwareName ")
        response = self.ok("encode", "--api", "Heartbeat", "--kind", "response", "--version", "4", "--frame", '{"throttleTimeMs":0,"errorCode":0}')
        found = json.loads(self.ok("decode", "--frame", "--api", "heartbeat", "--version", "4", response.strip()))
        self.assertEqual((found["kind"], found["header"]), ("response", {"correlationId": 1}))

    def test_bad_input_is_a_sentence_and_status_1(self):
        self.assert_refused(ottla("wire", "decode", *VERSIONS, "06f"), "hexadecimal", status=1)
        self.assert_refused(ottla("wire", "decode", *VERSIONS, "--form", "base64", "!"), "base64", status=1)
        self.assert_refused(ottla("wire", "decode", "--frame", "00000002001200"), "size is 2", status=1)
        self.assert_refused(ottla("wire", "decode", "--frame", "000000047fff0000"), "key 32767", status=1)
        self.assert_refused(ottla("wire", "decode", "--frame", "0000000400120099"), "no version 153", status=1)
        self.assert_refused(ottla("wire", "decode", "--frame", "0000000400120003"), "in the header", "byte 4", "correlationId", status=1)

    def test_info_takes_its_question_as_options_too(self):
        told = json.loads(self.ok("info", "--api", "Fetch", "--kind", "response", "--version", "12"))
        self.assertEqual(told, {"key": 1, "flexible": True, "headerVersion": 1, "unstable": False})
        done = ottla("wire", "info", "--api", "Fetchy", "--version", "1")
        self.assertEqual(done.returncode, 2)
        self.assertIn("Fetch?", done.stderr)
        self.assertEqual(ottla("wire", "info").returncode, 2)

    def test_bad_usage_is_a_sentence_and_status_2(self):
        self.assert_refused(ottla("wire", "decode"), "--api is missing")
        self.assert_refused(ottla("wire", "decode", "--api", "Fetch", "--version", "4"), "say --kind")
        self.assert_refused(ottla("wire", "decode", "--api", "Fetsch", "--version", "4"), "did you mean Fetch")
        self.assert_refused(ottla("wire", "decode", "--api", "Fetch", "--kind", "request", "--version", "99"), "no version 99")
        self.assert_refused(ottla("wire", "decode", *VERSIONS, "--file", "/nonexistent"), "/nonexistent")
        self.assert_refused(ottla("wire", "decode", *VERSIONS, "--jsonl"), "--jsonl")


class Encode(WireTest):
    def test_json_becomes_hex_base64_or_bytes(self):
        text = '{"clientSoftwareName":"ottla","clientSoftwareVersion":"0.1"}'
        self.assertEqual(self.ok("encode", *VERSIONS, text), SOFTWARE + "\n")
        self.assertEqual(base64.b64decode(self.ok("encode", *VERSIONS, "--form", "base64", input=text)), bytes.fromhex(SOFTWARE))
        self.assertEqual(self.ok("encode", *VERSIONS, "--form", "binary", input=text.encode()), bytes.fromhex(SOFTWARE))

    def test_a_misspelt_field_is_named_with_the_nearest(self):
        self.assert_refused(ottla("wire", "encode", *VERSIONS, '{"clientSoftwareNme":"x","clientSoftwareVersion":"1"}'),
                            "clientSoftwareNme", "did you mean clientSoftwareName?", status=1)
        self.assert_refused(ottla("wire", "encode", "--api", "Metadata", "--kind", "request", "--version", "1",
                                  '{"topics":[{"name":"a"},{"nam":"b"}]}'), "topics[1].nam", "did you mean name?", status=1)
        self.assert_refused(ottla("wire", "encode", *VERSIONS, '{"clientSoftwareName":1,"clientSoftwareVersion":"1"}'),
                            "clientSoftwareName must be a string", status=1)
        self.assert_refused(ottla("wire", "encode", *VERSIONS, "{"), "not JSON", status=1)
        self.assert_refused(ottla("wire", "encode", *VERSIONS, "--client-id", "x", "{}"), "--frame")


class Send(BrokerTest):
    def send(self, *words):
        return self.run_ottla("wire", "send", *words)

    def test_a_request_as_json_brings_the_answer_as_json(self):
        topic = self.new_topic(2)
        done = self.send("Metadata", "--json", '{"topics":[{"name":"%s"}]}' % topic, "--version", "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        answer = json.loads(done.stdout)
        self.assertEqual([(one["name"], len(one["partitions"])) for one in answer["topics"]], [(topic, 2)])
        self.assertIn("MetadataRequest 1 to " + self.brokers, done.stderr)
        broker = str(answer["brokers"][0]["nodeId"])
        again = self.send("3", "--json", '{"topics":[]}', "--version", "1", "--broker", broker, "--output", "jsonl")
        self.assertEqual((again.returncode, json.loads(again.stdout)["topics"], again.stderr), (0, [], ""))

    def test_without_a_version_the_newest_of_both_sides_is_sent(self):
        done = self.send("ApiVersions", "--json", '{"clientSoftwareName":"x","clientSoftwareVersion":"1"}')
        self.assertEqual(done.returncode, 0, done.stderr)
        keys = {one["apiKey"]: one for one in json.loads(done.stdout)["apiKeys"]}
        newest = min(keys[18]["maxVersion"], 4)
        self.assertIn(f"ApiVersionsRequest {newest} to", done.stderr)

    def test_what_cannot_be_sent_is_refused_before_anything_is(self):
        self.assert_refused(self.send("Metdata", "--json", "{}"), "did you mean Metadata")
        self.assert_refused(self.send("Metadata", "--json", "{}", "--version", "99"), "no version 99")
        self.assert_refused(self.send("Metadata", "--json", '{"topcs":null}', "--version", "1"), "topcs", "did you mean topics?")
        self.assert_refused(self.send("Metadata", "--json", "{", "--version", "1"), "not JSON")
        self.assert_refused(self.send("Metadata"), "--json")

    def test_a_broker_that_does_not_know_the_api_is_said(self):
        self.assert_refused(self.send("DescribeQuorum", "--json", '{"topics":[]}'), "DescribeQuorum", "does not know this API", status=1)
        self.assert_refused(self.send("DescribeQuorum", "--json", '{"topics":[]}', "--version", "0"), "DescribeQuorum", status=1)

    def test_nobody_to_send_to_is_said_within_the_deadline(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            address = "127.0.0.1:%d" % listener.getsockname()[1]
        done = ottla("-b", address, "--timeout", "1s", "wire", "send", "Metadata", "--json", '{"topics":null}', "--version", "1")
        self.assert_refused(done, address, status=1)


if __name__ == "__main__":
    unittest.main()

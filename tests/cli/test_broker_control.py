"""The dev broker's control port: what a test in any language does to a broker, and what a client then sees."""
import contextlib
import json
import time
import unittest
import urllib.error
import urllib.request

from support import CommandTest, DEADLINE, dev_broker, ottla, rest_of, start


class BrokerControl(CommandTest):
    @contextlib.contextmanager
    def broker(self, *words):
        with dev_broker("--control", "127.0.0.1:0", *words) as (brokers, process):
            address = next(line.split()[1] for line in process.stderr if line.startswith("control "))

            def ask(method, path, body=None, status=200):
                request = urllib.request.Request(address + path, method=method, data=None if body is None else json.dumps(body).encode())
                try:
                    with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
                        got, text = answer.status, answer.read()
                except urllib.error.HTTPError as refused:
                    got, text = refused.code, refused.read()
                self.assertEqual(got, status, text)
                return json.loads(text) if path != "/" else text.decode()

            yield brokers, ask

    def offsets(self, done):
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line)["offset"] for line in done.stdout.splitlines()]

    def test_an_answer_that_is_lost_after_it_was_applied_doubles_nothing(self):
        with self.broker("--topic", "t:1") as (brokers, ask):
            ask("POST", "/faults", {"api": "Produce", "action": "close_after"})
            self.assertEqual(self.offsets(ottla("-b", brokers, "produce", "t", "--report", "jsonl", input="a\nb\n")), [0, 1])
            self.assertEqual(ask("GET", "/topics/t")["partitions"][0]["highWatermark"], 2)
            self.assertEqual(ask("GET", "/faults"), [])
            self.assertGreaterEqual(ask("GET", "/cluster")["requestsSeen"]["Produce"], 2)

    def test_a_leader_that_moves_and_a_node_that_stops_cost_nothing(self):
        with self.broker("--brokers", "3", "--topic", "t:1") as (brokers, ask):
            with start("-b", brokers, "produce", "t", "--rate", "100", "--count", "300", "--report", "jsonl", "--timeout", "30s") as process:
                first = process.stdout.readline()
                moved = ask("POST", "/topics/t/0/leader", {"node": 2})
                self.assertEqual(moved["partitions"][0]["leader"], 2)
                ask("POST", "/nodes/2/stop")
                rest, errors = rest_of(process)
            self.assertEqual(process.returncode, 0, errors)
            self.assertEqual([json.loads(line)["offset"] for line in [first] + rest.splitlines()], list(range(300)))
            self.assertEqual(ask("GET", "/topics/t")["partitions"][0]["inSync"], [1, 3])

    def test_too_few_replicas_in_sync_are_told_to_a_producer_that_asks_for_all(self):
        with self.broker("--brokers", "3") as (brokers, ask):
            ask("POST", "/topics", {"name": "safe", "partitions": 1, "replicationFactor": 3, "settings": {"min.insync.replicas": "2"}}, 201)
            ask("POST", "/topics/safe/0/out-of-sync", {"nodes": [2, 3]})
            done = ottla("-b", brokers, "--timeout", "2s", "produce", "safe", input="a\n")
            self.assertEqual(done.returncode, 1)
            self.assertIn("NOT_ENOUGH_REPLICAS", done.stderr)
            ask("POST", "/topics/safe/0/out-of-sync", {"nodes": []})
            self.assertEqual(self.offsets(ottla("-b", brokers, "produce", "safe", "--report", "jsonl", input="a\n")), [0])

    def test_a_damaged_answer_is_never_taken_for_records(self):
        right = [str(i) for i in range(50)]
        with self.broker("--topic", "t:1") as (brokers, ask):
            self.assertEqual(ottla("-b", brokers, "produce", "t", input="".join(f"{line}\n" for line in right)).returncode, 0)
            ask("POST", "/faults", {"api": "Fetch", "action": "corrupt_answer"})
            consume = ["-b", brokers, "consume", "t", "--from", "beginning", "--exit-at-end"]
            done = ottla(*consume)
            self.assertEqual(ask("GET", "/faults"), [])
            self.assertEqual((done.returncode, done.stdout.split()), (1, right[: len(done.stdout.split())]))
            self.assertIn("the CRC does not fit the bytes", done.stderr)
            self.assertEqual(ottla(*consume).stdout.split(), right)

    def test_what_is_forbidden_is_told_in_one_sentence_at_once_and_costs_others_nothing(self):
        with self.broker("--topic", "good:1", "--topic", "bad:1") as (brokers, ask):
            for topic in ("good", "bad"):
                self.assertEqual(self.offsets(ottla("-b", brokers, "produce", topic, "--report", "jsonl", input=topic + "\n")), [0])

            def refused(why, *words, **how):
                started = time.monotonic()
                done = ottla("-b", brokers, *words, **how)
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn(why, done.stderr)
                self.assertLess(time.monotonic() - started, 5, done.stderr)
                return done

            ask("POST", "/forbidden", {"topic": "bad", "operation": "write"})
            done = refused("", "produce", "bad", "--report", "jsonl", input="x\n")
            told = json.loads(done.stdout)
            self.assertEqual((told["error"], told["persisted"]), ("TOPIC_AUTHORIZATION_FAILED", "no"))
            ask("POST", "/forbidden", {"topic": "bad", "operation": "read"})
            done = refused("Fetch of bad-0", "consume", "bad", "good", "--from", "beginning", "--exit-at-end")
            self.assertIn("TOPIC_AUTHORIZATION_FAILED", done.stderr)
            self.assertEqual(done.stdout, "good\n", "the other topic is read all the same")
            ask("DELETE", "/forbidden")
            ask("POST", "/forbidden", {"group": "g", "operation": "all"})
            refused("GROUP_AUTHORIZATION_FAILED", "consume", "good", "--group", "g", "--exit-at-end")
            refused("GROUP_AUTHORIZATION_FAILED", "groups", "describe", "g")
            ask("POST", "/forbidden", {"cluster": True, "operation": "all"})
            ask("POST", "/forbidden", {"topic": "new", "operation": "all", "prefixed": True})
            refused("TOPIC_AUTHORIZATION_FAILED", "topics", "create", "new-1", "--partitions", "1")
            self.assertEqual(len(ask("GET", "/forbidden")), 3)

    def test_whoever_is_too_fast_is_slowed_down_and_loses_nothing(self):
        with self.broker("--topic", "t:1") as (brokers, ask):
            quota = {"entity": [{"entityType": "client-id", "entityName": "quick"}], "ops": [{"key": "producer_byte_rate", "value": 5000.0, "remove": False}]}
            done = ottla("-b", brokers, "wire", "send", "AlterClientQuotas", "--version", "1", "--json",
                         json.dumps({"entries": [quota], "validateOnly": False}))
            self.assertEqual(json.loads(done.stdout)["entries"][0]["errorCode"], 0, done.stdout)
            started = time.monotonic()
            lines = "".join(f"{number:0>5000}\n" for number in range(12))
            done = ottla("-b", brokers, "-X", "client.id=quick", "-X", "batch.size=6000", "-X", "compression.type=none", "produce", "t", "--report", "jsonl", input=lines)
            self.assertEqual(self.offsets(done), list(range(12)))
            self.assertGreater(time.monotonic() - started, 0.9, "the eleventh is a second more than ten windows of 5,000 bytes")

    def test_a_wrong_request_is_told_what_is_wrong_and_where_to_look(self):
        with self.broker() as (_, ask):
            self.assertIn("none of answer_error", ask("POST", "/faults", {"api": "Fetch", "action": "explode"}, 400)["error"])
            self.assertIn("GET / lists them", ask("GET", "/nonsense", status=404)["error"])
            self.assertIn("POST   /faults", ask("GET", "/"))

    def test_an_address_that_cannot_be_had_is_a_sentence(self):
        self.assert_refused(ottla("broker", "--listen", "127.0.0.1:0", "--control", "nonsense"), "--control: 'nonsense' is not HOST:PORT")
        with self.broker() as (_, ask):
            port = ask("GET", "/cluster")["nodes"][0]["port"]
            self.assert_refused(ottla("broker", "--listen", "127.0.0.1:0", "--control", f"127.0.0.1:{port}"), f"127.0.0.1:{port} is taken", status=1)


if __name__ == "__main__":
    unittest.main()

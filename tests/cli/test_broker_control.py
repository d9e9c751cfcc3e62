"""The dev broker's control port: what a test in any language does to a broker, and what a client then sees."""
import contextlib
import json
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

"""`ottla doctor`: what it finds where all is well, and what it says of each thing that is not."""
import json
import pathlib
import socket
import subprocess
import tempfile
import unittest
import urllib.request

from support import CommandTest, dev_broker, ottla


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def closed_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def cause(control, trouble):
    """By the dev broker's control port."""
    urllib.request.urlopen(urllib.request.Request(f"http://{control}{trouble}", method="POST"), timeout=30).close()


class Doctor(CommandTest):
    def look(self, brokers, *words, status=0):
        """{check: [(status, found, advice), ...]} of --output json."""
        done = ottla("-b", brokers, "--timeout", "5s", *words, "doctor", "--output", "json")
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        told = json.loads(done.stdout)
        self.assertEqual(told["ok"], status == 0)
        found = {}
        for one in told["checks"]:
            found.setdefault(one["check"], []).append((one["status"], one["found"], one["advice"]))
            self.assertEqual(one["advice"] is None, one["status"] == "ok", one)
        return found

    def test_a_cluster_where_all_is_well(self):
        with dev_broker("--brokers", "3", "--topic", "probe:3") as (brokers, _):
            done = ottla("-b", brokers, "doctor", "--probe-topic", "probe")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            lines = done.stdout.splitlines()[1:]
            self.assertTrue(all(line.startswith("ok ") for line in lines), done.stdout)
            checks = [line.split()[1] for line in lines]
            for check, count in (("resolve", 3), ("tcp", 3), ("security", 3), ("versions", 3), ("metadata", 1), ("leaders", 1),
                                 ("advertised", 3), ("produce", 1), ("fetch", 1)):
                self.assertEqual(checks.count(check), count, done.stdout)

    def test_a_name_that_is_none_a_port_where_nobody_listens_and_one_who_speaks_something_else(self):
        found = self.look("no-such-host.invalid:9092", status=1)
        self.assertEqual(list(found), ["resolve"])
        self.assertIn("DNS", found["resolve"][0][2])
        found = self.look(f"127.0.0.1:{closed_port()}", status=1)
        self.assertEqual(list(found), ["resolve", "tcp"])
        self.assertIn("refused", found["tcp"][0][1])

    def test_one_listener_of_two_is_enough_for_the_rest_to_be_looked_at(self):
        with dev_broker("--topic", "t:1") as (brokers, _):
            found = self.look(f"127.0.0.1:{closed_port()},{brokers}", status=1)
            self.assertEqual([one[0] for one in found["tcp"]], ["fail", "ok"])
            self.assertEqual(found["leaders"][0][0], "ok")

    def test_a_probe_topic_that_is_not_there(self):
        with dev_broker() as (brokers, _):
            done = ottla("-b", brokers, "--timeout", "2s", "doctor", "--probe-topic", "never-made", "--output", "jsonl")
            self.assertEqual(done.returncode, 1)
            last = json.loads(done.stdout.splitlines()[-1])
            self.assertEqual((last["status"], last["check"]), ("fail", "produce"))
            self.assertIn("ottla topics create never-made", last["advice"])

    def test_leaders_and_replicas_that_are_missing(self):
        control = f"127.0.0.1:{closed_port()}"
        with dev_broker("--brokers", "2", "--control", control) as (brokers, _):
            self.assertEqual(ottla("-b", brokers, "topics", "create", "both", "-p", "1", "-r", "2").returncode, 0)
            self.assertEqual(ottla("-b", brokers, "topics", "create", "one", "-p", "2", "-r", "1").returncode, 0)
            cause(control, "/nodes/2/stop")
            found = self.look(brokers, status=1)
            self.assertEqual([one[0] for one in found["versions"]], ["ok", "fail"])
            self.assertRegex(found["leaders"][0][1], r"one-\d without a leader")
            self.assertIn("both-0", found["replicas"][0][1])

    def test_an_advertised_address_that_does_not_answer(self):
        control = f"127.0.0.1:{closed_port()}"
        with dev_broker("--brokers", "2", "--control", control) as (brokers, _):
            first, second = brokers.split(",")
            cause(control, "/nodes/2/pause")
            done = ottla("-b", first, "--timeout", "1s", "doctor", "--output", "json")
            self.assertEqual(done.returncode, 1, done.stdout)
            advertised = [one for one in json.loads(done.stdout)["checks"] if one["check"] == "advertised"]
            self.assertEqual([one["status"] for one in advertised], ["ok", "fail"], advertised)
            self.assertEqual(advertised[1]["subject"], f"broker 2 at {second}")
            self.assertIn("advertised.listeners", advertised[1]["advice"])

    def test_tls_to_a_listener_without(self):
        with dev_broker() as (brokers, _):
            found = self.look(brokers, "-X", "security.protocol=ssl", status=1)
            self.assertEqual(list(found), ["resolve", "tcp", "tls"])
            self.assertIn("security.protocol", found["tls"][0][2])

    def test_tls_and_sasl(self):
        with tempfile.TemporaryDirectory() as folder:
            home = pathlib.Path(folder)
            for name, days in (("broker", "2"), ("other", "90")):
                openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", days, "-subj", f"/CN={name}",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(home / f"{name}.key"), "-out", str(home / f"{name}.pem"))
            tls = ("--tls-certificate", str(home / "broker.pem"), "--tls-key", str(home / "broker.key"))
            user = ("-X", "security.protocol=sasl_ssl", "-X", "sasl.mechanism=SCRAM-SHA-256", "-X", "sasl.username=alice")
            with dev_broker("--topic", "t:1", *tls, "--sasl-user", "alice:secret") as (brokers, _):
                trusting = ("-X", f"ssl.ca.location={home / 'broker.pem'}")
                found = self.look(brokers, *user, "-X", "sasl.password=secret", *trusting)
                self.assertEqual(found["tls"][0][0], "warn")  # the certificate ends soon
                self.assertRegex(found["tls"][0][1], r"certificate of .*broker.*ends .* in \d days")
                self.assertIn("SCRAM-SHA-256 as alice", found["sasl"][0][1])
                found = self.look(brokers, *user, "-X", "sasl.password=wrong", *trusting, status=1)
                self.assertIn("SASL_AUTHENTICATION_FAILED", found["sasl"][0][1])
                found = self.look(brokers, *user, "-X", "sasl.password=secret", "-X", f"ssl.ca.location={home / 'other.pem'}", status=1)
                self.assertIn("TLS_FAILED", found["tls"][0][1])
                found = self.look(brokers, status=1)
                self.assertIn("security.protocol", found["versions"][0][2])
                self.assertNotIn("secret", json.dumps(found))


if __name__ == "__main__":
    unittest.main()

"""`ottla doctor` where all is well: each thing that it looks at is there and ok, the clock of Kafka's controller too."""
import json
import pathlib
import unittest

from support import ottla, targets


class Doctor(targets.BrokerTest):
    options = ("--topic", "t:1")

    def looks_well(self, way, *more):
        """{check: [found, ...]}"""
        topic = self.new_topic(3)
        done = ottla.run(*ottla.reach(way), "doctor", "--probe-topic", topic, "--output", "json")
        found = {}
        for one in json.loads(done.stdout)["checks"]:
            # Certificates of the cluster under test are good for a month, and who has less is told.
            self.assertEqual(one["status"], "warn" if one["check"] == "tls" else "ok", one)
            found.setdefault(one["check"], []).append(one["found"])
        for check in ("resolve", "tcp", "versions", "metadata", "leaders", "advertised", "produce", "fetch", *more):
            self.assertIn(check, found)
        return found

    def test_of_a_plaintext_listener(self):
        found = self.looks_well(self.brokers, *([] if self.kind == "broker" else ["clock"]))
        self.assertEqual(len(found["advertised"]), len(self.brokers.split(",")))

    @unittest.skipUnless(targets.target() == "kafka1", "what is secured is one node")
    def test_of_a_listener_with_tls_and_sasl(self):
        way = pathlib.Path(self.server.directory) / "clients" / "sasl_ssl-scram-sha-512.properties"
        found = self.looks_well(way, "tls", "sasl", "clock")
        self.assertIn("SCRAM-SHA-512", found["sasl"][0])
        self.assertRegex(found["tls"][0], r"certificate of CN = broker, .*, in \d+ days")


if __name__ == "__main__":
    unittest.main()

"""TLS and SASL against Apache Kafka: every way in works, every refusal is one clear sentence, at once, and not a storm of tries."""
import pathlib
import shutil
import sys
import tempfile
import threading
import time
import unittest

from support import ottla, records, targets
from support.counting_door import CountingDoor

sys.path.insert(0, str(targets.ROOT / "tools"))
from kafka_nodes import certificates  # noqa: E402

WAYS = ("ssl", "mtls", "sasl_plaintext-plain", "sasl_plaintext-scram-sha-256", "sasl_plaintext-scram-sha-512",
        "sasl_plaintext-oauthbearer", "sasl_ssl-plain", "sasl_ssl-scram-sha-256", "sasl_ssl-scram-sha-512", "sasl_ssl-oauthbearer")


class Secure(targets.BrokerTest):
    def setUp(self):
        self.home = pathlib.Path(self.server.directory)

    def way(self, name):
        return self.home / "clients" / f"{name}.properties"

    def door(self, name, to=None, host="127.0.0.1"):
        """In front of the listener that the file names, or of another one; at a host that certificates are for, or not."""
        told = dict(line.split("=", 1) for line in self.way(name).read_text().splitlines())
        return CountingDoor(to or told["bootstrap.servers"], host)

    def refused(self, name, *changed, to=None, host="127.0.0.1", knocks=1):
        """What a command says that may not come in, the same whichever it is: one sentence, within a second, after so many connections.

        changed are settings over the file's."""
        settings = [word for pair in changed for word in ("-X", pair)]
        for words in (["topics", "list"], ["produce", "nowhere"], ["consume", "nowhere", "--from", "beginning"]):
            with self.subTest(command=words[0]), self.door(name, to, host) as door:
                started = time.monotonic()
                done = ottla.run(*ottla.reach(self.way(name)), "-X", f"bootstrap.servers={door.address}", *settings, *words,
                                 input="one\ntwo\n", check=False)
                took = time.monotonic() - started
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
                self.assertEqual(done.stdout, "")
                self.assertLess(took, 1, done.stderr)
                self.assertEqual(door.knocks, knocks, done.stderr)
                self.assertNotIn("alice-secret", done.stderr)
        return done.stderr

    def test_records_go_out_and_come_back_through_each_way_in(self):
        count = targets.count(20_000)
        for way in WAYS:
            with self.subTest(way=way):
                topic = self.new_topic(6, way.replace("_", "-"))
                sent = ottla.produce_made_up(self.way(way), topic, count)
                self.assert_nothing(records.order_faults(sent))
                self.assert_nothing(records.differences(sent, ottla.consume(self.way(way), topic)))

    def test_a_session_that_is_renewed_under_load_loses_nothing_and_no_connection(self):
        """The cluster has connections.max.reauth.ms=5000."""
        topic, count = self.new_topic(3), 12_000
        lines = [records.to_jsonl(*records.make(index)) for index in range(count)]
        done = ottla.run(*ottla.reach(self.way("sasl_ssl-scram-sha-512")), "-vv", "produce", topic, "--input", "jsonl", "--report", "jsonl",
                         "--rate", "1000", input="\n".join(lines) + "\n")
        sent = {place: index for index, place in ottla.acknowledged(done.stdout.splitlines()).items()}
        self.assert_nothing(records.differences(sent, ottla.consume(self.way("sasl_ssl-scram-sha-512"), topic)))
        self.assertGreaterEqual(done.stderr.count("was renewed"), 2, done.stderr)
        self.assertNotIn("DISCONNECTED", done.stderr)

    def test_a_certificate_that_is_replaced_under_load_is_used_by_new_connections_and_none_is_dropped(self):
        """Metadata comes over a connection that is closed as idle between two refreshes; what is produced over one that stays."""
        certificates.signed(self.home / "certificates", "successor", "ca", days=7)
        with tempfile.TemporaryDirectory() as folder:
            store, way = pathlib.Path(folder) / "own.p12", pathlib.Path(folder) / "way.properties"
            shutil.copy(self.home / "certificates" / "client.p12", store)
            way.write_text(self.way("mtls").read_text().replace(str(self.home / "certificates" / "client.p12"), str(store)))
            topic, count = self.new_topic(3), 8_000
            lines = [records.to_jsonl(*records.make(index)) for index in range(count)]

            def replace():
                staged = pathlib.Path(folder) / "new.p12"
                shutil.copy(self.home / "certificates" / "successor.p12", staged)
                staged.rename(store)
            change = threading.Timer(3, replace)
            change.start()
            self.addCleanup(change.join)
            done = ottla.run(*ottla.reach(way), "-vv", "-X", "metadata.max.age.ms=1000", "-X", "connections.max.idle.ms=300", "produce", topic,
                             "--input", "jsonl", "--report", "jsonl", "--rate", "1000", input="\n".join(lines) + "\n")
            sent = {place: index for index, place in ottla.acknowledged(done.stdout.splitlines()).items()}
            self.assert_nothing(records.differences(sent, ottla.consume(way, topic)))
            self.assertIn("our certificate (CN = successor) ends in 6 days", done.stderr)
            self.assertNotIn("DISCONNECTED", done.stderr)

    def test_a_delegation_token_opens_the_door(self):
        where = ("--bootstrap-server", self.server.way_to("SASL_SSL"), "--command-config", str(self.way("sasl_ssl-scram-sha-256")))
        made = self.server.tool("DelegationTokenCommand", "--create", *where, "--max-life-time-period", "-1")
        describe = ("DelegationTokenCommand", "--describe", *where, "--owner-principal", "User:alice")
        token, proof = made.strip().splitlines()[-1].split()[:2]
        # The controller made it; the broker learns of it by the metadata log.
        targets.wait_until(lambda: token in self.server.tool(*describe), 30, f"the broker knows the token {token}")
        for mechanism in ("scram-sha-256", "scram-sha-512"):
            with self.subTest(mechanism=mechanism):
                login = f'org.apache.kafka.common.security.scram.ScramLoginModule required username="{token}" password="{proof}"'
                way = ("-F", str(self.way(f"sasl_plaintext-{mechanism}")), "-X", f'sasl.jaas.config={login} tokenauth="true";')
                ottla.run(*way, "topics", "list")
                self.assertIn("SASL_AUTHENTICATION_FAILED", self.refused(f"sasl_plaintext-{mechanism}", f"sasl.jaas.config={login};"))

    def test_wrong_credentials_are_refused_in_the_brokers_words(self):
        for mechanism in ("plain", "scram-sha-256", "scram-sha-512"):
            with self.subTest(mechanism=mechanism):
                login = "plain.PlainLoginModule" if mechanism == "plain" else "scram.ScramLoginModule"
                said = self.refused(f"sasl_ssl-{mechanism}", f"sasl.jaas.config=org.apache.kafka.common.security.{login} "
                                    'required username="alice" password="wrong";')
                self.assertIn("SASL_AUTHENTICATION_FAILED", said)
                self.assertIn("Authentication failed", said)

    def test_a_token_that_is_over_is_refused(self):
        said = self.refused("sasl_plaintext-oauthbearer", "sasl.oauthbearer.token=eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIiwiZXhwIjoxfQ.")
        self.assertIn("SASL_AUTHENTICATION_FAILED", said)

    def test_a_certificate_of_a_stranger_is_not_believed(self):
        said = self.refused("ssl", f"ssl.truststore.location={self.home}/certificates/other-ca.pem")
        self.assertIn("TLS_FAILED", said)
        self.assertIn("self-signed certificate in certificate chain", said)  # the broker sends its authority's as well

    def test_a_certificate_that_is_over_is_not_believed(self):
        said = self.refused("ssl", to=self.server.way_to("OUTDATED"))
        self.assertIn("TLS_FAILED", said)
        self.assertIn("certificate has expired", said)

    def test_a_certificate_of_another_host_is_not_believed(self):
        said = self.refused("ssl", host="127.0.0.2")
        self.assertIn("TLS_FAILED", said)
        self.assertIn("IP address mismatch", said)

    def test_a_mechanism_that_the_listener_has_not_is_told_with_those_that_it_has(self):
        said = self.refused("sasl_plaintext-plain", to=self.server.way_to("OIDC"))
        self.assertIn("UNSUPPORTED_SASL_MECHANISM: ", said)
        self.assertIn("it does not offer PLAIN, but OAUTHBEARER", said)

    def test_a_listener_that_wants_a_certificate_says_so(self):
        certificates = self.home / "certificates"
        without = self.home / "clients" / "mtls-without.properties"
        without.write_text("".join(line for line in self.way("mtls").read_text().splitlines(keepends=True)
                                   if "keystore" not in line and "ssl.key." not in line))
        self.assertIn("certificate", self.refused("mtls-without"))
        self.assertIn("TLS_FAILED", self.refused("mtls", f"ssl.keystore.location={certificates}/stranger.p12"))

    def test_plaintext_to_tls_and_tls_to_plaintext_are_told(self):
        # A peer that hangs up without a word may have been restarted: three times in a row it has not.
        self.assertIn("the listener may not speak TLS", self.refused("ssl", to=self.brokers, knocks=3))
        self.assertIn("it answers in TLS", self.refused("ssl", "security.protocol=plaintext"))

    def test_sasl_to_a_listener_without_and_the_other_way_round_are_told(self):
        self.assertIn("does not authenticate with SASL", self.refused("sasl_plaintext-plain", to=self.brokers))
        self.assertIn("SASL", self.refused("sasl_plaintext-plain", "security.protocol=plaintext", knocks=3))


if __name__ == "__main__":
    unittest.main()

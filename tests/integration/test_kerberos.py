"""GSSAPI against Apache Kafka, with a realm of the test's own: by keytab and by ticket; what each refusal says."""
import json
import os
import pathlib
import subprocess
import tempfile
import time
import unittest

from support import kerberos, ottla, records, targets


@unittest.skipIf(kerberos.missing(), f"no {', '.join(kerberos.missing())} here; run tools/setup --with kerberos")
class Kerberos(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.home = pathlib.Path(cls.folder.name)
        cls.realm = kerberos.Realm(cls.home)
        cls.addClassCleanup(cls.realm.stop)
        cls.realm.add("kafka/localhost", "broker.keytab")
        cls.realm.add("alice", "alice.keytab")
        cls.realm.add("bob", "bob.keytab")
        cls.kafka("up", "--secure", "--kerberos", str(cls.home), "--set", "connections.max.reauth.ms=5000")
        cls.addClassCleanup(cls.kafka, "down")
        described = json.loads((cls.home / "cluster" / "cluster.json").read_text())
        cls.brokers = ",".join(f"localhost:{node['secure_ports']['KERBEROS']}" for node in described["nodes"])
        # Programs find the realm in their environment.
        os.environ["KRB5_CONFIG"] = str(cls.home / "krb5.conf")
        cls.addClassCleanup(os.environ.pop, "KRB5_CONFIG")

    @classmethod
    def kafka(cls, verb, *words):
        done = subprocess.run([str(targets.ROOT / "tools/kafka"), verb, "--dir", str(cls.home / "cluster"), *words], capture_output=True,
                              text=True, timeout=ottla.DEADLINE)
        if done.returncode != 0:
            raise AssertionError(f"tools/kafka {verb}: {done.stdout}{done.stderr}")

    def way(self, *lines, brokers=None):
        path = self.home / "way.properties"
        path.write_text("\n".join([f"bootstrap.servers={brokers or self.brokers}", "security.protocol=SASL_PLAINTEXT", "sasl.mechanism=GSSAPI",
                                   "sasl.kerberos.service.name=kafka", *lines]) + "\n")
        return path

    def by_keytab(self, who="alice", keytab="alice.keytab"):
        module = "com.sun.security.auth.module.Krb5LoginModule"
        return self.way(f'sasl.jaas.config={module} required useKeyTab=true storeKey=true keyTab="{self.home}/{keytab}" principal="{who}";')

    def refused(self, way, seconds=1.5):
        started = time.monotonic()
        done = ottla.run(*ottla.reach(way), "--timeout", "1s", "topics", "list", check=False)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.assertLess(time.monotonic() - started, seconds, done.stderr)
        return done.stderr

    def check_records(self, way, count):
        topic = f"kerberos-{time.monotonic_ns()}"
        ottla.create_topic(way, topic, 6)
        sent = ottla.produce_made_up(way, topic, count)
        self.assertEqual(records.order_faults(sent), [])
        self.assertEqual(records.differences(sent, ottla.consume(way, topic)), [])

    def test_records_go_out_and_come_back_by_a_keytab(self):
        self.check_records(self.by_keytab(), targets.count(20_000))

    def test_records_go_out_and_come_back_by_a_ticket_that_was_there(self):
        self.addCleanup((self.home / "cache").unlink)
        self.realm.do("kinit", "-k", "-t", str(self.home / "bob.keytab"), "bob")
        self.check_records(self.way('sasl.jaas.config=com.sun.security.auth.module.Krb5LoginModule required useTicketCache=true;'), 1000)

    def test_a_session_that_is_renewed_under_load_loses_nothing_and_no_connection(self):
        """The cluster has connections.max.reauth.ms=5000."""
        way, count = self.by_keytab(), 12_000
        topic = f"kerberos-{time.monotonic_ns()}"
        ottla.create_topic(way, topic, 3)
        lines = [records.to_jsonl(*records.make(index)) for index in range(count)]
        done = ottla.run(*ottla.reach(way), "-vv", "produce", topic, "--input", "jsonl", "--report", "jsonl", "--rate", "1000",
                         input="\n".join(lines) + "\n")
        sent = {place: index for index, place in ottla.acknowledged(done.stdout.splitlines()).items()}
        self.assertEqual(records.differences(sent, ottla.consume(way, topic)), [])
        self.assertGreaterEqual(done.stderr.count("was renewed"), 2, done.stderr)
        self.assertNotIn("DISCONNECTED", done.stderr)

    def test_without_a_ticket_it_is_told(self):
        said = self.refused(self.way())
        self.assertIn("AUTHENTICATION_FAILED", said)
        self.assertIn("Kerberos", said)

    def test_a_keytab_that_is_not_there_or_somebody_elses_is_told(self):
        self.assertIn("AUTHENTICATION_FAILED", self.refused(self.by_keytab(keytab="nobody.keytab")))
        self.assertIn("AUTHENTICATION_FAILED", self.refused(self.by_keytab(keytab="bob.keytab")))

    def test_a_broker_of_another_name_is_told(self):
        said = self.refused(self.way(f'sasl.jaas.config=com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true '
                                     f'keyTab="{self.home}/alice.keytab" principal="alice" serviceName="letters";'.replace("\n", "")))
        self.assertIn("letters@localhost", said)

    def test_a_key_distribution_centre_that_is_gone_is_waited_for(self):
        self.realm.stop()
        try:
            self.assertIn("Cannot contact any KDC", self.refused(self.by_keytab(), seconds=5))
        finally:
            self.realm.start()
        self.check_records(self.by_keytab(), 100)


if __name__ == "__main__":
    unittest.main()

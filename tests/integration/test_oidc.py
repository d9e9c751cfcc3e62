"""OAUTHBEARER with tokens from an OpenID provider (KIP-768): had, kept, renewed under load; and what each failure says, and how soon."""
import json
import pathlib
import tempfile
import time
import unittest

from support import oidc_provider, ottla, records, targets
from kafka_nodes import certificates

OAUTH = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule"


class Oidc(unittest.TestCase):
    """Kafka verifies signatures with the cluster's keys; the dev broker takes tokens that nobody signed."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.home = pathlib.Path(cls.folder.name)
        certificates.make_all(cls.home / "certificates")
        cls.keys = None
        if targets.target() == "broker":
            cls.server = targets.DevBroker("--sasl-unsecured-tokens")
            cls.brokers = cls.server.brokers
        else:
            cls.server = targets.Kafka()
            cls.brokers = cls.server.way_to("OIDC")
            cls.keys = pathlib.Path(cls.server.directory) / "tokens"
        cls.addClassCleanup(cls.server.close)

    def provider(self, with_tls=False):
        certificate = self.home / "certificates"
        made = oidc_provider.Provider(self.keys, (certificate / "broker.pem", certificate / "broker.key") if with_tls else None)
        self.addCleanup(made.close)
        return made

    def way(self, url, word="way", **more):
        """A properties file in Java's words."""
        told = {"bootstrap.servers": self.brokers, "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "OAUTHBEARER",
                "sasl.oauthbearer.token.endpoint.url": url,
                "sasl.login.callback.handler.class": "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler",
                "sasl.jaas.config": f'{OAUTH} required clientId="{oidc_provider.CLIENT}" clientSecret="{oidc_provider.SECRET}" scope="kafka";'}
        told |= {name.replace("_", "."): value for name, value in more.items()}
        path = self.home / f"{word}.properties"
        path.write_text("".join(f"{name}={value}\n" for name, value in told.items()))
        return path

    def new_topic(self, way, partitions):
        topic = f"oidc-{time.monotonic_ns()}"
        ottla.create_topic(way, topic, partitions)
        return topic

    def refused(self, way, *changed, seconds=1.5, status=1):
        """What `ottla topics list` says, which has to be one sentence and soon."""
        started = time.monotonic()
        done = ottla.run(*ottla.reach(way), *(word for pair in changed for word in ("-X", pair)), "topics", "list", check=False)
        took = time.monotonic() - started
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.assertLess(took, seconds, done.stderr)
        self.assertNotIn(oidc_provider.SECRET, done.stderr)
        return done.stderr

    def check_records(self, way, count):
        topic = self.new_topic(way, 6)
        sent = ottla.produce_made_up(way, topic, count)
        self.assertEqual(records.order_faults(sent), [])
        self.assertEqual(records.differences(sent, ottla.consume(way, topic)), [])

    def test_records_go_out_and_come_back(self):
        provider = self.provider()
        self.check_records(self.way(provider.url), targets.count(20_000))
        self.assertEqual(provider.forms[0], {"grant_type": ["client_credentials"], "scope": ["kafka"]})

    def test_a_token_is_asked_for_once_by_all_connections_of_a_program(self):
        provider = self.provider()
        way = self.way(provider.url)
        topic = self.new_topic(way, 3)
        before = len(provider.asked)
        ottla.produce_made_up(way, topic, 1000)
        self.assertEqual(len(provider.asked), before + 1)

    def test_librdkafkas_names_do_the_same_over_https(self):
        provider = self.provider(with_tls=True)
        way = self.home / "librdkafka.properties"
        way.write_text(f"bootstrap.servers={self.brokers}\nsecurity.protocol=sasl_plaintext\nsasl.mechanisms=OAUTHBEARER\n"
                       f"sasl.oauthbearer.method=oidc\nsasl.oauthbearer.client.id={oidc_provider.CLIENT}\n"
                       f"sasl.oauthbearer.client.secret={oidc_provider.SECRET}\nsasl.oauthbearer.scope=kafka\n"
                       f"sasl.oauthbearer.extensions=purpose=test\n"
                       f"sasl.oauthbearer.token.endpoint.url={provider.url}\nhttps.ca.location={self.home}/certificates/ca.pem\n")
        self.check_records(way, 1000)

    def test_tokens_are_renewed_under_load_and_nothing_is_lost(self):
        provider = self.provider()
        provider.lifetime = 4
        way = self.way(provider.url)
        topic, count = self.new_topic(way, 3), 12_000
        lines = [records.to_jsonl(*records.make(index)) for index in range(count)]
        before = len(provider.asked)
        done = ottla.run(*ottla.reach(way), "-vv", "produce", topic, "--input", "jsonl", "--report", "jsonl", "--rate", "1000",
                         input="\n".join(lines) + "\n")
        sent = {place: index for index, place in ottla.acknowledged(done.stdout.splitlines()).items()}
        self.assertEqual(records.differences(sent, ottla.consume(way, topic)), [])
        self.assertNotIn("DISCONNECTED", done.stderr)
        asked = len(provider.asked) - before
        if targets.target() != "broker":  # whose sessions do not end with the token
            self.assertGreaterEqual(done.stderr.count("was renewed"), 2, done.stderr)
            self.assertGreaterEqual(asked, 3)
        self.assertLessEqual(asked, 10, "a token is kept while it is good")

    def test_wrong_credentials_are_told_in_the_providers_words(self):
        provider = self.provider()
        said = self.refused(self.way(provider.url), "sasl.oauthbearer.client.credentials.client.secret=wrong")
        self.assertIn("AUTHENTICATION_FAILED", said)
        self.assertIn("refuses with status 401: invalid_client, Invalid client or Invalid client credentials", said)
        self.assertEqual(len(provider.asked), 1, "no storm of tries")

    def test_answers_that_are_none_are_told(self):
        provider = self.provider()
        way = self.way(provider.url)
        for answer, words in (((200, "<html>hello</html>"), "no JSON object"), ((200, "{}"), "without an access_token"),
                              ((200, '{"access_token":"' + "a" * 100_000 + '"}'), "more than 64 KiB"),
                              ((404, "not here"), "refuses with status 404"),
                              ((200, json.dumps({"access_token": provider.token(exp=time.time() - 60)})), "over since 6")):
            with self.subTest(words=words):
                provider.answer = answer
                self.assertIn(words, self.refused(way))

    def test_a_token_that_the_broker_does_not_take_is_told_in_the_brokers_words(self):
        provider = self.provider()
        provider.answer = (200, json.dumps({"access_token": provider.token(exp=time.time() - 60), "expires_in": 60}))
        self.assertIn("SASL_AUTHENTICATION_FAILED", self.refused(self.way(provider.url)))

    def test_a_provider_that_nobody_knows_is_not_believed(self):
        provider = self.provider(with_tls=True)
        for trusted in ("other-ca.pem", None):
            with self.subTest(trusted=trusted):
                more = [f"https.ca.location={self.home}/certificates/{trusted}"] if trusted else []
                said = self.refused(self.way(provider.url), *more)
                self.assertIn("has a certificate that is not trusted: self-signed certificate in certificate chain", said)
        self.assertEqual(provider.asked, [], "the secret does not go to strangers")

    def test_a_provider_that_cannot_be_reached_is_waited_for(self):
        provider = self.provider()
        provider.answer = (503, "busy")
        way = self.way(provider.url)
        said = ottla.run(*ottla.reach(way), "--timeout", "1s", "topics", "list", check=False).stderr
        self.assertIn("refuses with status 503", said)
        self.assertLess(len(provider.asked), 10, "tries are further and further apart")
        said = ottla.run(*ottla.reach(self.way("http://127.0.0.1:1/token", "nobody")), "--timeout", "1s", "topics", "list", check=False).stderr
        self.assertIn("the token endpoint http://127.0.0.1:1/token cannot be connected to", said)
        tries = len(provider.asked)
        provider.answer = lambda: (503, "busy") if len(provider.asked) < tries + 3 else (
            200, json.dumps({"access_token": provider.token(), "expires_in": 60}))
        ottla.run(*ottla.reach(way), "topics", "list")

    def test_settings_that_cannot_work_are_told_before_anything_is_tried(self):
        self.assertIn("sasl.oauthbearer.token.endpoint.url", self.refused(self.way("ftp://id.example/token"), status=2))
        self.assertIn("client.secret", self.refused(self.way("http://id.example/token"), "sasl.oauthbearer.client.secret=", status=2))


if __name__ == "__main__":
    unittest.main()

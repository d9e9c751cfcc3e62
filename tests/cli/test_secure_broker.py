"""`ottla broker` with TLS and SASL, and ottla as its client: each way in, and what is said where it stays shut."""
import json
import pathlib
import subprocess
import tempfile
import unittest

from support import CommandTest, dev_broker, ottla

USER = ("--sasl-user", "alice:secret")


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class SecureBroker(CommandTest):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.home = pathlib.Path(folder.name)
        for name in ("broker", "other"):
            openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(cls.home / f"{name}.key"), "-out", str(cls.home / f"{name}.pem"))
        cls.tls = ("--tls-certificate", str(cls.home / "broker.pem"), "--tls-key", str(cls.home / "broker.key"))

    def trusting(self, name="broker"):
        return ("-X", "security.protocol=ssl", "-X", f"ssl.ca.location={self.home / name}.pem")

    def as_alice(self, mechanism, protocol="sasl_plaintext", password="secret"):
        return ("-X", f"security.protocol={protocol}", "-X", f"sasl.mechanism={mechanism}", "-X", "sasl.username=alice",
                "-X", f"sasl.password={password}")

    def refused(self, brokers, *how):
        done = ottla("-b", brokers, *how, "topics", "list")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertNotIn("secret", done.stderr)
        return done.stderr

    def test_tls(self):
        with dev_broker("--topic", "t:1", *self.tls) as (brokers, _):
            self.comes_and_goes(brokers, *self.trusting())
            self.assertIn("TLS_FAILED", self.refused(brokers, *self.trusting("other")))
            self.assertIn("TLS", self.refused(brokers))

    def test_a_certificate_of_the_client(self):
        with dev_broker("--topic", "t:1", *self.tls, "--tls-client-ca", str(self.home / "other.pem")) as (brokers, _):
            shown = ("-X", f"ssl.certificate.location={self.home / 'other.pem'}", "-X", f"ssl.key.location={self.home / 'other.key'}")
            self.comes_and_goes(brokers, *self.trusting(), *shown)
            self.assertIn("certificate required", self.refused(brokers, *self.trusting()))

    def test_sasl(self):
        for mechanism in ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"):
            with self.subTest(mechanism=mechanism), dev_broker("--topic", "t:1", *USER) as (brokers, _):
                self.comes_and_goes(brokers, *self.as_alice(mechanism))
                self.assertIn("SASL_AUTHENTICATION_FAILED", self.refused(brokers, *self.as_alice(mechanism, password="wrong")))
                self.assertIn("it does not offer OAUTHBEARER, but PLAIN", self.refused(
                    brokers, "-X", "security.protocol=sasl_plaintext", "-X", "sasl.mechanism=OAUTHBEARER", "-X", "sasl.unsecured_principal=alice"))

    def test_tokens(self):
        with dev_broker("--topic", "t:1", "--sasl-unsecured-tokens") as (brokers, _):
            self.comes_and_goes(brokers, "-X", "security.protocol=sasl_plaintext", "-X", "sasl.mechanism=OAUTHBEARER",
                                "-X", "sasl.unsecured_principal=alice")

    def test_signatures_of_aws(self):
        def signing(key, secret, token=None):
            return ("-X", "security.protocol=sasl_plaintext", "-X", "sasl.mechanism=AWS_MSK_IAM", "-X", f"sasl.username={key}", "-X",
                    f"sasl.password={secret}", "-X", "sasl.aws_region=eu-west-1", *(("-X", f"sasl.credentials.token={token}") if token else ()))
        keys = ("--sasl-aws-key", "AKID:se/cret+", "--sasl-aws-key", "ASIA:other:to/ken+=")
        with dev_broker("--topic", "t:1", "--topic", "u:1", *keys, "--sasl-session-lifetime", "300") as (brokers, _):
            self.comes_and_goes(brokers, *signing("AKID", "se/cret+"))
            done = ottla("-b", brokers, *signing("ASIA", "other", "to/ken+="), "topics", "list")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            for wrong, why in ((signing("AKID", "secret"), "the signature is not that of the access key"),
                               (signing("AKIX", "se/cret+"), "the access key is not known"),
                               (signing("ASIA", "other"), "the token is not that of the access key's session")):
                told = self.refused(brokers, *wrong)
                self.assertIn("SASL_AUTHENTICATION_FAILED", told)
                self.assertIn(why, told)

    def test_sasl_over_tls_with_sessions_that_end(self):
        with dev_broker("--topic", "t:1", *self.tls, *USER, "--sasl-session-lifetime", "300") as (brokers, _):
            how = (*self.as_alice("SCRAM-SHA-512", "sasl_ssl"), "-X", f"ssl.ca.location={self.home / 'broker.pem'}")
            done = ottla("-b", brokers, *how, "-vv", "produce", "t", "--rate", "200", "--count", "400")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertGreaterEqual(done.stderr.count("was renewed"), 3, done.stderr)
            self.assertNotIn("DISCONNECTED", done.stderr)

    def test_who_may_do_what(self):
        acl = ("--acl", "--super-user", "User:root")
        with dev_broker("--topic", "t:1", *USER, "--sasl-user", "root:secret", *acl) as (brokers, _):
            alice, root = self.as_alice("PLAIN"), (*self.as_alice("PLAIN"), "-X", "sasl.username=root")
            self.assertIn("TOPIC_AUTHORIZATION_FAILED", ottla("-b", brokers, *alice, "produce", "t", input="x\n").stderr)
            entry = {"resourceType": 2, "resourceName": "t", "resourcePatternType": 3, "principal": "User:alice", "host": "127.0.0.1",
                     "operation": 2, "permissionType": 3}
            done = ottla("-b", brokers, *root, "wire", "send", "CreateAcls", "--version", "3", "--json", json.dumps({"creations": [entry]}))
            self.assertEqual(json.loads(done.stdout)["results"][0]["errorCode"], 0, done.stdout + done.stderr)
            self.comes_and_goes(brokers, *alice)

    def test_a_certificate_says_who_comes(self):
        shown = ("-X", f"ssl.certificate.location={self.home / 'other.pem'}", "-X", f"ssl.key.location={self.home / 'other.key'}")
        for principal, status in (("User:CN=other", 0), ("User:other", 1)):
            with dev_broker("--topic", "t:1", *self.tls, "--tls-client-ca", str(self.home / "other.pem"), "--acl", "--super-user", principal) as (brokers, _):
                done = ottla("-b", brokers, *self.trusting(), *shown, "produce", "t", input="x\n")
                self.assertEqual(done.returncode, status, done.stderr)

    def test_options_that_make_no_sense_are_refused(self):
        for options, why in ((("--tls-key", "x"), "go together"), (("--tls-client-ca", "x"), "means nothing without"),
                             (("--sasl-user", "alice"), "NAME:PASSWORD"), (("--sasl-aws-key", "id"), "ID:SECRET"),
                             (("--allow-everyone",), "mean nothing without --acl"),
                             (("--acl", "--super-user", "root"), "is not User:NAME")):
            done = ottla("broker", "--listen", "127.0.0.1:0", *options)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(why, done.stderr)
        done = ottla("broker", "--listen", "127.0.0.1:0", "--tls-certificate", "/nowhere.pem", "--tls-key", "/nowhere.key")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("/nowhere.pem cannot be used", done.stderr)


if __name__ == "__main__":
    unittest.main()

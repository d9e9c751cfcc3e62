"""Other ways to the brokers than plain TCP: SOCKS5 and HTTP CONNECT proxies, also with TLS through them, and Unix sockets."""
import json
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

from proxy import Proxy
from support import OTTLA, CommandTest, Peer, dev_broker, ottla, start

USER = ("alice", "s3cr:et")
URL_OF_USER = "alice:s3cr%3Aet@"


class ThroughProxy(CommandTest):
    def refused(self, brokers, url, within=3, status=1):
        """One clear sentence, soon, and nothing secret in it."""
        begun = time.monotonic()
        done = ottla("-b", brokers, "-X", f"proxy.url={url}", "--timeout", "20s", "topics", "list")
        self.assertLess(time.monotonic() - begun, within)
        self.assertEqual(done.returncode, status, done.stdout)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertNotIn("s3cr", done.stderr)
        return done.stderr

    def test_both_kinds_with_and_without_a_user_and_with_torn_answers(self):
        for scheme in ("socks5", "http"):
            for user, torn in ((None, False), (USER, False), (USER, True)):
                with self.subTest(scheme=scheme, user=user, torn=torn), dev_broker("--topic", "t:1") as (brokers, _), \
                        Proxy(user=user, torn=torn) as proxy:
                    self.comes_and_goes(brokers, "-X", f"proxy.url={scheme}://{URL_OF_USER if user else ''}{proxy.address}")
                    self.assertEqual(set(proxy.asked), {brokers})

    def test_the_proxy_resolves_the_brokers_names(self):
        for scheme in ("socks5", "http"):
            with self.subTest(scheme=scheme), dev_broker("--topic", "t:1") as (brokers, _), \
                    Proxy(names={"inside.invalid": "127.0.0.1"}) as proxy:
                port = brokers.split(":")[1]
                self.comes_and_goes(f"inside.invalid:{port}", "-X", f"proxy.url={scheme}://{proxy.address}")
                self.assertIn(f"inside.invalid:{port}", proxy.asked)

    def test_hosts_of_the_list_are_reached_without_it_and_all_others_by_it(self):
        with dev_broker("--topic", "t:1") as (brokers, _), Proxy() as proxy:
            through = ("-X", f"proxy.url=socks5://{proxy.address}")
            self.comes_and_goes(brokers, *through, "-X", "proxy.bypass=10.0.0.0/8, 127.0.0.0/8")
            self.assertEqual(proxy.asked, [])
            done = ottla("-b", brokers, *through, "-X", "proxy.bypass=127.0.0.1", "--output", "json", "doctor")
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertNotIn("proxy", done.stdout)
        with dev_broker("--topic", "t:1") as (brokers, _), Proxy(names={"inside.invalid": "127.0.0.1"}) as proxy:
            port = brokers.split(":")[1]
            through = ("-X", f"proxy.url=socks5://{proxy.address}")
            self.comes_and_goes(f"inside.invalid:{port}", *through, "-X", f"proxy.bypass=127.0.0.1:{port}")
            self.assertEqual(set(proxy.asked), {f"inside.invalid:{port}"})

    def test_a_list_that_cannot_be_read_is_a_wrong_configuration_which_names_the_part(self):
        done = ottla("-b", "127.0.0.1:1", "-X", "proxy.bypass=b1,10.0.0/8", "topics", "list")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn('proxy.bypass', done.stderr)
        self.assertIn('"10.0.0/8" is no block of addresses; write ', done.stderr)

    def test_tls_goes_through_to_the_broker_and_checks_its_name(self):
        with tempfile.TemporaryDirectory() as folder:
            home = pathlib.Path(folder)
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=b",
                            "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(home / "key"), "-out", str(home / "pem")],
                           check=True, capture_output=True, timeout=60)
            tls = ("--tls-certificate", str(home / "pem"), "--tls-key", str(home / "key"))
            how = ("-X", "security.protocol=ssl", "-X", f"ssl.ca.location={home / 'pem'}")
            for scheme in ("socks5", "http"):
                with self.subTest(scheme=scheme), dev_broker("--topic", "t:1", *tls) as (brokers, _), \
                        Proxy(names={"other.invalid": "127.0.0.1"}) as proxy:
                    through = ("-X", f"proxy.url={scheme}://{proxy.address}")
                    self.comes_and_goes(brokers, *how, *through)
                    done = ottla("-b", "other.invalid:" + brokers.split(":")[1], *how, *through, "topics", "list")
                    self.assertEqual(done.returncode, 1)
                    self.assertIn("hostname mismatch", done.stderr)

    def test_a_wrong_password_is_one_sentence_and_one_connection(self):
        with dev_broker() as (brokers, _), Proxy(user=USER) as proxy:
            for scheme, said in (("socks5", "it does not accept user and password"), ("http", "407 Proxy Authentication Required")):
                with self.subTest(scheme=scheme):
                    before = len(proxy.open)
                    told = self.refused(brokers, f"{scheme}://alice:s3crX@{proxy.address}")
                    self.assertIn("PROXY_FAILED", told)
                    self.assertIn(said, told)
                    self.assertIn("check user and password in proxy.url", told)
                    self.assertLessEqual(len(proxy.open) - before, 2)
            self.assertIn("PROXY_FAILED", self.refused(brokers, f"socks5://{proxy.address}"))

    def test_the_wrong_kind_of_proxy_is_told_as_that(self):
        with dev_broker() as (brokers, _):
            http = Peer(lambda c: (c.recv(10), c.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"), c.close()))
            self.assertIn("it looks like an HTTP proxy: write http://", self.refused(brokers, f"socks5://{http.address}"))
            socks = Peer(lambda c: (c.recv(10), c.sendall(b"\x05\xff"), c.close()))
            self.assertIn("it looks like a SOCKS5 proxy: write socks5://", self.refused(brokers, f"http://{socks.address}"))

    def test_a_proxy_that_floods_says_nothing_or_is_not_there_costs_no_more_than_the_set_up(self):
        with dev_broker() as (brokers, _):
            def flood(connection):
                connection.recv(10)
                while True:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 65536)
            self.assertIn("does not end within 8 KiB", self.refused(brokers, f"http://{Peer(flood).address}"))
            silent = Peer(lambda c: time.sleep(60))
            done = ottla("-b", brokers, "-X", f"proxy.url=socks5://{silent.address}", "-X", "socket.connection.setup.timeout.ms=300",
                         "--timeout", "2s", "topics", "list")
            self.assertEqual(done.returncode, 1)
            self.assertIn("did not connect us in time", done.stderr)
            done = ottla("-b", brokers, "-X", "proxy.url=socks5://127.0.0.1:1", "--timeout", "1s", "topics", "list")
            self.assertIn("connecting to the proxy 127.0.0.1:1 failed: Connection refused", done.stderr)

    def test_a_broker_that_the_proxy_cannot_reach_is_told(self):
        with Proxy() as proxy:
            for scheme, said in (("socks5", "connection refused"), ("http", "502 Bad Gateway")):
                done = ottla("-b", "127.0.0.1:1", "-X", f"proxy.url={scheme}://{proxy.address}", "--timeout", "1s", "topics", "list")
                self.assertEqual(done.returncode, 1)
                self.assertIn(said, done.stderr)

    def test_a_bad_url_is_a_wrong_configuration_and_is_not_repeated(self):
        self.assertIn("socks5://user:password@host:port", self.refused("127.0.0.1:1", "ftp://u:s3cret@h:1", status=2))

    def test_the_doctor_looks_at_the_proxy_and_not_at_what_lies_behind_it(self):
        with dev_broker() as (brokers, _), Proxy(names={"inside.invalid": "127.0.0.1"}, user=USER) as proxy:
            done = ottla("-b", "inside.invalid:" + brokers.split(":")[1], "-X", f"proxy.url=socks5://{URL_OF_USER}{proxy.address}",
                         "--output", "json", "doctor")
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn(f"proxy {proxy.address}", [one["subject"] for one in json.loads(done.stdout)["checks"]])
            self.assertNotIn("s3cr", done.stdout)


class OverUnixSockets(unittest.TestCase):
    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        self.at = f"unix:{self.home}/kafka.sock"

    def broker(self, *words):
        process = start("broker", "--listen", self.at, *words)
        self.addCleanup(process.wait)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        return process, process.stdout.readline().strip()

    def test_three_nodes_are_found_from_one(self):
        _, ready = self.broker("--brokers", "3", "--topic", "t:6")
        self.assertEqual(ready, f"ready {self.at},{self.at}.2,{self.at}.3")
        lines = "".join(f"{i}\n" for i in range(300))
        done = ottla("-b", self.at, "produce", "t", input=lines)
        self.assertEqual(done.returncode, 0, done.stderr)
        done = ottla("-b", f"{self.at}.2", "consume", "t", "--from", "beginning", "--exit-at-end")
        self.assertEqual(sorted(done.stdout.split(), key=int), lines.split())
        self.assertEqual(ottla("-b", self.at, "doctor").returncode, 0)

    def test_its_files_go_with_it_and_those_of_a_killed_one_are_taken_over(self):
        process, _ = self.broker()
        process.kill()
        process.wait()
        self.assertTrue((self.home / "kafka.sock").exists())
        process, ready = self.broker()
        self.assertEqual(ready, f"ready {self.at}")
        rival = subprocess.run([OTTLA, "broker", "--listen", self.at], capture_output=True, text=True, timeout=60)
        self.assertEqual(rival.returncode, 1)
        self.assertIn("Address already in use", rival.stderr)
        process.terminate()
        self.assertEqual(process.wait(timeout=60), 0)
        self.assertFalse((self.home / "kafka.sock").exists())


if __name__ == "__main__":
    unittest.main()

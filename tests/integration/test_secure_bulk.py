"""Very many records through each way in: nothing lost, doubled, altered or out of place; prints what each way took."""
import pathlib
import sys
import tempfile
import unittest

from support import bulk, oidc_provider, targets
from test_oidc import OAUTH
from test_secure import WAYS


class Bulk(targets.BrokerTest):
    """On Kafka. The topic is made on the plain listener; all that is measured goes through the way."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        scratch = tempfile.TemporaryDirectory(prefix="ottla-bulk-")
        cls.addClassCleanup(scratch.cleanup)
        cls.scratch = pathlib.Path(scratch.name)
        cls.count = targets.count(20_000)
        cls.lines = cls.scratch / "lines"
        bulk.make_lines(cls.lines, cls.count)
        print(f"\n| {cls.count} records of 100 B, 6 partitions | sent in | per second | CPU | read in | per second | CPU |\n|---|---|---|---|---|---|---|",
              file=sys.stderr)

    def there_and_back(self, name, way):
        topic = self.new_topic(6, "bulk")
        report, found = self.scratch / "report", self.scratch / "found"
        sent = bulk.send(way, topic, self.lines, report)
        read = bulk.read_back(way, topic, found)
        self.assert_nothing(bulk.differences(self.lines, report, found))
        cells = (cell for cost in (sent, read)
                 for cell in (f"{cost.seconds:.2f} s", f"{self.count / cost.seconds:,.0f}", f"{cost.cpu_seconds:.2f} s"))
        print(f"| {name} | {' | '.join(cells)} |", file=sys.stderr, flush=True)

    def test_each_way_in(self):
        self.there_and_back("plaintext, to compare", self.brokers)
        for way in WAYS:
            with self.subTest(way=way):
                self.there_and_back(way, pathlib.Path(self.server.directory) / "clients" / f"{way}.properties")

    def test_tokens_of_a_provider(self):
        provider = oidc_provider.Provider(pathlib.Path(self.server.directory) / "tokens")
        self.addCleanup(provider.close)
        way = self.scratch / "oidc.properties"
        way.write_text(f"bootstrap.servers={self.server.way_to('OIDC')}\nsecurity.protocol=SASL_PLAINTEXT\nsasl.mechanism=OAUTHBEARER\n"
                       f"sasl.oauthbearer.token.endpoint.url={provider.url}\n"
                       f'sasl.jaas.config={OAUTH} required clientId="{oidc_provider.CLIENT}" clientSecret="{oidc_provider.SECRET}";\n')
        self.there_and_back("sasl_plaintext-oauthbearer, OpenID provider", way)
        self.assertEqual(len(provider.asked), 2, "one token for each process")


if __name__ == "__main__":
    unittest.main()

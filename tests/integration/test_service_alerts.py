"""A real Prometheus server scrapes the example service, evaluates the documents' queries and fires its two alerts. Takes some eight minutes."""
import json
import os
import pathlib
import shutil
import subprocess
import time
import unittest
import urllib.parse

from support import ottla, targets
from support.service_example import free_port, page
from test_service_example import ServiceTest

MONITORING = ottla.ROOT / "examples/service/monitoring"
QUERIES = [
    'rate(example_service_messages_processed_total{status="error"}[5m])',
    "histogram_quantile(0.95, rate(example_service_message_processing_duration_seconds_bucket[5m]))",
    "rate(example_service_dlq_messages_total[5m])",
]
SECONDS = 720


@unittest.skipUnless(shutil.which("prometheus"), "prometheus is not installed")
class Alerts(ServiceTest):
    def prometheus(self, scraped):
        port = free_port()
        settings = pathlib.Path(self.directory) / "prometheus.yml"
        settings.write_text(f"""global: {{scrape_interval: 2s, evaluation_interval: 5s}}
rule_files: [{json.dumps(str(MONITORING / "alerts.yml"))}]
scrape_configs: [{{job_name: example, static_configs: [{{targets: ["127.0.0.1:{scraped}"]}}]}}]
""")
        said = open(pathlib.Path(self.directory) / "prometheus.err", "wb")
        self.addCleanup(said.close)
        server = subprocess.Popen(["prometheus", f"--config.file={settings}", f"--storage.tsdb.path={self.directory}/tsdb",
                                   f"--web.listen-address=127.0.0.1:{port}"], stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                                  preexec_fn=os.setpgrp)
        self.addCleanup(lambda: (server.kill(), server.wait()))
        targets.wait_until(lambda: (page(port, "/-/ready") or (0,))[0] == 200, 60, "Prometheus")
        return port

    def ask(self, port, query):
        status, text = page(port, "/api/v1/query?" + urllib.parse.urlencode({"query": query}))
        self.assertEqual(status, 200, text)
        return json.loads(text)["data"]["result"]

    def firing(self, port):
        return {one["metric"]["alertname"] for one in self.ask(port, 'ALERTS{alertstate="firing"}')}

    def test_prometheus_evaluates_the_queries_and_fires_both_alerts_of_the_document(self):
        # A tenth fails: more than 0.1 errors a second for five minutes, at a pace that lasts as long.
        one = self.start("all", "all", "--messages", "100000000", "--rate", "300", "--max-seconds", str(SECONDS),
                         rates=["--temporary-rate", "0.1", "--poison-rate", "0.01"])
        port = self.prometheus(one.metrics_port)
        deadline = time.monotonic() + SECONDS
        wanted, seen = {"HighErrorRate", "DLQMessages"}, set()
        while not wanted <= seen and time.monotonic() < deadline:
            self.assertTrue(one.alive(), one.err.read_text()[-2000:])
            seen |= self.firing(port)
            time.sleep(5)
        self.assertLessEqual(wanted, seen)
        for query in QUERIES:
            values = [float(result["value"][1]) for result in self.ask(port, query)]
            self.assertTrue(any(value > 0 for value in values), f"{query}: {values}")
        self.assertEqual(one.stop(), 0, one.err.read_text()[-2000:])


if __name__ == "__main__":
    unittest.main()

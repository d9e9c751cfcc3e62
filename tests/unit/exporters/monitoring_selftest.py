#!/usr/bin/env python3
"""Tests the monitoring pack: promtool on the rules, metrics that exist, a runbook line for each alert. 77: no promtool here."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
PACK = ROOT / "examples/service/monitoring"
PROMTOOL = shutil.which("promtool")
METRIC = re.compile(r"example_service_(\w+?)(?:_bucket)?\b")


def printed(*words):
    return subprocess.run([sys.executable, "-B", str(PACK / "for_service"), *words], capture_output=True, text=True)


class MonitoringSelftest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.alerts = (PACK / "alerts.yml").read_text()
        cls.dashboard = (PACK / "dashboard.json").read_text()
        sources = "".join((ROOT / "client/service/src" / name).read_text() for name in ("memory_metrics.cpp", "extra_metrics.cpp"))
        cls.known = set(re.findall(r'"_?([a-z]+(?:_[a-z]+)+)"', sources))

    @unittest.skipUnless(PROMTOOL, "no promtool")
    def test_each_alert_fires_when_it_should_and_is_silent_when_it_should(self):
        done = subprocess.run([PROMTOOL, "test", "rules", "alerts_test.yml"], cwd=PACK, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    @unittest.skipUnless(PROMTOOL, "no promtool")
    def test_the_same_rules_for_a_service_of_any_name(self):
        for name in ("billing", "my-service.v2", "2nd"):
            with tempfile.TemporaryDirectory() as folder:
                for file in ("alerts.yml", "alerts_test.yml"):
                    text = printed(name, file)
                    self.assertEqual(text.returncode, 0, text.stderr)
                    (pathlib.Path(folder) / file).write_text(text.stdout)
                done = subprocess.run([PROMTOOL, "test", "rules", "alerts_test.yml"], cwd=folder, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, name + done.stdout + done.stderr)

    def test_every_alert_is_tested_and_has_its_runbook_line(self):
        runbook = (PACK / "runbook.md").read_text()
        tests = (PACK / "alerts_test.yml").read_text()
        alerts = re.findall(r"- alert: (\w+)", self.alerts)
        self.assertIn("HighErrorRate", alerts)
        self.assertIn("DLQMessages", alerts)
        for alert in alerts:
            self.assertRegex(runbook, rf"(?m)^## {alert}\n\S.{{20,}}")
            self.assertIn(f'runbook: "runbook.md#{alert.lower()}"', self.alerts)
            self.assertRegex(tests, rf"alertname: {alert}\n\s+exp_alerts:\n\s+- exp_labels")

    def test_the_two_alerts_of_the_document_are_there_word_for_word(self):
        for alert, expression, wait, severity, summary in (
                ("HighErrorRate", 'rate(example_service_messages_processed_total{status="error"}[5m]) > 0.1', "5m", "warning",
                 "High error rate in Kafka transport"),
                ("DLQMessages", "rate(example_service_dlq_messages_total[5m]) > 0", "1m", "critical", "Messages being sent to DLQ")):
            self.assertIn(f"- alert: {alert}\n    expr: {expression}\n    for: {wait}\n    labels:\n      severity: {severity}\n"
                          f'    annotations:\n      summary: "{summary}"\n', self.alerts)

    def test_every_metric_that_is_read_is_one_that_is_written(self):
        self.assertIn("messages_processed_total", self.known)
        for text in (self.alerts, self.dashboard):
            read = set(METRIC.findall(text)) - {""}
            self.assertTrue(read)
            self.assertEqual({name for name in read if name not in self.known}, set())

    def test_the_dashboard_is_json_with_a_query_in_every_panel(self):
        panels = json.loads(self.dashboard)["panels"]
        self.assertGreaterEqual(len(panels), 10)
        for panel in panels:
            self.assertTrue(all(target["expr"] for target in panel["targets"]), panel["title"])
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
        self.assertIn("my_service_active_consumers", printed("my-service", "dashboard.json").stdout)

    def test_the_document_s_expressions_stand_as_they_were_written(self):
        for expression in ('rate(example_service_messages_processed_total{status="error"}[5m]) > 0.1',
                           "rate(example_service_dlq_messages_total[5m]) > 0"):
            self.assertIn(f"    expr: {expression}\n", self.alerts)

    def test_a_name_is_asked_for(self):
        self.assertNotEqual(printed().returncode, 0)
        self.assertNotEqual(printed("--help").returncode, 0)


if __name__ == "__main__":
    tested = unittest.main(exit=False, verbosity=1)
    if not tested.result.wasSuccessful():
        sys.exit(1)
    sys.exit(0 if PROMTOOL else 77)

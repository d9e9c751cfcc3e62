"""Kafka's own transactional producer, its console consumer and kafka-transactions.sh against the dev broker."""
import re
import unittest

from support import ottla, targets

COUNT = 2000


class JavaTransactions(targets.BrokerTest):
    def setUp(self):
        self.dev = targets.DevBroker()
        self.addCleanup(self.dev.close)
        ottla.create_topic(self.dev.brokers, "t", 3)

    def tool(self, name, *arguments):
        return self.server.tool(name, "--bootstrap-server", self.dev.brokers, *arguments)

    def test_what_the_java_producer_commits_its_consumer_reads_and_its_tools_describe(self):
        self.tool("ProducerPerformance", "--topic", "t", "--num-records", str(COUNT), "--record-size", "100", "--throughput", "2000",
                  "--transactional-id", "perf", "--transaction-duration-ms", "100")
        read = self.tool("consumer.ConsoleConsumer", "--topic", "t", "--from-beginning", "--isolation-level", "read_committed",
                         "--max-messages", str(COUNT), "--timeout-ms", "30000")
        self.assertEqual(len(re.findall(r"^[A-Z]{100}$", read, re.M)), COUNT)
        self.assertRegex(self.tool("TransactionsCommand", "list"), r"perf\s+1\s+\d+\s+CompleteCommit")
        self.assertRegex(self.tool("TransactionsCommand", "describe", "--transactional-id", "perf"), r"perf\s+\d+\s+\d+\s+CompleteCommit")
        producers = self.tool("TransactionsCommand", "describe-producers", "--topic", "t", "--partition", "0")
        self.assertRegex(producers, r"\d+\s+\d+\s+0\s+-1\s+\d+\s+None")


if __name__ == "__main__":
    unittest.main()

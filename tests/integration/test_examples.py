"""The programs of the README do what it says: ten orders go out, and ten come back; ten are handled, and one is given up."""
import pathlib
import subprocess
import tempfile
import unittest

from support import ottla, targets


class Examples(targets.BrokerTest):
    def run_example(self, name):
        program = pathlib.Path(ottla.binary()).parent / f"example_{name}"
        return subprocess.run([program, self.brokers], capture_output=True, text=True, timeout=60)

    def test_ten_orders_go_out_and_come_back_in_order_per_customer(self):
        ottla.create_topic(self.brokers, "orders", 3, self.copies)
        self.addCleanup(ottla.run, "-b", self.brokers, "topics", "delete", "orders")
        produced = self.run_example("produce")
        self.assertEqual(produced.returncode, 0, produced.stderr)
        self.assertEqual(sorted(int(line.split()[0]) for line in produced.stdout.splitlines()), list(range(10)), produced.stdout)
        consumed = self.run_example("consume")
        self.assertEqual(consumed.returncode, 0, consumed.stderr)
        orders = [line.split(" (")[0] for line in consumed.stdout.splitlines()]
        self.assertEqual(sorted(orders), sorted(f"{n % 3}: order {n}" for n in range(10)))
        for customer in range(3):
            mine = [int(order.split()[-1]) for order in orders if order.startswith(f"{customer}:")]
            self.assertEqual(mine, sorted(mine))

    def test_ten_orders_are_handled_at_the_second_try_and_a_signal_ends_it_cleanly(self):
        for topic in ("orders", "orders-dlq"):
            ottla.create_topic(self.brokers, topic, 3, self.copies)
            self.addCleanup(ottla.run, "-b", self.brokers, "topics", "delete", topic)
        self.assertEqual(self.run_example("produce").returncode, 0)
        # An order without a value: never handled, kept among the dead letters.
        ottla.produce(self.brokers, "orders", ['{"key":"x","value":null}'])
        program = pathlib.Path(ottla.binary()).parent / "example_handle"
        with tempfile.TemporaryFile("w+") as said:
            service = subprocess.Popen([program, self.brokers], stdout=said, stderr=subprocess.PIPE, text=True)
            self.addCleanup(service.kill)

            def lines():
                said.seek(0)
                return said.read().splitlines()
            targets.wait_until(lambda: len(lines()) >= 10 and ottla.consume(self.brokers, "orders-dlq"), 60, "ten orders and a dead letter")
            service.terminate()
            errors = service.communicate(timeout=60)[1]
            self.assertEqual(service.returncode, 0, errors)
            self.assertEqual(sorted(lines()), sorted(f"{n % 3}: order {n}" for n in range(10)))
        headers = dict(ottla.consume(self.brokers, "orders-dlq")[0][4])
        self.assertEqual(headers["x-error-message"], b"no order in it")

    def test_an_example_without_a_broker_says_so_and_fails(self):
        for name in ("produce", "consume", "handle"):
            program = pathlib.Path(ottla.binary()).parent / f"example_{name}"
            done = subprocess.run([program, "no-port-here:"], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 2, name)
            self.assertIn("bootstrap", done.stderr)


if __name__ == "__main__":
    unittest.main()

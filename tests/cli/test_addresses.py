"""Brokers and the tap under addresses of IPv6, which stand in brackets wherever a port follows."""
import socket
import unittest

from support import CommandTest, dev_broker, ottla


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


class Addresses(CommandTest):
    def goes_round(self, brokers):
        sent = ottla("-q", "-b", brokers, "produce", "t", input="one\ntwo\n")
        self.assertEqual((sent.returncode, sent.stderr), (0, ""))
        read = ottla("-b", brokers, "consume", "t", "--from", "beginning", "--exit-at-end")
        self.assertEqual((read.returncode, read.stdout), (0, "one\ntwo\n"), read.stderr)

    @unittest.skipUnless(has_ipv6(), "there is no ::1 here")
    def test_ipv6(self):
        with dev_broker("--topic", "t:1", listen="[::1]:0") as (brokers, _):
            self.assertRegex(brokers, r"^\[::1\]:\d+$")
            self.goes_round(brokers)

    @unittest.skipUnless(has_ipv6(), "there is no ::1 here")
    def test_what_people_are_told_can_be_used(self):
        with dev_broker("--topic", "t:1", listen="[::1]:0") as (brokers, _):
            told = ottla("-b", brokers, "cluster", "describe")
            self.assertIn(brokers, told.stdout)
            taken = ottla("broker", "--listen", brokers)
            self.assertEqual(taken.returncode, 1)
            self.assertIn(f"cannot listen on {brokers}", taken.stderr)


if __name__ == "__main__":
    unittest.main()

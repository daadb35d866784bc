"""Slowness has a group of its own, and a run prepares each disk once."""

import pathlib
import tempfile
import unittest

from chaos_kit import throttle
from chaos_kit.faults import KINDS


class ThrottleTest(unittest.TestCase):
    def test_the_group_is_made_below_ones_own(self):
        self.assertEqual(throttle.own_group("8:pids:/a\n7:blkio:/\n0::/\n"), "")
        self.assertEqual(throttle.own_group("4:blkio,cpu:/box/1\n"), "box/1")

    def test_without_the_controller_nothing_can_be_slow(self):
        with self.assertRaises(OSError):
            throttle.own_group("0::/\n")

    def test_what_was_never_slow_is_lifted_without_a_word(self):
        with tempfile.TemporaryDirectory() as folder:
            if throttle.CONTROLLER.is_dir():
                throttle.Throttle(pathlib.Path(folder)).lift()

    def test_faults_that_need_the_same_disk_prepare_it_once(self):
        self.assertIs(KINDS["slow-disk"].prepares, KINDS["power-nats"].prepares)
        self.assertIsNot(KINDS["power-redis"].prepares, KINDS["power-nats"].prepares)


if __name__ == "__main__":
    unittest.main()

"""A process of a cluster is started, watched and ended as itself and nobody else."""

import pathlib
import signal
import sys
import tempfile
import unittest
import unittest.mock

from cluster_kit.ports import free_ports
from cluster_kit.process import ClusterError, Process

# Says when it has set up what it does on SIGTERM.
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('set', flush=True); signal.pause()"


class ProcessTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.log = pathlib.Path(folder.name) / "log"

    def started(self, *argv: str, **environment: str) -> Process:
        process = Process("it", list(argv), self.log)
        process.start(environment)
        self.addCleanup(process.kill)
        return process

    def test_runs_until_it_is_stopped_and_starts_again(self):
        process = self.started("sleep", "600")
        first = process.pid
        self.assertTrue(process.running())
        process.stop()
        self.assertFalse(process.running())
        process.start()
        self.assertTrue(process.running())
        self.assertNotEqual(process.pid, first)

    def test_does_not_run_twice(self):
        with self.assertRaisesRegex(ClusterError, "running already"):
            self.started("sleep", "600").start()

    def test_a_paused_process_stops(self):
        process = self.started("sleep", "600")
        process.send(signal.SIGSTOP)
        process.stop()
        self.assertFalse(process.running())

    def test_a_process_that_ignores_sigterm_is_killed(self):
        process = self.started(sys.executable, "-c", STUBBORN)
        process.wait_until(lambda: "" if "set" in self.log.read_text() else "not set", 20)
        with unittest.mock.patch.object(Process, "STOP_PATIENCE", 0.2):
            process.send(signal.SIGTERM)
            self.assertFalse(process.wait(0.2))
            process.stop()
        self.assertFalse(process.running())

    def test_the_next_owner_of_a_pid_is_left_alone(self):
        other = self.started("sleep", "600")
        earlier = Process("earlier", [], self.log, other.pid, other.started - 1)
        self.assertFalse(earlier.running())
        self.assertFalse(earlier.send(signal.SIGKILL))
        earlier.stop()
        self.assertTrue(other.running())

    def test_the_end_of_a_process_that_is_waited_for_is_told_with_its_last_words(self):
        process = self.started("sh", "-c", "echo $WORDS; exit 3", WORDS="no room")
        with self.assertRaisesRegex(ClusterError, "ended before it was ready: no room"):
            process.wait_until(lambda: "not yet", 20)

    def test_waiting_is_bounded_and_says_what_was_missing(self):
        with self.assertRaisesRegex(ClusterError, "not ready after 0 s: no leader"):
            self.started("sleep", "600").wait_until(lambda: "no leader", 0.1)


class PortsTest(unittest.TestCase):
    def test_ports_differ_and_are_none_that_a_client_may_get(self):
        ports = free_ports(30)
        lowest_of_clients = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
        self.assertEqual(len(set(ports)), 30)
        self.assertLess(max(ports), lowest_of_clients)


if __name__ == "__main__":
    unittest.main()

"""Samples of processes: what /proc says of each."""

import json
import os
import pathlib
import tempfile
import types
import unittest

from chaos_kit import processes

STATUS = "Name:\ttroupe\nUmask:\t0022\nVmHWM:\t   90000 kB\nVmRSS:\t   51200 kB\nThreads:\t20\nSigQ:\t0/1\n"


class FakeSystem:
    """Two nodes and Redis, of which the second node does not answer."""

    pids = {"node-1": 11, "node-2": 12, "redis": 13}

    def names(self, kind):
        return {"nodes": ["node-1", "node-2"], "nats": [], "redis": ["redis"]}[kind]

    def process(self, name):
        return types.SimpleNamespace(pid=self.pids[name])

    def info(self, node):
        return {"contexts": {"ordering": {"instances": 200}, "inventory": {"instances": 100}}} if node == "node-1" else {}


def add_process(proc: pathlib.Path, pid: int, fds: int, status: str = STATUS) -> None:
    (proc / str(pid) / "fd").mkdir(parents=True)
    (proc / str(pid) / "status").write_text(status)
    for number in range(fds):
        (proc / str(pid) / "fd" / str(number)).touch()


class SampleTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.proc = pathlib.Path(folder.name)

    def test_a_process_is_what_the_kernel_says(self):
        add_process(self.proc, 11, fds=3)
        self.assertEqual(processes.held_by(self.proc / "11"), {"rss_kb": 51200, "threads": 20, "fds": 3})

    def test_one_that_is_gone_or_only_not_reaped_holds_nothing(self):
        add_process(self.proc, 11, fds=0, status="Name:\ttroupe\nState:\tZ (zombie)\nThreads:\t1\n")
        self.assertEqual(processes.held_by(self.proc / "11"), {})
        self.assertEqual(processes.held_by(self.proc / "12"), {})

    def test_one_look_has_one_time_and_leaves_out_what_is_gone(self):
        add_process(self.proc, 11, fds=3)
        add_process(self.proc, 13, fds=1)
        lines = processes.sample(FakeSystem(), self.proc)
        self.assertEqual([(line["process"], line["pid"], line["fds"]) for line in lines], [("node-1", 11, 3), ("redis", 13, 1)])
        self.assertEqual(len({line["t"] for line in lines}), 1)
        self.assertEqual(lines[0]["instances"], 300)
        self.assertNotIn("instances", lines[1])

    def test_looks_are_added_to_the_file_as_lines(self):
        system = FakeSystem()
        system.pids = {name: os.getpid() for name in system.pids}
        for _ in range(2):
            processes.record(system, self.proc)
        lines = [json.loads(line) for line in (self.proc / processes.FILE).read_text().splitlines()]
        self.assertEqual([line["process"] for line in lines], ["node-1", "node-2", "redis"] * 2)
        self.assertTrue(all(line["type"] == "process" and line["rss_kb"] > 0 and line["fds"] > 0 for line in lines))


if __name__ == "__main__":
    unittest.main()

"""Nodes that share contexts: each slot has one owner, what the owner's death or Redis's does to commands, and servers that start later."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import unittest

from cluster_kit import questions
from cluster_kit.cluster import Cluster
from cluster_kit.waiting import eventually

ROOT = pathlib.Path(__file__).resolve().parents[2]
TROUPE = os.environ.get("TROUPE_BINARY", str(ROOT / "build/release/shop"))
PATIENCE = 60
SLOTS = list(range(64))


class NodesTest(unittest.TestCase):
    def setUp(self):
        parent = tempfile.TemporaryDirectory(prefix="troupe-nodes-")
        self.addCleanup(parent.cleanup)
        self.cluster = Cluster(pathlib.Path(parent.name) / "run", nodes=2, nats=1, troupe=pathlib.Path(TROUPE))
        self.addCleanup(self.cluster.stop)
        self.cluster.start()
        self.url = self.cluster.of_kind("nats")[0].addresses["url"]

    def health(self, node: str) -> str:
        return self.cluster.parts[node].addresses["health"]

    def slots(self, node: str, context: str = "inventory") -> list[int]:
        status, body = questions.get(self.health(node), "/info")
        return json.loads(body)["contexts"][context]["slots"] if status == 200 else []

    def send(self, number: int) -> dict:
        done = subprocess.run([TROUPE, "send", f"inventory.stock.mug-{number}.ReceiveStock",
                               json.dumps({"reference": f"d-{number}", "quantity": 1}), "--nats", self.url, "--deadline", "30", "--json"],
                              capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        return json.loads(done.stdout)

    def test_slots_are_shared_and_move_when_their_owner_dies_and_redis_is_not_needed_to_keep_them(self):
        self.assertTrue(eventually(lambda: min(len(self.slots("node-1")), len(self.slots("node-2"))) > 16
                                        and sorted(self.slots("node-1") + self.slots("node-2")) == SLOTS))
        for number in range(20):
            self.assertEqual(self.send(number)["first_version"], 1)

        self.cluster.kill("node-1", signal.SIGKILL)
        self.assertTrue(eventually(lambda: self.slots("node-2") == SLOTS))
        for number in range(20):
            self.assertEqual(self.send(number)["first_version"], 2)

        self.cluster.kill("redis", signal.SIGKILL)
        self.assertTrue(eventually(lambda: "cannot be renewed" in questions.get(self.health("node-2"), "/readyz")[1]))
        self.assertEqual(questions.get(self.health("node-2"), "/readyz")[0], 200)
        for number in range(20):
            self.assertEqual(self.send(number)["first_version"], 3)
        self.cluster.restart("redis")
        self.assertTrue(eventually(lambda: questions.get(self.health("node-2"), "/readyz") == (200, "ready")))

    def test_a_node_waits_for_its_servers_and_says_so(self):
        for name in ("node-1", "nats-1", "redis"):
            self.cluster.kill(name, signal.SIGKILL)
        self.cluster.restart("node-1", wait=False)
        self.assertTrue(eventually(lambda: "Redis at" in questions.get(self.health("node-1"), "/readyz")[1]))
        self.cluster.restart("redis")
        self.assertTrue(eventually(lambda: "No NATS server" in questions.get(self.health("node-1"), "/readyz")[1]))
        self.assertEqual(questions.get(self.health("node-1"), "/readyz")[0], 503)
        self.assertIn('troupe_ready{node="node-1"} 0', questions.get(self.health("node-1"), "/metrics")[1])

        self.cluster.process("node-1").send(signal.SIGTERM)
        self.assertTrue(self.cluster.process("node-1").wait(PATIENCE))
        self.assertEqual(self.cluster.process("node-1").exit_code, 0)

        self.cluster.restart("node-1", wait=False)
        self.cluster.restart("nats-1")
        self.assertTrue(eventually(lambda: questions.get(self.health("node-1"), "/readyz") == (200, "ready")))
        self.assertIn('troupe_slots_owned{context="inventory",node="node-1"}', questions.get(self.health("node-1"), "/metrics")[1])


if __name__ == "__main__":
    unittest.main()

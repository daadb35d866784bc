"""tools/cluster as people use it: up, status, down, and nothing is left running."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import unittest

from cluster_kit import questions
from cluster_kit.cluster import Cluster
from cluster_kit.process import start_ticks

ROOT = pathlib.Path(__file__).resolve().parents[2]
TROUPE = os.environ.get("TROUPE_BINARY", str(ROOT / "build/release/shop"))
PATIENCE = 180  # seconds for one command


class ClusterTest(unittest.TestCase):
    def setUp(self):
        parent = tempfile.TemporaryDirectory(prefix="troupe-cluster-")
        self.addCleanup(parent.cleanup)
        self.folder = pathlib.Path(parent.name) / "run"
        self.addCleanup(self.end_everything)

    def end_everything(self):
        if (self.folder / "run.json").exists():
            Cluster.attach(self.folder).stop()

    def cluster(self, command: str, *arguments: str) -> subprocess.CompletedProcess:
        binary = ["--troupe", TROUPE] if command == "up" and "--troupe" not in arguments else []
        return subprocess.run([ROOT / "tools/cluster", command, "--dir", self.folder, *binary, *arguments],
                              capture_output=True, text=True, timeout=PATIENCE)

    def answer(self, command: str, *arguments: str) -> dict:
        done = self.cluster(command, "--json", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        return json.loads(done.stdout)

    def send(self, run: dict, command: str, body: dict) -> dict:
        urls = ",".join(server["url"] for server in run["nats"])
        done = subprocess.run([TROUPE, "send", command, json.dumps(body), "--nats", urls, "--deadline", "30", "--json"],
                              capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        return json.loads(done.stdout)

    def test_one_server_and_two_nodes_come_up_tell_how_they_are_and_go(self):
        run = self.answer("up", "--nodes", "2", "--contexts", "ordering,inventory", "--contexts", "payments,notifications")
        self.assertEqual(run, json.loads((self.folder / "run.json").read_text()))
        everything = [*run["nats"], run["redis"], run["mail"], run["gateway"], *run["nodes"]]
        self.assertEqual([one["name"] for one in everything], ["nats-1", "redis", "mail", "gateway", "node-1", "node-2"])
        for one in everything:
            self.assertEqual(start_ticks(one["pid"]), one["started"], one["name"])
            self.assertEqual(os.getsid(one["pid"]), one["pid"], "it would hear the terminal's Ctrl-C")
        for node in run["nodes"]:
            self.assertEqual(questions.node(node["health"]), "")
        self.send(run, "inventory.stock.mug.ReceiveStock", {"reference": "d-1", "quantity": 10})
        self.assertTrue(self.answer("status")["ready"])

        os.kill(run["nodes"][1]["pid"], signal.SIGKILL)
        status = self.cluster("status")
        self.assertEqual(status.returncode, 1)
        self.assertRegex(status.stdout, r"node-2 .* it has ended")

        self.assertEqual(set(self.answer("down")["ended"]), {one["name"] for one in everything} - {"node-2"})
        for one in everything:
            self.assertIsNone(start_ticks(one["pid"]), one["name"])
        self.assertEqual(self.answer("down"), {"ended": []})
        for ledger in ("gateway.jsonl", "mail.jsonl"):
            self.assertTrue((self.folder / ledger).exists(), ledger)

    def test_three_servers_copy_every_stream_and_outlive_the_loss_of_one(self):
        run = self.answer("up", "--nats", "3", "--durability", "replicated-durable")
        streams = self.streams(run["nats"][0]["monitoring"])
        self.assertIn("EVT_ORDERING", streams)
        self.assertEqual(set(streams.values()), {3}, streams)
        accepted = self.send(run, "inventory.stock.mug.ReceiveStock", {"reference": "d-1", "quantity": 10})
        self.assertEqual(accepted["durability"], "replicated-durable", accepted)

        cluster = Cluster.attach(self.folder)
        cluster.kill("nats-2")
        self.send(run, "inventory.stock.mug.ReceiveStock", {"reference": "d-2", "quantity": 10})
        cluster.restart("nats-2")
        cluster.wait_until_all_ready()
        self.assertNotEqual(json.loads((self.folder / "run.json").read_text())["nats"][1]["pid"], run["nats"][1]["pid"])

    def test_with_the_mapping_a_command_goes_to_its_slot(self):
        run = self.answer("up", "--nodes", "0", "--mapping")
        with socket.create_connection(("127.0.0.1", run["nats"][0]["port"]), timeout=10) as nats:
            nats.sendall(b'CONNECT {"verbose":false}\r\nSUB slot.> 1\r\nPUB cmd.ordering.order.o-0.PlaceOrder 0\r\n\r\nPING\r\n')
            heard = b""
            while b"PONG" not in heard:
                heard += nats.recv(4096)
        self.assertIn(b"MSG slot.ordering.17.cmd.ordering.order.o-0.PlaceOrder 1 0", heard)  # tests/data/slots.csv

    def test_what_cannot_start_leaves_nothing_running(self):
        done = self.cluster("up", "--troupe", "/bin/false")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("mail ended before it was ready", done.stderr)
        for part in Cluster.attach(self.folder).parts.values():
            self.assertFalse(part.process.running(), part.name)

    def test_mistakes_are_told_with_what_to_do(self):
        for arguments, sentence in ((["--troupe", "/nowhere/troupe"], "run tools/build release shop"),
                                    (["--durability", "replicated"], "needs three NATS servers")):
            done = self.cluster("up", *arguments)
            self.assertEqual(done.returncode, 1)
            self.assertIn(sentence, done.stderr)
            self.assertEqual(list(self.folder.iterdir()), [])
        self.assertIn("has no run.json", self.cluster("down").stderr)
        self.answer("up", "--nodes", "0")
        self.assertIn("belongs to an earlier cluster", self.cluster("up").stderr)

    def streams(self, monitoring: str) -> dict[str, int]:
        """Name and copies of every stream."""
        status, body = questions.get(monitoring, "/jsz?accounts=true&streams=true&config=true")
        self.assertEqual(status, 200, body)
        return {stream["name"]: stream["config"]["num_replicas"]
                for account in json.loads(body)["account_details"] for stream in account["stream_detail"]}


if __name__ == "__main__":
    unittest.main()

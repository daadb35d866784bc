"""The restore runbook of deploy/README.md: streams are backed up and restored by JetStream's API, as `nats stream backup` and `restore` do."""

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
from cluster_kit.waiting import eventually

ROOT = pathlib.Path(__file__).resolve().parents[2]
TROUPE = os.environ.get("TROUPE_BINARY", str(ROOT / "build/release/shop"))
PATIENCE = 60
STREAMS = ("EVT_ORDERING", "TMR_ORDERING", "DLQ_ORDERING")


class Backups:
    """Asks one server for copies of streams, and gives them back to it."""

    INBOX = "_INBOX.backup"

    def __init__(self, port: int):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.stream = self.socket.makefile("rwb")
        self._write(f'CONNECT {{"verbose":false,"headers":false}}\r\nSUB {self.INBOX} 1\r\nSUB {self.INBOX}.chunks 2\r\n'.encode())

    def close(self):
        self.stream.close()
        self.socket.close()

    def ask(self, verb: str, body: dict) -> dict:
        self._publish(f"$JS.API.STREAM.{verb}", json.dumps(body).encode(), self.INBOX)
        answer = json.loads(self._message()[1])
        if "error" in answer:
            raise RuntimeError(f"{verb}: {answer['error']}")
        return answer

    def backup(self, stream: str) -> tuple[dict, list[bytes]]:
        copy = self.ask(f"SNAPSHOT.{stream}", {"deliver_subject": f"{self.INBOX}.chunks", "chunk_size": 65_536})
        chunks = []
        while (message := self._message())[1]:
            chunks.append(message[1])
            if message[0]:
                self._publish(message[0], b"")
        return {"config": copy["config"], "state": copy["state"]}, chunks

    def restore(self, stream: str, copy: tuple[dict, list[bytes]]):
        about, chunks = copy
        to = self.ask(f"RESTORE.{stream}", about)["deliver_subject"]
        for chunk in [*chunks, b""]:
            self._publish(to, chunk, self.INBOX)
            answer = self._message()[1]
        if "error" in (answer := json.loads(answer or b"{}")):
            raise RuntimeError(f"{stream}: {answer['error']}")

    def _publish(self, subject: str, body: bytes, reply: str = ""):
        self._write(f"PUB {subject} {reply} {len(body)}\r\n".encode() + body + b"\r\n")

    def _message(self) -> tuple[str, bytes]:
        """Reply subject, if any, and body."""
        while line := self.stream.readline():
            words = line.decode().split()
            if words[0] == "PING":
                self._write(b"PONG\r\n")
            elif words[0] == "MSG":
                body = self.stream.read(int(words[-1]) + 2)[:-2]
                return (words[3] if len(words) == 5 else "", body)
            elif words[0] == "-ERR":
                raise RuntimeError(line.decode())
        raise RuntimeError("the server closed the connection")

    def _write(self, data: bytes):
        self.stream.write(data)
        self.stream.flush()


class RestoreTest(unittest.TestCase):
    def setUp(self):
        parent = tempfile.TemporaryDirectory(prefix="troupe-restore-")
        self.addCleanup(parent.cleanup)
        self.cluster = Cluster(pathlib.Path(parent.name) / "run", nodes=1, nats=1, contexts=[["ordering"]], troupe=pathlib.Path(TROUPE))
        self.addCleanup(self.cluster.stop)
        self.cluster.start()
        self.nats = self.cluster.of_kind("nats")[0].addresses["url"]
        self.redis = self.cluster.parts["redis"].addresses["url"]
        self.health = self.cluster.parts["node-1"].addresses["health"]
        self.backups = Backups(int(self.nats.rsplit(":", 1)[1]))
        self.addCleanup(self.backups.close)

    def troupe(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run([TROUPE, *arguments, "--nats", self.nats], capture_output=True, text=True, timeout=PATIENCE)

    def place(self, number: int) -> dict:
        done = self.troupe("send", f"ordering.order.o-{number}.PlaceOrder", "--command-id", f"place-{number}", "--json", "--deadline", "30", json.dumps(
            {"customerId": "c-1", "currency": "GBP", "lines": [{"articleId": "mug", "quantity": 1, "unitPriceMinor": "799"}]}))
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        return json.loads(done.stdout)

    def readiness(self) -> str:
        return questions.get(self.health, "/readyz")[1]

    def marked(self) -> int:
        """Up to where the node has seen its log, as Redis keeps it."""
        def redis(*arguments: str) -> str:
            return subprocess.run(["redis-cli", "-u", self.redis, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=True).stdout.strip()
        key = redis("--scan", "--pattern", "*{ordering}:log-mark")
        return int(redis("hget", key, "EVT_ORDERING:sequence") or 0) if key else 0

    def replace(self, copies: dict):
        for stream, copy in copies.items():
            self.backups.ask(f"DELETE.{stream}", {})
            self.backups.restore(stream, copy)

    def test_a_restored_copy_is_told_from_another_log_and_confirmed_without_clearing_views(self):
        for number in range(5):
            last = self.place(number)["sequence"]
        self.assertTrue(eventually(lambda: self.marked() == last))
        copies = {stream: self.backups.backup(stream) for stream in STREAMS}
        self.replace(copies)
        self.assertTrue(eventually(lambda: "confirm it; views stay" in self.readiness()), self.readiness())
        self.assertIn(f"It has the same message {last}", self.readiness())

        accepted = self.troupe("accept-log", "--context", "ordering", "--redis", self.redis)
        self.assertEqual(accepted.returncode, 0, accepted.stderr)
        self.assertNotIn("cleared", accepted.stdout)
        for stream in STREAMS:
            self.assertIn(f"{stream}: accepted", accepted.stdout)
        self.assertTrue(eventually(lambda: questions.get(self.health, "/readyz") == (200, "ready")), self.readiness())
        self.assertTrue(self.place(4)["duplicate"])
        self.assertEqual(self.place(5)["first_version"], 1)

    def test_a_copy_from_before_is_accepted_with_what_it_lacks(self):
        for number in range(3):
            self.place(number)
        copies = {stream: self.backups.backup(stream) for stream in STREAMS}
        for number in range(3, 6):
            self.place(number)
        self.replace(copies)
        self.assertTrue(eventually(lambda: "accept this one with" in self.readiness()), self.readiness())

        accepted = self.troupe("accept-log", "--context", "ordering", "--redis", self.redis)
        self.assertEqual(accepted.returncode, 0, accepted.stderr)
        self.assertIn("cleared", accepted.stdout)
        self.assertTrue(eventually(lambda: questions.get(self.health, "/readyz") == (200, "ready")), self.readiness())
        self.assertTrue(self.place(2)["duplicate"])
        self.assertFalse(self.place(4).get("duplicate", False))

    def test_a_setting_that_may_remove_messages_stops_the_context_until_it_is_corrected_and_a_loss_for_good(self):
        for number in range(5):
            self.place(number)
        config = self.backups.ask("INFO.EVT_ORDERING", {})["config"]
        self.backups.ask("UPDATE.EVT_ORDERING", {**config, "max_msgs": 1_000_000})
        self.assertTrue(eventually(lambda: "has max_msgs = 1000000 where -1 is needed" in self.readiness()), self.readiness())
        self.backups.ask("UPDATE.EVT_ORDERING", config)
        self.assertTrue(eventually(lambda: questions.get(self.health, "/readyz") == (200, "ready")), self.readiness())

        self.backups.ask("UPDATE.EVT_ORDERING", {**config, "max_age": 1_000_000_000})
        self.assertTrue(eventually(lambda: "messages any more" in self.readiness()), self.readiness())
        self.cluster.kill("node-1", signal.SIGKILL)
        self.backups.ask("UPDATE.EVT_ORDERING", config)
        self.cluster.restart("node-1", wait=False)
        self.assertTrue(eventually(lambda: "messages any more" in self.readiness()), self.readiness())


if __name__ == "__main__":
    unittest.main()

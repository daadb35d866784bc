"""A NATS connection that is lost in the middle of a message: the process goes on with the next one, or ends and says so."""

import os
import pathlib
import socket
import tempfile
import threading
import unittest
import urllib.parse

from chaos_kit.nats_api import exchange
from cluster_kit.cluster import GATEWAY_SUBJECT, Cluster

ROOT = pathlib.Path(__file__).resolve().parents[2]
TROUPE = os.environ.get("TROUPE_BINARY", str(ROOT / "build/release/shop"))
PATIENCE = 30
CHUNK = 1 << 16


class CuttingRelay:
    """Passes bytes on, until it is armed: then it hangs up once in the middle of a message's body."""

    def __init__(self, to_port: int):
        self.to_port = to_port
        self.armed = threading.Event()
        self.has_cut = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.to_port))
            for source, target, cuts in ((client, server, False), (server, client, True)):
                threading.Thread(target=self.pump, args=(source, target, cuts), daemon=True).start()

    def pump(self, source: socket.socket, target: socket.socket, cuts: bool):
        try:
            while data := source.recv(CHUNK):
                begin = data.find(b"MSG ") if cuts and self.armed.is_set() and not self.has_cut.is_set() else -1
                if begin >= 0:
                    target.sendall(data[:data.find(b"\r\n", begin) + 12])  # its header line and ten bytes of its body
                    self.has_cut.set()
                    break
                target.sendall(data)
        except OSError:
            pass
        for one in (source, target):
            try:
                one.shutdown(socket.SHUT_RDWR)  # which ends the other pump
            except OSError:
                pass
        source.close()

    def close(self):
        self.listener.close()


class LostConnectionTest(unittest.TestCase):
    def test_a_message_that_was_cut_does_not_leave_a_process_that_serves_nobody(self):
        with tempfile.TemporaryDirectory(prefix="troupe-lost-") as parent:
            cluster = Cluster(pathlib.Path(parent) / "run", nodes=0, nats=1, troupe=pathlib.Path(TROUPE))
            self.addCleanup(cluster.stop)
            url = cluster.of_kind("nats")[0].addresses["url"]
            relay = CuttingRelay(urllib.parse.urlsplit(url).port)
            self.addCleanup(relay.close)
            gateway = cluster.process("gateway")
            gateway.argv[gateway.argv.index("--nats") + 1] = f"nats://127.0.0.1:{relay.port}"
            cluster.start()

            relay.armed.set()
            with socket.create_connection(("127.0.0.1", relay.to_port)) as client:
                body = b"x" * 5_000
                client.sendall(b'CONNECT {"verbose":false}\r\nPUB %s %d\r\n%s\r\nPING\r\n' % (GATEWAY_SUBJECT.encode(), len(body), body))
                self.assertTrue(relay.has_cut.wait(PATIENCE))
            if gateway.wait(PATIENCE):  # as with nats.c 3.4.1
                self.assertEqual(gateway.exit_code, 3)
                self.assertIn("was reached 5 times in a row, and each time nothing came", gateway.log.read_text())
            else:
                headers, _ = exchange(url, GATEWAY_SUBJECT, b"{}")
                self.assertIn("Nats-Service-Error-Code", headers)


if __name__ == "__main__":
    unittest.main()

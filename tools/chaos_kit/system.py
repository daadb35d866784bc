"""The system under test: a cluster whose links can be cut, and what there is to ask it."""

import json
import pathlib
import subprocess

from cluster_kit import questions
from cluster_kit.cluster import Cluster
from cluster_kit.waiting import eventually

from . import links

READY_PATIENCE = 60.0
BETWEEN_LOOKS = 0.05
ENDED_ITSELF = "this process ends, so that it is started anew"


class System:
    def __init__(self, folder: pathlib.Path, options: dict):
        self.folder = folder
        self.cluster = Cluster(folder, **options)
        self.slots = options.get("slots") or 64
        links.own_addresses(self.cluster)

    def start(self) -> None:
        links.open_chain()
        self.cluster.start()

    def stop(self) -> None:
        self.cluster.stop()

    def names(self, kind: str) -> list[str]:
        return [part.name for part in self.cluster.of_kind(kind)]

    def process(self, name: str):
        return self.cluster.process(name)

    def number_of(self, node: str) -> int:
        return self.names("nodes").index(node) + 1

    @property
    def nats_urls(self) -> str:
        return ",".join(part.addresses["url"] for part in self.cluster.of_kind("nats"))

    @property
    def redis_url(self) -> str:
        return self.cluster.of_kind("redis")[0].addresses["url"]

    def redis(self, *command: str) -> str:
        """What redis-cli prints."""
        ran = subprocess.run(["redis-cli", "-u", self.redis_url, *command], capture_output=True, text=True, timeout=5)
        return ran.stdout.strip()

    def info(self, node: str) -> dict:
        """A node's /info; empty when it does not answer."""
        status, body = questions.get(self.cluster.parts[node].addresses["health"], "/info")
        return json.loads(body) if status == 200 else {}

    def readiness(self, node: str) -> tuple[int, str]:
        return questions.get(self.cluster.parts[node].addresses["health"], "/readyz")

    def owned(self, node: str, context: str = "inventory") -> list[int]:
        """The slots of a context that a node says it owns."""
        return self.info(node).get("contexts", {}).get(context, {}).get("slots", [])

    def revive(self) -> list[str]:
        """Starts the nodes that ended to be started anew, as a service manager would, and returns them. Any other end is a crash, and
        stays one."""
        ended = [name for name in self.names("nodes")
                 if not self.process(name).running() and ENDED_ITSELF in self.process(name).last_words()]
        for name in ended:
            self.cluster.restart(name, wait=False)
        return ended

    def wait_until_ready(self, patience: float = READY_PATIENCE) -> None:
        for name in self.cluster.parts:
            self.cluster.wait_until_ready(name, patience)

    def wait_until_slots_owned(self, patience: float = READY_PATIENCE) -> bool:
        """Whether every slot has its one owner."""
        return eventually(lambda: sorted(slot for node in self.names("nodes") for slot in self.owned(node)) == list(range(self.slots)),
                          patience, BETWEEN_LOOKS)

    def log_size(self, name: str) -> int:
        log = self.process(name).log
        return log.stat().st_size if log.exists() else 0

    def log_since(self, name: str, size: int) -> str:
        with open(self.process(name).log, "rb") as log:
            log.seek(size)
            return log.read().decode(errors="replace")

"""NATS servers and Redis that die, pause or forget."""

from cluster_kit.waiting import eventually

from ..nats_api import request
from .base import Fault, NoEffect, StandStill

BETWEEN_TRIES = 0.2


class _ServerKill(Fault):
    """SIGKILL, and started again after the hold."""

    part = ""

    def choose(self) -> str:
        return self.dice.choice(self.system.names(self.part))

    def strike(self) -> None:
        self.pid = self.system.process(self.target).pid
        self.system.cluster.kill(self.target)

    def observe(self) -> str:
        if not self.system.cluster.objection(self.target):
            raise NoEffect(f"{self.target} answers")
        return f"process {self.pid} was gone"

    def heal(self) -> str:
        if not self.system.process(self.target).running():
            self.system.cluster.restart(self.target)
        return ""


class NatsKill(_ServerKill):
    kind = "nats-kill"
    part = "nats"


class RedisKill(_ServerKill):
    kind = "redis-kill"
    part = "redis"


class NatsRestartAll(Fault):
    """All NATS servers die at the same time and start in an order that the seed decides."""

    kind = "nats-restart-all"

    def choose(self) -> str:
        self.order = self.dice.sample(self.system.names("nats"), len(self.system.names("nats")))
        return ", ".join(self.order)

    def strike(self) -> None:
        for name in self.order:
            self.system.cluster.kill(name)

    def observe(self) -> str:
        if running := [name for name in self.order if self.system.process(name).running()]:
            raise NoEffect(f"{', '.join(running)} still ran")
        return f"all {len(self.order)} were gone"

    def heal(self) -> str:
        for name in self.order:
            if not self.system.process(name).running():
                self.system.cluster.restart(name, wait=False)
        for name in self.order:
            self.system.cluster.wait_until_ready(name)
        return ""


class NatsPause(StandStill):
    """The server that leads a stream, where there are three; else the only one."""

    kind = "nats-pause"
    stream = "EVT_INVENTORY"

    def choose(self) -> str:
        return leader_of(self.system, self.stream) or self.dice.choice(self.system.names("nats"))


class NatsStepDown(Fault):
    """The leader of a stream gives up its office."""

    kind = "nats-step-down"
    PATIENCE = 15.0

    def choose(self) -> str:
        return self.dice.choice(("EVT_ORDERING", "EVT_INVENTORY", "EVT_PAYMENTS", "CTL"))

    def strike(self) -> None:
        if not eventually(self._stepped_down, self.PATIENCE, BETWEEN_TRIES):
            raise NoEffect(f"{self.target} keeps its leader: {self.answer}")

    def _stepped_down(self) -> bool:
        """Refused while the servers themselves have no leader, as shortly after another fault."""
        self.leader = leader_of(self.system, self.target)
        self.answer = request(self.system.nats_urls, f"$JS.API.STREAM.LEADER.STEPDOWN.{self.target}")
        return self.answer.get("success", False)

    def observe(self) -> str:
        now = leader_of(self.system, self.target)
        if not now or now == self.leader:
            raise NoEffect(f"{self.target} is led by {now or 'nobody'}, and was by {self.leader}")
        return f"{self.leader} handed {self.target} to {now}"


class FlushAll(Fault):
    """Redis forgets views, snapshots and leases."""

    kind = "flushall"

    def choose(self) -> str:
        return "redis"

    def strike(self) -> None:
        self.keys = int(self.system.redis("DBSIZE") or 0)
        self.answer = self.system.redis("FLUSHALL")

    def observe(self) -> str:
        if self.answer != "OK" or self.keys == 0:
            raise NoEffect(f"FLUSHALL answered {self.answer!r} with {self.keys} keys")
        return f"{self.keys} keys were forgotten"


def leader_of(system, stream: str) -> str:
    """The name of the server that leads a stream; empty while there is none, and without a cluster."""
    return request(system.nats_urls, f"$JS.API.STREAM.INFO.{stream}").get("cluster", {}).get("leader", "")


def last_sequences(system) -> dict[str, int]:
    """Of the contexts' event streams that exist."""
    streams = request(system.nats_urls, "$JS.API.STREAM.LIST", b'{"subject":"evt.>"}').get("streams") or []
    return {stream["config"]["name"]: stream["state"]["last_seq"] for stream in streams}

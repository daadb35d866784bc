"""Disks that lose their power, fill up, or lie."""

import pathlib
import time

from .. import mounts
from .base import Fault, NoEffect
from .servers import last_sequences

ALARM = "went back"  # in the sentence with which a node that has noticed is not ready
ALARM_PATIENCE = 30.0
BETWEEN_LOOKS = 0.1


def _on_own_disks(part: str):
    """Puts all servers of a part on disks of their own; returns what undoes it."""
    def prepare(system):
        servers = system.names(part)
        for server in servers:
            mounts.make_disk(system, server)
        return lambda: mounts.forget(system, servers)
    return prepare


class _Power(Fault):
    part = ""

    def choose(self) -> str:
        """All, or as many as `servers` says."""
        names = self.system.names(self.part)
        self.struck = self.dice.sample(names, min(self.options.get("servers", len(names)), len(names)))
        return ", ".join(self.struck)

    def strike(self) -> None:
        for name in self.struck:
            mounts.fail_power(self.system, name)
        for name in self.struck:
            self.system.cluster.kill(name)
            mounts.unmount(self.system, name)

    def observe(self) -> str:
        return "the disks took nothing any more"

    def heal(self) -> str:
        self.power_up()
        for name in self.struck:
            self.system.cluster.wait_until_ready(name)
        return "and lost what was not synced"

    def power_up(self) -> None:
        for name in self.struck:
            if not self.system.process(name).running():
                mounts.unmount(self.system, name)
                mounts.mount_disk(self.system, name)
                if not mounts.lost_what_was_not_synced(self.system, name):
                    raise NoEffect(f"the disk of {name} kept what was not synced")
                self.system.cluster.restart(name, wait=False)


class PowerNats(_Power):
    """Of all NATS servers at once, unless `servers` says how many."""

    kind = "power-nats"
    part = "nats"
    prepares = staticmethod(_on_own_disks("nats"))


class PowerRedis(_Power):
    kind = "power-redis"
    part = "redis"
    prepares = staticmethod(_on_own_disks("redis"))


class PowerNatsLoss(PowerNats):
    """The same where the log is known to lose its end: every node that runs must notice and say so."""

    kind = "power-nats-loss"
    recovers = False

    def strike(self) -> None:
        self.before = last_sequences(self.system)
        super().strike()

    def heal(self) -> str:
        self.power_up()  # a server that cannot recover its streams never gets ready; the nodes must say so all the same
        noticed = alarms_of(self.system)
        after = last_sequences(self.system)
        if lost := {stream: f"{last} to {after.get(stream, 0)}" for stream, last in self.before.items() if after.get(stream, 0) < last}:
            return f"lost: {lost}; {noticed}"
        raise NoEffect("nothing was lost")


class BitFlip(Fault):
    """One bit of a server's log is wrong when it comes back after SIGKILL."""

    kind = "bit-flip"
    recovers = False
    stream = "EVT_INVENTORY"

    def choose(self) -> str:
        return self.dice.choice(self.system.names("nats"))

    def strike(self) -> None:
        self.before = last_sequences(self.system)
        self.system.cluster.kill(self.target)
        self.file = max(self._blocks(), key=lambda file: file.stat().st_size)
        with open(self.file, "r+b") as file:
            file.seek(self.file.stat().st_size // 2)
            byte = file.read(1)[0]
            file.seek(-1, 1)
            file.write(bytes([byte ^ 1 << self.dice.randrange(8)]))

    def _blocks(self) -> list[pathlib.Path]:
        return list(mounts.store_of(self.system, self.target).rglob(f"{self.stream}/msgs/*.blk"))

    def observe(self) -> str:
        return f"a bit in the middle of {self.file.name} was flipped"

    def heal(self) -> str:
        if self.system.process(self.target).running():
            return ""
        self.system.cluster.restart(self.target)
        return alarms_of(self.system)


class DiskFull(Fault):
    """The disk under the log is full; it works again only after room is made and the server restarted."""

    kind = "disk-full"
    size = "256m"

    @staticmethod
    def prepares(system):
        servers = system.names("nats")
        for server in servers:
            mounts.make_memory(system, server, DiskFull.size)
        return lambda: mounts.forget(system, servers)

    def choose(self) -> str:
        return self.dice.choice(self.system.names("nats"))

    def strike(self) -> None:
        self.ballast = mounts.store_of(self.system, self.target) / "ballast"
        with open(self.ballast, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 16))
            except OSError as error:
                self.why = error.strerror

    def observe(self) -> str:
        objection = self.system.cluster.objection(self.target)
        if not objection:
            raise NoEffect(f"{self.target} did not notice that its disk is full")
        return f"{self.why}; {self.target}: {objection}"

    def heal(self) -> str:
        self.ballast.unlink(missing_ok=True)
        self.system.cluster.restart(self.target)
        return ""


def alarms_of(system) -> str:
    """What the nodes say that notice that the log is not what it was. Raises NoEffect when one does not."""
    said = {}
    deadline = time.monotonic() + ALARM_PATIENCE
    while len(said) < len(system.names("nodes")):
        for node in system.names("nodes"):
            status, why = system.readiness(node)
            if status == 503 and ALARM in why:
                said[node] = why
        if time.monotonic() > deadline:
            silent = [node for node in system.names("nodes") if node not in said]
            raise NoEffect(f"{', '.join(silent)} did not notice; the others: {said}")
        time.sleep(BETWEEN_LOOKS)
    return f"noticed: {said}"

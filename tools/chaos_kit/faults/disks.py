"""Disks that lose their power, fill up, lie, or are slow."""

import functools
import pathlib

from cluster_kit.waiting import eventually

from .. import mounts
from ..nats_api import request
from ..throttle import Throttle
from .base import Fault, NoEffect
from .servers import last_sequences

ALARM = "went back"  # in the sentence with which a node that has noticed is not ready
ALARM_PATIENCE = 30.0
BETWEEN_LOOKS = 0.1


@functools.cache
def _on_own_disks(part: str):
    """Puts all servers of a part on disks of their own; returns what undoes it. The same for all kinds that ask for it, so that a
    run prepares them once."""
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


class SlowDisk(Fault):
    """The disk under a NATS server takes a few KiB/s: an fsync of a block that took a millisecond takes up to a second, and those
    behind it wait for it."""

    kind = "slow-disk"
    prepares = staticmethod(_on_own_disks("nats"))
    BYTES_PER_S = (4096, 12288)
    SLOW_S = 0.25  # for one block; a hundredth of it when the disk is well
    PATIENCE = 10.0
    CLAIMS_MAX = 64  # the slots of one context; the nodes and Redis are well, and nobody has to take over
    throttle = None

    def choose(self) -> str:
        self.bytes_per_s = self.dice.randint(*self.options.get("bytes_per_s", self.BYTES_PER_S))
        return self.dice.choice(self.system.names("nats"))

    def strike(self) -> None:
        self.claims = claims_of(self.system)
        self.throttle = Throttle(mounts.store_of(self.system, self.target))
        self.throttle.slow_down(self.system.process(self.target).pid, self.bytes_per_s)

    def observe(self) -> str:
        took = self.throttle.time_to_sync(self.PATIENCE)
        if took < self.SLOW_S:
            raise NoEffect(f"the disk of {self.target} took a block in {took:.3f} s")
        return f"at {self.bytes_per_s} B/s the disk of {self.target} took {took:.1f} s for a block"

    def heal(self) -> str:
        if self.throttle is None:
            return ""
        self.throttle.lift()
        self.system.cluster.wait_until_ready(self.target)
        claims = claims_of(self.system) - self.claims
        if claims > self.CLAIMS_MAX:
            raise NoEffect(f"slots wandered because the disk was slow: {claims} claims")
        return f"{claims} claims of slots meanwhile"


def claims_of(system) -> int:
    """How many claims stream CTL has seen."""
    return request(system.nats_urls, "$JS.API.STREAM.INFO.CTL").get("state", {}).get("last_seq", 0)


def alarms_of(system) -> str:
    """What the nodes say that notice that the log is not what it was. Raises NoEffect when one does not."""
    said = {}

    def all_noticed() -> bool:
        for node in system.names("nodes"):
            status, why = system.readiness(node)
            if status == 503 and ALARM in why:
                said[node] = why
        return len(said) == len(system.names("nodes"))

    if not eventually(all_noticed, ALARM_PATIENCE, BETWEEN_LOOKS):
        silent = [node for node in system.names("nodes") if node not in said]
        raise NoEffect(f"{', '.join(silent)} did not notice; the others: {said}")
    return f"noticed: {said}"

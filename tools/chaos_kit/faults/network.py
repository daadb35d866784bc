"""Packets of one node's own connections that do not arrive."""

from .. import links
from .base import Fault, NoEffect


class _Drop(Fault):
    server = ""  # nats or redis
    share = 1.0

    def choose(self) -> str:
        return self.a_node()

    def strike(self) -> None:
        number = self.system.number_of(self.target)
        share = self.options.get("share", self.share)
        for server in self.server.split():
            links.drop(number, links.ports_of(self.system.cluster, server), share)

    def observe(self) -> str:
        packets = links.dropped()
        if packets == 0:
            raise NoEffect(f"no packet between {self.target} and {self.server} was dropped")
        return f"{packets} packets were dropped"

    def heal(self) -> str:
        links.restore()
        return ""


class PartitionNats(_Drop):
    kind = "partition-nats"
    server = "nats"


class PartitionRedis(_Drop):
    kind = "partition-redis"
    server = "redis"


class Partition(_Drop):
    """From both at once: the node is alone."""

    kind = "partition"
    server = "nats redis"


class PacketLoss(_Drop):
    """A share of the packets, both ways."""

    kind = "packet-loss"
    server = "nats redis"
    share = 0.2

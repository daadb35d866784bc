"""NATS servers that do not hear each other, while everybody else reaches all of them."""

import time

from cluster_kit.waiting import eventually

from .. import islands, links
from ..nats_api import request
from .base import Fault, NoEffect

BETWEEN_LOOKS = 0.2


class NatsPartition(Fault):
    """The server that leads the contexts' logs is cut off from the others: it hears nobody, nobody hears it, or both. It goes on
    answering as their leader, while another one leads them. With `control` it leads stream CTL as well, else another does."""

    kind = "nats-partition"
    prepares = staticmethod(islands.put_servers_apart)
    LOGS = ("EVT_ORDERING", "EVT_INVENTORY", "EVT_PAYMENTS")
    WAYS = {"both": "was cut off", "in": "heard nobody", "out": "was heard by nobody"}
    STEERING_PATIENCE = 20.0
    ELECTION_PATIENCE = 10.0
    BACK_WITHIN = 30.0  # after it is healed

    def choose(self) -> str:
        way, control, server = (self.dice.choice(choices) for choices in (sorted(self.WAYS), (True, False), self.system.names("nats")))
        self.way = self.options.get("way", way)
        self.control = self.options.get("control", control)
        return self.options.get("server", server)

    def others(self) -> list[str]:
        return [name for name in self.system.names("nats") if name != self.target]

    def strike(self) -> None:
        for stream in self.LOGS:
            self.steer(stream, [self.target])
        self.steer("CTL", [self.target] if self.control else self.others())
        self.logs = {node: self.system.log_size(node) for node in self.system.names("nodes")}
        islands.cut(self.system, self.target, self.way)

    def steer(self, stream: str, wanted: list[str]) -> None:
        """Lets the stream's leader step down in favour of one of those, until it is."""
        def steered() -> bool:
            self.leader = self.leader_of(stream, self.system.names("nats"))
            if self.leader not in wanted:
                preferred = f'{{"placement":{{"preferred":"{wanted[0]}"}}}}'
                request(self.system.nats_urls, f"$JS.API.STREAM.LEADER.STEPDOWN.{stream}", preferred.encode())
            return self.leader in wanted

        if not eventually(steered, self.STEERING_PATIENCE, BETWEEN_LOOKS):
            raise NoEffect(f"{stream} is led by {self.leader or 'nobody'}, not by {' or '.join(wanted)}")

    def leader_of(self, stream: str, servers: list[str]) -> str:
        """As those servers see it, the first one that answers."""
        urls = ",".join(self.system.cluster.parts[name].addresses["url"] for name in servers)
        return request(urls, f"$JS.API.STREAM.INFO.{stream}").get("cluster", {}).get("leader", "")

    def observe(self) -> str:
        if links.packets(islands.dropped(self.system, self.target)) == 0:
            raise NoEffect(f"no packet between {self.target} and the others was dropped")

        def another_leads() -> bool:
            self.leader = self.leader_of(self.LOGS[0], self.others())
            return self.leader not in ("", self.target)

        if not eventually(another_leads, self.ELECTION_PATIENCE, BETWEEN_LOOKS):
            raise NoEffect(f"{self.LOGS[0]} is led by {self.leader or 'nobody'}")
        return f"{self.target}, with{'' if self.control else 'out'} CTL, {self.WAYS[self.way]}; {self.leader} leads {self.LOGS[0]}"

    def heal(self) -> str:
        """The service must be back by itself, and without an alarm."""
        islands.mend(self.system, self.target)
        healed = time.monotonic()
        if not eventually(self.is_back, self.BACK_WITHIN, BETWEEN_LOOKS):
            raise NoEffect(f"{self.BACK_WITHIN:.0f} s after healing: {self.last_objection}")
        if alarms := self.alarms():
            raise NoEffect(f"a false alarm: {alarms}")
        return f"back {time.monotonic() - healed:.1f} s after healing"

    def is_back(self) -> bool:
        self.last_objection = self.objection()
        return not self.last_objection

    def objection(self) -> str:
        for name in self.system.names("nodes"):
            if objection := self.system.cluster.objection(name):
                return f"{name}: {objection}"
        return "" if self.system.wait_until_slots_owned(1) else "some slots have no owner"

    def alarms(self) -> list[str]:
        """What nodes said since that needs a person."""
        return [f"{node}: {line}" for node, size in getattr(self, "logs", {}).items()
                for line in self.system.log_since(node, size).splitlines() if "[critical]" in line]

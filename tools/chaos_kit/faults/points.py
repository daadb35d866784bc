"""Nodes that die or freeze at a place compiled into them."""

import signal

from cluster_kit.waiting import eventually

from .base import Fault, NoEffect, state_of

POINTS = ("append.before_send", "append.sent", "append.acked", "view.written")
PASSAGES = (5, 120)
VIEW = ("inventory", "stock")  # written all the time, by one node: the owner of a slot
VIEW_PASSAGES = 20  # a view is written in batches, which are fewer
PATIENCE = 20.0  # seconds until the place has been passed often enough
BETWEEN_LOOKS = 0.02


def slot_of(text: str, slots: int) -> int:
    """As runtime/ports/subject.cpp: FNV-1a."""
    value = 2166136261
    for byte in text.encode():
        value = (value ^ byte) * 16777619 % 2**32
    return value % slots


class FaultPoint(Fault):
    """The node is started anew with a passage of a place that ends it; which ones the seed decides."""

    kind = "fault-point"
    action = "kill"

    def choose(self) -> str:
        self.point = self.options.get("point") or self.dice.choice(POINTS)
        self.passage = self.dice.randint(*self.options.get("passages", PASSAGES))
        return self.a_node()

    def strike(self) -> None:
        system = self.system
        if self.point == "view.written":
            self.target = self.keeper_of_view()
            self.passage = 1 + self.passage % VIEW_PASSAGES
        self.before = system.log_size(self.target)
        system.cluster.restart(self.target, {"TROUPE_FAULTS": f"{self.point}@{self.passage}:{self.action}"}, wait=False)
        self.pid = system.process(self.target).pid
        if not eventually(self.has_struck, PATIENCE, BETWEEN_LOOKS):
            raise NoEffect(f"{self.target} did not pass {self.point} {self.passage} times in {PATIENCE:.0f} s")

    def keeper_of_view(self) -> str:
        """The same node again when it comes back under its name."""
        slot = slot_of(VIEW[0] + "view" + VIEW[1], self.system.slots)
        return next((node for node in self.system.names("nodes") if slot in self.system.owned(node, VIEW[0])), self.target)

    def has_struck(self) -> bool:
        return not self.system.process(self.target).running()

    def observe(self) -> str:
        if self.system.process(self.target).exit_code not in (None, -signal.SIGKILL):
            raise NoEffect(f"{self.target} ended with code {self.system.process(self.target).exit_code}")
        announced = f"Fault point {self.point}, passage {self.passage}"
        if announced not in self.system.log_since(self.target, self.before):
            raise NoEffect(f"{self.target} ended for another reason: {self.system.process(self.target).last_words()}")
        return f"process {self.pid} ended itself at {self.point}, passage {self.passage}"

    def heal(self) -> str:
        """Without the place armed."""
        self.system.cluster.restart(self.target)
        return ""


class FaultPointStop(FaultPoint):
    """The same, but it stands still there and goes on after the hold: a decided command wakes up late."""

    kind = "fault-point-stop"
    action = "stop"

    def has_struck(self) -> bool:
        return state_of(self.system.process(self.target).pid) == "T"

    def observe(self) -> str:
        if not self.has_struck():
            raise NoEffect(f"{self.target} goes on")
        super().observe()
        return f"it stood still at {self.point}, passage {self.passage}"

    def heal(self) -> str:
        self.system.cluster.kill(self.target, signal.SIGCONT)
        return ""

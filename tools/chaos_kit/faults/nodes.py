"""Nodes that are killed, and nodes that stand still longer than their leases last."""

import signal

from .base import Fault, NoEffect, StandStill


class NodeKill(Fault):
    """SIGKILL; started again after the hold. With a node or a context that is named, always that one."""

    kind = "node-kill"

    def choose(self) -> str:
        return self.options.get("node") or self.a_node()

    def strike(self) -> None:
        process = self.system.process(self.target)
        if not process.running():
            raise NoEffect(f"{self.target} did not run")
        self.pid = process.pid
        self.system.cluster.kill(self.target)
        self.code = process.exit_code

    def observe(self) -> str:
        if self.system.process(self.target).running():
            raise NoEffect(f"{self.target} runs")
        if self.code != -signal.SIGKILL:
            raise NoEffect(f"{self.target} ended with code {self.code}")
        return f"process {self.pid} was gone"

    def heal(self) -> str:
        if not self.system.process(self.target).running():
            self.system.cluster.restart(self.target)
        return ""


class NodeStop(StandStill):
    """For a hold beyond 5 s it wakes up without its leases."""

    kind = "node-stop"

    def choose(self) -> str:
        return self.a_node()

    def observe(self) -> str:
        status, why = self.system.readiness(self.target)
        if status != 0:
            raise NoEffect(f"{self.target} answers {status} {why}")
        return f"{super().observe()} and answered nothing"

"""A planned restart of every node, one after the other, under load."""

import signal

from .base import Fault, NoEffect


class RollingRestart(Fault):
    """SIGTERM, the end awaited, started again, ready: then the next node."""

    kind = "rolling-restart"
    STOP_PATIENCE = 15.0

    def choose(self) -> str:
        return ", ".join(self.system.names("nodes"))

    def strike(self) -> None:
        self.pids = {}
        for name in self.system.names("nodes"):
            process = self.system.process(name)
            self.pids[name] = process.pid
            self.note("sigterm", name, slots=self.system.owned(name))
            process.send(signal.SIGTERM)
            if not process.wait(self.STOP_PATIENCE):
                raise NoEffect(f"{name} does not end on SIGTERM within {self.STOP_PATIENCE:.0f} s")
            if process.exit_code != 0:
                raise NoEffect(f"{name} ended with code {process.exit_code}")
            self.system.cluster.restart(name)

    def observe(self) -> str:
        if same := [name for name, pid in self.pids.items() if self.system.process(name).pid == pid]:
            raise NoEffect(f"{', '.join(same)} was not started again")
        return f"{len(self.pids)} nodes were replaced"

    def heal(self) -> str:
        """One that hangs in its end is killed."""
        for name in self.system.names("nodes"):
            if self.system.cluster.objection(name):
                self.system.cluster.restart(name)
        return ""

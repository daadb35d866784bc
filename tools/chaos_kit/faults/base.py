"""What every fault is."""

import random
import signal
import time

from ..system import System


class NoEffect(Exception):
    """A fault that changed nothing proves nothing: it has failed. Says what did not happen."""


class Fault:
    """One fault, once. The nemesis calls strike, waits, calls observe, and in any case calls heal."""

    kind = ""
    recovers = True  # else it ends the run: the system must stop and say why
    prepares = None  # what must be set up before the cluster starts, as a function of the system

    def __init__(self, system: System, options: dict, dice: random.Random):
        self.system = system
        self.options = options
        self.dice = dice
        self.notes: list[dict] = []  # what is to stand in the record besides start, struck and stop
        self.target = self.choose()

    def choose(self) -> str:
        """Whom it strikes: a name for the log."""
        return ""

    def strike(self) -> None:
        raise NotImplementedError

    def observe(self) -> str:
        """While it is in force, after its time: what shows its effect. Raises NoEffect."""
        return ""

    def heal(self) -> str:
        """Undoes it, also after strike failed halfway, and may be called twice. May raise NoEffect when only now it can be told;
        what it returns is evidence too."""
        return ""

    def note(self, phase: str, target: str, **more) -> None:
        self.notes.append({"t": time.monotonic_ns(), "phase": phase, "target": target, **more})

    def a_node(self) -> str:
        """One of those that run."""
        running = [name for name in self.system.names("nodes") if self.system.process(name).running()]
        return self.dice.choice(running or self.system.names("nodes"))


class StandStill(Fault):
    """SIGSTOP of a process, then SIGCONT. choose() names it."""

    def strike(self) -> None:
        self.system.cluster.kill(self.target, signal.SIGSTOP)

    def observe(self) -> str:
        state = state_of(self.system.process(self.target).pid)
        if state != "T":
            raise NoEffect(f"{self.target} is in state {state or 'gone'}")
        return "it stood still"

    def heal(self) -> str:
        self.system.cluster.kill(self.target, signal.SIGCONT)
        return ""


def state_of(pid: int) -> str:
    """The state letter of a process, such as T for stopped; empty when there is none."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rpartition(")")[2].split()[0]
    except OSError:
        return ""

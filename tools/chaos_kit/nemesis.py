"""The nemesis: the only one who breaks anything. It logs every fault with its monotonic time, and always heals."""

import json
import pathlib
import time

from cluster_kit.process import ClusterError

from .faults import KINDS, Fault, NoEffect
from .schedule import Planned

RECOVERY_PATIENCE = 60.0  # seconds until all are ready again after a fault


class Nemesis:
    def __init__(self, system, record: pathlib.Path, say):
        self.system = system
        self.say = say
        self.results: list[dict] = []
        self.revived: list[str] = []  # nodes that ended by themselves
        self._record = open(record, "a", encoding="utf-8", buffering=1)

    def run(self, schedule: list[Planned], until: float, wait) -> None:
        """Faults one after the other; none begins after `until`, a monotonic time. `wait(seconds)` ends the run by raising."""
        for planned in schedule:
            wait(planned.gap_s)
            if time.monotonic() > until:
                self.say(f"time is up: {len(schedule) - len(self.results)} faults were not begun")
                return
            self._inflict(planned, wait)

    def _inflict(self, planned: Planned, wait) -> None:
        self._revive()
        fault = KINDS[planned.kind](self.system, planned.options, planned.dice())
        owned = self._owned(fault)
        self._log(planned, "start", fault.target, slots=owned)
        problem, evidence = "", []
        try:
            fault.strike()
            self._log(planned, "struck", fault.target)
            wait(planned.hold_s)
            evidence.append(fault.observe())
        except (NoEffect, ClusterError, OSError) as error:
            problem = str(error)
        finally:
            self._log(planned, "healing", fault.target)
            problem = "; ".join(filter(None, [problem, self._heal(fault, evidence)]))
            for note in fault.notes:
                self._write(planned, **note)
        self._log(planned, "stop", fault.target, effect="; ".join(filter(None, evidence)), problem=problem)
        self.results.append({"number": planned.number, "kind": planned.kind, "target": fault.target, "effective": not problem,
                             "why": problem or "; ".join(filter(None, evidence))})
        self.say(f"{planned.number:3} {planned.kind} {fault.target}: {self.results[-1]['why']}"
                 + (" (NO EFFECT)" if problem else ""))

    def _revive(self) -> None:
        for node in self.system.revive():
            self.say(f"    {node} had ended to be started anew, and was")
            self.revived.append(node)

    def _heal(self, fault: Fault, evidence: list[str]) -> str:
        """Heals, and waits until the system has recovered; why it has not."""
        try:
            evidence.append(fault.heal())
            if fault.recovers:
                self._revive()
                self.system.wait_until_ready(RECOVERY_PATIENCE)
        except (NoEffect, ClusterError, OSError) as error:
            return str(error)
        return ""

    def _owned(self, fault: Fault) -> list[int]:
        """What the node that is struck owns just before."""
        return self.system.owned(fault.target) if fault.target in self.system.names("nodes") else []

    def _log(self, planned: Planned, phase: str, target: str, **more) -> None:
        self._write(planned, t=time.monotonic_ns(), phase=phase, target=target, **more)

    def _write(self, planned: Planned, t: int, **more) -> None:
        self._record.write(json.dumps({"t": t, "type": "nemesis", "fault": planned.number, "kind": planned.kind, **more}) + "\n")

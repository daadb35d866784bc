"""What the clients were told in the end, command by command: the counts of a run."""

import dataclasses
import json
import pathlib
from collections.abc import Iterable

DEADLINE_S = 10.0  # of a client with patience: that long it repeats a command before it calls its outcome unknown


@dataclasses.dataclass
class Command:
    invoked: int  # first, in monotonic ns
    accepted: bool = False
    answered: int | None = None  # the first definite answer


def counts(lines: Iterable[str]) -> dict:
    """By command id. The best answer to any try counts, accepted before rejected. `unknown` had no definite answer within its
    deadline, though it may have been settled later and stand in the others as well; `unsettled` never had one. `retried` had a
    try without an answer, whatever came of the next ones."""
    commands: dict[str, Command] = {}
    retried = set()
    for line in lines:
        if not line.endswith("\n"):
            continue
        event = json.loads(line)
        if event["type"] == "read":
            continue
        command = commands.setdefault(event["cmd"], Command(event["t"]))
        if event["type"] == "unknown":
            retried.add(event["cmd"])
        if event["type"] in ("ok", "rejected"):
            command.accepted |= event["type"] == "ok"
            command.answered = command.answered or event["t"]
    answered = [command for command in commands.values() if command.answered is not None]
    return {"ok": sum(command.accepted for command in answered), "rejected": sum(not command.accepted for command in answered),
            "unknown": len(commands) - sum(command.answered - command.invoked <= DEADLINE_S * 1e9 for command in answered),
            "unsettled": len(commands) - len(answered), "retried": len(retried)}


def counts_of(file: pathlib.Path) -> dict:
    if not file.exists():
        return counts([])
    with open(file, encoding="utf-8") as lines:
        return counts(lines)


def throughput_ratio(per_second: list[int], started_ns: int, warm: tuple[float, float], faults: tuple[float, float]) -> float | None:
    """Commands accepted per second during the faults, over those while all was well; monotonic seconds. Only whole seconds count."""
    before, during = (_mean(per_second, started_ns / 1e9, window) for window in (warm, faults))
    return round(during / before, 3) if before and during is not None else None


def _mean(per_second: list[int], start: float, window: tuple[float, float]) -> float | None:
    seconds = [count for second, count in enumerate(per_second) if window[0] <= start + second and start + second + 1 <= window[1]]
    # Seconds at the end in which nothing was accepted are not in the list, and count all the same.
    missing = max(0, int(window[1] - (start + len(per_second))))
    return sum(seconds) / (len(seconds) + missing) if seconds else None

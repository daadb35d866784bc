"""What the clients were told in the end, command by command: the counts of a run."""

import json
import pathlib
from collections.abc import Iterable

ACCEPTED, REJECTED, UNKNOWN = 1, 2, 4


def counts(lines: Iterable[str]) -> dict:
    """By command id. The best answer to any try counts, accepted before rejected; `unknown` had a try without an answer, settled
    later or not; `unsettled` never had a definite answer."""
    told: dict[str, int] = {}
    bits = {"ok": ACCEPTED, "rejected": REJECTED, "unknown": UNKNOWN}
    for line in lines:
        if not line.endswith("\n"):
            continue
        event = json.loads(line)
        told[event["cmd"]] = told.get(event["cmd"], 0) | bits.get(event["type"], 0)
    return {"ok": sum(1 for seen in told.values() if seen & ACCEPTED),
            "rejected": sum(1 for seen in told.values() if seen & REJECTED and not seen & ACCEPTED),
            "unknown": sum(1 for seen in told.values() if seen & UNKNOWN),
            "unsettled": sum(1 for seen in told.values() if not seen & (ACCEPTED | REJECTED))}


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

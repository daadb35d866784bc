"""How long the slots of a dead node were without anybody: from SIGKILL to the first command accepted."""

import bisect
import json
import math
import pathlib

LONGEST_S = 30.0  # a slot that nobody took by then was not taken over
HAND_OFF_S = 5.0  # after SIGTERM; what comes later is another matter


def samples(kills: list[dict], probes: list[dict]) -> list[float]:
    """Milliseconds, one per kill and slot that the dead node owned; infinite where nothing was accepted in time.

    `kills`: t (monotonic ns just before SIGKILL) and slots. `probes`: t (sent), answered, ok and slot. Only what was sent after
    the kill counts: an earlier answer may have been on its way.
    """
    accepted: dict[int, list[tuple[int, int]]] = {}
    for probe in probes:
        if probe["ok"]:
            accepted.setdefault(probe["slot"], []).append((probe["t"], probe["answered"]))
    for answers in accepted.values():
        answers.sort()
    return [_sample(kill["t"], accepted.get(slot, [])) for kill in kills for slot in kill["slots"]]


def pauses(stops: list[dict], probes: list[dict]) -> list[float]:
    """Milliseconds, one per planned stop and slot the node owned: the longest time between two accepted answers around the stop.
    It holds the time between two probes, too."""
    answered: dict[int, list[int]] = {}
    for probe in probes:
        if probe["ok"]:
            answered.setdefault(probe["slot"], []).append(probe["answered"])
    for times in answered.values():
        times.sort()
    ends = [stop["t"] for stop in stops[1:]] + [math.inf]
    return [_pause(answered.get(slot, []), stop["t"], min(end, stop["t"] + HAND_OFF_S * 1e9))
            for stop, end in zip(stops, ends) for slot in stop["slots"]]


def _pause(times: list[int], begin: float, end: float) -> float:
    first = max(0, bisect.bisect_right(times, begin) - 1)
    around = times[first:bisect.bisect_left(times, end) + 1]
    if len(around) < 2 or around[-1] < begin:
        return math.inf
    return max(later - earlier for earlier, later in zip(around, around[1:])) / 1e6


def _sample(killed: int, answers: list[tuple[int, int]]) -> float:
    later = answers[bisect.bisect_right(answers, (killed, math.inf)):]
    # The probe that was sent first is not always answered first.
    first = min((answered for sent, answered in later if sent <= killed + LONGEST_S * 1e9), default=math.inf)
    return (first - killed) / 1e6


def percentile(values: list[float], share: float) -> float | None:
    """The smallest value that at least this share of them does not exceed."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def summary(values: list[float]) -> dict:
    """JSON knows no infinity: an unanswered slot counts as LONGEST_S."""
    bounded = [min(value, LONGEST_S * 1e3) for value in values]
    p50, p99 = percentile(bounded, 0.5), percentile(bounded, 0.99)
    return {"p50": p50 and round(p50, 1), "p99": p99 and round(p99, 1), "samples": len(values)}


def kills_of(record: pathlib.Path) -> list[dict]:
    """The SIGKILLs of a nemesis's record, with the slots their nodes owned."""
    return [line for line in lines_of(record) if line["kind"] == "node-kill" and line["phase"] == "start" and line.get("slots")]


def stops_of(record: pathlib.Path) -> list[dict]:
    """The planned stops of a nemesis's record."""
    return [line for line in lines_of(record) if line["phase"] == "sigterm"]


def lines_of(file: pathlib.Path) -> list[dict]:
    """A line that the end of a process tore is left out."""
    if not file.exists():
        return []
    with open(file, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.endswith("\n")]

"""One run: warm up, load with faults, heal, come to rest, collect, check."""

import json
import os
import pathlib
import subprocess
import time

from cluster_kit.plan import ROOT

from . import failover, history, links, processes
from .faults import KINDS
from .load import Load
from .nemesis import Nemesis
from .scenario import Scenario, ScenarioError
from .schedule import plan
from .system import System

TROUPE = os.environ.get("TROUPE_BINARY", str(ROOT / "build/release/shop"))
SLOWNESS = 4.0  # recoveries may make the faults last so many times longer than planned,
HITCH_S = 180.0  # and that much longer


class Run:
    def __init__(self, scenario: Scenario, seed: int, folder: pathlib.Path, say):
        self.scenario, self.seed, self.folder, self.say = scenario, seed, folder, say
        self.schedule = plan(scenario, seed)
        if unknown := {planned.kind for planned in self.schedule} - set(KINDS):
            raise ScenarioError(f"{scenario.name}: there is no fault {', '.join(sorted(unknown))}; there are {', '.join(sorted(KINDS))}")

    def run(self) -> dict:
        """The result; everything it started has ended."""
        system = System(self.folder, {**self.scenario.cluster, "troupe": pathlib.Path(TROUPE)})
        prepared = []
        try:
            for prepare in dict.fromkeys(KINDS[planned.kind].prepares for planned in self.schedule):
                if prepare:
                    prepared.append(prepare(system))
            self.say(f"{self.scenario.name}, seed {self.seed}: {len(self.schedule)} faults; files in {self.folder}")
            system.start()
            return self._play(system)
        finally:
            links.restore()
            system.stop()
            for undo in prepared:
                undo()

    def _play(self, system: System) -> dict:
        longest = self.scenario.warm_up_s + SLOWNESS * self.scenario.longest_s + HITCH_S
        self.load = Load(TROUPE, system, self.scenario.load, self.seed, longest, self.scenario.settle_s)
        nemesis = Nemesis(system, self.folder / "nemesis.jsonl", self.say)
        try:
            started = time.monotonic()
            self._wait(self.scenario.warm_up_s)
            system.wait_until_slots_owned(10)
            processes.record(system, self.folder)
            faults_began = time.monotonic()
            nemesis.run(self.schedule, started + longest, self._wait)
            faults_ended = time.monotonic()
            if self.scenario.expect == "loss detected":
                return self._detected(nemesis)
            self.load.begin_no_more()
            self.say("healed; the clients settle what is unknown")
            drove = self.load.result(self.scenario.settle_s * 2)
            processes.record(system, self.folder)
        finally:
            self.load.stop()
        self.say("checking")
        report = self._check(system)
        return self._result(nemesis, drove, report, (started + 3, faults_began), (faults_began, faults_ended))

    def _detected(self, nemesis: Nemesis) -> dict:
        """Nothing settles on a log that went back: that the nodes say so is all there is to prove."""
        missed = [result for result in nemesis.results if not result["effective"]]
        return {**self._begun(nemesis), "commands": history.counts([]), "not_checked": [], "failover_ms": failover.summary([]),
                "violations": [{"invariant": "I20", "sentence": "the log went back unnoticed", "witness": result["why"]} for result in missed],
                "throughput_ratio": None, "orders": {}, "repeats": 0, "problems": []}

    def _wait(self, seconds: float) -> None:
        """Faults and pauses last a while; without load they prove nothing."""
        if self.load.wait(seconds):
            raise RuntimeError(f"the clients ended during the faults: {self.load.last_words()}")

    def _check(self, system: System) -> dict:
        argv = [TROUPE, "check", "--nats", system.nats_urls, "--redis", system.redis_url, "--history", str(self.folder),
                "--settle", str(int(self.scenario.settle_s)), "--json"]
        ran = subprocess.run(argv, capture_output=True, text=True, timeout=self.scenario.settle_s + 300)
        (self.folder / "check.json").write_text(ran.stdout)
        (self.folder / "check.log").write_text(ran.stderr)
        if not ran.stdout.strip():
            return {"violations": [{"invariant": "check", "sentence": ran.stderr.strip(), "witness": ""}], "not_checked": []}
        return json.loads(ran.stdout.strip().splitlines()[-1])

    def _result(self, nemesis: Nemesis, drove: dict, report: dict, warm: tuple, faults: tuple) -> dict:
        record, probes = self.folder / "nemesis.jsonl", failover.lines_of(self.folder / "probe.jsonl")
        # Without probes nobody asks the slots of a dead node.
        times = failover.samples(failover.kills_of(record), probes) if probes else []
        pauses = failover.pauses(failover.stops_of(record), probes)
        return {**self._begun(nemesis),
                "commands": history.counts_of(self.folder / "history.jsonl"),
                "violations": report["violations"], "not_checked": report["not_checked"],
                "failover_ms": failover.summary(times), "hand_off_ms": failover.summary(pauses),
                "throughput_ratio": self._throughput_ratio(drove, warm, faults),
                "orders": drove["orders"], "repeats": drove["repeats"], "problems": drove.get("problems", [])}

    def _throughput_ratio(self, drove: dict, warm: tuple, faults: tuple) -> float | None:
        """None with a file of orders: the deliveries of all its articles come before them, many more a second."""
        if "orders" in self.scenario.load:
            return None
        return history.throughput_ratio(drove["accepted_per_s"], drove["started_ns"], warm, faults)

    def _begun(self, nemesis: Nemesis) -> dict:
        effective = [result for result in nemesis.results if result["effective"]]
        return {"scenario": self.scenario.name, "seed": self.seed, "planned": len(self.schedule), "faults": len(nemesis.results),
                "effective": len(effective), "revived": nemesis.revived, "kinds": sorted({result["kind"] for result in effective}),
                "without_effect": [result for result in nemesis.results if not result["effective"]]}


def passed(result: dict) -> bool:
    return (not result["violations"] and not result["problems"] and result["commands"]["unsettled"] == 0
            and result["effective"] == result["faults"] == result["planned"])

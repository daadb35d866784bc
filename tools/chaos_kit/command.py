"""The command line of tools/chaos."""

import argparse
import json
import pathlib
import random
import shutil
import sys
import tempfile
import time

from cluster_kit.process import ClusterError

from . import history, sandbox, scenario
from .load import LoadError
from .runner import Run, passed
from .scenario import ScenarioError
from .schedule import plan

EXAMPLES = """\
examples:
  tools/chaos --list
  tools/chaos chaos-smoke --seed 7
  tools/chaos chaos-smoke --seed 7 --plan      the faults this seed decides, without a run
  tools/chaos real-orders --orders orders.csv.gz
  tools/chaos --all --minutes 60 --json

Needs root, for a network and mounts of the run's own; nothing outside is touched, and whatever is left when it ends,
however it ends, ends with it. The seed decides the faults, their order, their times and what they strike.
exit codes: 0 nothing violated, nothing unsettled and every fault had its effect, 1 not so, 2 it could not run
"""


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    try:
        if options.list:
            return show_list()
        names = scenario.names() if options.all else [options.name]
        if options.plan:
            return show_plan(scenario.load(options.name), options.seed)
        scenarios = [scenario.load(name) for name in names]
        if options.nodes:
            scenarios = [chosen.with_nodes(options.nodes) for chosen in scenarios]
        if options.orders:
            scenarios = [chosen.with_orders(options.orders.resolve()) for chosen in scenarios]
        return sandbox.run(lambda: run_all(scenarios, options))
    except (ScenarioError, sandbox.SandboxError) as error:
        return complain(error)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tools/chaos", description="Runs a scenario of tests/chaos: orders on a private cluster while "
                                     "things fail, and a check of what is left.", epilog=EXAMPLES,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?", help="a scenario; --list shows them")
    parser.add_argument("--list", action="store_true", help="show the scenarios")
    parser.add_argument("--all", action="store_true", help="all scenarios in turn, with other seeds each time")
    parser.add_argument("--minutes", type=float, default=0, help="with --all: begin no run afterwards; 0: each once")
    parser.add_argument("--seed", type=int, help="decides the faults; made up and printed when absent")
    parser.add_argument("--nodes", type=int, help="another number of nodes than the scenario's")
    parser.add_argument("--orders", type=pathlib.Path, help="CSV or CSV.gz in the Online Retail layout, instead of the scenario's orders")
    parser.add_argument("--plan", action="store_true", help="show the faults, and do nothing")
    parser.add_argument("--dir", type=pathlib.Path, help="new folder that keeps the run's files; else they are kept after a failure only")
    parser.add_argument("--json", action="store_true", help="the outcome as one line of JSON")
    options = parser.parse_args(arguments)
    if not (options.list or options.all or options.name):
        parser.error("name a scenario, or use --list or --all")
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1_000_000)
    return options


def show_list() -> int:
    for name in scenario.names():
        print(f"{name:24} {scenario.load(name).summary}")
    return 0


def show_plan(chosen: scenario.Scenario, seed: int) -> int:
    print(f"{chosen.name}, seed {seed}")
    for planned in plan(chosen, seed):
        print(f"{planned.number:3} {planned.kind:18} after {planned.gap_s:6.1f} s, for {planned.hold_s:6.1f} s {planned.options or ''}")
    return 0


def run_all(scenarios: list[scenario.Scenario], options: argparse.Namespace) -> int:
    until = time.monotonic() + options.minutes * 60
    results, seed = [], options.seed
    while True:
        for chosen in scenarios:
            if results and options.minutes and time.monotonic() > until:
                return finish(results, options)
            results.append(run_one(chosen, seed, options))
        seed += 1
        if not options.minutes:
            return finish(results, options)


def run_one(chosen: scenario.Scenario, seed: int, options: argparse.Namespace) -> dict | None:
    """None: it could not run."""
    folder = folder_of(chosen, seed, options)
    try:
        result = Run(chosen, seed, folder, say).run()
    except (ClusterError, ScenarioError, LoadError, RuntimeError) as error:
        complain(f"{error}; seed {seed}, files in {folder}")
        return None
    if passed(result) and options.dir is None:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        say(f"files in {folder}; again with: tools/chaos {chosen.name} --seed {seed}")
    show(result)
    return result


def folder_of(chosen: scenario.Scenario, seed: int, options: argparse.Namespace) -> pathlib.Path:
    if options.dir is None:
        return pathlib.Path(tempfile.mkdtemp(prefix=f"troupe-chaos-{chosen.name}-{seed}-"))
    return options.dir / f"{chosen.name}-{seed}" if options.all else options.dir


def show(result: dict) -> None:
    commands, failover = result["commands"], result["failover_ms"]
    say(f"{result['scenario']}, seed {result['seed']}: {'passed' if passed(result) else 'FAILED'}; {result['effective']} of "
        f"{result['planned']} faults had effect; commands: {commands['ok']} accepted, {commands['rejected']} rejected, "
        f"{commands['retried']} with tries that nobody answered, {commands['unknown']} unknown after {history.DEADLINE_S:.0f} s, "
        f"{commands['unsettled']} unsettled; failover p50 {failover['p50']} ms, "
        f"p99 {failover['p99']} ms of {failover['samples']}; throughput {result['throughput_ratio']}"
        + (f"; hand-off p99 {result['hand_off_ms']['p99']} ms" if result.get("hand_off_ms", {}).get("samples") else ""))
    for violation in result["violations"]:
        say(f"  {violation['invariant']}: {violation['sentence']}: {violation['witness']}")
    for problem in result["problems"]:
        say(f"  problem: {problem}")


def finish(results: list[dict | None], options: argparse.Namespace) -> int:
    ran = [result for result in results if result is not None]
    if options.json and ran:
        print(json.dumps(ran[0] if not options.all else merged(ran)))
    if len(ran) < len(results):
        return 2
    return 0 if all(passed(result) for result in ran) else 1


def merged(results: list[dict]) -> dict:
    """The same keys over several runs. Percentiles cannot be added: the worst run's stand."""
    counts = {key: sum(result["commands"][key] for result in results) for key in ("ok", "rejected", "unknown", "unsettled", "retried")}
    failovers = [result["failover_ms"] for result in results if result["failover_ms"]["samples"]]
    ratios = [result["throughput_ratio"] for result in results if result["throughput_ratio"] is not None]
    return {"runs": len(results), "faults": sum(result["faults"] for result in results),
            "effective": sum(result["effective"] for result in results),
            "kinds": sorted({kind for result in results for kind in result["kinds"]}), "commands": counts,
            "violations": [{**violation, "scenario": result["scenario"], "seed": result["seed"]}
                           for result in results for violation in result["violations"]],
            "not_checked": [dict(items) for items in {tuple(sorted(entry.items())) for result in results for entry in result["not_checked"]}],
            "failover_ms": {"p50": max((entry["p50"] for entry in failovers), default=None),
                            "p99": max((entry["p99"] for entry in failovers), default=None),
                            "samples": sum(entry["samples"] for entry in failovers)},
            "throughput_ratio": min(ratios, default=None)}


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def complain(what) -> int:
    say(f"chaos: {what}")
    return 2

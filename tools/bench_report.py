#!/usr/bin/env python3
"""Runs the bench in a matrix and writes the report: tables, and plots as SVG."""

import argparse
import json
import math
import os
import pathlib
import platform
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUTSTANDING = [1, 8, 64, 256, 1000]
DURABILITY = {"dev": "no flush before the answer", "durable": "a flush before every answer"}
COLOURS = {"troupe": "#1f5fbf", "floor": "#888888"}


class Runs:
    """Runs commands and keeps what they said in a file, so that a failure near the end loses nothing."""

    def __init__(self, file: pathlib.Path, resume: bool):
        self.file = file
        self.kept: list = json.loads(file.read_text()) if resume and file.exists() else []
        self.next = 0

    def __call__(self, command: list[str]) -> list[dict]:
        self.next += 1
        if self.next <= len(self.kept) and self.kept[self.next - 1]["command"] == command:
            return self.kept[self.next - 1]["said"]
        del self.kept[self.next - 1:]
        print("bench:", " ".join(command[1:]), file=sys.stderr)
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=1800)
        if done.returncode != 0:
            sys.exit(f"bench: {' '.join(command)} ended with {done.returncode}; --resume goes on from there")
        self.kept.append({"command": command,
                          "said": [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]})
        self.file.write_text(json.dumps(self.kept))
        return self.kept[-1]["said"]


def measure(run: Runs, binary: str, rounds: int, seconds: float, peers: bool, orders_file: str) -> dict:
    bench = [binary]
    orders = ["--orders", orders_file] if orders_file else []
    load = ["--seconds", str(seconds), "--warm-up", "1", "--rounds", str(rounds), "--vs", "floor", "--json"]
    results: dict = {"machine": machine(), "orders": "those of a file" if orders_file else "made up",
                     "commands": [], "flow": [], "activate": [], "replay": [], "memory": [], "peers": []}
    for durability in DURABILITY:
        for outstanding in OUTSTANDING:
            results["commands"] += run([*bench, "commands", "--durability", durability, "--outstanding", str(outstanding), *load])
        results["commands"] += run([*bench, "commands", "--durability", durability, "--outstanding", "1000", "--zipf", "1", *load])
    for durability in DURABILITY:
        results["flow"] += run([*bench, "flow", "--durability", durability, "--rounds", str(rounds), "--json", *orders])
    for events, instances in ((10, 10_000), (100, 10_000), (1_000, 1_000)):
        for snapshots in ([], ["--no-snapshots"]):
            results["activate"].append(
                [one for _ in range(rounds) for one in run(
                    [*bench, "activate", "--events", str(events), "--instances", str(instances), "--json", *snapshots])])
    results["replay"] = [one for _ in range(rounds) for one in run([*bench, "replay", "--events", "50", "--json"])]
    for instances in (100_000, 1_000_000):
        results["memory"] += run([*bench, "memory", "--instances", str(instances), "--json"])
    if peers:
        results["peers"] = run([str(ROOT / "tools/peers/run"), "--outstanding", "1", "--outstanding", "64", "--outstanding", "256"])
    return results


def machine() -> dict:
    def said(*command: str) -> str:
        try:
            return subprocess.run(command, capture_output=True, text=True).stdout.strip()
        except FileNotFoundError:
            return "not found"

    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    return {
        "processor": f"{os.cpu_count()} cores of {model}",
        "system": f"{platform.freedesktop_os_release()['PRETTY_NAME']}, Linux {platform.release()}",
        "nats-server": said(str(ROOT / "build/tools/nats-server"), "--version").removeprefix("nats-server: "),
        "Redis": said("redis-server", "--version").split(" sha")[0],
        "revision": said("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"),
    }


def spread(runs: list[dict], key: str, digits: int = 0) -> str:
    values = sorted(run[key] for run in runs)
    if len(values) == 1:
        return f"{values[0]:,.{digits}f}"
    return f"{statistics.median(values):,.{digits}f} ({values[0]:,.{digits}f} to {values[-1]:,.{digits}f})"


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def commands_table(results: dict, durability: str) -> str:
    rows = []
    for one in results["commands"]:
        if one["durability"] != durability:
            continue
        floor_runs = one["floor_runs"][one["floor_variant"]]
        cpu = one["cpu_s_per_1000"]
        rows.append([
            f"{one['outstanding']}{', Zipf' if one['zipf'] else ''}",
            spread(one["runs"], "rate_per_s"), spread(one["runs"], "p50_us"), spread(one["runs"], "p99_us"),
            f"{spread(floor_runs, 'rate_per_s')} ({one['floor_variant']})", spread(floor_runs, "p50_us"),
            f"{one['ratio']:.2f}", f"{one['p50_ratio']:.2f}",
            f"{1e3 * cpu['node']:.0f} + {1e3 * cpu['nats']:.0f}",
        ])
    return table(["under way", "troupe /s", "p50 us", "p99 us", "floor /s", "floor p50 us", "ratio of rates", "ratio of p50",
                  "CPU us per command, node + nats"], rows)


def flow_text(results: dict) -> str:
    rows = [[one["durability"], f"{one['invoices']:,.0f}", spread(one["runs"], "seconds", 1), spread(one["runs"], "commits_per_s"),
             f"{one['p50_us'] / 1e6:.1f}", f"{one['p99_us'] / 1e6:.1f}"] for one in results["flow"]]
    return (f"Orders: {results['orders']}; 64 are open at a time. Each run is checked against all invariants.\n\n"
            + table(["durability", "invoices", "seconds", "commits/s", "an order's p50, s", "p99, s"], rows))


def activation_text(results: dict) -> str:
    rows = [[f"{runs[0]['events']:,}", f"{runs[0]['instances']:,}", "with" if runs[0]["snapshots"] else "without",
             spread(runs, "rate_per_s"), spread(runs, "p50_us"), spread(runs, "p99_us")] for runs in results["activate"]]
    return table(["events each", "instances", "snapshots", "first commands/s", "p50 us, 1000 under way", "p99 us"], rows)


def others_text(results: dict) -> str:
    replayed = results["replay"]
    lines = [f"- A view of {replayed[0]['events']:,} events is folded at {spread(replayed, 'rate_per_s')} events/s, "
             "the node's start included."]
    for one in results["memory"]:
        lines.append(f"- {one['instances']:,} instances with one remembered command each take {one['bytes_per_instance']:,.0f} bytes "
                     f"each, {one['resident_bytes'] / 1e9:.2f} GB in all.")
    return "\n".join(lines) + "\n"


def plot(title: str, unit: str, series: dict[str, list[tuple[float, float]]]) -> str:
    """Both axes by powers of ten."""
    width, height, left, bottom, top, right = 640, 380, 70, 50, 40, 150
    points = [point for line in series.values() for point in line]
    x_low, x_high = math.log10(min(x for x, _ in points)), math.log10(max(x for x, _ in points))
    y_low, y_high = math.floor(math.log10(min(y for _, y in points))), math.ceil(math.log10(max(y for _, y in points)))
    at_x = lambda x: left + (math.log10(x) - x_low) / (x_high - x_low) * (width - left - right)
    at_y = lambda y: height - bottom - (math.log10(y) - y_low) / (y_high - y_low) * (height - top - bottom)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="12">',
           '<rect width="100%" height="100%" fill="white"/>', f'<text x="{left}" y="22" font-size="15">{title}</text>']
    for power in range(y_low, y_high + 1):
        y = at_y(10**power)
        out.append(f'<path d="M{left} {y:.1f}H{width - right}" stroke="#ddd"/><text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{10**power:,}</text>')
    for x in sorted({x for x, _ in points}):
        out.append(f'<text x="{at_x(x):.1f}" y="{height - bottom + 18}" text-anchor="middle">{x:g}</text>')
    out.append(f'<text x="{left}" y="{height - 10}">commands under way; {unit}</text>')
    for name, line in series.items():
        colour, dash = COLOURS[name.split(",")[0]], ' stroke-dasharray="5 4"' if "p99" in name or "durable" in name else ""
        path = "L".join(f"{at_x(x):.1f} {at_y(y):.1f}" for x, y in line)
        out.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
        out += [f'<circle cx="{at_x(x):.1f}" cy="{at_y(y):.1f}" r="3" fill="{colour}"/>' for x, y in line]
        out.append(f'<text x="{width - right + 8}" y="{at_y(line[-1][1]) + 4:.1f}" fill="{colour}">{name}</text>')
    return "\n".join([*out, "</svg>"]) + "\n"


def write_plots(results: dict, folder: pathlib.Path) -> None:
    def line(durability: str, side: str, key: str) -> list[tuple[float, float]]:
        return [(one["outstanding"], (one["floor"] if side == "floor" else one)[key])
                for one in results["commands"] if one["durability"] == durability and not one["zipf"]]

    rates = {f"{side}, {durability}": line(durability, side, "rate_per_s") for side in COLOURS for durability in DURABILITY}
    (folder / "rate.svg").write_text(plot("Commands per second", "commands/s", rates))
    for durability in DURABILITY:
        latencies = {f"{side}, {key[:3]}": line(durability, side, key) for side in COLOURS for key in ("p50_us", "p99_us")}
        (folder / f"latency-{durability}.svg").write_text(plot(f"Latency, {durability}", "microseconds", latencies))


def report(results: dict, profile: str) -> str:
    text = "# Figures\n\nWritten by `tools/bench --report`; raw data in `results.json`. Every run was verified.\n\n"
    text += table(["", ""], [[key, value] for key, value in results["machine"].items()])
    text += ("\nLoad generator, node, nats-server and Redis share the cores. The floor is a handler written by hand against nats.c that\n"
             "publishes one message of the same size per request (`tools/troupe-bench/floor.cpp`), in the better of two variants.\n"
             "Ranges are over the runs; ratios compare the best of each.\n")
    for durability, words in DURABILITY.items():
        text += f"\n## Commands, `{durability}`: {words}\n\n{commands_table(results, durability)}\n![latency](latency-{durability}.svg)\n"
    text += "\n![rate](rate.svg)\n"
    if profile:
        text += "\n" + profile
    text += f"\n## Whole orders through four services\n\n{flow_text(results)}"
    text += f"\n## First commands after a restart\n\n{activation_text(results)}\n## Others\n\n{others_text(results)}"
    if results["peers"]:
        rows = [[p["peer"], p["version"], str(p["outstanding"]), f"{p['rate_per_s']:,.0f}", f"{p['p50_us']:,}", f"{p['p99_us']:,}", p["durability"]]
                for p in results["peers"]]
        text += ("\n## Peers, each with fsync before the answer\n\nOne event of 128 bytes to one of 10,000 instances at its expected version "
                 "(`tools/peers/run`); each store was read and compared afterwards.\n\n")
        text += table(["peer", "version", "under way", "/s", "p50 us", "p99 us", "setting"], rows)
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", default=str(ROOT / "build/release/troupe-bench"))
    parser.add_argument("--rounds", type=int, default=3, help="runs of each point")
    parser.add_argument("--seconds", type=float, default=5, help="of each run")
    parser.add_argument("--peers", action="store_true", help="measure those too")
    parser.add_argument("--orders", default="", help="Online Retail file for the flow; else orders are made up")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "tools/report")
    parser.add_argument("--again", action="store_true", help="only write the text again, from results.json")
    parser.add_argument("--resume", action="store_true", help="go on after a failure, with what was measured before it")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    data = options.out / "results.json"
    if not options.again:
        runs = Runs(ROOT / "build/bench-runs.json", options.resume)
        results = measure(runs, options.binary, options.rounds, options.seconds, options.peers, options.orders)
        data.write_text(json.dumps(results, indent=1) + "\n")
    results = json.loads(data.read_text())
    profile = options.out / "profile.md"  # written by hand: why a figure is what it is
    (options.out / "REPORT.md").write_text(report(results, profile.read_text() if profile.exists() else ""))
    write_plots(results, options.out)
    print(options.out / "REPORT.md")


if __name__ == "__main__":
    main()

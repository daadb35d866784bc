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


def run(command: list[str]) -> list[dict]:
    print("bench:", " ".join(command[1:]), file=sys.stderr)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=1800)
    if done.returncode != 0:
        sys.exit(f"bench: {' '.join(command)} ended with {done.returncode}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def measure(binary: str, rounds: int, seconds: float, peers: bool) -> dict:
    bench = [binary, "bench"]
    load = ["--seconds", str(seconds), "--warm-up", "1", "--rounds", str(rounds), "--vs", "floor", "--json"]
    results: dict = {"machine": machine(), "commands": [], "others": [], "peers": []}
    for durability in DURABILITY:
        for outstanding in OUTSTANDING:
            results["commands"] += run([*bench, "commands", "--durability", durability, "--outstanding", str(outstanding), *load])
        results["commands"] += run([*bench, "commands", "--durability", durability, "--outstanding", "1000", "--zipf", "1", *load])
    for events in (10, 100):
        for snapshots in ([], ["--no-snapshots"]):
            results["others"] += run([*bench, "activate", "--events", str(events), "--json", *snapshots])
    results["others"] += run([*bench, "replay", "--events", "50", "--json"])
    results["others"] += run([*bench, "memory", "--instances", "100000", "--json"])
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


def spread(runs: list[dict], key: str) -> str:
    values = sorted(run[key] for run in runs)
    if len(values) == 1:
        return f"{values[0]:,.0f}"
    return f"{statistics.median(values):,.0f} ({values[0]:,.0f} to {values[-1]:,.0f})"


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


def others_text(results: dict) -> str:
    lines = []
    for one in results["others"]:
        if one["workload"] == "activate":
            lines.append(f"- First commands of {one['instances']:,} instances of {one['events']} events after a restart, "
                         f"{'with' if one['snapshots'] else 'without'} snapshots: {one['rate_per_s']:,.0f}/s, "
                         f"p99 {one['p99_us'] / 1000:,.0f} ms with {one['outstanding']} under way.")
        elif one["workload"] == "replay":
            lines.append(f"- A view of {one['events']:,} events is folded at {one['rate_per_s']:,.0f} events/s, the node's start included.")
        else:
            lines.append(f"- {one['instances']:,} instances take {one['bytes_per_instance']:,.0f} bytes each of the node's memory.")
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


def report(results: dict) -> str:
    text = "# Figures\n\nWritten by `tools/bench --report`; raw data in `results.json`. Every run was verified in its stream.\n\n"
    text += table(["", ""], [[key, value] for key, value in results["machine"].items()])
    text += ("\nLoad generator, node, nats-server and Redis share the cores. The floor is a handler written by hand against nats.c that\n"
             "publishes one message of the same size per request (`tools/troupe/bench/floor.cpp`), in the better of two variants.\n"
             "Ranges are over the runs; ratios compare the best of each.\n")
    for durability, words in DURABILITY.items():
        text += f"\n## Commands, `{durability}`: {words}\n\n{commands_table(results, durability)}\n![latency](latency-{durability}.svg)\n"
    text += f"\n![rate](rate.svg)\n\n## Others\n\n{others_text(results)}"
    if results["peers"]:
        rows = [[p["peer"], p["version"], str(p["outstanding"]), f"{p['rate_per_s']:,.0f}", f"{p['p50_us']:,}", f"{p['p99_us']:,}", p["durability"]]
                for p in results["peers"]]
        text += ("\n## Peers, each with fsync before the answer\n\nOne event of 128 bytes to one of 10,000 instances at its expected version "
                 "(`tools/peers/run`); each store was read and compared afterwards.\n\n")
        text += table(["peer", "version", "under way", "/s", "p50 us", "p99 us", "setting"], rows)
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", default=str(ROOT / "build/release/troupe"))
    parser.add_argument("--rounds", type=int, default=3, help="runs of each point")
    parser.add_argument("--seconds", type=float, default=5, help="of each run")
    parser.add_argument("--peers", action="store_true", help="measure those too")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "tools/report")
    parser.add_argument("--again", action="store_true", help="only write the text again, from results.json")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    data = options.out / "results.json"
    if not options.again:
        data.write_text(json.dumps(measure(options.binary, options.rounds, options.seconds, options.peers), indent=1) + "\n")
    results = json.loads(data.read_text())
    (options.out / "REPORT.md").write_text(report(results))
    write_plots(results, options.out)
    print(options.out / "REPORT.md")


if __name__ == "__main__":
    main()

"""What the processes of a cluster hold: memory, threads and descriptors, as the kernel says."""

import json
import pathlib
import time

KINDS = ("nodes", "nats", "redis")  # what the run is about; the simulated world outside keeps all it was asked
FILE = "processes.jsonl"


def sample(system, proc: pathlib.Path = pathlib.Path("/proc")) -> list[dict]:
    """One look: a line per process, all with the same time. One that is gone has none, by which the checker misses it."""
    now = time.monotonic_ns()
    lines = []
    for name in [name for kind in KINDS for name in system.names(kind)]:
        pid = system.process(name).pid
        if held := held_by(proc / str(pid)):
            lines.append({"t": now, "type": "process", "process": name, "pid": pid, **held, **_instances(system, name)})
    return lines


def held_by(process: pathlib.Path) -> dict:
    """From a process's folder in /proc; empty when there is no such process, or only its remains."""
    try:
        status = (process / "status").read_text(errors="replace")
        fds = len(list((process / "fd").iterdir()))
    except OSError:
        return {}
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    if "VmRSS" not in fields:
        return {}
    return {"rss_kb": int(fields["VmRSS"].split()[0]), "threads": int(fields["Threads"]), "fds": fds}


def record(system, folder: pathlib.Path) -> None:
    """Adds one look to the run's files."""
    with open(folder / FILE, "a", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in sample(system))


def _instances(system, name: str) -> dict:
    """How many instances a node says it holds."""
    contexts = system.info(name).get("contexts") if name in system.names("nodes") else None
    return {"instances": sum(context.get("instances", 0) for context in contexts.values())} if contexts else {}

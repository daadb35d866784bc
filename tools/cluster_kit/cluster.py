"""A whole system on loopback: NATS servers, Redis, mail sink, payment gateway and nodes, for people and for tests.

    cluster = Cluster(folder, nodes=3, nats=3, durability="replicated")
    cluster.start()                      # returns when all are ready
    cluster.kill("node-2")               # or kill("node-2", signal.SIGSTOP)
    cluster.restart("node-2", {"TROUPE_FAULTS": "append.sent@17:kill"})
    cluster.stop()

Processes are named nats-1 …, redis, mail, gateway, node-1 …; run.json in the folder always tells their pids and addresses.
They outlive the script: whoever comes later takes them over with Cluster.attach(folder).
"""

import json
import os
import pathlib
import signal

from . import questions
from .plan import Options, Part, plan
from .process import ClusterError, Process, stop_all

LISTS = ("nats", "nodes")  # in run.json; of the others there is one each
GATEWAY_SUBJECT = "gateway.payments.gateway-authorize"


class Cluster:
    READY_PATIENCE = 60.0  # seconds for each process

    def __init__(self, folder, parts: list[Part] | None = None, **options):
        """Chooses ports and writes configurations; options are those of plan.Options. Nothing runs yet: a configuration, or
        a process's argv, may be changed before start()."""
        self.folder = pathlib.Path(folder).resolve()
        if parts is None:
            if (self.folder / "run.json").exists():
                raise ClusterError(f"{self.folder} belongs to an earlier cluster: take another folder, or end it with "
                                   f"`tools/cluster down --dir {self.folder}` and remove it")
            self.folder.mkdir(parents=True, exist_ok=True)
            parts = plan(self.folder, Options(**options))
        self.parts = {part.name: part for part in parts}

    @classmethod
    def attach(cls, folder) -> "Cluster":
        """The cluster that an earlier script started in this folder."""
        file = pathlib.Path(folder).resolve() / "run.json"
        try:
            run = json.loads(file.read_text())
        except FileNotFoundError:
            raise ClusterError(f"there is no cluster in {file.parent}: it has no run.json") from None
        entries = [(kind, entry) for kind, found in run.items() for entry in (found if kind in LISTS else [found])]
        return cls(file.parent, [_part(kind, entry) for kind, entry in entries])

    def start(self) -> None:
        """Starts all and returns when all are ready; when one cannot, stops all and says why."""
        try:
            servers = self.of_kind("nats")  # together, since none is ready without a second one
            # The rest one by one, as each needs those before it; and the first node creates the streams.
            for group in [servers, *([part] for part in self.parts.values() if part not in servers)]:
                for part in group:
                    part.process.start()
                    self._write_run_file()
                for part in group:
                    self.wait_until_ready(part.name)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends all that still run, the nodes first and the servers last."""
        for kind in reversed(dict.fromkeys(part.kind for part in self.parts.values())):
            stop_all([part.process for part in self.of_kind(kind)])

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Sends one process a signal; after SIGKILL also waits for its end."""
        self.process(name).kill(number)

    def restart(self, name: str, environment: dict[str, str] | None = None, wait: bool = True) -> None:
        """Starts one process again, after SIGTERM when it runs, on its old ports and files. The environment is for this time."""
        process = self.process(name)
        process.stop()
        process.start(environment)
        self._write_run_file()
        if wait:
            self.wait_until_ready(name)

    def wait_until_ready(self, name: str, patience: float = READY_PATIENCE) -> None:
        self.process(name).wait_until(lambda: self.objection(name), patience)

    def objection(self, name: str) -> str:
        """Why this process is not ready, in its own words; empty when it is."""
        part = self.parts[name]
        if part.kind == "nats":
            return questions.nats(part.addresses["monitoring"])
        if part.kind == "redis":
            return questions.redis(part.addresses["url"])
        if part.kind == "mail":
            return questions.mail(part.addresses["url"])
        if part.kind == "gateway":
            return questions.gateway([server.addresses["monitoring"] for server in self.of_kind("nats")], GATEWAY_SUBJECT)
        return questions.node(part.addresses["health"])

    def process(self, name: str) -> Process:
        if name not in self.parts:
            raise ClusterError(f"there is no {name}; there are {', '.join(self.parts)}")
        return self.parts[name].process

    def of_kind(self, kind: str) -> list[Part]:
        return [part for part in self.parts.values() if part.kind == kind]

    def run(self) -> dict:
        """What run.json holds."""
        run: dict = {}
        for part in self.parts.values():
            entry = _entry(part)
            if part.kind in LISTS:
                run.setdefault(part.kind, []).append(entry)
            else:
                run[part.kind] = entry
        return run

    def _write_run_file(self) -> None:
        """Replaces the file in one step: whoever reads it reads a whole one."""
        fresh = self.folder / "run.json.new"
        fresh.write_text(json.dumps(self.run(), indent=2) + "\n")
        os.replace(fresh, self.folder / "run.json")


def _entry(part: Part) -> dict:
    process = part.process
    return {"name": process.name, "pid": process.pid, **part.addresses, "log": str(process.log), "command": process.argv,
            "started": process.started}


def _part(kind: str, entry: dict) -> Part:
    """The inverse of _entry."""
    rest = dict(entry)
    process = Process(rest.pop("name"), rest.pop("command"), pathlib.Path(rest.pop("log")), rest.pop("pid"), rest.pop("started"))
    return Part(kind, process, rest)

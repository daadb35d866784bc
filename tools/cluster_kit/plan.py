"""Which processes a cluster consists of, with their ports, configurations and commands."""

import dataclasses
import os
import pathlib
import shutil

from . import configuration
from .ports import free_ports
from .process import ClusterError, Process

ROOT = pathlib.Path(__file__).resolve().parents[2]
DURABILITY = ("dev", "durable", "replicated", "replicated-durable")
NODES_MAX = 32


@dataclasses.dataclass
class Options:
    nodes: int = 1
    nats: int = 1  # servers: 1 or 3
    durability: str = "dev"
    mapping: bool = False  # the servers deliver commands to slots
    contexts: list[list[str]] = dataclasses.field(default_factory=list)  # of node 1, 2 …, then in turn again; none: all
    slots: int = 0  # per context; 0: the node's default
    troupe: pathlib.Path = ROOT / "build/release/shop"
    decline_rate: float = 0.02  # the payment gateway's
    seed: int = 1  # decides whom it declines

    def check(self) -> None:
        if not 0 <= self.nodes <= NODES_MAX:
            raise ClusterError(f"a cluster has 0 to {NODES_MAX} nodes, not {self.nodes}")
        if self.nats not in (1, 3):
            raise ClusterError(f"there are 1 or 3 NATS servers, not {self.nats}")
        if self.durability not in DURABILITY:
            raise ClusterError(f"durability is one of {', '.join(DURABILITY)}, not {self.durability}")
        if self.durability.startswith("replicated") and self.nats < 3:
            raise ClusterError(f"durability {self.durability} needs three NATS servers: --nats 3")


@dataclasses.dataclass
class Part:
    """A process, what it is, and where it is reached: its entry in run.json."""

    kind: str  # nats, redis, mail, gateway or nodes: its key there
    process: Process
    addresses: dict

    @property
    def name(self) -> str:
        return self.process.name


def plan(folder: pathlib.Path, options: Options) -> list[Part]:
    """In the order of their start. Writes the configurations into the folder, where they may still be changed."""
    options.check()
    nats_server = _program(ROOT / "build/tools/nats-server", "nats-server", "tools/setup")
    redis_server = _program(None, "redis-server", "tools/setup")
    troupe = _program(options.troupe, None, "tools/build release shop")
    ports = iter(free_ports(3 * options.nats + 2 + options.nodes))

    servers = _nats(folder, options, nats_server, ports)
    urls = ",".join(server.addresses["url"] for server in servers)
    monitoring = ",".join(server.addresses["monitoring"] for server in servers)
    redis_port, mail_port = next(ports), next(ports)
    (folder / "redis").mkdir()
    redis = _part(folder, "redis", "redis",
                  [redis_server, str(configuration.DEPLOY / "redis/redis.conf"), "--bind", "127.0.0.1", "--port", str(redis_port),
                   "--dir", str(folder / "redis")],
                  url=f"redis://127.0.0.1:{redis_port}")
    mail = _part(folder, "mail", "mail", [troupe, "mail-sink", "--port", str(mail_port), "--ledger", str(folder)],
                 url=f"smtp://127.0.0.1:{mail_port}")
    gateway = _part(folder, "gateway", "gateway",
                    [troupe, "gateway", "--nats", urls, "--ledger", str(folder), "--seed", str(options.seed),
                     "--decline-rate", str(options.decline_rate)])
    nodes = []
    for number in range(1, options.nodes + 1):
        name, port = f"node-{number}", next(ports)
        config = configuration.write_node(
            folder / f"{name}.toml", name, options.contexts[(number - 1) % len(options.contexts)] if options.contexts else [], port,
            {"url": urls, "monitoring": monitoring, "replicas": options.nats},
            redis.addresses["url"], mail.addresses["url"], options.durability, options.slots)
        nodes.append(_part(folder, "nodes", name, [troupe, "node", "--config", str(config)],
                           health=f"http://127.0.0.1:{port}", config=str(config)))
    return [*servers, redis, mail, gateway, *nodes]


def _nats(folder: pathlib.Path, options: Options, program: str, ports) -> list[Part]:
    own = [{use: next(ports) for use in ("client", "monitoring", "cluster")} for _ in range(options.nats)]
    routes = [one["cluster"] for one in own] if options.nats > 1 else []
    parts = []
    for number, one in enumerate(own, start=1):
        name = f"nats-{number}"
        config = configuration.write_nats(folder / name, name, one, routes, options.durability.endswith("durable"), options.mapping)
        parts.append(_part(folder, "nats", name, [program, "-c", str(config)], url=f"nats://127.0.0.1:{one['client']}",
                           monitoring=f"http://127.0.0.1:{one['monitoring']}", port=one["client"]))
    return parts


def _part(folder: pathlib.Path, kind: str, name: str, argv: list[str], **addresses) -> Part:
    return Part(kind, Process(name, argv, folder / f"{name}.log"), addresses)


def _program(path: pathlib.Path | None, name: str | None, remedy: str) -> str:
    """The file when it can be run, else the program of that name on PATH."""
    if path is not None and os.access(path, os.X_OK) and path.is_file():
        return str(path.resolve())
    found = shutil.which(name) if name else None
    if found is None:
        raise ClusterError(f"there is no {name or path}: run {remedy}")
    return found

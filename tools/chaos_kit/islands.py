"""Each NATS server in a network namespace of its own, all on one bridge: the way from one server to another can be cut while nodes,
clients and the gateway reach all of them. Works in the sandbox only, in which the bridge and the namespaces end."""

import pathlib
import re
import subprocess

BRIDGE = "servers"
NETWORK = "10.77.0"
OUTSIDE = f"{NETWORK}.254"  # where everybody else is
_LISTENS = re.compile(r"(?:listen|http): (?:0\.0\.0\.0|127\.0\.0\.1):(\d+)")


def address_of(system, server: str) -> str:
    return f"{NETWORK}.{system.names('nats').index(server) + 1}"


def put_servers_apart(system):
    """Before the cluster starts. Returns what undoes it."""
    servers = system.cluster.of_kind("nats")
    _run("ip", "link", "add", BRIDGE, "type", "bridge")
    _run("ip", "address", "add", f"{OUTSIDE}/24", "dev", BRIDGE)
    _run("ip", "link", "set", BRIDGE, "up")
    for server in servers:
        _make(system, server.name)
        server.process.argv[:0] = _inside(system, server.name)
    _move(system, {port: address_of(system, server.name) for server in servers
                   for port in _LISTENS.findall(_config_of(server).read_text())})
    return lambda: _remove(system)


def cut(system, server: str, way: str) -> None:
    """Drops what comes from ("in") or goes to ("out") the other servers, or both, without a word."""
    for other in system.names("nats"):
        if other == server:
            continue
        if way in ("in", "both"):
            _iptables(system, server, "-A", "INPUT", "-s", address_of(system, other), "-j", "DROP")
        if way in ("out", "both"):
            _iptables(system, server, "-A", "OUTPUT", "-d", address_of(system, other), "-j", "DROP")


def dropped(system, server: str) -> str:
    """What the kernel counted since the last mend(), as iptables lists it."""
    return _iptables(system, server, "-nvxL")


def mend(system, server: str) -> None:
    _iptables(system, server, "-F")


def _make(system, server: str) -> None:
    place = _place(system, server)
    place.touch()
    _run("unshare", f"--net={place}", "true")  # the mount keeps it
    _run("ip", "link", "add", server, "type", "veth", "peer", "name", "eth0", "netns", str(place))
    _run("ip", "link", "set", server, "master", BRIDGE, "up")
    for command in (["link", "set", "lo", "up"], ["address", "add", f"{address_of(system, server)}/24", "dev", "eth0"],
                    ["link", "set", "eth0", "up"]):
        _run(*_inside(system, server), "ip", *command)


def _remove(system) -> None:
    """A namespace goes with its mount, once its processes have ended."""
    for server in system.names("nats"):
        subprocess.run(["umount", "--lazy", str(_place(system, server))], capture_output=True)
    subprocess.run(["ip", "link", "delete", BRIDGE], capture_output=True)


def moved(text: str, address_of_port: dict[str, str]) -> str:
    """Where it says at which port of loopback a server is, it says its new address; where it says that a server listens, on all."""
    text = _LISTENS.sub(lambda line: line[0].replace("127.0.0.1", "0.0.0.0"), text)
    return re.sub(r"127\.0\.0\.\d+:(\d+)", lambda found: f"{address_of_port[found[1]]}:{found[1]}" if found[1] in address_of_port
                  else found[0], text)


def _move(system, address_of_port: dict[str, str]) -> None:
    """Rewrites whatever names a server's address: the servers' and nodes' configurations, and what others are told."""
    for part in system.cluster.parts.values():
        if part.kind in ("nats", "nodes"):
            config = _config_of(part)
            config.write_text(moved(config.read_text(), address_of_port))
        if part.kind != "nats":
            part.process.argv[:] = [moved(word, address_of_port) for word in part.process.argv]
        for key in ("url", "monitoring"):
            if key in part.addresses:
                part.addresses[key] = moved(part.addresses[key], address_of_port)


def _config_of(part) -> pathlib.Path:
    return pathlib.Path(part.addresses.get("config") or part.process.argv[part.process.argv.index("-c") + 1])


def _place(system, server: str) -> pathlib.Path:
    return system.folder / f"{server}.network"


def _inside(system, server: str) -> list[str]:
    """What to put before a command that is to run there."""
    return ["nsenter", f"--net={_place(system, server)}", "--"]


def _iptables(system, server: str, *arguments: str) -> str:
    return _run(*_inside(system, server), "iptables", "-w", *arguments)


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout

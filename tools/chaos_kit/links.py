"""Each node reaches NATS and Redis by an address of its own, so that its packets, and nobody else's, can be dropped.

All of 127.0.0.0/8 is the loopback interface: node 1 connects to 127.0.0.11, node 2 to 127.0.0.12 and so on, and the
servers listen on all of it. Works in the sandbox only, whose loopback nobody else has.
"""

import pathlib
import re
import subprocess
import urllib.parse

CHAIN = "nemesis"
FIRST = 10


def address_of(number: int) -> str:
    return f"127.0.0.{FIRST + number}"


def own_addresses(cluster) -> None:
    """Changes the configurations of a cluster that has not been started."""
    for server in cluster.of_kind("nats"):
        config = pathlib.Path(server.process.argv[server.process.argv.index("-c") + 1])
        config.write_text(config.read_text().replace(f"listen: 127.0.0.1:{server.addresses['port']}",
                                                     f"listen: 0.0.0.0:{server.addresses['port']}"))
    for redis in cluster.of_kind("redis"):
        argv = redis.process.argv
        argv[argv.index("--bind") + 1] = "0.0.0.0"
    for number, node in enumerate(cluster.of_kind("nodes"), start=1):
        config = pathlib.Path(node.addresses["config"])
        config.write_text(redirected(config.read_text(), address_of(number)))


def redirected(config: str, address: str) -> str:
    """A node's configuration with its NATS and Redis at another address."""
    return re.sub(r'^url = .*$', lambda line: line[0].replace("127.0.0.1", address), config, flags=re.MULTILINE)


def ports_of(cluster, server: str) -> list[int]:
    """Where nodes reach `server`: nats or redis."""
    return [urllib.parse.urlsplit(part.addresses["url"]).port for part in cluster.of_kind(server)]


def drop(number: int, ports: list[int], share: float = 1.0) -> None:
    """Drops this share of the packets between a node and these ports, both ways and without a word."""
    chance = [] if share >= 1 else ["-m", "statistic", "--mode", "random", "--probability", str(share)]
    for port in ports:
        _iptables("-A", CHAIN, "-p", "tcp", "-d", address_of(number), "--dport", str(port), *chance, "-j", "DROP")
        _iptables("-A", CHAIN, "-p", "tcp", "-s", address_of(number), "--sport", str(port), *chance, "-j", "DROP")


def open_chain() -> None:
    """Once per sandbox."""
    _iptables("-N", CHAIN)
    _iptables("-A", "INPUT", "-j", CHAIN)


def dropped() -> int:
    """Packets dropped since the last restore()."""
    return packets(_iptables("-nvxL", CHAIN))


def packets(listing: str) -> int:
    """The sum of the packet counters of `iptables -nvxL`."""
    return sum(int(line.split()[0]) for line in listing.splitlines() if line.split()[:1] and line.split()[0].isdigit())


def restore() -> None:
    _iptables("-F", CHAIN)


def _iptables(*arguments: str) -> str:
    return subprocess.run(["iptables", "-w", *arguments], check=True, capture_output=True, text=True).stdout

"""Ports on loopback that nobody listens on."""

import pathlib
import random
import socket

from .process import ClusterError

LOWEST = 10_000
TRIES_MAX = 1_000


def free_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """Different ports that were free a moment ago.

    They lie below those the kernel gives to outgoing connections (which is what binding to port 0 returns): else, while
    a server is down, some client's connection may take its port, or a client that reconnects may reach itself.
    """
    local = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    highest = max(int(local[0]), LOWEST + 4 * TRIES_MAX)
    chosen: list[int] = []
    for port in random.SystemRandom().sample(range(LOWEST, highest), TRIES_MAX):
        if len(chosen) == count:
            return chosen
        with socket.socket() as probe:
            try:
                probe.bind((host, port))
            except OSError:
                continue
            chosen.append(port)
    raise ClusterError(f"{host} has no {count} free ports between {LOWEST} and {highest}")

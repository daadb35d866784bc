"""The kinds of faults. Each strikes, is observed while in force, and is healed."""

from . import base, disks, gates, network, nodes, partitions, points, poison, rolling, servers
from .base import Fault, NoEffect

KINDS: dict[str, type[Fault]] = {fault.kind: fault for module in (nodes, points, servers, network, partitions, rolling, poison, disks, gates)
                                 for fault in vars(module).values()
                                 if isinstance(fault, type) and issubclass(fault, Fault) and fault.kind and fault.__module__ == module.__name__}

__all__ = ["KINDS", "Fault", "NoEffect", "base"]

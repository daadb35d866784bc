"""Waits for what another process does and does not announce."""

import time
from collections.abc import Callable
from typing import TypeVar


T = TypeVar("T")


def eventually(look: Callable[[], T], patience: float = 60.0, between_looks: float = 0.05) -> T:
    """What `look()` says, as soon as that is something, such as True; what it says last when it is nothing for `patience` seconds."""
    deadline = time.monotonic() + patience
    while not (seen := look()):
        if time.monotonic() > deadline:
            break
        time.sleep(between_looks)
    return seen

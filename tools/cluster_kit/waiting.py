"""Waits for what another process does and does not announce."""

import time
from collections.abc import Callable


def eventually(holds: Callable[[], bool], patience: float = 60.0, between_looks: float = 0.05) -> bool:
    """True as soon as `holds()` is, False when it is not within `patience` seconds."""
    deadline = time.monotonic() + patience
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(between_looks)
    return True

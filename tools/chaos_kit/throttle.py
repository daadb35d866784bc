"""A disk that is slow for one process: a cgroup of its own, in which what it writes to the disk is held back (blkio, cgroup v1).

The process itself writes when it syncs, so that its fsync takes as long as a slow disk's. Nobody else is in the group: a run
that dies leaves an empty one behind, and a disk that is as fast as ever.
"""

import os
import pathlib
import subprocess
import time

CONTROLLER = pathlib.Path("/sys/fs/cgroup/blkio")
BLOCK = 4096
PROBE = "slow-probe"


class Throttle:
    """REQUIRES: `store` is the root of a disk of the run's own."""

    def __init__(self, store: pathlib.Path):
        device = os.stat(store).st_dev
        self.store = store
        self._device = f"{os.major(device)}:{os.minor(device)}"
        self._probe: subprocess.Popen | None = None
        self._outside = CONTROLLER / own_group(pathlib.Path("/proc/self/cgroup").read_text())
        self._group = self._outside / f"troupe-chaos-{self._device.replace(':', '-')}"

    def slow_down(self, pid: int, bytes_per_s: int) -> None:
        self._group.mkdir(exist_ok=True)
        self._limit(bytes_per_s)
        (self._group / "cgroup.procs").write_text(str(pid))

    def lift(self) -> None:
        """Also when it was never slow."""
        if not self._group.exists():
            return
        self._limit(0)
        if self._probe:
            self._probe.wait()
        for pid in (self._group / "cgroup.procs").read_text().split():
            (self._outside / "cgroup.procs").write_text(pid)
        self._group.rmdir()

    def time_to_sync(self, patience: float) -> float:
        """Seconds that one block takes to the disk in the group, or `patience` when it takes longer; then it gets there after lift()."""
        join_and_write = f'echo $$ > "{self._group}/cgroup.procs" && exec dd if=/dev/zero of="$0" bs={BLOCK} count=1 conv=fsync status=none'
        began = time.monotonic()
        self._probe = subprocess.Popen(["sh", "-c", join_and_write, str(self.store / PROBE)])
        try:
            if self._probe.wait(patience) != 0:
                raise OSError(f"a block cannot be written to {self.store}")
        except subprocess.TimeoutExpired:
            return patience
        return time.monotonic() - began

    def _limit(self, bytes_per_s: int) -> None:
        (self._group / "blkio.throttle.write_bps_device").write_text(f"{self._device} {bytes_per_s}\n")


def own_group(listing: str) -> str:
    """The blkio group in the text of /proc/self/cgroup, relative to the controller. Raises OSError without one."""
    for line in listing.splitlines():
        _, controllers, group = line.split(":", 2)
        if "blkio" in controllers.split(","):
            return group.lstrip("/")
    raise OSError("there is no blkio controller of cgroup v1 to slow a disk down with")

"""Disks of the run's own under a server's files: ext4 on a loop device, which can lose its power, or memory, which fills up."""

import ctypes
import fcntl
import os
import pathlib
import struct
import subprocess

_EXT4_IOC_SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32)
_NO_LOG_FLUSH = 2  # what was not synced is gone, as when the power fails
IMAGE_BYTES = 2 << 30  # sparse
UMOUNT_DETACH = 2
WITNESS = "never-synced"
WITNESS_BYTES = 1 << 16

_libc = ctypes.CDLL(None, use_errno=True)


def store_of(system, server: str) -> pathlib.Path:
    """Where a NATS server or Redis keeps its files."""
    return system.folder / ("redis" if server == "redis" else f"{server}/jetstream")


def make_disk(system, server: str) -> None:
    """Before the server starts for the first time."""
    store = store_of(system, server)
    store.mkdir(exist_ok=True)
    image = _image(system, server)
    with open(image, "wb") as file:
        file.truncate(IMAGE_BYTES)
    _run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=1,lazy_journal_init=1", str(image))
    mount_disk(system, server)


def mount_disk(system, server: str) -> None:
    _run("mount", "-o", "loop", str(_image(system, server)), str(store_of(system, server)))


def fail_power(system, server: str) -> None:
    """From now on its disk takes and gives nothing. Raises OSError when it still does."""
    store = store_of(system, server)
    (store / WITNESS).write_bytes(bytes(WITNESS_BYTES))
    descriptor = os.open(store, os.O_RDONLY)
    try:
        fcntl.ioctl(descriptor, _EXT4_IOC_SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
    finally:
        os.close(descriptor)
    try:
        (store / "after-power").touch()
    except OSError:
        return
    raise OSError(f"the disk of {server} still takes files")


def lost_what_was_not_synced(system, server: str) -> bool:
    """After the power came back. Somebody's sync may have kept the witness's name, but not its bytes."""
    witness = store_of(system, server) / WITNESS
    lost = not witness.exists() or witness.stat().st_size < WITNESS_BYTES
    witness.unlink(missing_ok=True)
    return lost


def unmount(system, server: str) -> None:
    """Unless it is already. REQUIRES: nobody uses it any more."""
    if os.path.ismount(store_of(system, server)):
        _run("umount", str(store_of(system, server)))


def make_memory(system, server: str, size: str) -> None:
    store = store_of(system, server)
    store.mkdir(exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(store))


def forget(system, servers: list[str]) -> None:
    """At the end of a run, whatever state they are in."""
    for server in servers:
        _libc.umount2(str(store_of(system, server)).encode(), UMOUNT_DETACH)


def _image(system, server: str) -> pathlib.Path:
    return system.folder / f"{server}.img"


def _run(*argv: str) -> None:
    ran = subprocess.run(argv, capture_output=True, text=True)
    if ran.returncode != 0:
        raise OSError(f"{' '.join(argv)}: {ran.stderr.strip()}")

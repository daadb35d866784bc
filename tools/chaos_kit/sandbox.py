"""A network, a process table and mounts of the run's own: whatever a fault does to them ends with the run.

The kernel ends all processes of the run, its mounts and its packet filter when the first process in it ends, so that a
run that is killed leaves nothing behind either.
"""

import ctypes
import os
import signal
import subprocess
import sys

_CLONE_NEWNS, _CLONE_NEWPID, _CLONE_NEWNET = 0x00020000, 0x20000000, 0x40000000
_MS_REC, _MS_PRIVATE = 0x4000, 0x40000
_PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


class SandboxError(Exception):
    """Why there is none, in one sentence."""


def run(what) -> int:
    """Calls what() inside and returns its exit code. SIGINT and SIGTERM are passed on to it."""
    if os.geteuid() != 0:
        raise SandboxError("chaos needs root: it makes a network, mounts and packet filters of its own")
    _call("unshare", _CLONE_NEWPID | _CLONE_NEWNET | _CLONE_NEWNS)
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os._exit(_inside(what))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: os.kill(child, signal.SIGTERM))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _inside(what) -> int:
    code = 1
    try:
        _call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        _call("mount", b"none", b"/", None, _MS_REC | _MS_PRIVATE, None)
        _call("mount", b"proc", b"/proc", b"proc", 0, None)
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        signal.signal(signal.SIGINT, _stop)
        signal.signal(signal.SIGTERM, _stop)
        code = what()
    except KeyboardInterrupt:
        print("chaos: stopped", file=sys.stderr)
    except BaseException as error:  # the exit code must say it: nobody is above
        print(f"chaos: {error!r}", file=sys.stderr)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return code


def _stop(_number, _frame):
    raise KeyboardInterrupt


def _call(name: str, *arguments) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        raise SandboxError(f"the kernel refuses {name}: {os.strerror(ctypes.get_errno())}")

"""One process that outlives the script that starts it, and is known by its pid and start time."""

import os
import pathlib
import select
import signal
import subprocess
import time


class ClusterError(Exception):
    """What went wrong and what to do about it, in one sentence."""


def start_ticks(pid: int) -> int | None:
    """When a process started, in ticks since boot; None when it has ended. Tells a pid's next owner from this one."""
    try:
        # The name, in parentheses, may hold anything; the fields after it are numbers and a letter.
        state, *fields = pathlib.Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state in "ZX" else int(fields[18])


class Process:
    """Started here, or by an earlier script: then `pid` and `started` say which one it is."""

    STOP_PATIENCE = 15.0  # seconds between SIGTERM and SIGKILL
    KILL_PATIENCE = 15.0  # seconds after SIGKILL

    def __init__(self, name: str, argv: list[str], log: pathlib.Path, pid: int = 0, started: int = 0):
        self.name = name
        self.argv = argv
        self.log = log
        self.pid = pid
        self.started = started
        self._child: subprocess.Popen | None = None

    def start(self, environment: dict[str, str] | None = None) -> None:
        """`environment` is laid over this script's own, for this start only."""
        if self.running():
            raise ClusterError(f"{self.name} is running already, as process {self.pid}")
        with open(self.log, "ab") as log:
            self._child = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                           start_new_session=True, env={**os.environ, **(environment or {})})
        self.pid = self._child.pid
        self.started = start_ticks(self.pid) or 0

    def running(self) -> bool:
        """False too for a child that has ended, which is reaped here."""
        if self._child is not None and self._child.poll() is not None:
            return False
        return self.pid > 0 and start_ticks(self.pid) == self.started

    @property
    def exit_code(self) -> int | None:
        """Of a child of this script that has ended; minus the signal that ended it. Its threads may take a moment longer than it."""
        try:
            return self._child.wait(1) if self._child is not None and not self.running() else None
        except subprocess.TimeoutExpired:
            return None

    def send(self, number: int) -> bool:
        """Sends a signal to this very process; False when it has ended."""
        descriptor = self._descriptor()
        if descriptor is None:
            return False
        try:
            signal.pidfd_send_signal(descriptor, number)
        except ProcessLookupError:
            return False
        finally:
            os.close(descriptor)
        return True

    def wait(self, patience: float) -> bool:
        """Waits for its end, at most `patience` seconds; whether it has ended."""
        descriptor = self._descriptor()
        if descriptor is not None:
            try:
                poll = select.poll()
                poll.register(descriptor, select.POLLIN)
                poll.poll(max(0.0, patience) * 1000)
            finally:
                os.close(descriptor)
        return not self.running() and (self._child is None or self.exit_code is not None)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Sends the signal; after SIGKILL also waits for the end."""
        if self.send(number) and number == signal.SIGKILL and not self.wait(self.KILL_PATIENCE):
            raise ClusterError(f"{self.name}, process {self.pid}, does not end on SIGKILL")

    def stop(self) -> None:
        stop_all([self])

    def wait_until(self, question, patience: float) -> None:
        """Asks until `question()` has nothing to object to; fails when the process ends or `patience` is over."""
        between_questions = 0.05
        deadline = time.monotonic() + patience
        while objection := question():
            if self.wait(between_questions):
                raise ClusterError(f"{self.name} ended before it was ready: {self.last_words()}; see {self.log}")
            if time.monotonic() > deadline:
                raise ClusterError(f"{self.name} was not ready after {patience:.0f} s: {objection}; see {self.log}")

    def last_words(self) -> str:
        """The last line of its log."""
        lines = self.log.read_text(errors="replace").strip().splitlines() if self.log.exists() else []
        return lines[-1] if lines else "it said nothing"

    def _descriptor(self) -> int | None:
        """Of exactly the process that was started, so that no later owner of its pid is ever meant."""
        if self.pid <= 0:
            return None
        try:
            descriptor = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return None
        if start_ticks(self.pid) == self.started:
            return descriptor
        os.close(descriptor)
        return None


def stop_all(processes: list[Process]) -> None:
    """SIGTERM to all, then SIGKILL for those that have not ended STOP_PATIENCE later. Those that have ended are left alone."""
    for process in processes:
        process.send(signal.SIGTERM)
        process.send(signal.SIGCONT)  # a paused one hears only then
    deadline = time.monotonic() + Process.STOP_PATIENCE
    for process in processes:
        if not process.wait(deadline - time.monotonic()):
            process.kill()

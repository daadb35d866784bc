"""The clients of a run: `shop drive` as a process."""

import json
import subprocess

from cluster_kit.plan import ROOT


class LoadError(Exception):
    """Why the load did not run."""


class Load:
    def __init__(self, troupe: str, system, options: dict, seed: int, longest_s: float, settle_s: float):
        self.log = system.folder / "drive.log"
        argv = [troupe, "drive", "--nats", system.nats_urls, "--history", str(system.folder), "--seed", str(seed),
                "--seconds", str(longest_s), "--settle", str(settle_s), "--until-eof", "--json", "--slots", str(system.slots),
                "--rate", str(options.get("rate", 10)), "--open", str(options.get("open", 64)),
                "--clients", str(options.get("clients", 16)), "--repeat-share", str(options.get("repeat_share", 0.1)),
                "--probe-rate", str(options.get("probe_rate", 0)), "--stock-factor", str(options.get("stock_factor", 0.9))]
        if "orders" in options:
            argv += ["--orders", str(ROOT / options["orders"])]
        else:
            argv += ["--count", str(max(1, int(longest_s * max(options.get("rate", 10), 1))))]
        with open(self.log, "wb") as log:
            self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)

    def running(self) -> bool:
        return self._process.poll() is None

    def begin_no_more(self) -> None:
        self._process.stdin.close()

    def wait(self, patience: float) -> bool:
        """For its end, at most so many seconds; whether it has ended."""
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            return False
        return True

    def result(self, patience: float) -> dict:
        """Its last line. It is asked to end when it does not by itself."""
        if not self._process.stdin.closed:
            self._process.stdin.close()
        if not self.wait(patience):
            self._process.terminate()
            if not self.wait(15):
                self._process.kill()
        lines = self._process.stdout.read().strip().splitlines()
        if not lines:
            raise LoadError(f"the clients ended without a result: {self.last_words()}")
        return json.loads(lines[-1])

    def stop(self) -> None:
        if self.running():
            self._process.kill()
            self._process.wait()

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "they said nothing"

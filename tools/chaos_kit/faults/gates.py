"""Connections of one node that are slow, sliced, or half open: by a gate through which all its bytes pass."""

from ..gate import Mode, put_before_nodes
from .base import Fault, NoEffect


class _Gate(Fault):
    prepares = staticmethod(put_before_nodes)

    def choose(self) -> str:
        return self.a_node()

    def mode(self) -> Mode:
        raise NotImplementedError

    def strike(self) -> None:
        self.system.gates[self.target].set(self.mode())

    def observe(self) -> str:
        touched = self.system.gates[self.target].touched
        if touched == 0:
            raise NoEffect(f"nothing passed between {self.target} and its servers")
        return f"{touched} bytes met {self.system.gates[self.target].mode}"

    def heal(self) -> str:
        self.system.gates[self.target].set(Mode())
        return ""


class Latency(_Gate):
    kind = "latency"

    def mode(self) -> Mode:
        return Mode(delay_s=self.dice.uniform(*self.options.get("delay_s", (0.05, 0.3))))


class Slicing(_Gate):
    kind = "slicing"

    def mode(self) -> Mode:
        return Mode(slice_bytes=self.dice.randint(*self.options.get("slice_bytes", (1, 16))))


class HalfOpen(_Gate):
    """The node's connections stay, and nothing comes or goes; nor does it on new ones."""

    kind = "half-open"

    def mode(self) -> Mode:
        return Mode(deaf=True)

"""A scenario is data: a cluster, a load, and the faults laid over it. See tests/chaos/*.toml."""

import dataclasses
import pathlib
import tomllib

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "tests/chaos"


class ScenarioError(Exception):
    """What is wrong with a scenario, in one sentence."""


@dataclasses.dataclass(frozen=True)
class FaultSpec:
    """`times` faults of one kind; each is held for a time between the two bounds. The rest is the kind's own."""

    kind: str
    times: int = 1
    hold_s: tuple[float, float] = (1.0, 3.0)
    options: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    summary: str
    cluster: dict  # what cluster_kit's Options takes
    load: dict  # rate, open, clients, probe_rate, repeat_share, orders
    warm_up_s: float
    settle_s: float
    gap_s: tuple[float, float]  # between the end of a fault and the next one
    faults: tuple[FaultSpec, ...]
    in_order: bool = False  # as written, else shuffled by the seed
    expect: str = "no violation"  # or "loss detected"

    def with_nodes(self, nodes: int) -> "Scenario":
        return dataclasses.replace(self, cluster={**self.cluster, "nodes": nodes})

    def with_orders(self, file: pathlib.Path) -> "Scenario":
        return dataclasses.replace(self, load={**self.load, "orders": str(file)})

    @property
    def longest_s(self) -> float:
        """No run of it has faults for longer, recoveries not counted."""
        return sum(spec.times * (spec.hold_s[1] + self.gap_s[1]) for spec in self.faults)


def parse(name: str, text: str) -> Scenario:
    """Fails with one sentence at what it does not know."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{name}: {error}") from None
    known = {field.name for field in dataclasses.fields(Scenario)} - {"name"}
    if unknown := set(data) - known:
        raise ScenarioError(f"{name}: there is no {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}")
    entries = data.pop("faults", [])
    if not isinstance(entries, list) or not entries:
        raise ScenarioError(f"{name}: a scenario has a list of faults")
    faults = tuple(_fault(name, entry) for entry in entries)
    return Scenario(name=name, summary=data.get("summary", ""), cluster=data.get("cluster", {}), load=data.get("load", {}),
                    warm_up_s=float(data.get("warm_up_s", 10)), settle_s=float(data.get("settle_s", 120)),
                    gap_s=_range(name, data.get("gap_s", [2, 5])), faults=faults, in_order=bool(data.get("in_order", False)),
                    expect=data.get("expect", "no violation"))


def _fault(name: str, entry: dict) -> FaultSpec:
    rest = dict(entry)
    if "kind" not in rest:
        raise ScenarioError(f"{name}: a fault has a kind")
    kind, times = rest.pop("kind"), rest.pop("times", 1)
    return FaultSpec(kind, times, _range(name, rest.pop("hold_s", [1, 3])), rest)


def _range(name: str, value) -> tuple[float, float]:
    """A number, or a lower and an upper bound."""
    low, high = value if isinstance(value, list) else (value, value)
    if not 0 <= low <= high:
        raise ScenarioError(f"{name}: {value} is no range of seconds")
    return float(low), float(high)


def names(folder: pathlib.Path = FOLDER) -> list[str]:
    return sorted(file.stem for file in folder.glob("*.toml"))


def load(name: str, folder: pathlib.Path = FOLDER) -> Scenario:
    file = folder / f"{name}.toml"
    if not file.is_file():
        raise ScenarioError(f"there is no scenario {name}; there are {', '.join(names(folder))}")
    return parse(name, file.read_text())

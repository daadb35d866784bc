"""Which fault comes when: decided by the scenario and the seed alone."""

import dataclasses
import random

from .scenario import Scenario


@dataclasses.dataclass(frozen=True)
class Planned:
    """The next fault begins `gap_s` after the former one is healed."""

    number: int  # from 1
    kind: str
    gap_s: float
    hold_s: float
    options: dict
    seed: str  # of what the fault itself draws, such as its target

    def dice(self) -> random.Random:
        return random.Random(self.seed)


def plan(scenario: Scenario, seed: int) -> list[Planned]:
    dice = random.Random(f"{scenario.name}:{seed}")
    specs = [spec for spec in scenario.faults for _ in range(spec.times)]
    if not scenario.in_order:
        dice.shuffle(specs)
    return [Planned(number, spec.kind, round(dice.uniform(*scenario.gap_s), 3), round(dice.uniform(*spec.hold_s), 3), spec.options,
                    f"{scenario.name}:{seed}:{number}")
            for number, spec in enumerate(specs, start=1)]

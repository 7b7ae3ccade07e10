"""What the booster may be told, and what it tells on the way."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lutgen.bits import MAX_FAN_IN
from lutgen.errors import ConfigError

MAX_LUTS_PER_CLASS = 1 << 15


@dataclass(frozen=True)
class BoostParameters:
    """What the booster may be told.

    Parameters
    ----------
    k : int
        Inputs of each LUT, 1 to 16. The search is exact for every k, and slow for large ones.
    luts_per_class : int
        LUTs of each class; with two classes, of class 1, class 0 having none.
    layers : int
        The LUTs of each class are learnt in so many parts, one after another, and those of a part
        may read the LUTs of all parts before it (a cascade); at most `luts_per_class`. All vote.
    temperature : float
        What a score is divided by before the softmax, a vote counting +1 or -1. The larger, the
        longer samples that are right already go on counting, and the less is learnt by heart.
        0: 0.7 times the square root of `luts_per_class`.
    search_samples : int
        Samples drawn for the search of each LUT's wires, in proportion to their residuals; the
        tables are counted over all samples.
    random_wires : int
        Wires of each LUT that the search starts from, drawn at random; the others are chosen
        one by one. At most k.
    sweeps : int
        How often each wire is reconsidered, the others held fixed.
    interactions : int
        2 or 3: while growing, search twice or three times, starting also from the two (and the
        three) signals whose exclusive or goes best with what is lacking, and keep the best LUT.
        It finds what no signal shows alone; scoring all threes of 500 signals takes about a third
        of a second a LUT. 0: start from `random_wires` alone.
    refits : int
        How often every LUT is learnt anew, wires and table, with all others in place.
    shift : int
        Learn from images shifted by up to so many pixels, too.
    patience : int
        End the growth when the accuracy on the validation samples has not risen for so many
        rounds, and keep the network that was best on them. 0: do neither.
    seed : int
        Fixes what is drawn.

    Raises
    ------
    ConfigError
        If one of them is out of its range.
    """

    k: int = 6
    luts_per_class: int = 70
    layers: int = 1
    temperature: float = 0.0
    search_samples: int = 12_000
    random_wires: int = 3
    sweeps: int = 2
    interactions: int = 0
    refits: int = 1
    shift: int = 0
    patience: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        ranges = {
            "k": (1, MAX_FAN_IN),
            "luts_per_class": (1, MAX_LUTS_PER_CLASS),
            "layers": (1, self.luts_per_class),
            "search_samples": (64, 1 << 24),
            "random_wires": (0, MAX_FAN_IN),
            "sweeps": (0, 100),
            "refits": (0, 1000),
            "patience": (0, 1 << 20),
        }
        faults = [
            f"{name} must be {least} to {most}, got {getattr(self, name)}"
            for name, (least, most) in ranges.items()
            if not least <= getattr(self, name) <= most
        ]
        if not (self.temperature == 0 or 0.1 <= self.temperature <= 10_000):
            faults.append(f"temperature must be 0.1 to 10000, or 0, got {self.temperature:g}")
        if self.interactions not in (0, 2, 3):
            faults.append(f"interactions must be 0, 2 or 3, got {self.interactions}")
        if not 0 <= self.seed < 1 << 64:
            faults.append(f"the seed must be 0 to 2^64 - 1, got {self.seed}")
        if faults:
            raise ConfigError("; ".join(faults))

    @property
    def effective_temperature(self) -> float:
        """The temperature itself, where it is left to the number of LUTs."""
        return self.temperature or max(1.0, 0.7 * math.sqrt(self.luts_per_class))


@dataclass(frozen=True)
class BoostProgress:
    """How far the learner is: after each round, LUTs learnt and to learn (refits counted)."""

    n_done: int
    n_total: int
    train_accuracy: float
    validation_accuracy: float | None

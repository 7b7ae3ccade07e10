"""What the booster may be told, and what it tells on the way."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from lutgen.bits import MAX_FAN_IN
from lutgen.errors import ConfigError

MAX_LUTS_PER_CLASS = 1 << 15
_DRAWN_WIRES = 3  # with the absolute criterion

ABSOLUTE, NEWTON, AUTO = CRITERIA = ("absolute", "newton", "auto")


@dataclass(frozen=True)
class BoostParameters:
    """What the booster may be told.

    Parameters
    ----------
    k : int
        Inputs of each LUT, 1 to 16. The search is exact for every k, and slow for large ones.
    luts_per_class : int
        LUTs of each class; with two classes, of class 1, class 0 having none. Where a leaf has
        several bits, each is as many LUTs on the same wires.
    layers : int
        The LUTs of each class are learnt in so many parts, one after another, and those of a part
        may read the LUTs of all parts before it (a cascade); at most `luts_per_class`. All vote.
    temperature : float
        What a score is divided by before the softmax, a vote counting +1 or -1. The larger, the
        longer samples that are right already go on counting, and the less is learnt by heart.
        0: 0.7 times the square root of `luts_per_class`; with Newton's criterion twice that, and
        twice again for each bit of a leaf but the first.
    search_samples : int
        Samples drawn for the search of each LUT's wires; the tables are counted over all samples.
        With the absolute criterion in proportion to their residuals, 0: 12,000. With Newton's each
        as likely, 0: all, or where there are many signals, 2^23 over the signals, 12,000 at least.
    random_wires : int
        Wires of each LUT that the search starts from, drawn at random; the others are chosen
        one by one. At most k. -1: three with the absolute criterion, none with Newton's.
    wire_fraction : float
        Share of the signals, drawn anew for each LUT, that its wires are searched among, with
        Newton's criterion: LUTs differ more, and less is learnt by heart.
    sweeps : int
        How often each wire is reconsidered, the others held fixed.
    interactions : int
        2 or 3: while growing, search twice or three times, starting also from the two (and the
        three) signals whose exclusive or goes best with what is lacking, and keep the best LUT.
        It finds what no signal shows alone; scoring all threes of 500 signals takes about a third
        of a second a LUT. 0: start from `random_wires` alone.
    popcount : bool
        LUTs may read the binary digits of how many input bits are one, too, which takes some two
        LUTs an input in addition where they do. Symmetric functions, such as parity, need them.
    refits : int
        How often every LUT is learnt anew, wires and table, with all others in place.
    shift : int
        Learn from images shifted by up to so many pixels, too.
    warp : float
        Learn from images turned by 7 degrees, scaled by 8 % and slanted by 0.15 pixels a row, both
        ways, each times this, too: six more views. 0: none.
    mirror : bool
        Learn from mirrored images, left and right exchanged, too.
    patch : int
        All wires of a LUT come from one square of so many pixels a side, drawn anew for each LUT.
        Of large images it makes the search faster by far, and less is learnt by heart. 0: they
        come from the whole image. Where it is used, `n_signals` of `search_samples` are those of a
        patch.
    views_a_round : int
        Each round of LUTs is learnt from about so many views of each image (shifted, warped,
        mirrored), others the next time, and from all views of some image: so many views cost little
        more than few. 0: from all.
    patience : int
        End the growth when the accuracy on the validation samples has not risen for so many
        rounds, and keep the network that was best on them. 0: do neither.
    refit_on_all : bool
        Where `patience` ended the growth, learn as many LUTs anew from all samples, those that were
        held out for validation as well; what the validation told is kept beside it.
    seed : int
        Fixes what is drawn.
    criterion : {"auto", "absolute", "newton"}
        What a LUT is chosen by. "absolute": the sum over its entries of the absolute values of
        what is lacking. "newton": that of G^2 / (H + `l2_regularization`), G what is lacking in
        all, H its curvature; it stands noise better. Scores then begin with the class shares.
        "auto": the one whose small networks have more right of samples held out.
    leaf_bits : int
        1 to 3: bits of what an entry adds. One bit is a vote for or against. With more, what an
        entry adds is next to `learning_rate` times Newton's step, so they go with Newton's
        criterion alone: "auto" is that.
    max_weight : int
        The largest weight of a LUT, a power of two up to 64: each LUT gets the power of two that
        comes next to Newton's steps of its entries. More than 1 needs two bits of a leaf or more.
    learning_rate : float
        Share of Newton's step that is made, where a leaf has two bits or more.
    l2_regularization : float
        Added to the curvature of an entry, in samples: so entries of few samples count less.
    min_entry_weight : float
        Entries of less curvature do not count in the search, and abstain where they can.

    Raises
    ------
    ConfigError
        If one of them is out of its range.
    """

    k: int = 6
    luts_per_class: int = 70
    layers: int = 1
    temperature: float = 0.0
    search_samples: int = 0
    random_wires: int = -1
    wire_fraction: float = 1.0
    sweeps: int = 2
    interactions: int = 0
    popcount: bool = False
    refits: int = 1
    shift: int = 0
    warp: float = 0.0
    mirror: bool = False
    patch: int = 0
    views_a_round: int = 0
    patience: int = 0
    refit_on_all: bool = True
    seed: int = 0
    criterion: str = AUTO
    leaf_bits: int = 1
    max_weight: int = 1
    learning_rate: float = 0.2
    l2_regularization: float = 5.0
    min_entry_weight: float = 0.0

    def __post_init__(self) -> None:
        ranges = {
            "k": (1, MAX_FAN_IN),
            "luts_per_class": (1, MAX_LUTS_PER_CLASS),
            "layers": (1, self.luts_per_class),
            "search_samples": (0, 1 << 24),
            "leaf_bits": (1, 3),
            "random_wires": (-1, MAX_FAN_IN),
            "sweeps": (0, 100),
            "refits": (0, 1000),
            "patch": (0, 1 << 16),
            "views_a_round": (0, 1 << 16),
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
        if self.criterion not in CRITERIA:
            faults.append(f"criterion must be one of {', '.join(CRITERIA)}, got {self.criterion}")
        if self.max_weight not in (1, 2, 4, 8, 16, 32, 64):
            faults.append(f"max_weight must be a power of two, 1 to 64, got {self.max_weight}")
        elif self.max_weight > 1 and self.leaf_bits == 1:
            faults.append("max_weight needs leaf_bits of 2 or 3")
        if 0 < self.search_samples < 64:
            faults.append(f"search_samples must be 64 or more, or 0, got {self.search_samples}")
        numbers = {"wire_fraction": (0.001, 1), "learning_rate": (0.001, 1),
                   "l2_regularization": (0.001, 1e6), "min_entry_weight": (0, 1e6)}  # fmt: skip
        faults += [
            f"{name} must be {least:g} to {most:g}, got {getattr(self, name):g}"
            for name, (least, most) in numbers.items()
            if not least <= getattr(self, name) <= most
        ]
        if not 0 <= self.seed < 1 << 64:
            faults.append(f"the seed must be 0 to 2^64 - 1, got {self.seed}")
        if faults := [*faults, *self._clashes()]:
            raise ConfigError("; ".join(faults))

    def _clashes(self) -> Iterator[str]:
        """Yield what does not go together."""
        if self.criterion == ABSOLUTE and (self.leaf_bits, self.max_weight) != (1, 1):
            yield (
                "the absolute criterion knows votes of one bit alone: leave leaf_bits and "
                "max_weight at 1, or use criterion newton"
            )
        if self.criterion == ABSOLUTE and self.wire_fraction != 1:
            yield "wire_fraction goes with criterion newton alone: leave it at 1"
        if self.patch and self.layers > 1:
            yield "patch needs layers of 1: LUTs have no place in the image"
        if self.patch and self.wire_fraction != 1:
            yield "patch and wire_fraction both say among which signals wires are searched"
        if self.popcount and (self.shift or self.warp or self.mirror or self.patch):
            yield (
                "popcount counts samples as they are: leave shift, warp and patch at 0, and mirror "
                "off"
            )

    @property
    def effective_random_wires(self) -> int:
        """The wires that are drawn, where that is left to the criterion."""
        wanted = self.random_wires
        if wanted < 0:
            wanted = _DRAWN_WIRES if self.criterion == ABSOLUTE else 0
        return min(wanted, self.k)

    @property
    def effective_temperature(self) -> float:
        """The temperature itself, where it is left to the number of LUTs."""
        rounds = max(1.0, 0.7 * math.sqrt(self.luts_per_class))
        return self.temperature or rounds * (
            1 if self.criterion == ABSOLUTE else 1 << self.leaf_bits
        )


@dataclass(frozen=True)
class BoostProgress:
    """How far the learner is: after each round, LUTs learnt and to learn (refits counted).

    Parameters
    ----------
    trial : str
        The criterion that is being tried, before the learning itself; "" then.
    """

    n_done: int
    n_total: int
    train_accuracy: float
    validation_accuracy: float | None
    trial: str = ""

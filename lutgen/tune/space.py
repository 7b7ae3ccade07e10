"""What a search tries where nobody says: encoders, inputs of a LUT, criteria, temperatures, sizes.

Parameters are those of the estimator, in lists as scikit-learn's ``GridSearchCV`` takes them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from lutgen.chips.family import Family
from lutgen.errors import ConfigError
from lutgen.learn.boost.parameters import ABSOLUTE, NEWTON

Grid = dict[str, list[Any]]

_FEW = (1, 2, 3, 4, 5, 6, 8)
_DECADE = (10, 12, 16, 20, 25, 32, 40, 50, 64, 80)
SIZES = (*_FEW, *(10**e * n for e in range(3) for n in _DECADE))
"""LUTs of a class or number: steps of a quarter."""

MAPPED = (2, 5, *(10 << i for i in range(10)))
"""Sizes that are mapped onto the chip while networks grow; between them a line is drawn."""

DEFAULT_MOST_LUTS = 2000
"""Where neither a limit nor a device is named."""

_MANY_FEATURES = 200
_LEAST_BITS = 16


@dataclass(frozen=True)
class Space:
    """What is tried; empty: what suits samples and chip.

    Parameters
    ----------
    encoders : tuple of str
        How features become bits.
    ks : tuple of int
        Inputs of a LUT.
    criteria : tuple of str
        What LUTs are chosen by; of classes alone.
    leaf_bits : tuple of int
        Bits of what an entry adds.
    temperatures : tuple of float
        As they stand, for every criterion; of classes alone.
    sizes : tuple of int
        LUTs of a class or number.
    own_encoder : str
        One that is known to suit the data, and is tried with those that lutgen finds.
    """

    encoders: tuple[str, ...] = ()
    ks: tuple[int, ...] = ()
    criteria: tuple[str, ...] = ()
    leaf_bits: tuple[int, ...] = ()
    temperatures: tuple[float, ...] = ()
    sizes: tuple[int, ...] = ()
    own_encoder: str = "auto"

    def grids(
        self, X: NDArray[Any], family: Family, most_luts: int, *, of_numbers: bool
    ) -> list[Grid]:
        """Return the lists that are combined, a grid for each criterion and leaf.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            The samples.
        family : Family
            Of the chip.
        most_luts : int
            LUTs of a class or number that there may be.
        of_numbers : bool
            Whether numbers are learnt, no classes.

        Raises
        ------
        ConfigError
            If a criterion is named that leaves of several bits do not go with, and these alone.
        """
        both: Grid = {
            "encoder": list(self.encoders or suitable_encoders(X, self.own_encoder)),
            "k": list(self.ks or suitable_ks(family)),
        }
        if of_numbers:
            if self.criteria or self.temperatures:
                raise ConfigError("numbers have one criterion and no temperature; leave them out")
            return [both | {"leaf_bits": list(self.leaf_bits or (2, 3))}]
        grids = []
        for criterion in self.criteria or (ABSOLUTE, NEWTON):
            for bits in self.leaf_bits or suitable_leaf_bits(family):
                if criterion == ABSOLUTE and bits > 1:
                    continue
                softer = 1 if criterion == ABSOLUTE else 1 << bits
                temperatures = self.temperatures or suitable_temperatures(most_luts, softer)
                told: Grid = {
                    "criterion": [criterion],
                    "leaf_bits": [bits],
                    "temperature": list(temperatures),
                }
                grids.append(both | told)
        if not grids:
            raise ConfigError(
                f"the criterion {ABSOLUTE} knows leaves of one bit alone; try {NEWTON}, too, or "
                "leaves of one bit"
            )
        return grids


def suitable_encoders(X: NDArray[Any], own: str = "auto") -> list[str]:
    """Return encoders worth a try on samples: few thresholds and many, alike or by gain.

    Parameters
    ----------
    own : str
        The data set's own, which is tried, too.
    """
    if bool(((X == 0) | (X == 1)).all()):
        return ["binary"]
    n = X.shape[1]
    if n > _MANY_FEATURES:  # images
        found = [f"gain:{n // 2}", f"gain:{n}", f"gain:{2 * n}"]
    else:
        gains = [f"gain:{max(_LEAST_BITS, share * n)}" for share in (2, 4)]
        found = [f"thermometer:{n_bits}:quantile" for n_bits in (4, 8)] + gains
    return list(dict.fromkeys([*([] if own in ("auto", "binary") else [own]), *found]))


def suitable_ks(family: Family) -> list[int]:
    """Return the inputs of LUTs that are worth a try on a chip: as many as its own have, and 6."""
    leaf = 6 if family.fabric is None else family.fabric.leaf
    return [4, 6] if leaf <= 4 else [5, 6]


def suitable_leaf_bits(family: Family) -> list[int]:
    """Return the bits of a leaf that are worth a try: two where a LUT has two outputs, too."""
    pairs = family.fabric is None or bool(family.fabric.pair)
    return [1, 2, 3] if pairs else [1, 3]


def suitable_temperatures(most_luts: int, softer: float = 1.0) -> list[float]:
    """Return a temperature that suits the most LUTs of a class, and some for fewer.

    Powers of two about the one that the learner takes by default.
    """
    highest = max(1, round(math.log2(max(1.0, 0.7 * math.sqrt(most_luts)))))
    return [softer * 2.0**e for e in range(max(0, highest - 2), highest + 1)]

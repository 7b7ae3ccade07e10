"""How rare samples are, by counting: LUTs on wires drawn at random, entries as rare as counted.

A LUT parts the samples by k thresholds; the fewer training samples reach an entry, the more the
entry adds: about the logarithm of how rare it is, in a few whole steps. The sum over many LUTs is
the score (Pevný, "LODA: lightweight on-line detector of anomalies", 2016, takes projections onto
lines where this takes thresholds). A sample whose score is above a limit is an anomaly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import MAX_FAN_IN, Bits
from lutgen.encode.encoder import Encoder
from lutgen.errors import ConfigError, DataError
from lutgen.learn import counts, randomness
from lutgen.learn.boost.leaves import MAX_LEAF_BITS, Leaf, Lut
from lutgen.learn.boost.network import build_network
from lutgen.learn.boost.popcount import Counter
from lutgen.model import Argmax, Head, LutNetwork, Provenance

INLIER, OUTLIER = 1, -1
_WIRE_STREAM = 7
_LUTS_AT_ONCE = 256


@dataclass(frozen=True)
class RarityParameters:
    """What the counting of rare samples may be told.

    Parameters
    ----------
    k : int
        Inputs of each LUT, 1 to 16.
    n_luts : int
        LUTs; each bit of a leaf is as many.
    leaf_bits : int
        1 to 3: bits of what an entry adds.
    contamination : float
        Share of the training samples that lie above the limit, above 0 and at most 0.5.
    seed : int
        Fixes the wires.

    Raises
    ------
    ConfigError
        If one of them is out of its range.
    """

    k: int = 6
    n_luts: int = 100
    leaf_bits: int = 3
    contamination: float = 0.05
    seed: int = 0

    def __post_init__(self) -> None:
        ranges = {"k": (1, MAX_FAN_IN), "n_luts": (1, 1 << 15), "leaf_bits": (1, MAX_LEAF_BITS)}
        faults = [
            f"{name} must be {least} to {most}, got {getattr(self, name)}"
            for name, (least, most) in ranges.items()
            if not least <= getattr(self, name) <= most
        ]
        if not 0 < self.contamination <= 0.5:
            faults.append(
                f"contamination must be above 0 and at most 0.5, got {self.contamination:g}"
            )
        if not 0 <= self.seed < 1 << 64:
            faults.append(f"the seed must be 0 to 2^64 - 1, got {self.seed}")
        if faults:
            raise ConfigError("; ".join(faults))


def count_rarity(bits: Bits, parameters: RarityParameters, *, encoder: Encoder) -> LutNetwork:
    """Learn how rare samples are.

    Parameters
    ----------
    bits : Bits
        Encoded training samples; most of them usual ones.
    encoder : Encoder
        What made the bits; it is kept in the model.

    Returns
    -------
    LutNetwork
        Its answer is 1, or -1 for an anomaly; the score of -1 is how rare a sample is, and that of
        1 the limit.

    Raises
    ------
    DataError
        If there are fewer than two samples, or fewer bits than k.
    """
    if bits.n_samples < 2:
        raise DataError(
            f"{bits.n_samples} sample(s) are too few to tell rare ones; give two or more"
        )
    if bits.n_signals < parameters.k:
        raise DataError(
            f"the samples have {bits.n_signals} input bits, LUTs of k={parameters.k} need at "
            f"least {parameters.k}: use a smaller k, or an encoder with more bits a feature"
        )
    keys = randomness.keys(parameters.seed, _WIRE_STREAM, np.arange(parameters.n_luts))
    order = np.argsort(randomness.words(keys, bits.n_signals), axis=1, kind="stable")
    wires = order[:, : parameters.k].astype(np.int32)
    reached = _reached(bits, wires)
    luts = _luts(wires, reached, Leaf(parameters.leaf_bits))
    scores = np.zeros(bits.n_samples, dtype=np.int64)
    limit = 0

    def head(weights: NDArray[np.int32], least: NDArray[np.int64]) -> Head:  # noqa: ARG001
        bias = np.array([limit, 0], dtype=np.int32)
        return Argmax(weights, bias, np.array([INLIER, OUTLIER]))

    def network() -> LutNetwork:
        provenance = Provenance(
            learner="rarity",
            parameters={**vars(parameters)},
            n_samples=bits.n_samples,
        )
        counter = Counter.of(bits.n_signals, False)
        return build_network([luts], counter, encoder, head, provenance, [1])

    scores = network().scores(bits)[:, 1]
    n_above = int(parameters.contamination * bits.n_samples)
    limit = int(np.sort(scores)[bits.n_samples - 1 - n_above])
    return network()


def _reached(bits: Bits, wires: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return how many samples reach each entry, shape (n_luts, 2^k)."""
    everyone = np.zeros(bits.n_samples, dtype=np.uint8)
    return np.concatenate(
        [
            counts.count_classes(bits.words, wires[first : first + _LUTS_AT_ONCE], everyone).reached
            for first in range(0, len(wires), _LUTS_AT_ONCE)
        ]
    )


def _luts(wires: NDArray[np.int32], reached: NDArray[np.int64], leaf: Leaf) -> list[list[Lut]]:
    """Return a LUT for each row: the rarer an entry, the higher its level.

    An entry of half of the samples or more is of level 0, one that none reaches of the highest;
    in between, levels go by equal steps of the logarithm.
    """
    n_samples = int(reached[0].sum())
    highest = (1 << leaf.bits) - 1
    rarity = np.log2(n_samples / np.maximum(reached, 0.5))
    most = np.log2(2 * n_samples)
    levels = np.clip(np.rint((rarity - 1) * highest / max(1.0, most - 1)), 0, highest)
    nothing = np.zeros(wires.shape[1])
    return [
        [Lut(row, level.astype(np.uint8), 1, leaf, seen, np.zeros_like(seen), nothing)]
        for row, level, seen in zip(wires, levels, reached > 0, strict=True)
    ]

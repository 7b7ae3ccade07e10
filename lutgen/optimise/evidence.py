"""What is known of each table entry: the votes of the training samples, from masks or by counting.

The votes of an entry are the samples of class 1 less those of class 0 that reach it: their sign is
the value it should have, and their size how many samples that decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Bits, Words, pack, unpack_rows
from lutgen.errors import DataError
from lutgen.learn.counts import Counts, apply, count_classes
from lutgen.model.graph import table_words
from lutgen.model.network import LutNetwork

Kept = tuple[int, ...]
"""The inputs of a LUT that it goes on reading, ascending."""


@dataclass(frozen=True, eq=False)
class Entries:
    """The table entries of one LUT over the inputs that it keeps, each array of shape (2^k,).

    Parameters
    ----------
    votes : dtype=np.int64
        Zero where the entry's value is free.
    seen, tied : dtype=bool
        The care masks of such a table.
    """

    votes: NDArray[np.int64]
    seen: NDArray[np.bool_]
    tied: NDArray[np.bool_]


class Evidence(Protocol):
    """Knows the entries of every LUT."""

    n_samples: int

    def entries(self, lut: int, wires: list[int], kept: Kept) -> Entries:
        """Return the entries of a LUT that reads `wires`, which are its inputs `kept`."""
        ...

    def settle(self, lut: int, wires: list[int], table: NDArray[np.uint8]) -> None:
        """Take note of what a LUT has become, before any LUT that reads it is asked for."""
        ...


class MaskEvidence:
    """The care masks alone: every seen entry has one vote, for the value that it has."""

    n_samples = 0

    def __init__(self, network: LutNetwork) -> None:
        self._network = network

    def entries(self, lut: int, wires: list[int], kept: Kept) -> Entries:  # noqa: ARG002
        network = self._network
        seen = lut_mask(network, network.seen, lut)
        decided = seen & ~lut_mask(network, network.tied, lut)
        votes = np.where(seen, np.where(network.lut_table(lut) == 1, 1, -1), 0)
        k = int(network.fan_in[lut])
        seen, decided = (_merge(mask, k, kept) > 0 for mask in (seen, decided))
        return Entries(_merge(votes, k, kept), seen, seen & ~decided)

    def settle(self, lut: int, wires: list[int], table: NDArray[np.uint8]) -> None:
        """Masks do not change: training samples only reach what is seen, and that stays."""


class CountEvidence:
    """Counts of training samples, with the signals as they become."""

    def __init__(self, network: LutNetwork, bits: Bits, labels: NDArray[Any]) -> None:
        if labels.shape != (bits.n_samples,) or not np.isin(labels, (0, 1)).all():
            raise DataError(
                f"{bits.n_samples} samples need as many class numbers, 0 or 1; "
                f"got labels of shape {labels.shape}"
            )
        self.n_samples = bits.n_samples
        self._first_lut = network.n_inputs
        self._labels = labels.astype(np.uint8)
        self._signals = network.signals(bits, network.cone).words.copy()

    def counts(self, wires: list[int]) -> Counts:
        """Return the counts of a LUT that reads `wires`."""
        return count_classes(self._signals, _one_lut(wires), self._labels)

    def entries(self, lut: int, wires: list[int], kept: Kept) -> Entries:  # noqa: ARG002
        counts = self.counts(wires)
        votes, seen = counts.votes[0], counts.reached[0] > 0
        return Entries(votes, seen, seen & (votes == 0))

    def settle(self, lut: int, wires: list[int], table: NDArray[np.uint8]) -> None:
        words = pack_table(table)[None, :]
        output = apply(words, self._signals, _one_lut(wires), self.n_samples)
        self._signals[self._first_lut + lut] = output[0]


def _one_lut(wires: list[int]) -> NDArray[np.int32]:
    return np.array(wires, dtype=np.int32).reshape(1, -1)


def lut_mask(network: LutNetwork, mask: Words, lut: int) -> NDArray[np.bool_]:
    """Return the part of a mask (`seen`, `tied`) that belongs to a LUT, shape (2^k,)."""
    words = mask[network.table_offset[lut] : network.table_offset[lut + 1]]
    bits: NDArray[np.bool_] = unpack_rows(words[None, :], 1 << int(network.fan_in[lut]))[0] == 1
    return bits


def pack_table(table: NDArray[np.uint8] | NDArray[np.bool_]) -> Words:
    """Return one LUT's table or mask as the words in which a model holds it."""
    words: Words = pack(table.astype(np.uint8)[:, None])[0]
    assert words.size == table_words(np.array([table.size.bit_length() - 1]))[0]
    return words


def _merge(entries: NDArray[Any], k: int, kept: Kept) -> NDArray[np.int64]:
    """Add up the entries that become one when only the inputs `kept` are read."""
    gone = tuple(k - 1 - j for j in range(k) if j not in kept)  # axis 0 is the last input
    merged: NDArray[np.int64] = entries.reshape((2,) * k).astype(np.int64).sum(axis=gone)
    return merged.reshape(-1)

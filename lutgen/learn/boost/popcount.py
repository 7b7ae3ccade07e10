"""How many inputs are one, as signals that LUTs may read: the adders that count them.

No LUT of k inputs shows a symmetric function of many, such as parity or majority, and no sum of a
few does; the binary digits of the number of ones do. They are made by full and half adders, LUTs of
three and two inputs, added column by column (Wallace, "A Suggestion for a Fast Multiplier", 1964).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Bits, Words
from lutgen.learn.labelled import Labelled, SampleSet
from lutgen.model.graph import used_bits

_EXCLUSIVE_OR = {2: 0x6, 3: 0x96}
_CARRY = {2: 0x8, 3: 0xE8}


@dataclass(frozen=True, eq=False)
class Front:
    """The LUTs in front of those that are learnt, as a network has them.

    Parameters
    ----------
    fan_in, wires, tables : ndarray
        See :class:`lutgen.model.graph.LutGraph`.
    sources : ndarray of shape (n_inputs + n_digits,), dtype=np.int32
        The signal of the network that each input and each digit is; 0 for digits nobody reads.
    n_signals : int
        Inputs and LUTs.
    """

    fan_in: NDArray[np.uint8]
    wires: NDArray[np.int32]
    tables: Words
    sources: NDArray[np.int32]
    n_signals: int

    @property
    def seen(self) -> Words:
        """Care masks: all entries, for none of them was learnt."""
        return used_bits(self.fan_in)


@dataclass(frozen=True, eq=False)
class Counter:
    """Adders that count the inputs that are one.

    Parameters
    ----------
    n_inputs : int
    luts : list of (tuple of int, int)
        Wires and truth table of each LUT, in evaluation order: sum and carry of each adder.
    digits : list of int
        The signals that are the binary digits of the number of ones, the lowest first.
    """

    n_inputs: int
    luts: list[tuple[tuple[int, ...], int]]
    digits: list[int]

    @classmethod
    def of(cls, n_inputs: int, wanted: bool) -> Counter:
        """Return the adders of so many inputs, or none where they are not wanted."""
        luts: list[tuple[tuple[int, ...], int]] = []
        digits: list[int] = []
        column = list(range(n_inputs)) if wanted else []
        while column:
            carries = []
            while len(column) > 1:
                added, column = tuple(column[:3]), column[3:]
                column.append(n_inputs + len(luts))
                carries.append(n_inputs + len(luts) + 1)
                luts += [(added, table[len(added)]) for table in (_EXCLUSIVE_OR, _CARRY)]
            digits += column
            column = carries
        return cls(n_inputs, luts, digits)

    def with_digits(self, bits: Bits) -> Bits:
        """Return samples with the digits after the inputs."""
        if not self.digits:
            return bits
        digits = self._signals(bits)[self.digits]
        return Bits(np.concatenate([bits.words, digits]), bits.n_samples)

    def counted(self, samples: SampleSet) -> SampleSet:
        """Return samples, wherever they lie, with the digits after the inputs."""
        if not self.digits:
            return samples
        parts = samples.parts.derive(self._labelled, [()] * len(samples.sizes))
        return SampleSet(parts, samples.sizes, self.n_inputs + len(self.digits))

    def _labelled(self, part: Labelled) -> Labelled:
        return replace(part, bits=self.with_digits(part.bits))

    def front(self, read: NDArray[np.integer]) -> Front:
        """Return the adders that signals need which are read; inputs come first, then digits."""
        digits = read[(read >= self.n_inputs) & (read < self.n_inputs + len(self.digits))]
        kept = self._cone(np.unique(digits) - self.n_inputs)
        place = {self.n_inputs + lut: self.n_inputs + i for i, lut in enumerate(kept)}
        luts = [self.luts[lut] for lut in kept]
        return Front(
            np.array([len(wires) for wires, _ in luts], dtype=np.uint8),
            np.array([place.get(w, w) for wires, _ in luts for w in wires], dtype=np.int32),
            np.array([table for _, table in luts], dtype=np.uint64),
            np.array([*range(self.n_inputs), *(place.get(d, 0) for d in self.digits)], np.int32),
            self.n_inputs + len(kept),
        )

    def _cone(self, digits: NDArray[np.integer]) -> list[int]:
        """Return the LUTs that some digits need, ascending."""
        needed = {self.digits[digit] for digit in digits.tolist()}
        for lut in range(len(self.luts) - 1, -1, -1):
            if self.n_inputs + lut in needed:
                needed.update(self.luts[lut][0])
        return sorted(signal - self.n_inputs for signal in needed if signal >= self.n_inputs)

    def _signals(self, bits: Bits) -> Words:
        """Return the values of inputs and LUTs; those in the padding are zero."""
        signals = np.empty((self.n_inputs + len(self.luts), bits.words.shape[1]), dtype=np.uint64)
        signals[: self.n_inputs] = bits.words[: self.n_inputs]
        for lut, (wires, table) in enumerate(self.luts):
            entries = enumerate(_matches(signals, wires))
            ones = [match for p, match in entries if table >> p & 1]
            signals[self.n_inputs + lut] = np.bitwise_or.reduce(ones)
        return signals


def _matches(signals: Words, wires: tuple[int, ...]) -> Iterator[Words]:
    """Yield for each address, ascending, a mask of the samples that have it."""
    for p in range(1 << len(wires)):
        literals = [signals[w] if p >> j & 1 else ~signals[w] for j, w in enumerate(wires)]
        yield np.bitwise_and.reduce(literals)

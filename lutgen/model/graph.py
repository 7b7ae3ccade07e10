"""The graph of LUTs: wires, truth tables, what was seen of them; and its meaning in NumPy.

Signals are numbered in one space: the network's input bits first, then the LUTs in evaluation
order. A LUT may read any earlier signal. Input j of a LUT is bit j of its address,
``p = sum_j x[wire[j]] << j``, and bit p of the truth table is the LUT's output: the INIT order of
SB_LUT4 (iCE40), LUT4 (ECP5, Gowin) and LUT6 (Xilinx).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import MAX_FAN_IN, Bits, Words, pack, unpack_rows
from lutgen.errors import ModelError

ARRAYS = {
    "fan_in": "u1",
    "wires": "<i4",
    "tables": "<u8",
    "seen": "<u8",
    "tied": "<u8",
    "layer": "<i4",
}
"""The arrays of a graph and their types in a file; all are vectors."""

_CHUNK_BYTES = 1 << 26


def table_words(fan_in: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the number of 64-bit words that a truth table of each fan-in takes (at least one)."""
    return np.left_shift(np.int64(1), np.maximum(fan_in.astype(np.int64) - 6, 0))


def used_bits(fan_in: NDArray[np.uint8]) -> Words:
    """Return a mask over the words of all tables: the bits that hold entries."""
    small = np.minimum(fan_in.astype(np.uint64), np.uint64(6))
    masks = (np.uint64(2) << ((np.uint64(1) << small) - np.uint64(1))) - np.uint64(1)
    return np.repeat(masks, table_words(fan_in))


def _offsets(lengths: NDArray[np.integer]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])


@dataclass(frozen=True, eq=False)
class LutGraph:
    """LUTs and their wires.

    Parameters
    ----------
    n_inputs : int
        Number of input bits.
    fan_in : ndarray of shape (n_luts,), dtype=np.uint8
        k of each LUT, 1 to 16.
    wires : ndarray of shape (sum of fan_in,), dtype=np.int32
        The signals each LUT reads, LUT after LUT; input 0 (address bit 0) first.
    tables : ndarray of shape (sum of table words,), dtype=np.uint64
        Truth tables, LUT after LUT, each in max(1, 2^k / 64) words: entry p is bit p % 64 of
        word p // 64; unused bits of a small table are zero.
    seen : ndarray like `tables`
        Care mask: one where at least one training sample reached the entry.
    tied : ndarray like `tables`
        One where samples reached the entry and the counts of the two classes were equal.
        The value of entries that are unseen or tied was chosen by a fill policy.
    layer : ndarray of shape (n_luts,), dtype=np.int32
        Layer of each LUT, from 1, never descending.
    """

    n_inputs: int
    fan_in: NDArray[np.uint8]
    wires: NDArray[np.int32]
    tables: Words
    seen: Words
    tied: Words
    layer: NDArray[np.int32]

    def type_faults(self) -> list[str]:
        """Return which arrays are none, or of another type, in words."""
        faults = []
        for name, dtype in ARRAYS.items():
            array = getattr(self, name)
            wanted = f"{name} must be an array of {np.dtype(dtype).name}, got"
            if not isinstance(array, np.ndarray):
                faults.append(f"{wanted} {type(array).__name__}")
            elif array.ndim != 1 or array.dtype != np.dtype(dtype):
                faults.append(f"{wanted} {array.dtype} {array.shape}")
        return faults

    def graph_faults(self) -> list[str]:
        """Return what is wrong with arrays of the right types, in words."""
        faults = []
        if self.n_inputs < 1:
            faults.append(f"{self.n_inputs} input bits; one is the least")
        if self.n_luts and not 1 <= self.fan_in.min() <= self.fan_in.max() <= MAX_FAN_IN:
            return [*faults, f"fan-in must be 1 to {MAX_FAN_IN}"]
        if self.wires.size != int(self.fan_in.sum(dtype=np.int64)):
            return [*faults, f"{self.wires.size} wires for a total fan-in of {self.fan_in.sum()}"]
        words = int(table_words(self.fan_in).sum())
        sizes = {name: getattr(self, name).size for name in ("tables", "seen", "tied")}
        faults += [
            f"{name} has {n} words instead of {words}" for name, n in sizes.items() if n != words
        ]
        if (
            self.layer.size != self.n_luts
            or (self.layer < 1).any()
            or (np.diff(self.layer) < 0).any()
        ):
            faults.append("layers must start at 1 or above and never descend, one for each LUT")
        reader = self.n_inputs + np.repeat(np.arange(self.n_luts), self.fan_in)
        bad = (self.wires < 0) | (self.wires >= reader)
        if bad.any():
            wire = int(np.argmax(bad))
            faults.append(
                f"LUT {reader[wire] - self.n_inputs} reads signal {self.wires[wire]}, "
                "which is not an earlier one"
            )
        return faults or _table_faults(self)

    # -- structure ---------------------------------------------------------------------------

    @property
    def n_luts(self) -> int:
        """Number of LUTs."""
        return int(self.fan_in.size)

    @property
    def n_signals(self) -> int:
        """Number of signals: input bits and LUTs."""
        return self.n_inputs + self.n_luts

    @property
    def n_layers(self) -> int:
        """Number of layers."""
        return int(self.layer[-1]) if self.n_luts else 0

    @cached_property
    def wire_offset(self) -> NDArray[np.int64]:
        """Start of each LUT's wires in `wires`; shape (n_luts + 1,)."""
        return _offsets(self.fan_in)

    @cached_property
    def table_offset(self) -> NDArray[np.int64]:
        """Start of each LUT's words in `tables`; shape (n_luts + 1,)."""
        return _offsets(table_words(self.fan_in))

    def lut_wires(self, lut: int) -> NDArray[np.int32]:
        """Return the signals that a LUT reads, address bit 0 first."""
        return self.wires[self.wire_offset[lut] : self.wire_offset[lut + 1]]

    def lut_table(self, lut: int) -> NDArray[np.uint8]:
        """Return a LUT's truth table as 0 and 1, shape (2^k,)."""
        words = self.tables[self.table_offset[lut] : self.table_offset[lut + 1]]
        table: NDArray[np.uint8] = unpack_rows(words[None, :], 1 << int(self.fan_in[lut]))[0]
        return table

    def lut_init(self, lut: int) -> int:
        """Return a LUT's truth table as an integer: bit p is entry p."""
        words = self.tables[self.table_offset[lut] : self.table_offset[lut + 1]]
        return int.from_bytes(words.astype("<u8").tobytes(), "little")

    def lut_names(self) -> list[str]:
        """Return a name for each LUT that tells layer and place in it: ``l3_n17``."""
        first = np.searchsorted(self.layer, self.layer, side="left")
        place = np.arange(self.n_luts) - first
        return [f"l{a}_n{b}" for a, b in zip(self.layer.tolist(), place.tolist(), strict=True)]

    def reach(self, signals: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Return which LUTs can reach some signals (their cone of influence); shape (n_luts,)."""
        reached = np.zeros(self.n_signals, dtype=np.bool_)
        reached[signals] = True
        flags = bytearray(reached.tobytes())
        wires, start = self.wires.tolist(), self.wire_offset.tolist()
        for lut in range(self.n_luts - 1, -1, -1):
            if flags[self.n_inputs + lut]:
                for wire in wires[start[lut] : start[lut + 1]]:
                    flags[wire] = 1
        reached = np.frombuffer(flags, dtype=np.bool_).copy()
        return reached[self.n_inputs :]

    # -- semantics ---------------------------------------------------------------------------

    def signals(self, bits: Bits, luts: NDArray[np.bool_] | None = None) -> Bits:
        """Evaluate the graph and return every signal.

        Parameters
        ----------
        bits : Bits of n_inputs signals
            Encoded samples.
        luts : ndarray of shape (n_luts,), dtype=bool, optional
            LUTs to evaluate (they must include all that they read); the others' rows are zero.

        Returns
        -------
        Bits of n_signals signals

        Raises
        ------
        ModelError
            If the samples are of another width.
        """
        if bits.n_signals != self.n_inputs:
            raise ModelError(
                f"the network reads {self.n_inputs} input bits, the samples have {bits.n_signals}"
            )
        rows = np.zeros((self.n_signals, bits.words.shape[1]), dtype=np.uint64)
        rows[: self.n_inputs] = bits.words
        wanted = range(self.n_luts) if luts is None else np.flatnonzero(luts).tolist()
        step = max(1, _CHUNK_BYTES // (64 * self.n_signals))
        for start in range(0, rows.shape[1], step):
            stop = min(start + step, rows.shape[1])
            n_samples = min(64 * stop, bits.n_samples) - 64 * start
            rows[self.n_inputs :, start:stop] = self._evaluate(
                rows[: self.n_inputs, start:stop], n_samples, wanted
            )
        return Bits(rows, bits.n_samples)

    def _evaluate(self, inputs: Words, n_samples: int, luts: range | list[int]) -> Words:
        dense = np.zeros((self.n_signals, n_samples), dtype=np.uint8)
        dense[: self.n_inputs] = unpack_rows(inputs, n_samples)
        for lut in luts:
            wires = self.lut_wires(lut)
            address = dense[wires[0]].astype(np.uint8 if wires.size <= 8 else np.uint16)
            for j in range(1, wires.size):
                address |= dense[wires[j]].astype(address.dtype) << address.dtype.type(j)
            dense[self.n_inputs + lut] = np.take(self.lut_table(lut), address)
        return pack(dense[self.n_inputs :].T)


def _table_faults(graph: LutGraph) -> list[str]:
    """Check the unused bits of small tables and the relation of the care masks."""
    unused = ~used_bits(graph.fan_in)
    faults = [
        f"{name} has bits beyond the 2^k entries of a small LUT"
        for name in ("tables", "seen", "tied")
        if (getattr(graph, name) & unused).any()
    ]
    if (graph.tied & ~graph.seen).any():
        faults.append("an entry is marked tied but not seen")
    return faults

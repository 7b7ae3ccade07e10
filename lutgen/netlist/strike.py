"""What a netlist answers once some of its nets or tables are not what they were: compiled.

Only what changes is computed again: cells are gone through in order, each one that reads a changed
net, until nothing changes any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lutgen.bits import Words
from lutgen.netlist.evaluate import evaluate_nets
from lutgen.netlist.ir import REGISTER, Netlist
from lutgen.netlist.tables import BUFFER

_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_NONE = -1


class Strikes:
    """A netlist and samples, registers transparent.

    Parameters
    ----------
    netlist : Netlist
        Any netlist that :func:`lutgen.netlist.check.check` accepts.
    inputs : ndarray of shape (n_inputs, n_words), dtype=np.uint64
        As for :func:`lutgen.netlist.evaluate.evaluate`.

    Attributes
    ----------
    nets : ndarray of shape (n_nets, n_words), dtype=np.uint64
        Every net, by its number, of the netlist as it is.
    """

    def __init__(self, netlist: Netlist, inputs: Words) -> None:
        cells = netlist.cells
        self.nets = np.ascontiguousarray(evaluate_nets(netlist, inputs))
        fan_in = [len(cell.inputs) for cell in cells]
        self._first = netlist.first_cell
        self._outputs = np.array(netlist.outputs, dtype=np.int64)
        self._start = np.concatenate([[0], np.cumsum(fan_in)]).astype(np.int64)
        reads = np.array([net for cell in cells for net in cell.inputs], dtype=np.int64)
        self._reads = reads
        self._at = np.concatenate([[0], np.cumsum([1 << k for k in fan_in])]).astype(np.int64)
        self._tables = np.zeros(self._at[-1], dtype=np.uint8)
        for place, cell in enumerate(cells):
            init = BUFFER if cell.kind == REGISTER else cell.init
            octets = init.to_bytes(max(1, (1 << fan_in[place]) // 8), "little")
            self._tables[self._at[place] : self._at[place + 1]] = np.unpackbits(
                np.frombuffer(octets, np.uint8), count=1 << fan_in[place], bitorder="little"
            )
        order = np.argsort(reads, kind="stable")
        owners = np.repeat(np.arange(len(cells)), fan_in) + self._first
        self._readers = owners[order].astype(np.int64)
        counts = np.bincount(reads, minlength=netlist.n_nets)
        self._readers_start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        n_words = self.nets.shape[1]
        self._scratch = np.empty_like(self.nets)
        self._dirty = np.zeros(netlist.n_nets, dtype=np.uint8)
        self._pending = np.zeros(netlist.n_nets // 64 + 1, dtype=np.uint64)
        self._flip_at = np.full(netlist.n_nets, _NONE, dtype=np.int64)
        self._forced = np.zeros(netlist.n_nets, dtype=np.uint8)
        self._work = np.empty((1 << max([1, *fan_in]) >> 1, n_words), dtype=np.uint64)

    @property
    def outputs(self) -> Words:
        """The outputs of the netlist as it is, shape (n_outputs, n_words)."""
        return self.nets[self._outputs]

    def after(
        self,
        flips: Mapping[int, Words | None] | None = None,
        entries: Mapping[int, Any] | None = None,
    ) -> Words | None:
        """Return the outputs after a strike; None if they are what they were.

        Parameters
        ----------
        flips : mapping of int to ndarray of shape (n_words,) or None
            Nets whose readers see the complement, in the samples whose bit is one; None: in all.
        entries : mapping of int to sequence of int
            Nets of LUTs, and the addresses at which their tables are inverted.
        """
        flips, entries = flips or {}, entries or {}
        masks = np.full((len(flips), self.nets.shape[1]), _ALL, dtype=np.uint64)
        for row, (net, mask) in enumerate(flips.items()):
            self._flip_at[net] = row
            if mask is not None:
                masks[row] = mask
        inverted = [
            int(self._at[net - self._first]) + entry
            for net, some in entries.items()
            for entry in some
        ]
        np.bitwise_xor.at(self._tables, inverted, 1)
        forced = np.array(list(entries), dtype=np.int64)
        self._forced[forced] = 1
        struck = np.array([*flips, *entries], dtype=np.int64)
        out = np.empty((self._outputs.size, self.nets.shape[1]), dtype=np.uint64)
        try:
            changed = _settle(
                self._first, self._start, self._reads, self._at, self._tables,
                self._readers_start, self._readers, self.nets, self._scratch, self._dirty,
                self._pending, self._flip_at, self._forced, masks, struck, self._outputs, out,
                self._work,
            )  # fmt: skip
        finally:
            self._flip_at[list(flips)] = _NONE
            self._forced[forced] = 0
            np.bitwise_xor.at(self._tables, inverted, 1)
        return out if changed else None

    def by_address(self, nets: tuple[int, ...], masks: tuple[Words, ...]) -> NDArray[np.int64]:
        """Count the samples of each mask by what some nets are, net j as bit j of the address.

        Returns
        -------
        ndarray of shape (n_masks, 2^n_nets)
        """
        rows = np.array(nets, dtype=np.int64)
        counts = np.zeros((len(masks), 1 << rows.size), dtype=np.int64)
        for number, mask in enumerate(masks):
            _count(self.nets, rows, np.ascontiguousarray(mask), counts[number])
        return counts


@njit(cache=True)
def _settle(
    first: int, start: Any, reads: Any, at: Any, tables: Any, readers_start: Any, readers: Any,
    nets: Any, scratch: Any, dirty: Any, pending: Any, flip_at: Any, forced: Any, masks: Any,
    struck: Any, outputs: Any, out: Any, work: Any,
) -> bool:  # fmt: skip
    """Compute again what changes, and the outputs; return whether any of these does."""
    for net in struck:
        pending[net >> 6] |= np.uint64(1) << np.uint64(net & 63)
    touched = [0 for _ in range(0)]
    for word in range(pending.size):
        while pending[word]:
            low = pending[word] & (~pending[word] + np.uint64(1))
            pending[word] ^= low
            place = 0
            while (low >> np.uint64(place)) != np.uint64(1):
                place += 1
            net = (word << 6) | place
            if _changes(
                first, start, reads, at, tables, nets, scratch, dirty, flip_at, forced, masks, work,
                net,
            ):  # fmt: skip
                dirty[net] = 1
                touched.append(net)
                for i in range(readers_start[net], readers_start[net + 1]):
                    pending[readers[i] >> 6] |= np.uint64(1) << np.uint64(readers[i] & 63)
    changed = False
    for i in range(outputs.size):
        if dirty[outputs[i]]:
            changed = True
            out[i] = scratch[outputs[i]]
        else:
            out[i] = nets[outputs[i]]
    for net in touched:
        dirty[net] = 0
    return changed


@njit(cache=True)
def _changes(
    first: int, start: Any, reads: Any, at: Any, tables: Any, nets: Any, scratch: Any, dirty: Any,
    flip_at: Any, forced: Any, masks: Any, work: Any, net: int,
) -> bool:  # fmt: skip
    """Compute a net again, if it may have changed, and strike it; return whether it differs."""
    cell = net - first
    again = forced[net] == 1
    if cell >= 0:
        for i in range(start[cell], start[cell + 1]):
            if dirty[reads[i]]:
                again = True
    if again:
        _compute(start, reads, at, tables, nets, scratch, dirty, cell, work, scratch[net])
    else:
        scratch[net] = nets[net]
    differs = np.uint64(0)
    for w in range(nets.shape[1]):
        if flip_at[net] >= 0:
            scratch[net, w] ^= masks[flip_at[net], w]
        differs |= scratch[net, w] ^ nets[net, w]
    return bool(differs)


@njit(cache=True)
def _compute(
    start: Any, reads: Any, at: Any, tables: Any, nets: Any, scratch: Any, dirty: Any, cell: int,
    work: Any, result: Any,
) -> None:  # fmt: skip
    """Compute a cell: multiplexers on whole words, the first input's first."""
    n_words = nets.shape[1]
    k = start[cell + 1] - start[cell]
    n = (1 << k) >> 1
    for j in range(k):
        source = reads[start[cell] + j]
        select = scratch[source] if dirty[source] else nets[source]
        for p in range(n):
            row = work[p]
            if j == 0:
                low, high = tables[at[cell] + 2 * p], tables[at[cell] + 2 * p + 1]
                if low == high:
                    row[:] = np.uint64(0) if low == 0 else ~np.uint64(0)
                elif high:
                    row[:] = select
                else:
                    for w in range(n_words):
                        row[w] = ~select[w]
            else:
                one, other = work[2 * p], work[2 * p + 1]
                for w in range(n_words):
                    row[w] = one[w] ^ ((one[w] ^ other[w]) & select[w])
        n >>= 1
    result[:] = work[0]


@njit(cache=True)
def _count(nets: Any, rows: Any, mask: Any, counts: Any) -> None:
    """Count the samples of a mask by address."""
    for w in range(mask.size):
        left = mask[w]
        place = np.uint64(0)
        while left:
            while not left & np.uint64(1):
                left >>= np.uint64(1)
                place += np.uint64(1)
            address = np.uint64(0)
            for j in range(rows.size):
                address |= ((nets[rows[j], w] >> place) & np.uint64(1)) << np.uint64(j)
            counts[address] += 1
            left >>= np.uint64(1)
            place += np.uint64(1)

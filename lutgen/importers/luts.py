"""LUTs under construction: what importers say of a function becomes LUTs, equal ones made once.

Nets are numbered as in :mod:`lutgen.netlist.ir`: 0 and 1 are the constants, then come the inputs,
then the LUTs. A literal is a net and whether it is meant as it is (True) or inverted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from lutgen.bits import MAX_FAN_IN
from lutgen.encode.encoder import Encoder
from lutgen.errors import ModelError
from lutgen.model import ONE, ZERO, Head, LutNetwork
from lutgen.netlist.ir import CONST0, CONST1, FIRST_INPUT
from lutgen.netlist.tables import BUFFER, canonical, depends_on, ones, permute, reduce

MAX_INPUTS = 1 << 20
"""Input bits of a network that comes in, at most."""

MAX_LUTS = 1 << 20
"""LUTs of a network that comes in, at most."""

_MOST_TABLE_BYTES = 1 << 28

Literal = tuple[int, bool]

_TREE = 6  # inputs of the LUTs that wide functions become
_PARITY = [sum((address.bit_count() & 1) << address for address in range(1 << k)) for k in range(7)]
_CHOOSE = 0b11001010  # inputs low, high, select
_AHEAD = tuple(range(_TREE))


@lru_cache(maxsize=1 << 14)
def _is_whole(table: int, k: int) -> bool:
    """Return whether a table depends on all its inputs."""
    return all(depends_on(table, k, j) for j in range(k))


_permuted = lru_cache(maxsize=1 << 14)(permute)


def _in_order(table: int, reads: tuple[int, ...]) -> tuple[tuple[int, ...], int]:
    """Return reads in ascending order, and the table of them."""
    k = len(reads)
    if k > _TREE:
        table, reads = canonical(table, reads)
        return reads, table
    order = tuple(sorted(_AHEAD[:k], key=reads.__getitem__))
    if order == _AHEAD[:k]:
        return reads, table
    return tuple([reads[j] for j in order]), _permuted(table, order)


class LutBuilder:
    """LUTs of a network, each made once.

    Parameters
    ----------
    n_inputs : int
        Input bits.

    Raises
    ------
    ModelError
        If there are none, or more than a million.
    """

    def __init__(self, n_inputs: int) -> None:
        if not 1 <= n_inputs <= MAX_INPUTS:
            raise ModelError(f"it has {n_inputs:,} inputs; 1 to {MAX_INPUTS:,} can be taken")
        self.n_inputs = n_inputs
        self._luts: list[tuple[tuple[int, ...], int]] = []
        self._made: dict[tuple[tuple[int, ...], int], int] = {}
        self._seen: dict[int, int] = {}
        self._table_bytes = 0

    @property
    def inputs(self) -> range:
        """The nets of the inputs."""
        return range(FIRST_INPUT, FIRST_INPUT + self.n_inputs)

    @property
    def n_unseen(self) -> int:
        """Entries of tables that are not given."""
        return sum(
            (seen ^ ones(len(self._luts[place][0]))).bit_count()
            for place, seen in self._seen.items()
        )

    def add(self, table: int, nets: Sequence[int]) -> int:
        """Return the net of a truth table of 16 nets at most; input j is address bit j.

        Nets may be constants or repeat; a table that is one of its inputs makes no LUT.
        """
        reads = tuple(nets)
        k = len(reads)
        if not (k <= _TREE and len({*reads, CONST0, CONST1}) == k + 2 and _is_whole(table, k)):
            table, reads = reduce(table, reads)
        if not reads:
            return table
        if table == BUFFER and len(reads) == 1:
            return reads[0]
        key = _in_order(table, reads)
        net = self._made.get(key)
        if net is None:
            net = self._made[key] = self._append(reads, table)
        return net

    def add_partial(self, table: int, seen: int, nets: Sequence[int]) -> int:
        """Return the net of a table of which only the entries in `seen` are given."""
        if seen == ones(len(nets)) or not nets:
            return self.add(table, nets)
        net = self._append(tuple(nets), table)
        self._seen[len(self._luts) - 1] = seen
        return net

    def _append(self, reads: tuple[int, ...], table: int) -> int:
        self._luts.append((reads, table))
        self._table_bytes += 1 << len(reads) >> 3
        if len(self._luts) > MAX_LUTS or self._table_bytes > _MOST_TABLE_BYTES:
            raise ModelError(
                f"it becomes more than {MAX_LUTS:,} LUTs, or tables of more than "
                f"{_MOST_TABLE_BYTES:,} bytes"
            )
        return FIRST_INPUT + self.n_inputs + len(self._luts) - 1

    def invert(self, net: int) -> int:
        """Return the complement of a net: of a LUT, its table complemented."""
        place = net - FIRST_INPUT - self.n_inputs
        if place < 0 or place in self._seen:
            return self.add(0b01, (net,))
        reads, table = self._luts[place]
        return self.add(table ^ ones(len(reads)), reads)

    def all_of(self, literals: Iterable[Literal]) -> int:
        """Return the AND of literals, any number of them: a tree of LUTs of six inputs."""
        reads = sorted(set(literals))
        while len(reads) > _TREE:
            groups = [reads[at : at + _TREE] for at in range(0, len(reads), _TREE)]
            reads = sorted({(self.all_of(group), True) for group in groups})
        wanted = sum(positive << j for j, (_, positive) in enumerate(reads))
        return self.add(1 << wanted, [net for net, _ in reads])

    def any_of(self, literals: Iterable[Literal]) -> int:
        """Return the OR of literals, any number of them."""
        return self.invert(self.all_of((net, not positive) for net, positive in literals))

    def parity(self, nets: Iterable[int]) -> int:
        """Return the XOR of nets, any number of them."""
        odd: set[int] = set()
        for net in nets:
            odd ^= {net}
        reads = sorted(odd)
        while len(reads) > _TREE:
            groups = [reads[at : at + _TREE] for at in range(0, len(reads), _TREE)]
            reads = [self.add(_PARITY[len(group)], group) for group in groups]
        return self.add(_PARITY[len(reads)], reads)

    def choose(self, select: int, high: int, low: int) -> int:
        """Return `high` where `select` is one, else `low`."""
        return self.add(_CHOOSE, (low, high, select))

    def look_up(self, table: int, nets: Sequence[int]) -> int:
        """Return a truth table of any number of nets: above 16, halves and a multiplexer."""
        if len(nets) <= MAX_FAN_IN:
            return self.add(table, nets)
        half = 1 << (len(nets) - 1)
        low = self.look_up(table & ((1 << half) - 1), nets[:-1])
        return self.choose(nets[-1], self.look_up(table >> half, nets[:-1]), low)

    def network(
        self,
        outputs: Sequence[int],
        head: Head | None = None,
        *,
        encoder: Encoder | None = None,
        feature_names: Sequence[str] = (),
    ) -> LutNetwork:
        """Return the network whose head reads some nets, without LUTs that reach none.

        LUTs come layer by layer, each in one more than the deepest that it reads.
        """
        luts, seen, renumbered = self._in_layers(outputs)
        constants = {CONST0: ZERO, CONST1: ONE}
        found = LutNetwork.from_luts(
            self.n_inputs,
            luts,
            outputs=[constants.get(net, renumbered[net] - FIRST_INPUT) for net in outputs],
            head=head,
            encoder=encoder,
            feature_names=feature_names,
        )
        if not seen:
            return found
        masks = found.seen.copy()
        for place, mask in seen.items():
            first, last = found.table_offset[place : place + 2].tolist()
            masks[first:last] = np.frombuffer(mask.to_bytes(8 * (last - first), "little"), "<u8")
        return replace(found, seen=masks)

    def _in_layers(self, outputs: Sequence[int]) -> tuple[list[Any], dict[int, int], list[int]]:
        """Return the LUTs that reach outputs layer by layer, as signals; masks; the new nets."""
        first = FIRST_INPUT + self.n_inputs
        depth = [0] * (first + len(self._luts))
        used = bytearray(len(depth))
        for net in outputs:
            used[net] = 1
        for place in range(len(self._luts) - 1, -1, -1):
            if used[first + place]:
                for net in self._luts[place][0]:
                    used[net] = 1
        for place, (reads, _) in enumerate(self._luts):
            depth[first + place] = 1 + max([depth[net] for net in reads])
        kept = [place for place in range(len(self._luts)) if used[first + place]]
        kept.sort(key=lambda place: depth[first + place])
        renumbered = list(range(len(depth)))
        for rank, place in enumerate(kept):
            renumbered[first + place] = first + rank
        luts = []
        for place in kept:
            reads, table = self._luts[place]
            luts.append(([renumbered[net] - FIRST_INPUT for net in reads], table))
        places = {place: rank for rank, place in enumerate(kept)}
        seen = {places[place]: mask for place, mask in self._seen.items() if place in places}
        return luts, seen, renumbered

"""Internal don't-cares: table entries that no input of the network produces, or that none shows.

Around each LUT a window is opened: LUTs before it that share inputs, and the LUTs that read it. All
assignments of the window's leaves are simulated at once, one bit each. An entry that none of them
produces (satisfiability), or under none of which a reader answers differently for 0 and for 1
(observability), may take any value; the function of the network stays the same. A LUT whose own
value does not stay the same gets another name (``l2_n5_dc``), so that a name keeps its meaning.

Leaves are taken to be free of each other, so what a window finds holds in the whole network. LUTs
are treated one after the other, each in the netlist as it then is. (Mishchenko and Brayton,
"SAT-based complete don't-care computation for network optimization", DATE 2005, sections 3 and 4.)
"""

from __future__ import annotations

from dataclasses import dataclass

from lutgen.netlist.ir import CONST0, CONST1, LUT, Cell, Netlist
from lutgen.netlist.isf import Isf, complete, count_cofactors, minimise_support
from lutgen.netlist.passes.stats import PassStats, measure
from lutgen.netlist.tables import expand, ones, variable

NAME = "dontcare"
MAX_LEAVES = 12
CHANGED = "_dc"
_MAX_READERS = 4


def dontcare(netlist: Netlist, max_leaves: int = MAX_LEAVES) -> tuple[Netlist, PassStats]:
    """Use the don't-cares inside small windows to drop inputs of LUTs and to merge cofactors.

    For netlists whose LUTs name no primitive yet; LUTs that do, or have to stay, are left as they
    are. Cells that are no longer read stay; run :func:`lutgen.netlist.passes.simplify.simplify`
    afterwards.

    Parameters
    ----------
    max_leaves : int
        Nets at the border of a window, at most: a window simulates 2^max_leaves assignments.

    Returns
    -------
    Netlist
        The same function.
    PassStats
        `changes` counts the LUTs with another table or fewer inputs.
    """
    sweep = _Sweep(netlist, max_leaves)
    while sweep.run():
        pass
    after = Netlist(netlist.n_inputs, tuple(sweep.cells), netlist.outputs)
    changes = sum(new is not old for new, old in zip(after.cells, netlist.cells, strict=True))
    return after, measure(NAME, netlist, after, changes)


@dataclass(frozen=True, slots=True)
class _Window:
    """Nets that are free variables, LUTs inside (ascending), and readers that show a value."""

    leaves: tuple[int, ...]
    inside: tuple[int, ...]
    readers: tuple[int, ...]


class _Sweep:
    """The cells as they become, and who reads each net."""

    def __init__(self, netlist: Netlist, max_leaves: int) -> None:
        self.cells = list(netlist.cells)
        self._first_cell = netlist.first_cell
        self._max_leaves = max_leaves
        self._readers: list[list[int]] = [[] for _ in range(netlist.n_nets)]
        for net, cell in enumerate(netlist.cells, netlist.first_cell):
            for source in dict.fromkeys(cell.inputs):
                self._readers[source].append(net)
        self._outputs = frozenset(netlist.outputs)
        # what each LUT reads, constants left out; None: it is none
        self._reads: list[frozenset[int] | None] = [None] * netlist.n_nets
        for net, cell in enumerate(netlist.cells, netlist.first_cell):
            if cell.kind == LUT:
                self._reads[net] = _without_constants(cell)

    def run(self) -> bool:
        """Treat each LUT once; return whether one changed."""
        changed = False
        for place, cell in enumerate(self.cells):
            net = place + self._first_cell
            if cell.kind != LUT or cell.is_fixed or not self._is_read(net):
                continue
            window = self._open(net)
            if window is not None and (smaller := self._shrink(net, window)) is not None:
                self._replace(net, smaller)
                changed = True
        return changed

    def _is_read(self, net: int) -> bool:
        return bool(self._readers[net]) or net in self._outputs

    # -- the window --------------------------------------------------------------------------

    def _open(self, net: int) -> _Window | None:
        """Choose the window of a LUT, or None where nothing is shared, so that none can help."""
        cell = self.cells[net - self._first_cell]
        leaves = set(self._reads[net] or ())
        if len(leaves) > self._max_leaves:
            return None
        shares = len(leaves) < len(cell.inputs)
        readers = self._find_readers(net, leaves)
        for reader in readers:
            beside = (self._reads[reader] or frozenset()) - {net}
            shares |= not beside.isdisjoint(leaves)
            leaves |= beside
        inside: list[int] = []
        while (found := self._best_expansion(net, leaves, inside)) is not None:
            leaves.remove(found)
            leaves.update((self._reads[found] or frozenset()).difference(inside))
            inside.append(found)
        if not shares and not inside:
            return None
        return _Window(tuple(sorted(leaves)), tuple(sorted(inside)), readers)

    def _find_readers(self, net: int, leaves: set[int]) -> tuple[int, ...]:
        """Return the readers, if all of them are LUTs and fit; none means: shown always."""
        readers = self._readers[net]
        if net in self._outputs or len(readers) > _MAX_READERS:
            return ()
        around = set(leaves)
        for reader in readers:
            reads = self._reads[reader]
            if reads is None:
                return ()
            around |= reads
        around.discard(net)
        return tuple(readers) if len(around) <= self._max_leaves else ()

    def _best_expansion(self, net: int, leaves: set[int], inside: list[int]) -> int | None:
        """Return the leaf whose driver adds the fewest leaves and shares a net with the others."""
        fan_ins = {
            leaf: reads.difference(inside) if inside else reads
            for leaf in leaves
            if leaf < net and (reads := self._reads[leaf]) is not None
        }
        sources = fan_ins.values()
        if all(sources) and len(leaves.union(*sources)) == len(leaves) + sum(map(len, sources)):
            return None  # nothing is shared
        times: dict[int, int] = {}
        for reads in fan_ins.values():
            for source in reads:
                times[source] = times.get(source, 0) + 1
        best: tuple[int, int] | None = None
        for leaf, reads in fan_ins.items():
            n_new = len(reads - leaves)
            shares = n_new < len(reads) or any(times[source] > 1 for source in reads)
            fits = len(leaves) - 1 + n_new <= self._max_leaves
            if (shares or not reads) and fits and (best is None or (n_new, leaf) < best):
                best = n_new, leaf
        return best[1] if best else None

    # -- what it shows -----------------------------------------------------------------------

    def _shrink(self, net: int, window: _Window) -> Cell | None:
        """Return a smaller LUT that serves as well, or None."""
        cell = self.cells[net - self._first_cell]
        k = len(cell.inputs)
        reached, care = self._care(net, window)
        if care == ones(k):
            return None
        order = sorted(range(k), key=lambda j: (len(self._readers[cell.inputs[j]]), -j))
        isf, kept = minimise_support(Isf(k, cell.init & care, care), order)
        table = complete(isf)
        if len(kept) == k and count_cofactors(table, k) >= count_cofactors(cell.init, k):
            return None
        inputs = tuple(cell.inputs[j] for j in kept)
        name = cell.name
        if (expand(table, kept, range(k)) ^ cell.init) & reached:
            name = f"{name.removesuffix(CHANGED)}{CHANGED}"
        if not inputs:
            if cell.inputs == (CONST0,):
                return None  # a constant already; only fold takes it away
            inputs, table = (CONST0,), 0b11 if table else 0b00
        return cell.but(inputs=inputs, init=table, name=name)

    def _care(self, net: int, window: _Window) -> tuple[int, int]:
        """Return two tables over a LUT's inputs: 1 where its value is produced; and shown, too."""
        n_leaves = len(window.leaves)
        everywhere = ones(n_leaves)
        tables = {CONST0: 0, CONST1: everywhere}
        tables |= {leaf: variable(n_leaves, j) for j, leaf in enumerate(window.leaves)}
        for source in window.inside:
            cell = self.cells[source - self._first_cell]
            tables[source] = _apply(cell.init, [tables[i] for i in cell.inputs], everywhere)
        shown = 0 if window.readers else everywhere
        for reader in window.readers:
            cell = self.cells[reader - self._first_cell]
            answers = [
                _apply(cell.init, [value if i == net else tables[i] for i in cell.inputs],
                       everywhere)
                for value in (0, everywhere)
            ]  # fmt: skip
            shown |= answers[0] ^ answers[1]
        inputs = [tables[i] for i in self.cells[net - self._first_cell].inputs]
        return _reached(inputs, everywhere), _reached(inputs, shown)

    def _replace(self, net: int, cell: Cell) -> None:
        old = self.cells[net - self._first_cell]
        for source in set(old.inputs) - set(cell.inputs):
            self._readers[source].remove(net)
        for source in set(cell.inputs) - set(old.inputs):
            self._readers[source].append(net)
        self.cells[net - self._first_cell] = cell
        self._reads[net] = _without_constants(cell)


def _without_constants(cell: Cell) -> frozenset[int]:
    return frozenset(cell.inputs) - {CONST0, CONST1}


def _apply(init: int, inputs: list[int], everywhere: int) -> int:
    """Return the table of a LUT whose inputs are tables: a tree of multiplexers."""
    if not inputs:
        return everywhere if init else 0
    half = 1 << (len(inputs) - 1)
    low, high = init & ((1 << half) - 1), init >> half
    if low == high:
        return _apply(low, inputs[:-1], everywhere)
    select = inputs[-1]
    when0 = _apply(low, inputs[:-1], everywhere)
    when1 = _apply(high, inputs[:-1], everywhere)
    return when0 ^ (when0 ^ when1) & select


def _reached(inputs: list[int], where: int) -> int:
    """Return the table that is 1 at each address that the inputs take somewhere in `where`."""
    if not where:
        return 0
    if not inputs:
        return 1
    *lower, select = inputs
    half = 1 << (len(inputs) - 1)
    return _reached(lower, where & ~select) | _reached(lower, where & select) << half

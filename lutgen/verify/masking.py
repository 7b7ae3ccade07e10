"""Proof that no single flip in a core with three copies shows, whatever comes in.

Nothing is taken from what made the copies but their names, which only say what to try together.
What is proved of a cell is that the outputs are right *whatever it puts out*: so of a register for
any flip at any time, of a LUT for any change of its table.

A walk along the netlist does that. Cells that compute the same from the same are told first, by
their tables, registers transparent. Then the cells in question put out anything, and a cell behind
them is right all the same if its table says so: two of a voter's three inputs are equal and right,
and the table does not depend on the third. All cells of one copy are tried together, so that three
walks are enough; what does not pass is tried cell by cell, and at last by the solver.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from lutgen.core import Core
from lutgen.netlist.ir import LUT, REGISTER, Cell, Netlist, NetlistBuilder
from lutgen.netlist.passes.triplicate import ALL, MAJORITY, N_COPIES, NONE, copy_of
from lutgen.netlist.tables import BUFFER, canonical, reduce
from lutgen.records.proof import MaskingRecord
from lutgen.verify.mutate import invert
from lutgen.verify.sweep import Counterexample, Effort, prove_equal
from lutgen.verify.unroll import has_latency


@dataclass(frozen=True)
class Masking:
    """What was proved of single flips.

    Parameters
    ----------
    name : str
        The form of the core.
    n_registers, n_registers_masked : int
        Registers, and those of which no flip shows.
    n_luts, n_luts_masked : int
        LUTs of which that was to be proved, and those of whose tables no flip shows.
    voters : tuple of str
        Cells that all depends on, and that are no worse than that: majorities of three copies that
        drive an output alone.
    exposed : tuple of str
        Cells of which it is not proved, though it should be.
    counterexample : Counterexample or None
        Of the first of `exposed` of which there is one: inputs, and the output that is wrong.
    seconds : float
    """

    name: str
    n_registers: int
    n_registers_masked: int
    n_luts: int
    n_luts_masked: int
    voters: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    counterexample: Counterexample | None = None
    seconds: float = 0.0

    @property
    def proved(self) -> bool:
        """Whether there are cells to mask, and no flip of any shows."""
        return not self.exposed and self.n_registers + self.n_luts > 0

    @property
    def record(self) -> MaskingRecord:
        """What it says, for a file."""
        found = self.counterexample
        return MaskingRecord(
            name=self.name,
            seconds=round(self.seconds, 3),
            n_registers=self.n_registers,
            n_registers_masked=self.n_registers_masked,
            n_luts=self.n_luts,
            n_luts_masked=self.n_luts_masked,
            voters=self.voters,
            exposed=self.exposed,
            counterexample=None if found is None else found.record,
        )


def prove_masking(
    core: Core,
    netlist: Netlist | None = None,
    *,
    form: str = "mapped netlist",
    effort: Effort | None = None,
) -> Masking | None:
    """Prove of a core with three copies that single flips do not show; None if it has none.

    Parameters
    ----------
    netlist : Netlist, optional
        What was made of the core, e.g. read back from synthesis; by default the core's own.
    form : str
        What that is.
    """
    if core.config.tmr == NONE:
        return None
    return prove_masked(
        core.netlist if netlist is None else netlist,
        latency=core.netlist.latency,
        luts=core.config.tmr == ALL,
        copies=core.interface.copies,
        name=f"single flips masked: {form}",
        effort=effort,
    )


def prove_masked(
    netlist: Netlist,
    *,
    latency: int | None = None,
    luts: bool,
    copies: int = 1,
    name: str = "",
    effort: Effort | None = None,
) -> Masking:
    """Prove that single flips of a netlist do not show.

    Parameters
    ----------
    latency : int, optional
        Clock cycles that every path has to take; a netlist in which one does not is not proved.
    luts : bool
        Whether flips in tables of LUTs are to be masked, or of registers alone.
    copies : int
        3: outputs come three times, one after the other, and are right where two of them are.
    """
    start = time.monotonic()
    walk = _Walk(netlist, copies)
    cells = list(enumerate(netlist.cells, netlist.first_cell))
    wanted = {net for net, cell in cells if cell.kind == REGISTER or (luts and not cell.hard)}
    exposed, voters = sorted(wanted), set[int]()
    solver = _Solving(netlist, copies, effort)
    if has_latency(netlist, netlist.latency if latency is None else latency):
        left = wanted - _masked(walk, netlist, wanted)
        voters = {net for net in left if copies == 1 and walk.is_voter(net)}
        exposed = [net for net in sorted(left - voters) if not solver.is_masked(net)]
    masked = wanted - voters - set(exposed)
    registers = {net for net, cell in cells if cell.kind == REGISTER}
    return Masking(
        name=name,
        n_registers=len(registers),
        n_registers_masked=len(masked & registers),
        n_luts=len(wanted - registers),
        n_luts_masked=len(masked - registers),
        voters=tuple(netlist.net_name(net) for net in sorted(voters)),
        exposed=tuple(netlist.net_name(net) for net in exposed),
        counterexample=solver.found,
        seconds=time.monotonic() - start,
    )


def keeps_masking(netlist: Netlist, *, luts: bool, copies: int = 1) -> bool:
    """Return whether the walk alone shows that single flips of a netlist do not show."""
    if not has_latency(netlist, netlist.latency):
        return False
    walk = _Walk(netlist, copies)
    wanted = {
        net
        for net, cell in enumerate(netlist.cells, netlist.first_cell)
        if cell.kind == REGISTER or (luts and not cell.hard)
    }
    return all(
        copies == 1 and walk.is_voter(net)
        for net in wanted - _masked(walk, netlist, wanted, singly=False)
    )


def _masked(walk: _Walk, netlist: Netlist, wanted: set[int], *, singly: bool = True) -> set[int]:
    """Return the nets of which a walk shows that a wrong value does not."""
    groups: dict[int | None, set[int]] = {}
    for net in wanted:
        groups.setdefault(copy_of(netlist.net_name(net)), set()).add(net)
    alone = groups.pop(None, set())
    masked: set[int] = set()
    for nets in groups.values():
        if walk.is_masked(nets):
            masked |= nets
        elif singly:
            alone |= nets
    return masked | {net for net in alone if walk.is_masked({net})}


class _Walk:
    """A netlist whose equal nets are known."""

    def __init__(self, netlist: Netlist, copies: int) -> None:
        self._netlist = netlist
        self._copies = copies
        self._readers: dict[int, list[int]] = {}
        self._classes = list(range(netlist.first_cell))
        known: dict[tuple[int, tuple[int, ...]], int] = {}
        for net, cell in enumerate(netlist.cells, netlist.first_cell):
            for source in set(cell.inputs):
                self._readers.setdefault(source, []).append(net)
            key = self._function(cell, [self._classes[source] for source in cell.inputs])
            table, reads = key
            if not reads:
                self._classes.append(table)
            elif key == (BUFFER, reads):
                self._classes.append(reads[0])
            else:
                self._classes.append(known.setdefault(key, net))
        self._outputs = set(netlist.outputs)

    def is_voter(self, net: int) -> bool:
        """Return whether a cell drives an output alone, as the majority of three equal copies."""
        netlist = self._netlist
        cell = netlist.cells[net - netlist.first_cell]
        if cell.kind != LUT or net not in self._outputs or self._readers.get(net):
            return False
        table, reads = canonical(*reduce(cell.init, cell.inputs))
        equal = {self._classes[source] for source in reads}
        return table == MAJORITY and len(reads) == N_COPIES and len(equal) == 1

    def is_masked(self, nets: Collection[int]) -> bool:
        """Return whether the outputs are right whatever some cells put out."""
        wrong = set(nets)
        pending = sorted({r for net in nets for r in self._readers.get(net, ())} - wrong)
        for net in self._behind(pending, wrong):
            if not self._is_right(net, wrong):
                wrong.add(net)
        n = len(self._netlist.outputs) // self._copies
        outputs = self._netlist.outputs
        for place in range(n):
            drivers = outputs[place::n]
            n_wrong = sum(net in wrong for net in drivers)
            equal = len({self._classes[net] for net in drivers}) == 1
            if n_wrong > (self._copies > 1) or not equal:
                return False
        return True

    def _behind(self, first: Sequence[int], wrong: set[int]) -> Iterator[int]:
        """Yield cells that read a wrong net, in order; `wrong` grows on the way."""
        heap = list(first)
        heapq.heapify(heap)
        queued = set(heap)
        while heap:
            net = heapq.heappop(heap)
            yield net
            if net in wrong:
                for reader in self._readers.get(net, ()):
                    if reader not in queued and reader not in wrong:
                        queued.add(reader)
                        heapq.heappush(heap, reader)

    def _is_right(self, net: int, wrong: set[int]) -> bool:
        """Return whether a cell puts out what it should, though some nets that it reads do not."""
        cell = self._netlist.cells[net - self._netlist.first_cell]
        right = [self._classes[source] for source in cell.inputs]
        free = [-source if source in wrong else self._classes[source] for source in cell.inputs]
        return self._function(cell, free) == self._function(cell, right)

    @staticmethod
    def _function(cell: Cell, reads: list[int]) -> tuple[int, tuple[int, ...]]:
        """Return table and inputs of a cell, ascending, none of them idle, equal or constant."""
        return canonical(*reduce(BUFFER if cell.kind == REGISTER else cell.init, reads))


class _Solving:
    """The solver's say on cells that the walk leaves, until one is exposed for certain."""

    def __init__(self, netlist: Netlist, copies: int, effort: Effort | None) -> None:
        self._netlist = netlist
        self._copies = copies
        self._effort = effort
        self.found: Counterexample | None = None

    def is_masked(self, net: int) -> bool:
        """Return whether it is proved that the complement of a cell's output does not show."""
        if self.found is not None:
            return False
        flipped = invert(self._netlist, net - self._netlist.first_cell)
        result = prove_equal(
            vote_outputs(self._netlist, self._copies),
            vote_outputs(flipped, self._copies),
            effort=self._effort,
        )
        self.found = result.counterexample
        return result.proved


def masked_cells(core: Core) -> set[int]:
    """Return the nets of cells of a core with three copies of which a walk shows no flip shows."""
    netlist = core.netlist
    luts = core.config.tmr == ALL
    wanted = {
        net
        for net, cell in enumerate(netlist.cells, netlist.first_cell)
        if cell.kind == REGISTER or (luts and not cell.hard)
    }
    return _masked(_Walk(netlist, core.interface.copies), netlist, wanted)


def vote_outputs(netlist: Netlist, copies: int) -> Netlist:
    """Return a netlist with the majority of the copies of its outputs as its outputs.

    The cells that make it come last.
    """
    if copies == 1:
        return netlist
    n = len(netlist.outputs) // copies
    builder = NetlistBuilder(netlist.n_inputs)
    for cell in netlist.cells:
        builder.add(cell)
    return builder.finish(
        tuple(
            builder.add(Cell(LUT, netlist.outputs[place::n], MAJORITY, f"majority_of_y{place}", 0))
            for place in range(n)
        )
    )

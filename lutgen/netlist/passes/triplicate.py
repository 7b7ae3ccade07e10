"""Triple modular redundancy: three copies of registers, or of everything, and voters behind them.

A voter is a LUT that gives what at least two of its three inputs say. Samples go straight through a
netlist, nothing comes back, so a fault in one copy stays in it until a voter outvotes it (R. E.
Lyons and W. Vanderkulk, "The use of triple-modular redundancy to improve computer reliability", IBM
Journal 6(2), 1962). That it does is proved by :mod:`lutgen.verify.masking`, which takes nothing
from here but the names.
"""

from __future__ import annotations

from collections.abc import Callable

from lutgen.netlist.ir import LUT, REGISTER, Cell, Netlist, NetlistBuilder
from lutgen.netlist.passes.stats import PassStats, measure
from lutgen.netlist.tables import tabulate

NAME = "tmr"
N_COPIES = 3
NONE, REGISTERS, ALL = "none", "registers", "all"
KINDS = {
    NONE: "no",
    REGISTERS: "of registers",
    ALL: "of registers and LUTs",
}
"""Each kind of redundancy, and what there are three copies of."""

MAJORITY = tabulate(N_COPIES, lambda a, b, c: a + b + c > 1)
COPY, VOTER = "_t", "_v"
"""What the name of a copy and of a voter ends with; the number of the copy follows."""

Triple = tuple[int, int, int]


def triplicate(
    netlist: Netlist,
    kind: str,
    *,
    outputs: bool = False,
    realise: Callable[[Cell], Cell] = lambda cell: cell,
) -> tuple[Netlist, PassStats]:
    """Make three copies, which all have to stay, and voters.

    With ``registers`` a voter stands where a LUT or an output reads a register; where a register
    reads one, each copy reads the copy of its number. With ``all`` encoder, core and head are there
    three times, reading the same inputs, and a voter stands at each output.

    Parameters
    ----------
    netlist : Netlist
        Mapped or not.
    kind : {"registers", "all"}
    outputs : bool
        Bring out three copies of the outputs, one after the other, each of voters of its own;
        only with ``all``.
    realise : callable
        Gives a voter its primitive.

    Returns
    -------
    Netlist
        The same function; with `outputs` three times.
    PassStats
        `changes` counts the cells added.
    """
    making = _Copying(netlist, realise)
    if kind == ALL:
        found = making.all(N_COPIES if outputs else 1)
    else:
        assert kind == REGISTERS and not outputs
        found = making.registers()
    return found, measure(NAME, netlist, found, len(found.cells) - len(netlist.cells))


def copy_of(name: str) -> int | None:
    """Return the number of the copy that a cell is by its name; None if it is none."""
    stem, _, number = name.rpartition(COPY)
    return int(number) if stem and number in ("0", "1", "2") else None


class _Copying:
    """The netlist under construction."""

    def __init__(self, netlist: Netlist, realise: Callable[[Cell], Cell]) -> None:
        self._old = netlist
        self._realise = realise
        self._builder = NetlistBuilder(netlist.n_inputs)
        self._copies: dict[int, Triple] = {}  # by old net
        self._voted: dict[tuple[int, int], int] = {}

    def registers(self) -> Netlist:
        """Return the netlist with three copies of each register."""
        new = list(range(self._old.first_cell))
        for net, cell in enumerate(self._old.cells, self._old.first_cell):
            if cell.kind == REGISTER:
                source = cell.inputs[0]
                self._copy(
                    net, cell, [(read,) for read in self._copies.get(source, [new[source]] * 3)]
                )
                new.append(-1)
            else:
                reads = tuple([self._read(source, new) for source in cell.inputs])
                new.append(self._builder.add(cell.but(inputs=reads)))
        return self._builder.finish(tuple([self._read(net, new) for net in self._old.outputs]))

    def all(self, n_voters: int) -> Netlist:
        """Return the netlist with three copies of each cell, and so many voters at each output."""
        for net, cell in enumerate(self._old.cells, self._old.first_cell):
            reads = [self._copies.get(source, (source,) * N_COPIES) for source in cell.inputs]
            self._copy(net, cell, list(zip(*reads, strict=True)))
        return self._builder.finish(
            tuple(
                [
                    self._vote(net, voter, f"{VOTER}{voter if n_voters > 1 else ''}")
                    if net in self._copies
                    else net
                    for voter in range(n_voters)
                    for net in self._old.outputs
                ]
            )
        )

    def _copy(self, net: int, cell: Cell, reads: list[tuple[int, ...]]) -> None:
        first, second, third = (
            self._builder.add(
                cell.but(
                    inputs=reads[copy],
                    name=f"{cell.name}{COPY}{copy}",
                    site=cell.site and f"{cell.site}{COPY}{copy}",
                    keep=True,
                )
            )
            for copy in range(N_COPIES)
        )
        self._copies[net] = first, second, third

    def _read(self, net: int, new: list[int]) -> int:
        """Return the new net that a LUT or an output reads for an old one."""
        return self._vote(net, 0, VOTER) if net in self._copies else new[net]

    def _vote(self, net: int, voter: int, suffix: str) -> int:
        """Return the net of a voter, made only if it is not there yet."""
        if (net, voter) not in self._voted:
            old = self._old.cells[net - self._old.first_cell]
            cell = Cell(
                LUT,
                self._copies[net],
                MAJORITY,
                f"{old.name}{suffix}",
                old.layer,
                part=old.part,
                keep=True,
            )
            self._voted[net, voter] = self._builder.add(self._realise(cell))
        return self._voted[net, voter]

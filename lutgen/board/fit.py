"""Whether a design fits a chip and meets its clock; and if not, by how much, and what would."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

from lutgen.board.boards import Board, load_boards
from lutgen.board.parts import PARTS, SHELL
from lutgen.chips.delay import get_delay_model, has_delays
from lutgen.core import Core
from lutgen.errors import MismatchError
from lutgen.netlist.ir import CORE, LUT, REGISTER
from lutgen.records.build import PartCount

MARGIN = 1.25  # a core is pipelined for a clock that is so much faster than the board's
MIN_K = 2
SHELL_CELLS = 300  # LUTs, and registers, of the serial shell, besides one of each an input bit

Parts = Mapping[str, PartCount]
_WHAT = {LUT: "luts", REGISTER: "registers"}


def require_room(board: Board, core: Core) -> None:
    """Stop before synthesis if the core's primitives alone are more than the chip has.

    Raises
    ------
    MismatchError
        See :func:`require_fit`.
    """
    cells: Counter[tuple[str, str]] = Counter()
    sites: set[str] = set()
    for cell in core.netlist.cells:
        if not cell.hard and cell.site not in sites:
            cells[cell.part, _WHAT[cell.kind]] += 1
            sites |= {cell.site} if cell.site else set()
    parts = {
        part: PartCount(luts=cells[part, "luts"], registers=cells[part, "registers"])
        for part in PARTS
    }
    if any(_sum(parts, what) > getattr(board.chip, what) for what in _WHAT.values()):
        shell = SHELL_CELLS + core.netlist.n_inputs
        parts[SHELL] = PartCount(luts=shell, registers=shell)
        require_fit(board, core, parts, about="about ")


def _sum(parts: Parts, what: str) -> int:
    return sum(getattr(part, what) for part in parts.values())


def require_fit(board: Board, core: Core, parts: Parts, *, about: str = "") -> None:
    """Stop before place and route if a design does not fit.

    Parameters
    ----------
    parts : mapping of str to PartCount
        LUTs and registers of each part, see :func:`lutgen.board.parts.count_parts`.
    about : str
        Word before the number, where it is an estimate.

    Raises
    ------
    MismatchError
        If it does not; the message says by how much, and the width or k that would.
    """
    chip = board.chip
    for what, room in (("luts", chip.luts), ("registers", chip.registers)):
        used = _sum(parts, what)
        if used > room:
            name = "LUTs" if what == "luts" else what
            raise MismatchError(
                f"{board.title}: the design takes {about}{used:,} {name}, "
                f"{chip.title} has {room:,}: {used - room:,} too many "
                f"({100 * used / room:.0f} % of the chip); "
                + _what_would_fit(board, core, parts, what, room)
            )


def no_place(board: Board, core: Core, parts: Parts, said: str) -> str:
    """Return, in words, that the placer found no room: cells that cannot share a place.

    Parameters
    ----------
    said : str
        What the placer said.
    """
    used = {what: _sum(parts, what) for what in _WHAT.values()}
    apart = {
        name: PartCount(luts=part.luts + part.registers, registers=0)
        for name, part in parts.items()
    }
    ways = _what_would_fit(board, core, apart, "luts", board.chip.luts)
    return (
        f"{board.title}: {used['luts']:,} LUTs and {used['registers']:,} registers find no place "
        f"on {board.chip.title} ({board.chip.luts:,} LUTs), as a LUT and a register can share one "
        f"only where they follow each other; {ways}; {said}"
    )


def _what_would_fit(board: Board, core: Core, parts: Parts, what: str, room: int) -> str:
    network = core.network
    used = _sum(parts, what)
    shell = getattr(parts[SHELL], what)
    ways = []
    if 0 < (share := (room - shell) / (used - shell)) < 1:
        n_luts = math.floor(share * network.n_luts)
        ways.append(f"about {n_luts:,} of the {network.n_luts:,} LUTs would ({100 * share:.0f} %)")
    k = int(network.fan_in.max(initial=1))
    trained = getattr(parts[CORE], what)
    left = room - (used - trained)
    if what == "luts" and left > 0:
        smaller = k - math.ceil(math.log2(trained / left))
        if MIN_K <= smaller < k and network.n_luts <= left:
            ways.append(f"k = {smaller} instead of {k} would")
    larger = [
        other.name
        for other in load_boards()
        if other.family == board.family and getattr(other.chip, what) >= used
    ]
    if larger:
        ways.append(f"{' or '.join(larger)} would hold it")
    if what == "registers" and core.config.pipeline:
        ways.append("fewer pipeline stages would save registers")
    return "; ".join(ways) or "no network would: the serial shell alone is larger"


def clock_advice(board: Board, core: Core, clock_mhz: float, fmax_mhz: float) -> str:
    """Return by how much a clock was missed, and the pipeline that would meet it."""
    text = (
        f"the clock of {clock_mhz:g} MHz is missed by {clock_mhz - fmax_mhz:.1f} MHz "
        f"({fmax_mhz:.1f} MHz reached)"
    )
    known = has_delays(board.family, board.device)
    model = get_delay_model(board.family, board.device) if known else None
    level_ns = model.logic_ns + model.routing_ns if model else 0.0
    levels = int(model.budget_ns(MARGIN * clock_mhz) / level_ns) if model else 0
    if levels >= 1 and core.netlist.depth > levels:
        return (
            f"{text}: {core.netlist.depth} LUTs stand between two registers, at most {levels} "
            f"would meet it; leave --pipeline out, or say --fmax-target {MARGIN * clock_mhz:g}MHz"
        )
    return f"{text}; more seeds, a narrower network or wiring by window would help"

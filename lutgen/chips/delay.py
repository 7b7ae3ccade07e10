"""How long signals take on each chip: a linear model, of place and route or of public figures.

A clock period is the overhead of a register, and for each LUT between two registers its own delay
and the routing to it; a hard multiplexer and a bit of a carry chain add their own, and a register
behind a multiplexer may. The figures are in a JSON file in the folder of each family, with
their source. ``benchmarks/delay_model.py`` fits them to what nextpnr reports, where it knows the
chip; those of AMD come from public figures of its parts, and ``benchmarks/amd_delays.py`` makes and
checks them. Either way the figures of a core are estimated, not routed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache

from lutgen.chips.family import Family
from lutgen.chips.registry import families, get_family
from lutgen.errors import ConfigError
from lutgen.netlist.ir import LUT, Cell, Netlist


@dataclass(frozen=True)
class DelayModel:
    """The delays of one speed grade of a family, in nanoseconds.

    Parameters
    ----------
    family, grade : str
    devices : tuple of str
        Devices of that grade.
    overhead_ns : float
        Clock to output and setup of a register, and what else does not grow with the levels.
    logic_ns, routing_ns : float
        Of a level: the LUT, and the wires to it.
    mux_ns, carry_ns : float
        A hard multiplexer, and a position of a carry chain.
    source : str
        What was measured, how and when.
    behind_mux_ns : float
        A register behind a hard multiplexer, in addition: on Gowin's chips a LUT comes before each
        register, which has to pass the value on.
    error_percent : float
        Largest error of the clock period where the model was checked.
    max_mhz : float
        Where the clock tree of the chip ends; 0 if that is not known.
    """

    family: str
    grade: str
    devices: tuple[str, ...]
    overhead_ns: float
    logic_ns: float
    routing_ns: float
    mux_ns: float
    source: str
    carry_ns: float = 0.0
    behind_mux_ns: float = 0.0
    error_percent: float = 0.0
    max_mhz: float = 0.0

    def of(self, netlist: Netlist) -> DelayModel:
        """Return the model for a mapped netlist: with multiplexers, any register may be behind one.

        So paths that end behind a LUT are taken for longer than they are, where there are both.
        """
        if not any(cell.hard and not cell.site for cell in netlist.cells):
            return self
        return replace(self, overhead_ns=self.overhead_ns + self.behind_mux_ns, behind_mux_ns=0.0)

    def cell_ns(self, cell: Cell) -> float:
        """Return what a cell adds to a path: its own delay and that of the wires to it."""
        if cell.kind != LUT:
            return 0.0
        if cell.hard:
            return self.carry_ns if cell.site else self.mux_ns
        return self.logic_ns + self.routing_ns

    def budget_ns(self, fmax_mhz: float) -> float:
        """Return how long a path between two registers may be, their overhead left out."""
        return 1000 / fmax_mhz - self.overhead_ns

    def fmax_mhz(self, path_ns: float) -> float:
        """Return the clock frequency at which a path between two registers just works."""
        mhz = 1000 / (self.overhead_ns + path_ns)
        return min(mhz, self.max_mhz) if self.max_mhz else mhz


@cache
def delay_models(family: Family) -> tuple[DelayModel, ...]:
    """Return the models of a family's speed grades; the first is the one that is taken unasked."""
    path = family.file(family.delays)
    if path is None:
        return ()
    data = json.loads(path.read_text(encoding="utf-8"))
    return tuple(
        DelayModel(
            family=family.name,
            grade=grade,
            devices=tuple(item["devices"]),
            overhead_ns=item["overhead_ns"],
            logic_ns=item["logic_ns"],
            routing_ns=item["routing_ns"],
            mux_ns=item["mux_ns"],
            source=f"{item['tool']} {item['options']}, {item['date']}",
            carry_ns=item["carry_ns"],
            behind_mux_ns=item.get("behind_mux_ns", 0.0),
            error_percent=item["largest_error_percent"],
            max_mhz=item.get("max_mhz", 0.0),
        )
        for grade, item in data.items()
    )


def has_delays(family: str, device: str) -> bool:
    """Return whether the delays of a device are known."""
    return any(device in model.devices for model in delay_models(get_family(family)))


def get_delay_model(family: str, grade: str = "") -> DelayModel:
    """Return the delays of a family's speed grade, named by itself or by one of its devices.

    Raises
    ------
    ConfigError
        If there are none; the message lists those that exist.
    """
    found = get_family(family)
    models = delay_models(found)
    if not models:
        why = f": {found.why_no_delays}" if found.why_no_delays else ""
        measured = ", ".join(name for name, other in families().items() if delay_models(other))
        raise ConfigError(
            f"there is no delay model for chip family {family!r}{why}; so no clock frequency "
            f"can be aimed at; choose one of: {measured}, or say --pipeline N"
        )
    for model in models:
        if grade in ("", model.grade, *model.devices):
            return model
    known = "; ".join(f"{model.grade} ({', '.join(model.devices)})" for model in models)
    raise ConfigError(
        f"chip family {family!r} has no speed grade {grade!r}; choose one of: {known}"
    )

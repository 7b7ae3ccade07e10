"""How often the nets of a core change while the user's samples go through it."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from lutgen.bits import Bits
from lutgen.core import Core
from lutgen.emit.activity import SAIF, VCD, saif, value_changes
from lutgen.files import write_atomic
from lutgen.netlist.activity import Activity
from lutgen.netlist.activity import activity as count_changes
from lutgen.netlist.ir import FIRST_INPUT, Netlist
from lutgen.records.activity import ACTIVITY_FILE, ActivityRecord, BusyNet, PartActivity
from lutgen.version import __version__

DEFAULT_CLOCK_MHZ = 100.0
_N_BUSIEST = 10
_PS = 1_000_000  # of a cycle at 1 MHz


def activity(
    core: Core,
    X: ArrayLike | Bits,
    *,
    folder: Path | None = None,
    clock_mhz: float = 0.0,
    n_vcd: int = 0,
    samples: str = "",
) -> ActivityRecord:
    """Count how often each net changes, and write it for tools that estimate power.

    Parameters
    ----------
    core : Core
    X : array of shape (n_samples, n_features), or Bits
        Samples as the model takes them; or as they stand at the core's port ``x``.
    folder : Path, optional
        Gets ``activity.saif``, ``activity.vcd`` if asked for, and the record; by default none.
    clock_mhz : float
        Clock of the files; by default what was asked of the core, what is expected of it, or else
        100 MHz.
    n_vcd : int
        So many of the samples go into the VCD file; 0: there is none.
    samples : str
        What the samples are, for the record.
    """
    bits = X if isinstance(X, Bits) else core.interface.samples(X)
    found = count_changes(core.netlist, bits)
    cycle_ps = round(_PS / (clock_mhz or expected_mhz(core)))
    files = [SAIF] if folder else []
    if folder:
        write_atomic(folder / SAIF, saif(core, found, cycle_ps))
        if n_vcd:
            first = Bits.from_dense(bits.to_dense()[:n_vcd])
            write_atomic(folder / VCD, value_changes(core, first, cycle_ps))
            files.append(VCD)
    loads = pins_driven(core.netlist)
    record = ActivityRecord(
        lutgen=__version__,
        digest=core.network.digest,
        target=core.family.name,
        top=core.module,
        samples=samples,
        n_samples=found.n_samples,
        cycle_ps=cycle_ps,
        parts=_parts(core.netlist, found, loads),
        busiest=_busiest(core.netlist, found, loads),
        files=tuple(files),
    )
    if folder:
        record.write(folder / ACTIVITY_FILE)
    return record


def expected_mhz(core: Core) -> float:
    """Return the clock that a core is taken to run at: asked for, expected, or 100 MHz."""
    timing = core.timing
    if timing is None:
        return core.config.fmax_target_mhz or DEFAULT_CLOCK_MHZ
    return timing.target_mhz or timing.estimated_mhz


def pins_driven(netlist: Netlist) -> list[int]:
    """Return how many pins each net drives, those of the module included, by net number."""
    loads = [0] * netlist.n_nets
    for cell in netlist.cells:
        for source in cell.inputs:
            loads[source] += 1
    for output in netlist.outputs:
        loads[output] += 1
    return loads


def _parts(netlist: Netlist, found: Activity, loads: list[int]) -> tuple[PartActivity, ...]:
    members: dict[tuple[str, int], list[int]] = defaultdict(list)
    members["inputs", 0] = [
        net for net in range(FIRST_INPUT, netlist.first_cell) if loads[net]
    ]  # what nothing reads is no wire
    for net, cell in enumerate(netlist.cells, netlist.first_cell):
        members[cell.part, cell.layer].append(net)
    return tuple(
        PartActivity(
            part=part,
            layer=layer,
            nets=len(nets),
            toggles=int(found.toggles[nets].sum()),
            loads=int((found.toggles[nets] * np.array(loads)[nets]).sum()),
        )
        for (part, layer), nets in members.items()
        if nets
    )


def _busiest(netlist: Netlist, found: Activity, loads: list[int]) -> tuple[BusyNet, ...]:
    weights = found.toggles * np.array(loads)
    weights[:FIRST_INPUT] = 0
    order = np.argsort(-weights, kind="stable")[:_N_BUSIEST]
    per_cycle = found.per_cycle
    return tuple(
        BusyNet(
            name=netlist.net_name(net), per_cycle=round(float(per_cycle[net]), 4), loads=loads[net]
        )
        for net in order.tolist()
        if weights[net]
    )

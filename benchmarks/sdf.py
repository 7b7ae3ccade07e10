"""Static timing of a design by the delays that place and route wrote as SDF.

For tools that route a design, but report no clock period of it: nextpnr-himbaechel-gowin 0.11.1
has no delays for the LUTs that it inserts where a register is not driven by a LUT of its own
(``passthrough_lut``), so that no path ends in such a register. These LUTs count as the slowest LUT.
"""

from __future__ import annotations

import re
from graphlib import TopologicalSorter

_CELL = re.compile(r'\(CELLTYPE "(\w+)"\)\s*\(INSTANCE ([^\s)]*)\)(.*?)(?=\(CELLTYPE|\Z)', re.S)
_TRIPLE = r"\(\S*?:\S*?:(\S+?)\)"  # of minimum, typical and maximum
_WIRE = re.compile(rf"\(INTERCONNECT (\S+) (\S+) {_TRIPLE}")
_ARC = re.compile(rf"\(IOPATH (\S+) (\S+) {_TRIPLE} {_TRIPLE}\)")
_SETUP = re.compile(rf"\(SETUPHOLD \(\w+ (\S+)\) \(\w+ (\S+)\) {_TRIPLE}")
_INSERTED = re.compile(r"passthrough_lut")


def period_ns(sdf: str, *, lut: str, output: str) -> float:
    """Return the shortest clock period: the longest path from register to register.

    Parameters
    ----------
    sdf : str
        SDF in picoseconds, of one clock.
    lut, output : str
        Cell type of LUTs, and their output port.

    Raises
    ------
    ValueError
        If no path ends in a register.
    """
    wires = [(a, b, float(delay)) for a, b, delay in _WIRE.findall(sdf)]
    starts: dict[str, float] = {}
    setups: dict[str, float] = {}
    arcs: dict[str, dict[str, float]] = {}  # by output pin: input pins and delays
    inserted: list[str] = []
    slowest = 0.0
    for kind, instance, body in _CELL.findall(sdf):
        checks = _SETUP.findall(body)
        for pin, _, delay in checks:
            name = f"{instance}/{pin}"
            setups[name] = max(float(delay), setups.get(name, 0.0))
        clocks = {clock for _, clock, _ in checks}
        for source, sink, rise, fall in _ARC.findall(body):
            delay = max(float(rise), float(fall))
            if source in clocks:
                starts[f"{instance}/{sink}"] = delay
                continue
            arcs.setdefault(f"{instance}/{sink}", {})[f"{instance}/{source}"] = delay
            slowest = max(slowest, delay) if kind == lut else slowest
        if kind == lut and _INSERTED.search(instance):
            inserted.append(instance)
    ends: dict[str, set[str]] = {}
    for _, pin, _ in wires:
        ends.setdefault(pin.rpartition("/")[0], set()).add(pin)
    for instance in inserted:
        arcs[f"{instance}/{output}"] = dict.fromkeys(ends.get(instance, ()), slowest)
    for source, sink, delay in wires:
        arcs.setdefault(sink, {})[source] = delay
    times: dict[str, float] = {}
    for pin in TopologicalSorter(arcs).static_order():
        before = [times[source] + delay for source, delay in arcs.get(pin, {}).items()
                  if source in times]  # fmt: skip
        if before or pin in starts:
            times[pin] = max([starts.get(pin, 0.0), *before])
    paths = [times[pin] + setup for pin, setup in setups.items() if pin in times]
    if not paths:
        raise ValueError("no path ends in a register")
    return max(paths) / 1000

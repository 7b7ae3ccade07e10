"""The clock that a model's core alone reaches on chips."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lutgen.board.fmax import Fmax, get_routable_chip, measure_fmax
from lutgen.core import Core, CoreConfig, make_core
from lutgen.errors import DataError
from lutgen.files import move_apart
from lutgen.jobs.progress import SILENT, Progress
from lutgen.model import LutNetwork
from lutgen.records.build import Spread
from lutgen.records.fmax import FMAX_FILE, ChipFmax, FmaxRecord

_log = logging.getLogger(__name__)


def fmax(
    network: LutNetwork,
    chips: Sequence[str],
    out: Path,
    config: CoreConfig | None = None,
    *,
    seeds: Sequence[int] = (1, 2, 3),
    timeout_seconds: float = 900.0,
    progress: Progress = SILENT,
) -> FmaxRecord:
    """Measure the clock that the core alone reaches: registers around it, no pins in the way.

    The folder ``out/fmax`` gets a folder a chip, and the record of all of them.

    Parameters
    ----------
    chips : sequence of str
        ``FAMILY-DEVICE[-GRADE]`` each.
    config : CoreConfig, optional
        What the core is to be, but for the chip.
    seeds : sequence of int
        Place and route runs once for each.

    Raises
    ------
    ConfigError
        If no open router knows a chip.
    ToolError
        If a tool is missing or fails, or no seed routes.
    """
    _set_aside(out, network)
    found = []
    for chip in [get_routable_chip(name) for name in chips]:
        core = make_core(network, replace(config or CoreConfig(), chip=chip.name))
        with progress.working(f"place and route on {chip.name}"):
            result = measure_fmax(
                core, chip, out / "fmax" / chip.name, seeds=seeds, timeout_seconds=timeout_seconds
            )
        found.append(_chip_fmax(core, result))
    record = FmaxRecord(digest=network.digest, chips=tuple(found))
    record.write(out / "fmax" / FMAX_FILE)
    return record


def _set_aside(out: Path, network: LutNetwork) -> None:
    """Keep what was measured of another model apart: in ``fmax-<digest>``."""
    try:
        digest = FmaxRecord.read(out / "fmax" / FMAX_FILE).digest
    except DataError:
        return  # there is none, or a damaged one
    if digest in (network.digest, *network.aliases):
        return
    if apart := move_apart(out / "fmax", digest):
        _log.warning("%s is of another model, %s; it is now in %s", out / "fmax", digest[:8], apart)


def _chip_fmax(core: Core, result: Fmax) -> ChipFmax:
    low, median, high = (round(mhz, 2) for mhz in result.mhz)
    return ChipFmax(
        chip=result.chip,
        tool=result.tool,
        pipeline=core.config.pipeline,
        latency_cycles=core.netlist.latency,
        levels=core.netlist.depth,
        used=dict(result.routed[0].used),
        seeds_routed=len(result.routed),
        seeds=result.n_seeds,
        fmax_mhz=Spread(min=low, median=median, max=high),
        seconds=tuple(routed.seconds for routed in result.routed),
        critical_path=result.critical_path,
    )

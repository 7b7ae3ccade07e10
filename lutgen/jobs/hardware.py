"""From a model to its core: the Verilog, and ``core.json`` that says what it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lutgen.core import Core, CoreConfig, make_core
from lutgen.emit.verilog import core_verilog
from lutgen.files import write_files
from lutgen.jobs.formats import own_changes
from lutgen.model import LutNetwork
from lutgen.netlist.stats import netlist_stats
from lutgen.records.core import CORE_FILE, ChipSize, CoreRecord
from lutgen.records.model import ModelRecord
from lutgen.version import __version__


def write_core(
    network: LutNetwork, config: CoreConfig | None, folder: Path, data_dir: Path | None = None
) -> tuple[Core, CoreRecord]:
    """Make the hardware of a model and write it, ``<module>.v`` and ``core.json``.

    Parameters
    ----------
    config : CoreConfig or None
        What the core is to be; see :func:`lutgen.core.make_core`.
    data_dir : Path, optional
        Folder of the data sets, for what follows.

    Returns
    -------
    Core, CoreRecord
        Where a format of the features loses something, and that is accepted, the record has what
        it changes in the model's own samples.

    Raises
    ------
    ConfigError
        If the core cannot be made so.
    OutputError
        If the folder cannot be written.
    """
    core = make_core(network, config)
    changes, unknown = own_changes(core.interface, data_dir)
    record = replace(core_record(core), changes=changes, changes_unknown=unknown)
    write_files(folder, {f"{core.module}.v": core_verilog(core)})
    record.write(folder / CORE_FILE)
    return core, record


def core_files(core: Core, folder: Path) -> list[Path]:
    """Return the files that :func:`write_core` wrote."""
    return [folder / f"{core.module}.v", folder / CORE_FILE]


def core_record(core: Core, luts_without_dont_cares: int | None = None) -> CoreRecord:
    """Return what a model's hardware is."""
    return CoreRecord(
        lutgen=__version__,
        module=core.module,
        target=core.family.name,
        pipeline=core.config.pipeline,
        timing=core.timing,
        latency_cycles=core.netlist.latency,
        model=ModelRecord.of(core.network),
        netlist=netlist_stats(core.netlist),
        logic=netlist_stats(core.logic),
        passes=core.passes,
        devices={
            device.name: ChipSize(title=device.title, luts=device.luts, source=device.source)
            for device in core.family.devices.values()
        },
        input_formats=tuple(str(item) for item in core.interface.formats),
        luts_without_dont_cares=luts_without_dont_cares,
    )

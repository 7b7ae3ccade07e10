"""From a model to its core: the Verilog, and ``core.json`` that says what it is."""

from __future__ import annotations

import logging
from pathlib import Path

from lutgen.core import Core, CoreConfig, make_core
from lutgen.core.ports import Ports
from lutgen.emit.forms import FORMS
from lutgen.emit.series import SERIES_SUFFIX, series_module, series_verilog
from lutgen.emit.vectors import EXPECTED, INPUTS
from lutgen.emit.verilog import core_verilog
from lutgen.errors import DataError
from lutgen.files import is_digest, move_files, read_json, write_files
from lutgen.jobs.formats import own_changes
from lutgen.model import LutNetwork
from lutgen.netlist.names import is_module_name
from lutgen.netlist.stats import netlist_stats
from lutgen.records.checks import SIMULATION_FILE
from lutgen.records.core import CORE_FILE, NETWORK_FILE, ChipSize, CoreRecord
from lutgen.records.faults import FAULTS_FILE
from lutgen.records.learnt import EVALUATION_FILE
from lutgen.records.model import ModelRecord
from lutgen.records.mutation import MUTATION_FILE
from lutgen.records.proof import PROOF_FILE
from lutgen.version import __version__

FORM_SUFFIXES = (*(form.suffix for form in FORMS.values()), ".il", f"{SERIES_SUFFIX}.v")

_OF_A_CORE = (
    *(SIMULATION_FILE, PROOF_FILE, MUTATION_FILE, FAULTS_FILE, INPUTS, EXPECTED),
    *(NETWORK_FILE, EVALUATION_FILE),
    *("report.txt", "report.json", "report.html"),
    *("simulation", "series", "proof", "mutation", "synth"),
)
_log = logging.getLogger(__name__)


def write_core(
    network: LutNetwork, config: CoreConfig | None, folder: Path, data_dir: Path | None = None
) -> tuple[Core, CoreRecord]:
    """Make the hardware of a model and write it: ``<module>.v``, ``core.json``, ``network.npz``.

    The last is the model itself, for the report. Of a model of windows of a series there is
    ``<module>_series.v``, too.

    What the folder holds of another core is kept apart, see :func:`set_aside`.

    Parameters
    ----------
    config : CoreConfig or None
        What the core is to be; see :func:`lutgen.core.make_core`.
    data_dir : Path, optional
        See :func:`core_record`.

    Raises
    ------
    ConfigError
        If the core cannot be made so.
    OutputError
        If the folder cannot be written.
    """
    core = make_core(network, config)
    record = core_record(core, data_dir)
    set_aside(core, folder)
    files = {f"{core.module}.v": core_verilog(core)}
    if core.network.encoder.window is not None:
        files[f"{series_module(core)}.v"] = series_verilog(core)
    write_files(folder, files)
    write_records(core, record, folder)
    return core, record


def write_records(core: Core, record: CoreRecord, folder: Path) -> None:
    """Write what a report needs of a core beside its hardware: the model, and what it became."""
    core.network.save(folder / NETWORK_FILE)
    record.write(folder / CORE_FILE)


def set_aside(core: Core, folder: Path) -> Path | None:
    """Keep what a folder holds of another core apart, so that nothing of it is overwritten.

    Its records and results go into a folder inside, ``<module>-<digest>``, of which
    ``lutgen report`` makes its report; Verilog and other forms go with them where the new core's
    have the same names. A remark says so.

    Returns
    -------
    Path or None
        Where they are now; None if the folder holds no other core.

    Raises
    ------
    OutputError
        If they cannot be moved.
    """
    try:
        found = read_json(folder / CORE_FILE)
        module, digest = str(found["module"]), str(found["model"]["digest"])
    except (DataError, KeyError, TypeError):
        return None  # there is none, or none that could be read
    network = core.network
    if module == core.module and digest in (network.digest, *network.aliases):
        return None
    if not is_module_name(module) or not is_digest(digest):
        return None  # no record of a core
    names = [*_OF_A_CORE]
    if module == core.module:
        names += [f"{module}{suffix}" for suffix in FORM_SUFFIXES]
    apart = folder / f"{module}-{digest[:8]}"
    # last what says whose they are: where this is interrupted, the next run goes on
    move_files(folder, apart, [*names, CORE_FILE])
    _log.warning(
        "%s held another core, module %s of model %s; what is known of it is now in %s",
        folder,
        module,
        digest[:8],
        apart,
    )
    return apart


def core_files(core: Core, folder: Path) -> list[Path]:
    """Return the files that :func:`write_core` wrote."""
    modules = [core.module]
    if core.network.encoder.window is not None:
        modules.append(series_module(core))
    return [*(folder / f"{module}.v" for module in modules), folder / CORE_FILE]


def core_record(core: Core, data_dir: Path | None = None) -> CoreRecord:
    """Return what a model's hardware is.

    Where a format of the features loses something, and that is accepted, the record has what it
    changes in the model's own samples.

    Parameters
    ----------
    data_dir : Path, optional
        Folder of the data sets that these samples are read from.
    """
    changes, unknown = own_changes(core.interface, data_dir)
    return CoreRecord(
        lutgen=__version__,
        module=core.module,
        target=core.family.name,
        pipeline=core.config.pipeline,
        tmr=core.config.tmr,
        timing=core.timing,
        latency_cycles=core.netlist.latency,
        ports=Ports.of(core.interface),
        model=ModelRecord.of(core.network),
        netlist=netlist_stats(core.netlist),
        logic=netlist_stats(core.logic),
        passes=core.passes,
        devices={
            device.name: ChipSize(title=device.title, luts=device.luts, source=device.source)
            for device in core.family.devices.values()
        },
        input_formats=tuple(str(item) for item in core.interface.formats),
        changes=changes,
        changes_unknown=unknown,
    )

"""Comparison of every form of a core with the model, on samples, bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from numpy.typing import ArrayLike

from lutgen.bits import Bits
from lutgen.core import Core
from lutgen.emit.series import series_module
from lutgen.flow.cocotb import find_simulator
from lutgen.jobs.beside import meanwhile
from lutgen.jobs.folders import working_folder
from lutgen.jobs.progress import SILENT, Progress
from lutgen.jobs.synthesise import SYNTHESIS
from lutgen.records.checks import SIMULATION_FILE, Check, SimulationRecord
from lutgen.records.synthesis import SynthesisRecord
from lutgen.verify.compare import check_netlist, check_rtl, check_synthesised
from lutgen.verify.series import check_series, steps_of
from lutgen.version import __version__


def simulate(
    core: Core,
    X: ArrayLike | Bits,
    *,
    folder: Path | str | None = None,
    synthesis: Sequence[SynthesisRecord] = (),
    simulator: str = "verilator",
    samples: str = "",
    unit: str = "samples",
    done: Callable[[Check], None] | None = None,
    progress: Progress = SILENT,
) -> SimulationRecord:
    """Stream samples through a core's netlist and Verilog, and compare each output with the model.

    Parameters
    ----------
    core : Core
    X : array of shape (n_samples, n_features), or Bits
        Samples as the model takes them; or as they stand at the core's port ``x``.
    folder : Path, optional
        Gets the record as ``simulate.json``, the test vectors and the simulator's files; by default
        nothing is kept.
    synthesis : sequence of SynthesisRecord
        What :func:`lutgen.jobs.synthesise.synthesise` made in the same folder: its netlists are
        simulated, too.
    simulator : str
        See :data:`lutgen.flow.simulate.SIMULATORS`.
    samples, unit : str
        What the samples are, and what one of them is, for the record.
    done : callable, optional
        Called with each comparison as it comes.
    progress : Progress
        Shows what is going on.

    Returns
    -------
    SimulationRecord
        ``passed`` says whether all is equal; of what differs, ``checks`` has the first sample and
        the first LUT. :func:`lutgen.verify.compare.require_equal` makes an error of it.

    Raises
    ------
    DataError
        If there are no samples, or the core cannot take them.
    ToolError
        If a tool is missing or fails.

    Examples
    --------
    >>> from lutgen import LutNetwork
    >>> from lutgen.core import make_core
    >>> from lutgen.jobs.simulate import simulate
    >>> core = make_core(LutNetwork.load("model.npz"))  # doctest: +SKIP
    >>> simulate(core, X_test).passed  # doctest: +SKIP
    True
    """
    find_simulator(simulator)  # what is not there is said before the work
    bits = X if isinstance(X, Bits) else core.interface.samples(X)
    bits_changed, answers_changed = (
        (0, 0) if isinstance(X, Bits) else (int(rows.sum()) for rows in core.interface.changed(X))
    )
    checks: list[Check] = []

    def note(check: Check) -> None:
        checks.append(check)
        if done:
            done(check)

    answers = core.interface.answers(bits)
    with working_folder(folder) as out:
        evaluated = meanwhile(
            lambda: note(check_netlist(core.interface, core.netlist, bits, answers=answers))
        )
        with progress.working(f"evaluating the netlist, simulating {core.module}.v"):
            try:
                check = check_rtl(core, bits, out, answers=answers, simulator=simulator)
            finally:
                evaluated()
        note(check)
        if core.network.encoder.window is not None:
            with progress.working(f"simulating {series_module(core)}.v"):
                check = check_series(core, steps_of(core, bits), out, simulator=simulator)
            note(check)
        for result in synthesis:
            below = out / SYNTHESIS
            what = f"simulating the netlist after synthesis ({result.mode})"
            with progress.working(what):
                check = check_synthesised(
                    core, bits, result, below, below / result.mode, simulator=simulator
                )
            note(check)
        record = SimulationRecord(
            lutgen=__version__,
            digest=core.network.digest,
            target=core.family.name,
            top=core.module,
            samples=samples,
            unit=unit,
            bits_changed=bits_changed,
            answers_changed=answers_changed,
            checks=tuple(checks),
        )
        if folder is not None:
            record.write(out / SIMULATION_FILE)
    return record

"""What is compiled once and kept, compiled now, so that the first use of lutgen need not wait.

That is: the kernels of learning and mapping, tools that are WebAssembly, and the part of the
simulator that every design shares. Each is made by using it, in a process of its own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lutgen.chips.registry import families
from lutgen.core import CoreConfig, make_core
from lutgen.encode.encoder import fit_encoder
from lutgen.errors import ToolError
from lutgen.flow import pnr
from lutgen.flow.process import (
    Job,
    reason,
    run_together,
    subprocess_environment,
    telling_lines,
)
from lutgen.flow.table import YOSYS, ToolSpec
from lutgen.flow.tools import Tool, look_for
from lutgen.jobs.folders import working_folder
from lutgen.jobs.progress import SILENT, Progress
from lutgen.jobs.simulate import simulate
from lutgen.learn.boost import BoostParameters, boost
from lutgen.learn.boost.parameters import ABSOLUTE, NEWTON
from lutgen.learn.memorize import Parameters, memorize
from lutgen.model import LutNetwork

_N_SAMPLES, _N_BITS = 1 << 13, 640  # so many that all processors search together
_N_FEW = 256


@dataclass(frozen=True)
class Prepared:
    """What was compiled, in how many seconds; `fault` says why it was not, "" if it was."""

    name: str
    seconds: float
    fault: str = ""


def prepare(*, at_once: int | None = None, progress: Progress = SILENT) -> tuple[Prepared, ...]:
    """Compile what is kept from one use to the next.

    Parameters
    ----------
    at_once : int, optional
        Processes at once; by default as many as there are processors.

    Returns
    -------
    tuple of Prepared
        Kernels, simulator, and each tool that is WebAssembly; what is not there is left out. What
        fails says so and keeps nobody from the rest.
    """
    with working_folder(None) as folder:
        log = folder / "log"
        jobs = [
            Job(name, (sys.executable, "-P", "-m", "lutgen.jobs.prepare", name), folder, log / name)
            for name in _PARTS
        ]
        for spec, tool in _wasm_tools():
            environment = subprocess_environment(tool.environment)
            command = (str(tool.path), spec.option)
            jobs.append(Job(spec.name, command, folder, log / spec.name, environment))
        with progress.working(f"compiling what is kept: {', '.join(job.what for job in jobs)}"):
            ended = run_together(jobs, at_once=at_once or os.cpu_count() or 1)
        return tuple(
            Prepared(job.what, round(end.seconds, 1), _fault(job.log, end.code))
            for job, end in zip(jobs, ended, strict=True)
        )


def _fault(log: Path, code: int | None) -> str:
    return f"{reason(code)}: {telling_lines(log.read_text(errors='replace'))}" if code else ""


def _wasm_tools() -> list[tuple[ToolSpec, Tool]]:
    """Return the tools that come as WebAssembly, which they compile when they first run.

    Packers are small, and have no answer that is worth asking for.
    """
    found = []
    for spec in (YOSYS, *pnr.specs()):
        try:
            tool = look_for(spec)
        except ToolError:
            continue
        if (
            spec.pattern
            and spec.package.startswith("yowasp")
            and tool.path.name == spec.wheel_program
        ):
            found.append((spec, tool))
    return found


def _learn(n: int, n_bits: int, n_classes: int, criterion: str) -> LutNetwork:
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, (n, n_bits), dtype=np.uint8)
    y = (X[:, 0] + X[:, 1] + rng.integers(0, 2, n)) % n_classes
    encoder = fit_encoder("binary", X, y)
    parameters = BoostParameters(luts_per_class=2, criterion=criterion)
    return boost(encoder.encode(X), y, parameters, encoder=encoder, classes=np.arange(n_classes))


def _kernels() -> None:
    for criterion in (ABSOLUTE, NEWTON):
        for n, n_bits, n_classes in ((_N_SAMPLES, _N_BITS, 2), (_N_FEW, 16, 3)):
            network = _learn(n, n_bits, n_classes, criterion)
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, (_N_FEW, 16), dtype=np.uint8)
    encoder = fit_encoder("binary", X, X[:, 0])
    for k in (4, 8):
        memorize(encoder.encode(X), X[:, 0], Parameters(k=k, widths=(16,)), encoder=encoder,
                 classes=np.arange(2))  # fmt: skip
    widest = max(families().values(), key=lambda item: item.fabric.leaf if item.fabric else 0)
    make_core(network, CoreConfig(widest.name))


def _simulator() -> None:
    network = LutNetwork.from_luts(2, [((0, 1), 0b0110)])
    simulate(make_core(network, CoreConfig()), np.array([[0, 0], [0, 1]]))


_PARTS: dict[str, Callable[[], None]] = {"kernels": _kernels, "Verilator's library": _simulator}


if __name__ == "__main__":
    _PARTS[sys.argv[1]]()

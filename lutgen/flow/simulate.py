"""Simulating a core: a cocotb bench streams vectors through its Verilog in a real simulator.

Building and running happen in child processes (this module, run with ``-m``), because the cocotb
runner takes its settings from the process environment and writes to the terminal.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from lutgen.assets import asset
from lutgen.errors import ConfigError, DataError, ToolError
from lutgen.files import read_json, write_files, write_json
from lutgen.flow.tools import (
    Tool,
    find_icarus,
    find_verilator,
    require_cocotb,
    run,
    subprocess_environment,
)

SIMULATORS = ("verilator", "icarus")

_BENCH = "bench_core"
_RESULT = "result.json"
# Building is most of the work, so it is made short: better C++ would repay itself only after some
# 100,000 vectors. For 2,473 8-LUTs of 784 inputs all this together takes 6 s of processor time
# where Verilator's defaults take 15 s.
_QUICK_COMPILE = "OPT_FAST=-O0 OPT_SLOW=-O0 OPT_GLOBAL=-O0"
_QUICK_BUILD = (
    *("--output-split", "200000"),  # few C++ files: each has to read Verilator's headers
    *("-fno-dfg", "-fno-expand", "-fno-localize", "-fno-merge-cond", "-fno-split", "-fno-table"),
)
_FOREIGN = ("COCOTB_", "GPI_", "PYGPI_", "LUTGEN_", "PYTEST_", "TOPLEVEL", "WAVES", "GUI")
# A net that the bench can read costs build time. This few are made readable at once; of more, only
# in a second build, when there is a mismatch to explain.
_FEW_NETS = 500


@dataclass(frozen=True)
class Mismatch:
    """An output that is not what the model says; values as bits, highest output first."""

    sample: int
    expected: str
    seen: str


@dataclass(frozen=True)
class SimResult:
    """What a simulation showed.

    Parameters
    ----------
    simulator, version : str
        What it ran on.
    n_vectors, n_equal : int
        Vectors streamed, and outputs that were as expected.
    mismatches : tuple of Mismatch
        The first few outputs that were not.
    net_values : mapping of str to str
        Values of the named nets (``0``, ``1``, ``X``) for the first mismatch's sample; nets that
        the simulator does not have are left out.
    build_seconds, run_seconds : float
        Time spent.
    """

    simulator: str
    version: str
    n_vectors: int
    n_equal: int
    mismatches: tuple[Mismatch, ...] = ()
    net_values: dict[str, str] = field(default_factory=dict)
    build_seconds: float = 0.0
    run_seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether every output was as expected."""
        return self.n_equal == self.n_vectors


@dataclass(frozen=True)
class _Job:
    """What a child process needs to know; plain values, as it travels as JSON."""

    simulator: str
    sources: tuple[str, ...]
    top: str
    build_dir: str
    build_args: tuple[str, ...]
    defines: dict[str, str]
    bench_dir: str
    settings: dict[str, str]


def simulate(
    sources: Sequence[Path],
    *,
    top: str,
    inputs: Path,
    expected: Path,
    latency: int,
    build_dir: Path,
    nets: Sequence[str] = (),
    defines: Mapping[str, str] | None = None,
    simulator: str = "verilator",
    timeout_seconds: float | None = None,
) -> SimResult:
    """Stream vectors through a core and compare every output.

    Parameters
    ----------
    sources : sequence of Path
        Verilog files: the core and what it instantiates.
    top : str
        The core's module; ports ``x``, ``y`` and, with registers, ``clk``.
    inputs, expected : Path
        One vector a line, hexadecimal, first input or output in the lowest bit.
    latency : int
        Clock cycles from input to output; any other latency is a mismatch.
    build_dir : Path
        Folder for the simulator's files, the logs and ``result.json``; made anew.
    nets : sequence of str
        Nets of the core to read for the first mismatch's sample.
    defines : mapping of str to str, optional
        Macros for the Verilog files.
    simulator : {"verilator", "icarus"}
    timeout_seconds : float, optional
        Limit for building, and again for running.

    Raises
    ------
    ToolError
        If the simulator is missing, or building or running fails.
    DataError
        If there are no vectors, or not as many inputs as outputs.
    ConfigError
        If the folder's path has a character that the simulator's makefiles cannot take.
    """
    tool = _find(simulator)
    require_cocotb()
    vectors, answers = _read_lines(inputs), _read_lines(expected)
    if not vectors or len(vectors) != len(answers):
        raise DataError(
            f"{inputs} has {len(vectors)} vectors, {expected} has {len(answers)}; "
            "there must be as many outputs as inputs, and at least one"
        )
    run_one = _Simulation(
        tool,
        simulator,
        tuple(sources),
        dict(defines or {}),
        top,
        latency,
        build_dir.resolve(),
        timeout_seconds,
    )
    few = list(nets) if len(nets) <= _FEW_NETS else []
    result = run_one.run(vectors, answers, few)
    if result.mismatches and len(nets) > _FEW_NETS:
        sample = result.mismatches[0].sample
        diagnosis = replace(run_one, build_dir=run_one.build_dir / "diagnosis").run(
            [vectors[sample]], [answers[sample]], list(nets)
        )
        result = replace(
            result,
            net_values=diagnosis.net_values,
            build_seconds=result.build_seconds + diagnosis.build_seconds,
            run_seconds=result.run_seconds + diagnosis.run_seconds,
        )
    return result


@dataclass(frozen=True)
class _Simulation:
    """A design and where to build it."""

    tool: Tool
    simulator: str
    sources: tuple[Path, ...]
    defines: dict[str, str]
    top: str
    latency: int
    build_dir: Path
    timeout_seconds: float | None

    def run(self, vectors: list[str], answers: list[str], nets: list[str]) -> SimResult:
        """Build and run once, with the named nets readable."""
        self._clear()
        folder = self.build_dir
        write_files(
            folder,
            {
                "inputs.mem": "\n".join(vectors) + "\n",
                "expected.mem": "\n".join(answers) + "\n",
                "nets.txt": "\n".join(nets) + "\n",
                "readable.vlt": _readable(self.top, nets),
            },
        )
        write_json(folder / "job.json", asdict(self._job()))
        build_seconds = self._child("build")
        run_seconds = self._child("run")
        record = self._read_result(len(vectors))
        return SimResult(
            simulator=self.tool.name,
            version=self.tool.version,
            n_vectors=record["n_vectors"],
            n_equal=record["n_equal"],
            mismatches=tuple(Mismatch(**entry) for entry in record["mismatches"]),
            net_values=record["nets"],
            build_seconds=build_seconds,
            run_seconds=run_seconds,
        )

    def _clear(self) -> None:
        """Remove what an earlier run left, so that nothing of it can pass for a result."""
        if self.simulator == "verilator" and any(c.isspace() for c in str(self.build_dir)):
            raise ConfigError(
                f"{self.build_dir}: Verilator cannot build in a folder whose path has a space; "
                "choose another folder (-o)"
            )
        if (self.build_dir / "job.json").exists():
            shutil.rmtree(self.build_dir, ignore_errors=True)

    def _job(self) -> _Job:
        folder = self.build_dir
        return _Job(
            simulator=self.simulator,
            sources=tuple(str(path.resolve()) for path in self.sources),
            top=self.top,
            build_dir=str(folder / "build"),
            build_args=_build_args(self.simulator, folder / "readable.vlt"),
            defines=self.defines,
            bench_dir=str(asset("sim")),
            settings={
                "LUTGEN_INPUTS": str(folder / "inputs.mem"),
                "LUTGEN_EXPECTED": str(folder / "expected.mem"),
                "LUTGEN_LATENCY": str(self.latency),
                "LUTGEN_NETS": str(folder / "nets.txt"),
                "LUTGEN_RESULT": str(folder / _RESULT),
            },
        )

    def _child(self, step: str) -> float:
        changes = dict(self.tool.environment)
        if self.simulator == "verilator":
            changes["MAKEFLAGS"] = f"{changes.get('MAKEFLAGS', '')} {_QUICK_COMPILE}".strip()
        return run(
            [sys.executable, "-P", "-m", __name__, step, self.build_dir / "job.json"],
            what=f"{self.tool.name} ({step})",
            cwd=self.build_dir,
            log=self.build_dir / f"{step}.log",
            environment=subprocess_environment(changes, without=_FOREIGN),
            timeout_seconds=self.timeout_seconds,
        )

    def _read_result(self, n_vectors: int) -> dict[str, Any]:
        path, log = self.build_dir / _RESULT, self.build_dir / "run.log"
        if not path.exists():
            raise ToolError(f"the bench ended without a result; log: {log}")
        record: dict[str, Any] = read_json(path)
        if record["n_vectors"] != n_vectors:
            raise ToolError(
                f"the bench streamed {record['n_vectors']} of {n_vectors} vectors; log: {log}"
            )
        return record


def _find(simulator: str) -> Tool:
    if simulator == "verilator":
        return find_verilator()
    if simulator == "icarus":
        return find_icarus()
    raise ConfigError(f"unknown simulator {simulator!r}; known: {', '.join(SIMULATORS)}")


def _build_args(simulator: str, readable: Path) -> tuple[str, ...]:
    if simulator == "icarus":
        return ()
    # The runner makes every net readable, which doubles the time to build; the .vlt file names
    # those that are needed. Lint is a check of its own.
    return ("--no-public-flat-rw", "-Wno-fatal", *_QUICK_BUILD, str(readable))


def _readable(top: str, nets: Sequence[str]) -> str:
    """Return the Verilator configuration that lets the bench at the ports and the named nets."""
    driven = [f'public_flat_rw -module "{top}" -var "{port}"' for port in ("clk", "x")]
    read = [f'public_flat_rd -module "{top}" -var "{net}"' for net in ("y", *nets)]
    return "\n".join(["`verilator_config", *driven, *read]) + "\n"


def _read_lines(path: Path) -> list[str]:
    try:
        text = path.read_text("ascii")
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read the vectors {path}: {error}") from error
    lines = (line.partition("//")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def _child(step: str, job_file: Path) -> None:
    """Do one step with cocotb's runner; it writes to standard output."""
    from cocotb_tools.runner import get_runner  # noqa: PLC0415

    job = json.loads(job_file.read_text(encoding="utf-8"))
    runner = get_runner(job["simulator"])
    sys.path.insert(0, job["bench_dir"])  # the runner hands sys.path on to the simulator
    if step == "build":
        runner.build(
            sources=job["sources"],
            hdl_toplevel=job["top"],
            build_dir=job["build_dir"],
            build_args=job["build_args"],
            defines=job["defines"],
            always=True,
        )
    else:
        runner.test(
            test_module=_BENCH,
            hdl_toplevel=job["top"],
            hdl_toplevel_lang="verilog",
            build_dir=job["build_dir"],
            extra_env=job["settings"],
        )


if __name__ == "__main__":
    _child(sys.argv[1], Path(sys.argv[2]))

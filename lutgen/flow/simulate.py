"""Simulating a core: a cocotb bench streams vectors through its Verilog in a real simulator."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from lutgen.errors import DataError, ToolError
from lutgen.files import read_json, write_files
from lutgen.flow.cocotb import SIMULATORS, Design, build_bench, find_simulator
from lutgen.processors import n_processors
from lutgen.records.checks import Cycle

__all__ = ["SIMULATORS", "Mismatch", "SimResult", "simulate"]

_BENCH = "bench_core"
_RESULT = "result.json"
# A net that the bench can read costs build time. This few are made readable at once; of more, only
# in a second build, when there is a mismatch to explain.
_FEW_NETS = 500
# A run of its own for fewer vectors would take longer to start than it spares.
_FEWEST_A_PART = 2500
_MAX_REPORTED = 10


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
        Time spent; of runs at once, that of all together.
    cycles : tuple of Cycle
        What stood at the ports in the first clock cycles.
    """

    simulator: str
    version: str
    n_vectors: int
    n_equal: int
    mismatches: tuple[Mismatch, ...] = ()
    net_values: dict[str, str] = field(default_factory=dict)
    build_seconds: float = 0.0
    run_seconds: float = 0.0
    cycles: tuple[Cycle, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every output was as expected."""
        return self.n_equal == self.n_vectors


def simulate(
    sources: Sequence[Path],
    *,
    top: str,
    inputs: Path,
    expected: Path,
    latency: int,
    build_dir: Path,
    n_filling: int = 0,
    nets: Sequence[str] = (),
    defines: Mapping[str, str] | None = None,
    clock: str = "clk",
    held: Mapping[str, int] | None = None,
    simulator: str = "verilator",
    timeout_seconds: float | None = None,
) -> SimResult:
    """Stream vectors through a core and compare every output.

    Parameters
    ----------
    sources : sequence of Path
        Verilog files: the core and what it instantiates.
    top : str
        The core's module; ports ``x``, ``y`` and, with registers, the clock.
    inputs, expected : Path
        One vector a line, hexadecimal, first input or output in the lowest bit.
    latency : int
        Clock cycles from input to output; any other latency is a mismatch.
    build_dir : Path
        Folder for the simulator's files, the logs and ``result.json``; made anew. Thousands of
        vectors are streamed by as many runs at once as there are processors, each in a folder
        ``part1``, ``part2`` … of its own.
    n_filling : int
        Vectors at the beginning that fill a shift register: what comes of them is not compared.
    nets : sequence of str
        Nets of the core to read for the first mismatch's sample.
    defines : mapping of str to str, optional
        Macros for the Verilog files.
    clock : str
        Name of the clock's port.
    held : mapping of str to int, optional
        Other ports, and what they are held at.
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
        See :func:`lutgen.flow.cocotb.build_bench`.
    """
    find_simulator(simulator)
    vectors, answers = _read_lines(inputs), _read_lines(expected)
    if len(vectors) <= n_filling or len(vectors) != len(answers):
        raise DataError(
            f"{inputs} has {len(vectors)} vectors, {expected} has {len(answers)}; "
            "there must be as many outputs as inputs, and at least one to compare"
        )
    run_one = partial(
        _run,
        simulator=simulator,
        design=Design(
            tuple(sources),
            top,
            (clock, "x", *(held or {})),
            defines=dict(defines or {}),
            timescale=None,
        ),
        latency=latency,
        n_filling=n_filling,
        ports={"LUTGEN_CLOCK": clock, "LUTGEN_HELD": json.dumps(dict(held or {}))},
        timeout_seconds=timeout_seconds,
    )
    few = nets if len(nets) <= _FEW_NETS else ()
    result = run_one(vectors, answers, nets=few, folder=build_dir)
    if result.mismatches and len(nets) > _FEW_NETS:
        sample = result.mismatches[0].sample
        diagnosis = run_one(
            [vectors[sample]], [answers[sample]], nets=nets, folder=build_dir / "diagnosis"
        )
        result = replace(
            result,
            net_values=diagnosis.net_values,
            build_seconds=result.build_seconds + diagnosis.build_seconds,
            run_seconds=result.run_seconds + diagnosis.run_seconds,
        )
    return result


def _run(
    vectors: Sequence[str],
    answers: Sequence[str],
    *,
    nets: Sequence[str],
    folder: Path,
    simulator: str,
    design: Design,
    latency: int,
    n_filling: int,
    ports: Mapping[str, str],
    timeout_seconds: float | None,
) -> SimResult:
    """Build and run once, with the named nets readable."""
    folder = folder.resolve()
    bench = build_bench(
        _BENCH,
        replace(design, nets=("y", *nets)),
        folder=folder,
        simulator=simulator,
        timeout_seconds=timeout_seconds,
    )
    parts = _parts(len(vectors) - n_filling, folder)
    runs = []
    for part in parts:
        own = slice(part.first, part.end + n_filling)
        texts = {"inputs.mem": vectors[own], "expected.mem": answers[own], "nets.txt": nets}
        lines = {name: "\n".join(some) + "\n" for name, some in texts.items()}
        write_files(part.folder, lines)
        (part.folder / _RESULT).unlink(missing_ok=True)  # an earlier run's
        settings = {
            "LUTGEN_INPUTS": str(part.folder / "inputs.mem"),
            "LUTGEN_EXPECTED": str(part.folder / "expected.mem"),
            "LUTGEN_LATENCY": str(latency),
            "LUTGEN_FILLING": str(n_filling),
            "LUTGEN_NETS": str(part.folder / "nets.txt"),
            "LUTGEN_RESULT": str(part.folder / _RESULT),
            **ports,
        }
        runs.append((part.folder, settings))
    start = time.monotonic()
    bench.run_together(runs, timeout_seconds=timeout_seconds)
    run_seconds = time.monotonic() - start
    records = [_read_result(part.folder, part.end - part.first) for part in parts]
    mismatches = [
        Mismatch(**entry | {"sample": entry["sample"] + part.first})
        for part, record in zip(parts, records, strict=True)
        for entry in record["mismatches"]
    ]
    differing = next((record for record in records if record["mismatches"]), records[0])
    return SimResult(
        simulator=bench.tool.name,
        version=bench.tool.version,
        n_vectors=sum(record["n_vectors"] for record in records),
        n_equal=sum(record["n_equal"] for record in records),
        mismatches=tuple(mismatches[:_MAX_REPORTED]),
        net_values=differing["nets"],
        build_seconds=bench.build_seconds,
        run_seconds=run_seconds,
        cycles=tuple(Cycle(**entry) for entry in records[0]["cycles"]),
    )


class _Part(NamedTuple):
    """Vectors that one run streams, those that fill a shift register before them not counted."""

    first: int
    end: int
    folder: Path


def _parts(n_vectors: int, folder: Path) -> list[_Part]:
    """Return what each processor runs: all vectors, or a part of so many that it pays."""
    n_parts = max(1, min(n_processors(), n_vectors // _FEWEST_A_PART))
    if n_parts == 1:
        return [_Part(0, n_vectors, folder)]
    ends = [n_vectors * i // n_parts for i in range(n_parts + 1)]
    return [_Part(*some, folder / f"part{i}") for i, some in enumerate(pairwise(ends), 1)]


def _read_result(folder: Path, n_vectors: int) -> dict[str, Any]:
    path, log = folder / _RESULT, folder / "run.log"
    if not path.exists():
        raise ToolError(f"the bench ended without a result; log: {log}")
    record: dict[str, Any] = read_json(path)
    if record["n_vectors"] != n_vectors:
        raise ToolError(
            f"the bench streamed {record['n_vectors']} of {n_vectors} vectors; log: {log}"
        )
    return record


def _read_lines(path: Path) -> list[str]:
    try:
        text = path.read_text("ascii")
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read the vectors {path}: {error}") from error
    lines = (line.partition("//")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]

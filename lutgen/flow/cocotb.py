"""Running cocotb benches: a design is built for a simulator once and run as often as needed.

Building and running happen in child processes (this module, run with ``-m``), because the cocotb
runner takes its settings from the process environment and writes to the terminal. What comes of a
run is cocotb's own record of its tests, ``results.xml``, and whatever files the bench writes.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from lutgen.assets import asset
from lutgen.errors import ConfigError, ToolError
from lutgen.files import remove_folder, write_atomic, write_files, write_json
from lutgen.flow.process import (
    Ended,
    Job,
    require_success,
    run_together,
    subprocess_environment,
)
from lutgen.flow.tools import Tool, find_icarus, find_verilator, is_enough, require_cocotb

VERILATOR = "verilator"
ICARUS = "icarus"
SIMULATORS = (VERILATOR, ICARUS)

_JOB = "build.json"
_RUN = "run.json"
_RESULTS = "results.xml"
_READABLE = "readable.vlt"
# Building is most of the work, so it is made short: better C++ would repay itself only after some
# 100,000 vectors. For 2,473 8-LUTs of 784 inputs all this together takes 6 s of processor time
# where Verilator's defaults take 15 s; short functions save g++ a quarter, clang 40 % of its time.
_COMPILE = "OPT_FAST={fast} OPT_SLOW=-O0 OPT_GLOBAL=-O0"
_QUICK_BUILD = (
    *("--output-split", "200000"),  # few C++ files: each has to read Verilator's headers
    *("--output-split-cfuncs", "1000"),
    *("-fno-dfg", "-fno-expand", "-fno-localize", "-fno-merge-cond", "-fno-split", "-fno-table"),
)
# variables of the surroundings that would change what cocotb or a bench does
_FOREIGN = ("COCOTB_", "GPI_", "PYGPI_", "LUTGEN_", "PYTEST_", "TOPLEVEL", "WAVES", "GUI")


@dataclass(frozen=True)
class Design:
    """What is to be simulated.

    Parameters
    ----------
    sources : tuple of Path
        Verilog files.
    top : str
        The top module.
    ports : tuple of str
        What the bench drives, or drives and reads, in the top module.
    nets : tuple of str
        What the bench only reads there. What is named neither here nor in `ports` may have been
        optimised away.
    parameters : mapping of str to int
        Parameters of the top module.
    defines : mapping of str to str
        Macros for the Verilog files.
    timescale : (str, str) or None
        Unit and precision of time; None leaves them to the simulator.
    """

    sources: tuple[Path, ...]
    top: str
    ports: tuple[str, ...]
    nets: tuple[str, ...] = ()
    parameters: Mapping[str, int] = field(default_factory=dict)
    defines: Mapping[str, str] = field(default_factory=dict)
    timescale: tuple[str, str] | None = ("1ns", "1ps")


@dataclass(frozen=True)
class TestOutcome:
    """What one cocotb test showed; `message` says why it failed, "" if it did not."""

    __test__ = False  # for pytest: not a test case of its own

    name: str
    message: str

    @property
    def passed(self) -> bool:
        """Whether the test passed."""
        return not self.message


@dataclass(frozen=True)
class Bench:
    """A design built for a simulator, with the bench that drives it.

    Parameters
    ----------
    module : str
        Name of the bench's Python module, in ``sim/``.
    folder : Path
        Where it was built; holds ``build.log``, ``run.log`` and the results.
    tool : Tool
        The simulator.
    build_seconds : float
    """

    module: str
    folder: Path
    tool: Tool
    build_seconds: float

    def run(
        self,
        settings: Mapping[str, str],
        *,
        tests: Sequence[str] = (),
        timeout_seconds: float | None = None,
    ) -> tuple[TestOutcome, ...]:
        """Run the bench's tests and return what each showed.

        Parameters
        ----------
        settings : mapping of str to str
            Environment variables for the bench.
        tests : sequence of str
            Tests to run, by name; all by default.

        Raises
        ------
        ToolError
            If the simulator fails, or takes too long, or no test was run.
        """
        run = self.folder, settings
        return self.run_together([run], tests=tests, timeout_seconds=timeout_seconds)[0]

    def run_together(
        self,
        runs: Sequence[tuple[Path, Mapping[str, str]]],
        *,
        tests: Sequence[str] = (),
        timeout_seconds: float | None = None,
    ) -> list[tuple[TestOutcome, ...]]:
        """Run the bench's tests several times at once, each run with a folder for its records.

        Parameters
        ----------
        runs : sequence of (Path, mapping of str to str)
            The folder, which must be there, and the settings of each.

        Raises
        ------
        ToolError
            See :meth:`run`.
        """
        jobs = []
        for folder, settings in runs:
            results = folder / _RESULTS
            results.unlink(missing_ok=True)
            told = {"settings": dict(settings), "tests": list(tests), "results": str(results)}
            write_json(folder / _RUN, told)
            jobs.append(_job("run", self.folder, folder, self.tool, self.tool.environment))
        ended = run_together(jobs, at_once=len(jobs), timeout_seconds=timeout_seconds)
        return [self._outcomes(*one) for one in zip(jobs, ended, strict=True)]

    def _outcomes(self, job: Job, ended: Ended) -> tuple[TestOutcome, ...]:
        outcomes = _read_results(job.cwd / _RESULTS)
        if all(outcome.passed for outcome in outcomes):
            require_success(job, ended)
        if not outcomes:
            raise ToolError(f"the bench {self.module} ran no test; log: {job.log}")
        return outcomes


def find_simulator(name: str) -> Tool:
    """Find a simulator and what it needs.

    Raises
    ------
    ConfigError
        If there is none of that name.
    ToolError
        If it, or cocotb, is missing or too old.
    """
    if name not in SIMULATORS:
        raise ConfigError(f"unknown simulator {name!r}; known: {', '.join(SIMULATORS)}")
    tool = find_verilator() if name == VERILATOR else find_icarus()
    require_cocotb()
    return tool


def build_bench(
    module: str,
    design: Design,
    *,
    folder: Path,
    simulator: str = VERILATOR,
    fast: bool = False,
    timeout_seconds: float | None = None,
) -> Bench:
    """Build a design for a bench of ``sim/``.

    Parameters
    ----------
    module : str
        Name of the bench's Python module.
    folder : Path
        Folder for all that is made; made anew.
    simulator : {"verilator", "icarus"}
    fast : bool
        Spend time on compiling for a long run.

    Raises
    ------
    ToolError
        If the simulator or cocotb is missing or too old, or building fails.
    ConfigError
        If the simulator, or the folder for temporary files, has a path with a character that the
        simulator's makefiles cannot take; where `folder` has, it builds in a temporary one.
    """
    tool = find_simulator(simulator)
    folder = folder.resolve()
    sources = [path.resolve() for path in design.sources]
    work = _building_folder(simulator, folder, sources, tool)
    if (folder / _JOB).exists():
        remove_folder(folder)
    if work != folder:
        sources = _copied(sources, work)
    write_files(work, {_READABLE: _readable(design)})
    job = {
        "simulator": simulator,
        "module": module,
        "sources": [str(path) for path in sources],
        "includes": _include_folders(design.sources),
        "top": design.top,
        "build_dir": str(work / "build"),
        "build_args": _build_args(simulator, work / _READABLE, fast),
        "parameters": dict(design.parameters),
        "defines": dict(design.defines),
        "timescale": design.timescale,
        "bench_dir": str(asset("sim")),
    }
    write_json(folder / _JOB, job)
    changes = dict(tool.environment)
    if simulator == VERILATOR:
        options = _COMPILE.format(fast="-O1" if fast else "-O0")
        changes["MAKEFLAGS"] = f"{changes.get('MAKEFLAGS', '')} {options}".strip()
    try:
        building = _job("build", folder, folder, tool, changes)
        (ended,) = run_together([building], at_once=1, timeout_seconds=timeout_seconds)
        require_success(building, ended)
    except ToolError as error:
        raise _explained(error, tool, simulator, folder) from error
    return Bench(module, folder, tool, ended.seconds)


# What the makefiles that Verilator writes (or the names in its line directives) take for their own,
# in the folder that it builds in and in a file that it reads; and what ends Icarus's strings. All
# other ASCII was tried.
_NOT_IN_FOLDERS = {VERILATOR: re.compile(r'[\s#:;"]'), ICARUS: re.compile(r'[\n"]')}
_NOT_IN_FILES = re.compile(r'[\n:"]')


def _building_folder(simulator: str, folder: Path, sources: Sequence[Path], tool: Tool) -> Path:
    """Return where to build: the folder itself, or a temporary one where its path will not do.

    The temporary folder is there until the program ends.

    Raises
    ------
    ConfigError
        If neither will do, or the simulator itself is installed in such a folder; the message
        names the path, the character and what to do.
    """
    forbidden = _NOT_IN_FOLDERS[simulator]
    if simulator == VERILATOR:
        _require_plain(tool, tool.path, forbidden, "install it in another folder")
    if not forbidden.search(str(folder)) and not any(
        _NOT_IN_FILES.search(str(path)) for path in sources
    ):
        return folder
    made = Path(tempfile.mkdtemp(prefix="lutgen-")).resolve()
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    _require_plain(tool, made, forbidden, "name another folder for temporary files in TMPDIR")
    return made


def _require_plain(tool: Tool, path: Path, forbidden: re.Pattern[str], mend: str) -> None:
    if found := forbidden.search(str(path)):
        kind = "a space" if found[0].isspace() else f"the character {found[0]}"
        raise ConfigError(f"{path}: {tool.name} cannot build with a path that has {kind}; {mend}")


def _include_folders(sources: Sequence[Path]) -> list[str]:
    """Return the folders of files that include others, which lie beside them."""
    folders = {
        str(path.resolve().parent)
        for path in sources
        if path.is_file() and b"`include" in path.read_bytes()
    }
    return sorted(folders)


def _copied(sources: Sequence[Path], folder: Path) -> list[Path]:
    """Copy files into a folder, those of one name apart, and return the copies."""
    copies = []
    for number, path in enumerate(sources):
        copies.append(folder / "sources" / str(number) / _NOT_IN_FILES.sub("_", path.name))
        write_atomic(copies[-1], path.read_bytes())
    return copies


def _build_args(simulator: str, readable: Path, fast: bool) -> list[str]:
    if simulator == ICARUS:
        return []
    # The runner makes every net readable, which doubles the time to build; the .vlt file names
    # those that are needed. Lint is a check of its own.
    quick = () if fast else _QUICK_BUILD
    return ["--no-public-flat-rw", "-Wno-fatal", *quick, str(readable)]


def _readable(design: Design) -> str:
    """Return the Verilator configuration that lets the bench at the ports and the named nets."""
    lines = [f'public_flat_rw -module "{design.top}" -var "{port}"' for port in design.ports]
    lines += [f'public_flat_rd -module "{design.top}" -var "{net}"' for net in design.nets]
    return "\n".join(["`verilator_config", *lines]) + "\n"


def _job(step: str, folder: Path, run_folder: Path, tool: Tool, changes: Mapping[str, str]) -> Job:
    """Return a step as a job of its own; it leaves its log in `run_folder`."""
    return Job(
        what=f"{tool.name} ({step})",
        command=(sys.executable, "-P", "-m", __name__, step, str(folder), str(run_folder)),
        cwd=run_folder,
        log=run_folder / f"{step}.log",
        environment=subprocess_environment(changes, without=_FOREIGN),
    )


_SYNTAX = re.compile(r"^(.+):(\d+): syntax error", re.MULTILINE)
_ELABORATION_TASK = re.compile(r"\$(error|fatal|warning|info)\b")


def _explained(error: ToolError, tool: Tool, simulator: str, folder: Path) -> ToolError:
    """Return the error, in other words if an old Icarus does not know the language of a file."""
    if simulator != ICARUS or is_enough(tool.version, "12"):
        return error
    log = folder / "build.log"
    with contextlib.suppress(OSError, ValueError, IndexError):
        for name, number in _SYNTAX.findall(log.read_text(errors="replace")):
            line = Path(name).read_text(errors="replace").splitlines()[int(number) - 1]
            if task := _ELABORATION_TASK.search(line):
                return ToolError(
                    f"{tool} is too old for {name}, which has {task[0]} outside of a procedure "
                    f"(line {number}); 12 or newer is needed, or use verilator; log: {log}"
                )
    return error


def _read_results(path: Path) -> tuple[TestOutcome, ...]:
    if not path.exists():
        return ()
    with contextlib.suppress(ElementTree.ParseError):
        cases = ElementTree.parse(path).iter("testcase")
        return tuple(_outcome(case) for case in cases if case.find("skipped") is None)
    return ()


def _outcome(case: ElementTree.Element) -> TestOutcome:
    fault = case.find("failure")
    fault = case.find("error") if fault is None else fault
    message = "" if fault is None else fault.get("message") or fault.text or "failed"
    return TestOutcome(case.get("name", ""), message)


def _read(path: Path) -> dict[str, Any]:
    job: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return job


def _main(step: str, folder: Path, run_folder: Path) -> None:
    """Do one step with cocotb's runner; it writes to standard output."""
    from cocotb_tools.runner import get_runner  # noqa: PLC0415

    job = _read(folder / _JOB)
    runner = get_runner(job["simulator"])
    sys.path.insert(0, job["bench_dir"])  # the runner hands sys.path on to the simulator
    if step == "build":
        runner.build(
            sources=job["sources"],
            includes=job["includes"],
            hdl_toplevel=job["top"],
            build_dir=job["build_dir"],
            build_args=job["build_args"],
            parameters=job["parameters"],
            defines=job["defines"],
            always=True,
            timescale=tuple(job["timescale"]) if job["timescale"] else None,
        )
    else:
        run_job = _read(run_folder / _RUN)
        runner.test(
            test_module=job["module"],
            hdl_toplevel=job["top"],
            hdl_toplevel_lang="verilog",
            build_dir=job["build_dir"],
            test_filter=rf"\.({'|'.join(run_job['tests'])})$" if run_job["tests"] else None,
            results_xml=run_job["results"],
            extra_env=run_job["settings"],
        )


if __name__ == "__main__":
    # the compiler and the simulator end with this process: they are of its group
    signal.signal(signal.SIGTERM, lambda *_: os.killpg(0, signal.SIGKILL))
    _main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))

"""Running a cocotb bench against a design: build it once, run it as often as needed.

As in :mod:`lutgen.flow.simulate`, building and running happen in child processes (this module, run
with ``-m``). What came of it is cocotb's own record of its tests, ``results.xml``.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from lutgen.assets import asset
from lutgen.errors import ConfigError, ToolError
from lutgen.files import write_files, write_json
from lutgen.flow.tools import Tool, find_verilator, require_cocotb, run, subprocess_environment

FOREIGN = ("COCOTB_", "GPI_", "PYGPI_", "LUTGEN_", "PYTEST_", "TOPLEVEL", "WAVES", "GUI")

_RESULTS = "results.xml"
_COMPILE = "OPT_FAST={fast} OPT_SLOW=-O0 OPT_GLOBAL=-O0"
_BUILD = (
    *("--output-split", "200000"),
    *("-fno-dfg", "-fno-expand", "-fno-localize", "-fno-merge-cond", "-fno-split", "-fno-table"),
)


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
    top : str
        Top module of the design.
    folder : Path
        Where it was built; holds ``build.log``, ``run.log`` and the results.
    tool : Tool
        The simulator.
    """

    module: str
    top: str
    folder: Path
    tool: Tool

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
        results = self.folder / _RESULTS
        results.unlink(missing_ok=True)
        job = {"settings": dict(settings), "tests": list(tests), "results": str(results)}
        write_json(self.folder / "run.json", job)
        failure: ToolError | None = None
        try:
            _child(self.folder, "run", self.tool, timeout_seconds)
        except ToolError as error:
            failure = error
        outcomes = _read_results(results)
        if failure is not None and all(outcome.passed for outcome in outcomes):
            raise failure
        if not outcomes:
            raise ToolError(f"the bench {self.module} ran no test; log: {self.folder / 'run.log'}")
        return outcomes


def build_bench(
    module: str,
    sources: Sequence[Path],
    *,
    top: str,
    folder: Path,
    ports: Sequence[str],
    parameters: Mapping[str, int] | None = None,
    defines: Mapping[str, str] | None = None,
    fast: bool = False,
    timeout_seconds: float | None = None,
) -> Bench:
    """Build a design with Verilator for a bench of ``sim/``.

    Parameters
    ----------
    module : str
        Name of the bench's Python module.
    sources : sequence of Path
        Verilog files.
    top : str
        Top module.
    folder : Path
        Folder for all that is made; made anew.
    ports : sequence of str
        What the bench reads or drives in the top module.
    parameters : mapping of str to int, optional
        Parameters of the top module.
    defines : mapping of str to str, optional
        Macros for the Verilog files.
    fast : bool
        Spend time on compiling for a long run.

    Raises
    ------
    ToolError
        If Verilator or cocotb is missing, or building fails.
    ConfigError
        If the folder's path has a space, which Verilator's makefiles cannot take.
    """
    tool = find_verilator()
    require_cocotb()
    folder = folder.resolve()
    if any(character.isspace() for character in str(folder)):
        raise ConfigError(
            f"{folder}: Verilator cannot build in a folder whose path has a space; "
            "choose another folder (-o)"
        )
    if (folder / "build.json").exists():
        shutil.rmtree(folder, ignore_errors=True)
    seen = [f'public_flat_rw -module "{top}" -var "{port}"' for port in ports]
    write_files(folder, {"readable.vlt": "\n".join(["`verilator_config", *seen]) + "\n"})
    job = {
        "module": module,
        "sources": [str(path.resolve()) for path in sources],
        "top": top,
        "build_dir": str(folder / "build"),
        "build_args": [
            *("--no-public-flat-rw", "-Wno-fatal", str(folder / "readable.vlt")),
            *(() if fast else _BUILD),
        ],
        "parameters": dict(parameters or {}),
        "defines": dict(defines or {}),
        "bench_dir": str(asset("sim")),
    }
    write_json(folder / "build.json", job)
    _child(folder, "build", tool, timeout_seconds, fast=fast)
    return Bench(module, top, folder, tool)


def _child(
    folder: Path, step: str, tool: Tool, timeout_seconds: float | None, *, fast: bool = False
) -> None:
    changes = dict(tool.environment)
    options = _COMPILE.format(fast="-O1" if fast else "-O0")
    changes["MAKEFLAGS"] = f"{changes.get('MAKEFLAGS', '')} {options}".strip()
    run(
        [sys.executable, "-P", "-m", __name__, step, folder],
        what=f"{tool.name} ({step})",
        cwd=folder,
        log=folder / f"{step}.log",
        environment=subprocess_environment(changes, without=FOREIGN),
        timeout_seconds=timeout_seconds,
    )


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


def _main(step: str, folder: Path) -> None:
    """Do one step with cocotb's runner; it writes to standard output."""
    from cocotb_tools.runner import get_runner  # noqa: PLC0415

    job = json.loads((folder / "build.json").read_text(encoding="utf-8"))
    runner = get_runner("verilator")
    sys.path.insert(0, job["bench_dir"])  # the runner hands sys.path on to the simulator
    if step == "build":
        runner.build(
            sources=job["sources"],
            hdl_toplevel=job["top"],
            build_dir=job["build_dir"],
            build_args=job["build_args"],
            parameters=job["parameters"],
            defines=job["defines"],
            always=True,
            timescale=("1ns", "1ps"),
        )
    else:
        run_job = json.loads((folder / "run.json").read_text(encoding="utf-8"))
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
    _main(sys.argv[1], Path(sys.argv[2]))

"""Cores in Yosys's own simulator, CXXRTL: several at once, as compiling is most of the work.

Yosys writes a C++ class of each core, as it reads the Verilog; one program runs them all on files
of vectors, as ``sim/bench_core.py`` does: a vector a cycle, its answer the core's latency later.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lutgen.bits import Bits
from lutgen.core import Core
from lutgen.emit.vectors import vectors
from lutgen.errors import ToolError
from lutgen.files import write_files
from lutgen.flow.process import run, subprocess_environment
from lutgen.flow.tools import find_yosys
from lutgen.records.checks import Check, Difference

from chips import models_for  # isort: skip

_MAIN = Path(__file__).with_name("cxxrtl_main.h")
_READ = """
read_verilog {folder}/core.v {folder}/models.v
hierarchy -check -top {top}
write_cxxrtl -namespace {folder} {folder}/core.cc
design -reset
"""
_RUN = """
  {{
    {folder}::p_{name} core;
    run("{folder}", {latency}, core, [&](bool level) {{ {clock} }});
  }}"""


@dataclass(frozen=True)
class Job:
    """A core, its Verilog, and samples as they come in at its ports."""

    core: Core
    verilog: str
    bits: Bits


def check_cxxrtl(jobs: Sequence[Job], folder: Path) -> list[Check]:
    """Simulate the Verilog of cores and compare each with its model.

    Parameters
    ----------
    folder : Path
        Gets all that is made: the classes, the program and the logs.

    Raises
    ------
    ToolError
        If Yosys or the compiler is missing or fails, or the program says nothing of a core.
    """
    tool = find_yosys()
    runtime = tool.data / "include/backends/cxxrtl/runtime" if tool.data else Path()
    if not (runtime / "cxxrtl/cxxrtl.h").is_file():
        raise ToolError(f"{tool} at {tool.path} lacks the header of CXXRTL")
    names = [f"case{place}" for place in range(len(jobs))]
    script, calls = "", ""
    for name, job in zip(names, jobs, strict=True):
        core = job.core
        files = {"core.v": job.verilog, "models.v": models_for(core.family.name, job.verilog)}
        write_files(folder / name, {**files, **vectors(job.bits, core.interface.answers(job.bits))})
        script += _READ.format(folder=name, top=core.module)
        clock = "core.p_clk.set<bool>(level);" if core.netlist.latency else "(void)level;"
        calls += _RUN.format(
            folder=name,
            name=core.module.replace("_", "__"),
            latency=core.netlist.latency,
            clock=clock,
        )
    includes = "".join(f'#include "{name}/core.cc"\n' for name in names)
    main = f'{includes}#include "{_MAIN.name}"\nint main() {{{calls}\n}}\n'
    write_files(folder, {"script.ys": script, "main.cc": main, _MAIN.name: _MAIN.read_text()})
    compiler = shutil.which("c++")
    if compiler is None:
        raise ToolError("there is no C++ compiler; apt install g++")
    run([tool.path, "script.ys"], what="Yosys (CXXRTL)", cwd=folder, log=folder / "yosys.log",
        environment=subprocess_environment(tool.environment))  # fmt: skip
    compile_it = [compiler, "-std=c++14", "-O0", "-w", f"-I{runtime}", "main.cc", "-o", "main"]
    run(compile_it, what="compiling CXXRTL", cwd=folder, log=folder / "compile.log")
    run([folder.resolve() / "main"], what="CXXRTL", cwd=folder, log=folder / "run.log")
    said = (folder / "run.log").read_text()
    return [
        _check(said, name, job, f"Yosys {tool.version}")
        for name, job in zip(names, jobs, strict=True)
    ]


def _check(said: str, name: str, job: Job, tool: str) -> Check:
    counted = re.search(rf"^{name} equal (\d+) of {job.bits.n_samples}$", said, re.M)
    if counted is None:
        raise ToolError(f"CXXRTL did not say how many samples of {name} are equal")
    wrong = re.search(rf"^{name} sample (\d+) expected (\w+) seen (\w+)$", said, re.M)
    difference = Difference(int(wrong[1]), wrong[2], wrong[3]) if wrong else None
    return Check("CXXRTL", int(counted[1]), job.bits.n_samples, difference, tool)

"""Cores evaluated by Yosys itself: its command ``eval``, on the cells that it reads the Verilog as.

Registers are wires there: it is the function that is evaluated, in one step; that answers come in
the right cycle, the simulators tell. (Yosys's WebAssembly build has no command ``sim``, and what
``write_cxxrtl`` makes takes a compiler longer than all other ways together.)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lutgen.bits import Bits
from lutgen.core import Core
from lutgen.errors import ToolError
from lutgen.files import write_files
from lutgen.flow.process import run, subprocess_environment
from lutgen.flow.tools import find_yosys
from lutgen.records.checks import Check, Difference

from chips import models_for  # isort: skip

_WIRE = """(* techmap_celltype = "$dff" *)
module wire_for_register (input CLK, input [WIDTH-1:0] D, output [WIDTH-1:0] Q);
  parameter WIDTH = 1;
  parameter CLK_POLARITY = 1;
  assign Q = D;
endmodule
"""
_READ = """
read_verilog {name}.v {name}_models.v
hierarchy -check -top {top}
proc
flatten
opt -nodffe -nosdff
techmap -map registers.v
opt_clean
select -assert-none t:*dff* t:*dlatch*
log {name}
"""
# a value of 32 bits that is not negative is written as a decimal number
_RESULT = re.compile(r"^(?:Eval result: \\y = (?:\d+'([01x]+)|(\d+))\.|(case\d+))$", re.M)


@dataclass(frozen=True)
class Job:
    """A core, its Verilog, and samples as they come in at its ports."""

    core: Core
    verilog: str
    bits: Bits


def check_with_yosys(jobs: Sequence[Job], folder: Path) -> list[Check]:
    """Evaluate the Verilog of cores on samples and compare each with its model.

    Parameters
    ----------
    folder : Path
        Gets the sources, the script and the log.

    Raises
    ------
    ToolError
        If Yosys is missing or fails, or does not answer every sample.
    """
    script = ""
    files = {"registers.v": _WIRE}
    for place, job in enumerate(jobs):
        name, width = f"case{place}", job.core.interface.n_inputs
        files[f"{name}.v"] = job.verilog
        files[f"{name}_models.v"] = models_for(job.core.family.name, job.verilog)
        script += _READ.format(name=name, top=job.core.module)
        for sample in _numbers(job.bits):
            script += f"eval -set x {width}'h{sample:x} -show y {job.core.module}\n"
        script += "design -reset\n"
    write_files(folder, {**files, "script.ys": script})
    tool, log = find_yosys(), folder / "yosys.log"
    run([tool.path, "script.ys"], what="Yosys (eval)", cwd=folder, log=log,
        environment=subprocess_environment(tool.environment))  # fmt: skip
    said: dict[str, list[str]] = {}
    for bits, number, name in _RESULT.findall(log.read_text(errors="replace")):
        if name:
            said[name] = answers = []
        else:
            answers.append(bits or f"{int(number):032b}")
    return [
        _check(job, said.get(f"case{place}", []), f"Yosys {tool.version}")
        for place, job in enumerate(jobs)
    ]


def _check(job: Job, seen: list[str], tool: str) -> Check:
    n_samples = job.bits.n_samples
    if len(seen) != n_samples:
        raise ToolError(f"Yosys answered {len(seen)} of {n_samples} samples of {job.core.module}")
    width = job.core.interface.n_outputs
    wanted = [f"{number:0{width}b}" for number in _numbers(job.core.interface.answers(job.bits))]
    wrong = [place for place in range(n_samples) if seen[place] != wanted[place]]
    difference = Difference(wrong[0], wanted[wrong[0]], seen[wrong[0]]) if wrong else None
    return Check("Yosys's eval", n_samples - len(wrong), n_samples, difference, tool)


def _numbers(bits: Bits) -> list[int]:
    """Return each sample as a number, signal 0 its lowest bit."""
    return [sum(bit << place for place, bit in enumerate(row)) for row in bits.to_dense().tolist()]

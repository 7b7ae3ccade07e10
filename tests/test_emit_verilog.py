"""The Verilog that is written: its text, its cleanliness, and what Yosys understands of it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from strategies import random_network

from lutgen.chips.registry import get_family
from lutgen.core.lower import lower
from lutgen.emit.blif import emit_blif
from lutgen.emit.verilog import emit_verilog
from lutgen.errors import ConfigError
from lutgen.flow.lint import lint
from lutgen.flow.tools import find_yosys
from lutgen.flow.yosys import simulation_models
from lutgen.netlist.check import check
from lutgen.netlist.ir import LUT, REGISTER, Cell, Netlist
from lutgen.netlist.passes.pipeline import pipeline
from lutgen.netlist.passes.simplify import simplify
from lutgen.netlist.tables import tabulate

GENERIC, ICE40 = get_family("generic"), get_family("ice40")


def trained(k: int | tuple[int, int], every: int = 0, seed: int = 0) -> Netlist:
    """Return the simplified netlist of a random network of 12 inputs."""
    network = random_network(np.random.default_rng(seed), 12, [6, 4, 1], k, skip=True)
    netlist, _ = simplify(lower(network))
    return pipeline(netlist, every)[0] if every else netlist


CASES = {
    "constants": Netlist(3, (), (0, 1)),
    "wires": Netlist(3, (), (4, 2)),
    "one_input": Netlist(1, (Cell(LUT, (2,), 1, "l1_n0", 1),), (3,)),
    "constant_pins": Netlist(2, (Cell(LUT, (2, 0, 1), 0x5A, "l1_n0", 1),), (4, 0, 1, 3)),
    "constant_luts": Netlist(
        1, (Cell(LUT, (2,), 0b00, "l1_n0", 1), Cell(LUT, (2,), 0b11, "l1_n1", 1)), (3, 4)
    ),
    "one_register": Netlist(1, (Cell(REGISTER, (2,), 0, "x0_r1", 0),), (3,)),
    "mixed": trained((1, 9)),
    "pipelined": trained(6, every=1),
}
WIDE_TABLE = tabulate(14, lambda *x: sum(place * bit for place, bit in enumerate(x, 1)) % 5 > 1)
WIDE = Netlist(14, (Cell(LUT, tuple(range(2, 16)), WIDE_TABLE, "l1_n0", 1),), (16,))


@pytest.mark.parametrize("name", ["constant_pins", "pipelined"])
@pytest.mark.parametrize("target", ["generic", "ice40"])
def test_text_is_as_it_was(golden: Callable[[str, str], None], name: str, target: str) -> None:
    family = get_family(target)
    text = emit_verilog(family.map(CASES[name]), family, module=name, header=["A test.", ""])
    golden(f"{name}_{target}.v", text)


def test_header_comes_first_and_states_the_facts() -> None:
    text = emit_verilog(CASES["pipelined"], GENERIC, header=["what it is", "model    sha256 0"])
    lines = text.splitlines()
    assert lines[:2] == ["// what it is", "// model    sha256 0"]
    assert "// target   generic (portable Verilog, no chip in particular)" in lines
    assert "// latency  3 cycle(s) of clk, a new x every cycle" in lines
    ports = "// ports    x[11:0]: x[i] is input bit i; y[0:0]: y[i] is output bit i"
    assert ports in lines
    combinational = emit_verilog(CASES["mixed"], GENERIC)
    assert "// latency  0 cycles, combinational" in combinational.splitlines()
    assert "clk" not in combinational.partition("module")[2]


@pytest.mark.parametrize("module", ["", "9lives", "endmodule", "logic", "a b", "x\n"])
def test_illegal_module_name(module: str) -> None:
    with pytest.raises(ConfigError, match="cannot name a Verilog module; use letters, digits"):
        emit_verilog(CASES["wires"], GENERIC, module=module)


@pytest.mark.parametrize("target", ["generic", "ice40"])
def test_lint_finds_nothing(tmp_path: Path, target: str) -> None:
    family = get_family(target)
    sources = []
    if target != "generic":
        models = tmp_path / "models.v"  # their own faults are not ours
        models.write_text(ice40_models())
        waiver = tmp_path / "models.vlt"
        waiver.write_text('`verilator_config\nlint_off -file "*/models.v"\n')
        sources = [waiver, models]
    cases = {**CASES, "sixteen": trained(16)} if target == "generic" else CASES
    tops, ports = [], []
    for place, (name, netlist) in enumerate(cases.items()):
        check(netlist)
        path = tmp_path / f"{name}.v"
        path.write_text(emit_verilog(family.map(netlist), family, module=name))
        sources.append(path)
        clock = ".clk(clk), " if netlist.latency else ""
        wide = f"wire [{netlist.n_inputs - 1}:0] x{place} = x[{netlist.n_inputs - 1}:0];"
        n_outputs = len(netlist.outputs)
        ports.append(f"wire [{n_outputs - 1}:0] y{place};")
        tops.append(f"{wide} {name} u{place} ({clock}.x(x{place}), .y(y{place}));")
    outputs = ", ".join(f"y{place}" for place in range(len(cases)))
    width = sum(len(netlist.outputs) for netlist in cases.values())
    top = tmp_path / "top.v"
    top.write_text(
        "module top (input wire clk, input wire [11:0] x, "
        f"output wire [{width - 1}:0] y);\n"
        + "\n".join([*ports, *tops])
        + f"\nassign y = {{{outputs}}};\nendmodule\n"
    )
    assert lint([*sources, top], top="top") == []


def test_lint_would_find_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "mixed.v"
    path.write_text(emit_verilog(CASES["mixed"], GENERIC, module="mixed").replace("[11:0] x", "x"))
    assert lint([path], top="mixed")


def read_into(role: str, name: str) -> list[str]:
    """Return Yosys commands that read a file as the design `role`, one port a bit."""
    module, suffix = name.split(".")
    reading = f"read_blif {name}" if suffix == "blif" else f"read_verilog models.v {name}"
    prepare = f"hierarchy -top {module}; proc; flatten; opt_clean; splitnets -ports"
    return ["design -reset", reading, prepare, f"rename {module} {role}", f"design -stash {role}"]


def ice40_models() -> str:
    """Return the macros and two of the modules of the models: the memories take minutes to read."""
    text = simulation_models("ice40").read_text()
    macros, _, _ = text.partition("\nmodule ")
    modules = re.findall(r"^module (?:SB_LUT4|SB_DFF) .*?^endmodule", text, re.M | re.S)
    assert len(modules) == 2
    return "\n".join([macros, *modules, ""])


def prove_equal(folder: Path, pairs: list[tuple[str, str, int]]) -> tuple[bool, str]:
    """Let Yosys prove pairs of files equal from some cycle on; return the verdict and the log.

    The module of a file bears its name.
    """
    (folder / "models.v").write_text(ice40_models())
    script = []
    for gold, gate, latency in pairs:
        script += read_into("gold", gold) + read_into("gate", gate) + ["design -reset"]
        script += [f"design -copy-from {role} -as {role} {role}" for role in ("gold", "gate")]
        script += [
            "miter -equiv -make_assert -flatten gold gate miter",
            f"sat -verify -prove-asserts -seq {latency + 1} -prove-skip {latency} "
            "-set-init-undef -set-def-inputs miter",
        ]
    (folder / "prove.ys").write_text("\n".join(script) + "\n")
    done = subprocess.run(
        [str(find_yosys().path), "-s", "prove.ys"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode == 0, done.stdout + done.stderr


def test_yosys_reads_all_forms_as_one_function(tmp_path: Path) -> None:
    pairs = []
    for name in ("constant_pins", "constant_luts", "mixed", "pipelined"):
        netlist = CASES[name]
        for family in (GENERIC, ICE40):
            module = f"{name}_{family.name}"
            text = emit_verilog(family.map(netlist), family, module=module)
            (tmp_path / f"{module}.v").write_text(text)
        (tmp_path / f"{name}_blif.blif").write_text(emit_blif(netlist, model=f"{name}_blif"))
        for gate in (f"{name}_ice40.v", f"{name}_blif.blif"):
            pairs.append((f"{name}_generic.v", gate, netlist.latency))
    (tmp_path / "wide_ice40.v").write_text(
        emit_verilog(ICE40.map(WIDE), ICE40, module="wide_ice40")
    )
    (tmp_path / "wide_blif.blif").write_text(emit_blif(WIDE, model="wide_blif"))
    pairs.append(("wide_ice40.v", "wide_blif.blif", 0))
    equal, log = prove_equal(tmp_path, pairs)
    assert equal, log[-2000:]
    assert log.count("SAT proof finished - no model found: SUCCESS!") == len(pairs)


def test_yosys_finds_one_wrong_bit(tmp_path: Path) -> None:
    netlist = CASES["mixed"]
    last = netlist.cells[-1]
    wrong = Cell(LUT, last.inputs, last.init ^ 1, last.name, last.layer)
    faulty = Netlist(netlist.n_inputs, (*netlist.cells[:-1], wrong), netlist.outputs)
    (tmp_path / "gold.v").write_text(emit_verilog(netlist, GENERIC, module="gold"))
    (tmp_path / "gate.v").write_text(emit_verilog(ICE40.map(faulty), ICE40, module="gate"))
    equal, log = prove_equal(tmp_path, [("gold.v", "gate.v", 0)])
    assert not equal
    assert "SAT proof finished - model found: FAIL!" in log

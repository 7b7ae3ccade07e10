"""Families of other packages: one that is toy from its primitives to its proof, and broken ones."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from strategies import random_samples, voting_network

from lutgen import plugins
from lutgen.bits import Bits
from lutgen.chips import registry
from lutgen.chips.chip import Chip, get_chip
from lutgen.chips.registry import families, get_device, get_family, plugin_faults
from lutgen.core import Core, CoreConfig, make_core
from lutgen.emit.verilog import core_verilog
from lutgen.errors import ConfigError
from lutgen.flow.yosys import DIRECT, OPTIMISED, synthesise
from lutgen.model.network import LutNetwork
from lutgen.netlist.ir import LUT, REGISTER
from lutgen.netlist.stats import count_cells
from lutgen.verify.compare import check_netlist, check_rtl, check_synthesised, require_equal
from lutgen.verify.prove import (
    prove_model,
    prove_steps,
    prove_synthesised,
    prove_verilog,
    require_proved,
)

ROOT = Path(__file__).parents[1]

TOY = '''
"""A chip of 3-LUTs and flip-flops, which nobody sells."""

from pathlib import Path

from lutgen.chips.fabric.fabric import Fabric
from lutgen.chips.family import Device, Family, by_name
from lutgen.chips.primitive import Primitive
from lutgen.chips.tools import YosysFacts

TOY = Family(
    name="toy",
    title="Toy logic",
    fabric=Fabric(
        luts=(
            Primitive("TOY_LUT3", ("A", "B", "C"), "Y", init="TABLE",
                      parameters=(("MODE", '"LOGIC"'),), ties=(("ENABLE", 1),)),
        ),
        register=Primitive("TOY_FF", ("D",), "Q", clock="CK", ties=(("RESET", 0),)),
    ),
    source="made up",
    devices=by_name(Device("toy-1k", "Toy 1K", luts=1000, registers=1000, source="made up")),
    folder=Path(__file__).parent,
    models="cells.v",
    yosys=YosysFacts(library="", synth="", luts={"TOY_LUT3": 1}, registers=("TOY_FF",)),
)
'''
CELLS = """
module TOY_LUT3 #(parameter [7:0] TABLE = 8'd0, parameter MODE = "NONE") (
    output wire Y, input wire A, B, C, ENABLE
);
  assign Y = ENABLE & TABLE[{C, B, A}] & (MODE == "LOGIC");
endmodule

module TOY_FF (output reg Q, input wire D, CK, RESET);
  always @(posedge CK) Q <= D & ~RESET;
endmodule
"""


def install(folder: Path, package: str, source: str, points: str, **files: str) -> None:
    """Put a package where an installer would, with its entry points."""
    module = package.replace("-", "_")
    texts = {
        f"{module}/__init__.py": source,
        f"{module}-1.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0",
        f"{module}-1.0.dist-info/entry_points.txt": f"[{registry.GROUP}]\n{points}\n",
        **{f"{module}/{name}": text for name, text in files.items()},
    }
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


Install = Callable[..., None]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Return what installs a package outside of the tree, for one test."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    before = set(sys.modules)

    def install_here(package: str, source: str, points: str, **files: str) -> None:
        install(folder, package, source, points, **files)
        registry.refresh()

    yield install_here
    for name in set(sys.modules) - before:
        if name.startswith("lutgen_"):
            del sys.modules[name]
    monkeypatch.undo()
    registry.refresh()


@pytest.fixture
def toy(installed: Install) -> None:
    installed("lutgen-toy", TOY, "toy = lutgen_toy:TOY", **{"cells.v": CELLS})


@pytest.fixture(scope="module")
def network() -> LutNetwork:
    return voting_network(np.random.default_rng(3), 12, [8, 6], (2, 5), n_classes=3)


@pytest.fixture
def core(toy: None, network: LutNetwork) -> Core:
    return make_core(network, CoreConfig(chip="toy", pipeline=1))


@pytest.fixture
def bits(network: LutNetwork) -> Bits:
    return Bits.from_dense(random_samples(np.random.default_rng(1), 300, network.n_inputs))


def test_a_family_of_a_package_is_found(toy: None) -> None:
    assert "toy" in families() and not plugin_faults()
    assert get_device("toy", "toy-1k").luts == 1000
    chip = get_chip("toy-toy-1k")
    assert chip == Chip(get_family("toy"), get_device("toy", "toy-1k"))


def test_a_toy_core_is_mapped_written_and_simulated(core: Core, bits: Bits, tmp_path: Path) -> None:
    assert set(count_cells(core.netlist)) == {"TOY_LUT3", "TOY_FF"}
    assert core.netlist.latency > 2
    assert "TOY_LUT3 #(.TABLE(8'h" in core_verilog(core) and '.MODE("LOGIC")' in core_verilog(core)
    check = check_rtl(core, bits, tmp_path / "right")
    require_equal([check_netlist(core.interface, core.netlist, bits), check])
    assert check.n_samples == 300
    wrong = core_verilog(core).replace(".ENABLE(1'b1)", ".ENABLE(1'b0)")
    assert not check_rtl(core, bits, tmp_path / "wrong", verilog=wrong).passed


def test_a_toy_core_is_proved(core: Core, tmp_path: Path) -> None:
    require_proved([*prove_steps(core), *prove_model(core), prove_verilog(core, tmp_path)])
    line = next(line for line in core_verilog(core).splitlines() if ".TABLE(8'h" in line)
    table = line.partition(".TABLE(8'h")[2][:2]
    wrong = line.replace(f"8'h{table}", f"8'h{int(table, 16) ^ 1:02x}")
    faulty = core_verilog(core).replace(line, wrong)
    assert not prove_verilog(core, tmp_path, verilog=faulty).result.proved


def test_a_toy_core_is_synthesised(core: Core, bits: Bits, tmp_path: Path) -> None:
    settings = {"language": "verilog", "top": core.module, "target": "toy", "out_dir": tmp_path}
    result = synthesise(core_verilog(core), mode=DIRECT, **settings)
    assert result.n_luts == core.netlist.count(LUT)
    assert result.n_registers == core.netlist.count(REGISTER)
    require_proved([prove_synthesised(core, result, tmp_path)])
    check = check_synthesised(core, bits, result, tmp_path, tmp_path / "simulation")
    require_equal([check])
    with pytest.raises(ConfigError, match="Yosys has no synthesis command for chip family 'toy'"):
        synthesise(core_verilog(core), mode=OPTIMISED, **settings)


def test_a_toy_family_conforms(tmp_path: Path) -> None:
    """What every family has to do, in a process of its own that finds this one, too."""
    install(tmp_path, "lutgen-toy", TOY, "toy = lutgen_toy:TOY", **{"cells.v": CELLS})
    path = os.pathsep.join(
        [str(tmp_path), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0", "-k", "toy",
         "tests/test_chips_conformance.py"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout and "failed" not in done.stdout


BROKEN = {
    "import": ("import no_such_module_of_anyone\nTOY = None\n", "No module named 'no_such_mod"),
    "missing": ("", "has no attribute 'TOY'"),
    "odd": ("TOY = 3\n", "it must name a Family or a tuple of them, not a int"),
    "parts": ("TOY = (3,)\n", "it must name families, not a int"),
    "name": (TOY.replace('name="toy"', 'name="Toy-1"'), "'Toy-1' cannot name a family"),
    "clash": (TOY.replace('name="toy"', 'name="ice40"'), "'ice40', which lutgen itself has, too"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_package_is_named_and_takes_nothing_down(installed: Install, kind: str) -> None:
    source, message = BROKEN[kind]
    built_in = list(families())
    ice40 = get_family("ice40")
    installed("lutgen-toy", source, "toy = lutgen_toy:TOY", **{"cells.v": CELLS})
    assert get_family("ice40") is ice40 and list(families()) == built_in
    (fault,) = plugin_faults()
    assert "the entry point toy of the package lutgen-toy" in fault and message in fault
    with pytest.raises(
        ConfigError, match=r"no chip family 'toy'; choose one of: generic.*lutgen-toy"
    ):
        get_family("toy")


def test_two_packages_with_one_name_are_both_refused(installed: Install) -> None:
    installed("lutgen-toy", TOY, "toy = lutgen_toy:TOY")
    installed("lutgen-toys", TOY, "toys = lutgen_toys:TOY")
    assert "toy" not in families()
    assert len(plugin_faults()) == 2 and all("has, too" in fault for fault in plugin_faults())


def test_a_built_in_family_is_found_without_looking_at_packages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(**_: object) -> None:
        raise AssertionError("packages were looked at")

    registry.refresh()
    monkeypatch.setattr(plugins, "entry_points", refuse)
    assert get_chip("ecp5-25k-6").name == "ecp5-25k-6"


@pytest.mark.parametrize(
    ("text", "family", "device", "grade"),
    [
        ("generic", "generic", None, ""),
        ("ice40", "ice40", None, ""),
        ("ice40-up5k", "ice40", "up5k", ""),
        ("ice40-up5k-up", "ice40", "up5k", "up"),
        ("gowin-gw1nr-9", "gowin", "gw1nr-9", ""),
        ("gowin-gw1nr-9-c6/i5", "gowin", "gw1nr-9", "c6/i5"),
        ("xilinx7-xc7a35t", "xilinx7", "xc7a35t", ""),
    ],
)
def test_a_chip_is_named_by_family_device_and_grade(
    text: str, family: str, device: str | None, grade: str
) -> None:
    chip = get_chip(text)
    assert chip.name == text and chip.family is get_family(family) and chip.grade == grade
    assert chip.device == (None if device is None else get_device(family, device))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "there is no chip family ''; choose one of: generic, cyclonev"),
        ("stratix-1", "there is no chip family 'stratix'; choose one of: generic, cyclonev"),
        ("ice40-hx2k", "chip family 'ice40' has no device 'hx2k'; choose one of: lp384, lp1k"),
        ("ice40-", "chip family 'ice40' has no device ''"),
        ("generic-1", "chip family 'generic' has no device '1'; it is no chip in particular"),
        ("gowin-gw1nr", "has no device 'gw1nr'; choose one of: gw1n-1, gw1nr-9"),
        ("ice40-hx8k-up", "ice40-hx8k has no speed grade 'up'; choose one of: hx"),
        ("ice40-hx8k-", "ice40-hx8k has no speed grade ''; choose one of: hx"),
        ("xilinx7-xc7a35t-4", "has no speed grade '4'; choose one of: 1"),
        ("gatemate-ccgm1a1-1", "has no speed grade '1'; none is known, leave it out"),
    ],
)
def test_what_is_no_chip_is_told(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        get_chip(text)


# --- where facts of a family are ---------------------------------------------------------------

FACTS = re.compile(
    r"SB_|ICESTORM|TRELLIS|PFUMX|L6MUX|MUX2_LUT|MUXF|FDRE|CARRY[48]|LUT6_2|Vivado|yowasp-nextpnr|"
    r"pack\b.*\b(ice|ecp|gowin)|^(ice|ecp|gowin_)pack$"
)
DEFAULTS = ("cli", "studies")  # they choose a family where the user does not
EDALIZE = {"kit/projects.py": {"gowin", "AMD Vivado"}}  # vendors' tools as Edalize calls them


def strings(path: Path) -> Iterator[str]:
    """Yield the strings of a module, docstrings left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    with_docs = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, with_docs) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


@pytest.mark.parametrize(
    "path", sorted((ROOT / "lutgen").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_a_family_is_known_to_its_folder_alone(path: Path) -> None:
    part = path.relative_to(ROOT / "lutgen").parts[0]
    names = set(families()) - {"generic"}
    known = [text for text in strings(path) if text in names or FACTS.search(text)]
    for name, texts in EDALIZE.items():
        if path == ROOT / "lutgen" / name:
            assert texts <= set(known)
            known = [text for text in known if text not in texts]
    assert part == "chips" or not known or (part in DEFAULTS and set(known) <= names)


def test_a_familys_folder_would_be_seen_to_hold_its_facts() -> None:
    found = set(strings(ROOT / "lutgen" / "chips" / "ice40" / "family.py"))
    assert "ice40" in found and any(map(FACTS.search, found))

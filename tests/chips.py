"""What the tests of chip families share: tables, checked mappings, and proofs through Yosys."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lutgen.chips.fabric.fabric import Fabric
from lutgen.chips.fabric.legal import check_muxes, check_sites
from lutgen.chips.fabric.split import Shape
from lutgen.chips.registry import get_family
from lutgen.flow.process import run, subprocess_environment
from lutgen.flow.tools import find_yosys
from lutgen.flow.yosys import simulation_models, yosys_family
from lutgen.netlist.check import check
from lutgen.netlist.evaluate import evaluate
from lutgen.netlist.ir import LUT, REGISTER, Cell, Netlist
from lutgen.netlist.tables import depends_on, ones

from netlists import exhaustive  # isort: skip


def fabric_of(target: str) -> Fabric:
    """Return the fabric of a family that has one."""
    fabric = get_family(target).fabric
    assert fabric is not None
    return fabric


def shape_of(target: str) -> Shape:
    fabric = fabric_of(target)
    return Shape(fabric.leaf, len(fabric.muxes))


def one_lut(table: int, k: int) -> Netlist:
    return Netlist(k, (Cell(LUT, tuple(range(2, 2 + k)), table, "l1_n0", 1),), (2 + k,))


def random_full_table(rng: np.random.Generator, k: int) -> int:
    """Return a table that depends on all its inputs."""
    while True:
        table = int.from_bytes(rng.bytes(max(1, (1 << k) // 8)), "little") & ones(k)
        if all(depends_on(table, k, j) for j in range(k)):
            return table


def map_checked(target: str, netlist: Netlist) -> Netlist:
    """Map, and assert that every cell is a primitive of the family in a legal place."""
    family, fabric = get_family(target), fabric_of(target)
    mapped = family.map(netlist)
    check(mapped)
    check_muxes(mapped, fabric)
    check_sites(mapped, fabric)
    for cell in mapped.cells:
        primitive = family.primitives[cell.primitive]
        assert len(cell.inputs) == len(primitive.inputs)
        assert cell.kind == (REGISTER if primitive.clock else LUT)
        assert cell.hard == (primitive in fabric.muxes or primitive in fabric.carry)
    return mapped


def assert_same_answers(before: Netlist, after: Netlist) -> None:
    """Assert that two netlists, of any number of inputs, answer every sample alike."""
    samples = exhaustive(before.n_inputs)
    np.testing.assert_array_equal(evaluate(before, samples), evaluate(after, samples))


def described(netlist: Netlist) -> dict[str, tuple[object, ...]]:
    """Return all that is said of the cells of a mapped netlist, by name."""
    return {
        cell.name: (
            cell.kind, cell.init, cell.primitive, cell.hard, cell.site, cell.local,
            tuple(map(netlist.net_name, cell.inputs)),
        )
        for cell in netlist.cells
    }  # fmt: skip


_SCRIPT = """
read_verilog gold.v
hierarchy -top gold
proc
design -stash gold
{read}
hierarchy -check -top gate
proc
flatten
async2sync
design -stash gate
design -copy-from gold gold
design -copy-from gate gate
miter -equiv -flatten gold gate miter
hierarchy -top miter
opt_clean
sat -verify {induction} -set-def-inputs -prove trigger 0 miter
"""


def prove(
    target: str, gold: str, gate: str, folder: Path, *, latency: int = 0, name: str = "gate.v"
) -> None:
    """Prove with Yosys that texts of modules gold and gate are the same, or raise ToolError.

    Parameters
    ----------
    gate : str
        Verilog of primitives, or, if `name` says so, BLIF or RTLIL.
    """
    reading = {".v": "read_verilog", ".blif": "read_blif -wideports", ".il": "read_rtlil"}
    script = _SCRIPT.format(
        read=f"read_verilog models.v\n{reading[Path(name).suffix]} {name}",
        induction=f"-tempinduct -seq {latency}" if latency else "",
    )
    texts = {"gold.v": gold, name: gate, "prove.ys": script, "models.v": models_for(target, gate)}
    for file, text in texts.items():
        (folder / file).write_text(text)
    tool = find_yosys()
    run([tool.path, "prove.ys"], what="proof", cwd=folder, log=folder / "log",
        environment=subprocess_environment(tool.environment))  # fmt: skip


def models_for(target: str, text: str) -> str:
    """Return the simulation models that a text needs: whole libraries take long to read."""
    if get_family(target).yosys is None:
        return ""
    library = _whole(simulation_models(target))
    found = {
        match[1]: match[0] + "\n"
        for match in re.finditer(r"^module (\w+)\b.*?^\s*endmodule", library, re.M | re.S)
    }
    needed: dict[str, None] = {}
    _need([text], found, needed)
    defines = [f"`define {key} {value}\n" for key, value in yosys_family(target).defines.items()]
    first = re.search(r"^(\(\*.*\*\)\s*)?module ", library, re.M)
    assert first is not None
    return "".join([*defines, library[: first.start()], *(found[name] for name in needed)])


def _whole(path: Path) -> str:
    """Return a file with those that it includes in their places."""

    def included(line: re.Match[str]) -> str:
        file = path.parent / line[1]
        return _whole(file) if file.is_file() else line[0]

    return re.sub(r'^`include "([^"]+)"$', included, path.read_text(), flags=re.M)


def _need(texts: Sequence[str], found: dict[str, str], needed: dict[str, None]) -> None:
    """Add the modules that texts use, and those that these use."""
    words = {word for text in texts for word in re.findall(r"\w+", text)}
    new = sorted(words & found.keys() - needed.keys())
    if new:
        needed |= dict.fromkeys(new)
        _need([found[name] for name in new], found, needed)

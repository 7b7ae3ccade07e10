"""Cores whose tables are loaded: proved for all contents; what is wrong is seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from reloading import N_INPUTS, core, network, other

from hdl import faulty
from lutgen.assets import asset
from lutgen.bits import Bits
from lutgen.chips.tables import SHIFT, SHIFT_32, WRITE, Loading
from lutgen.core import Core, CoreConfig, make_core
from lutgen.core.lower import lower
from lutgen.emit.forms import FORMS
from lutgen.emit.tables import table_text
from lutgen.emit.verilog import core_verilog
from lutgen.errors import ConfigError, MismatchError
from lutgen.jobs.export import export
from lutgen.jobs.mutate import mutate
from lutgen.jobs.prove import prove as prove_core
from lutgen.jobs.synthesise import synthesise
from lutgen.model import LutNetwork
from lutgen.netlist.loadable import TABLE, as_tables, cut, join, tables
from lutgen.netlist.passes.simplify import simplify
from lutgen.verify.compare import check_rtl
from lutgen.verify.prove import prove, prove_verilog, reference
from lutgen.verify.symbolic import ONE, ZERO, Symbols
from lutgen.verify.tables import prove_loader, prove_tables


def alike(model: LutNetwork) -> LutNetwork:
    """Return a model of tables that are constant, one input, or equal."""
    kinds = np.array([0x6996, 0xAAAA, 0], dtype=np.uint64)  # the last layer has all of them
    tables = kinds[np.arange(model.tables.size) % 5 % 3]
    return replace(model, tables=tables, seen=tables, tied=0 * tables)


@pytest.mark.parametrize(("chip", "k"), [("generic", (2, 5)), ("xilinx7", 6), ("ecp5", (3, 6))])
def test_a_core_is_proved_for_all_tables(
    chip: str, k: int | tuple[int, int], tmp_path: Path
) -> None:
    made = core(network(k), chip)
    record = prove_core(made, folder=tmp_path)
    assert record.proved
    names = [proof.name for proof in record.proofs]
    assert "model = Verilog, whatever the tables hold" in names
    assert "what the loader gives to tables = what comes" in names
    x = Bits.from_dense(np.random.default_rng(1).integers(0, 2, (50, N_INPUTS), dtype=np.uint8))
    assert check_rtl(made, x, tmp_path).passed


def test_the_tables_of_gowin_are_proved(tmp_path: Path) -> None:
    assert all(proof.result.proved for proof in prove_tables(core(network(4), "gowin"), tmp_path))


def test_hardware_does_not_depend_on_what_tables_hold() -> None:
    model = network(4)
    texts = set()
    for item in (model, other(model), alike(model)):
        made = core(item, "ecp5")
        assert [cell.name for cell in made.netlist.cells if cell.primitive == TABLE]
        blank = [cell.but(init=0) if cell.primitive == TABLE else cell
                 for cell in made.netlist.cells]  # fmt: skip
        texts.add(str(replace(made.netlist, cells=tuple(blank))))
        assert len(tables(made.netlist)) == item.cone.sum()
        assert made.interface.core_id == core(model, "ecp5").interface.core_id
    assert len(texts) == 1
    assert core(model).interface.core_id != core(network(4, seed=3)).interface.core_id
    assert core(model).interface.core_id != make_core(model).interface.core_id


def test_what_was_made_of_contents_is_not_proved() -> None:
    """Passes that look into tables keep the model's function, and not that of other tables."""
    model = alike(network(4))
    made = core(model, pipeline=0)
    names = frozenset(cell.name for cell in tables(reference(made)))
    whole = lower(model, loadable=True)
    shrunk, _ = simplify(lower(model))
    wrong = as_tables(shrunk, names)
    assert 0 < len(tables(wrong)) < len(names)
    with pytest.raises(MismatchError, match=r"is none of the model's, or holds something else"):
        prove("model = shrunk", whole, wrong)


def swapped(text: str, first: str, second: str) -> str:
    """Return a text with two words exchanged."""
    assert first in text and second in text
    return text.replace(first, "\0").replace(second, first).replace("\0", second)


def instance(made: Core, place: int) -> str:
    """Return the line of a table's address and answer."""
    names = made.network.lut_names()
    name = [names[lut] for lut in made.network.cone.nonzero()[0]][place]
    return next(line for line in core_verilog(made).splitlines() if line.endswith(f".y({name}));"))


@pytest.mark.parametrize("chip", ["generic", "ecp5"])
def test_a_wrong_wire_at_a_table_is_seen(chip: str, tmp_path: Path) -> None:
    made = core(network(4), chip)
    text, line = core_verilog(made), instance(made, 3)
    wires = line.partition("{")[2].partition("}")[0].split(", ")
    for new in ([wires[1], wires[0], *wires[2:]], [wires[1], *wires[1:]]):
        wrong = text.replace(line, line.replace(", ".join(wires), ", ".join(new)))
        proof = prove_verilog(made, tmp_path, verilog=wrong)
        assert not proof.result.proved and proof.result.counterexample is not None


@pytest.mark.parametrize("chip", ["generic", "ecp5"])
def test_another_order_of_tables_is_seen(chip: str, tmp_path: Path) -> None:
    made = core(network(4), chip)
    text = core_verilog(made)
    assert prove_verilog(made, tmp_path).result.proved
    out = "load_out" if chip == "generic" else "select_in"
    with pytest.raises(MismatchError, match=r"table l\d_n\d: its"):
        prove_verilog(made, tmp_path, verilog=swapped(text, f".{out}(LOAD_2)", f".{out}(LOAD_3)"))
    first, second = (instance(made, place).partition(".y")[2] for place in (2, 3))
    with pytest.raises(MismatchError):  # each answers for the other
        prove_verilog(made, tmp_path, verilog=swapped(text, first, second))
    with pytest.raises(MismatchError, match="its load is not"):
        prove_verilog(made, tmp_path, verilog=text.replace(".load(load)", ".load(x[0])", 1))


@pytest.mark.parametrize(
    ("chip", "k", "right", "wrong", "told"),
    [
        ("generic", 3, "1'b0}}, a}]", "1'b0}}, ~a}]", "is not bit"),
        ("generic", 3, "entries[N-2:0], load_in", "entries[N-2:0], !load_in", "is not bit"),
        ("generic", 3, "if (load) entries", "entries", "changes while nothing"),
        ("generic", 3, "= entries[N-1]", "= entries[N-2]", "come out 8 bits later"),
        ("xilinx7", 6, ".I0(part[0]), .I1(part[1])", ".I0(part[1]), .I1(part[0])", "is not bit"),
        ("xilinx7", 6, ".I0(low[0]), .I1(low[1])", ".I0(low[1]), .I1(low[1])", "two addresses"),
        ("ecp5", 5, ".WAD(at)", ".WAD(~at)", "is not bit"),
        ("ecp5", 5, "load && selected;", "load;", "takes what"),
        ("ecp5", 5, "else if (load && load_at == 0)", "else if (load)", "does not tell|is not bit"),
        ("gowin", 6, "16'hec64", "16'hec65", "no entry"),
    ],
)  # fmt: skip
def test_a_fault_in_a_table_is_seen(
    chip: str, k: int, right: str, wrong: str, told: str, tmp_path: Path
) -> None:
    made = core(network(k), chip)
    text = table_text(made)
    assert text is not None and text.text.count(right) == 1
    with pytest.raises(MismatchError, match=told):
        list(prove_tables(made, tmp_path, text=text.text.replace(right, wrong)))


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("<= ALL[COUNT_BITS-1:0];", "<= ALL[COUNT_BITS-1:0] + 1'b1;", "do not count as whole"),
        ("<= ALL[COUNT_BITS-1:0];", "<= ALL[COUNT_BITS-1:0] - 1'b1;", "count as whole after"),
        ("bit_valid && !is_full && !start", "bit_valid && !start", "loads"),
        ("load_at - 1'b1", "load_at + 1'b1", "load 1 is not"),
        ("{load_data[LANES-2:0], bit_in}", "{bit_in, load_data[LANES-1:1]}", "load 0 is not"),
        ("if (commit && is_full)", "if (commit)", "count as whole after"),
    ],
)
def test_a_fault_in_the_loader_is_seen(right: str, wrong: str, told: str, tmp_path: Path) -> None:
    made = core(network((3, 6)), "ecp5")
    text = faulty(asset("hdl/lutgen_loader.v"), right, wrong)
    with pytest.raises(MismatchError, match=told):
        prove_loader(made, tmp_path, text=text)


def test_cut_and_join_are_each_others_inverse() -> None:
    made = core(network(4), "xilinx7")
    order = tables(made.netlist)
    again = join(cut(made.netlist, order), order)
    assert {cell.name for cell in again.cells} == {cell.name for cell in made.netlist.cells}
    assert prove("netlist = netlist", made.netlist, again).result.proved


def test_the_order_of_what_is_loaded() -> None:
    small = Loading(SHIFT, (1,))
    assert small.n_bits == 32 and small.order(1) == [1, 0]
    assert small.image((0b10,)) == (1 << 30).to_bytes(4, "little")  # what is idle comes first
    assert Loading(SHIFT_32, (1, 6)).n_entries == 32 + 64
    wide = Loading(WRITE, (4, 6))
    assert (wide.lanes, wide.address_bits, wide.n_entries) == (4, 4, 128)
    assert wide.order(4)[:5] == [63, 47, 31, 15, 62]
    assert Loading(WRITE, (4,)).lanes == 1 and Loading(WRITE, (2, 8)).address_bits == 6


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"chip": "ice40"}, "LUTs are no memory.*take one of: .*generic, ecp5"),
        ({"chip": "ecp5", "fmax_target_mhz": 100.0}, "no delay model.*--pipeline"),
    ],
)
def test_what_cannot_be_loaded_is_refused(options: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        make_core(network(4), CoreConfig(reloadable=True, **options))  # type: ignore[arg-type]


def test_forms_without_loading_refuse_it(tmp_path: Path) -> None:
    made = core(network(4))
    for form in ("blif", "aiger"):
        assert not FORMS[form].fits(made)
        with pytest.raises(ConfigError, match="tables that are loaded"):
            FORMS[form].write(made)
    with pytest.raises(ConfigError, match="--reloadable"):
        FORMS["tables"].write(make_core(network(4)))
    with pytest.raises(ConfigError, match="leave --reloadable out"):
        mutate(made, Bits.from_dense(np.zeros((1, N_INPUTS), dtype=np.uint8)), 1, 1)
    for shell in ("plain", "stream", "cfu"):
        with pytest.raises(ConfigError, match="take axilite or wishbone"):
            export(made, tmp_path, shell=shell)
    with pytest.raises(ConfigError, match="take mode optimised"):
        synthesise(core(network(4), "ecp5"))


def test_symbols() -> None:
    symbols = Symbols()
    a, b = symbols.new(), symbols.new()
    assert symbols.both(a, b) == symbols.both(b, a) not in (a, b, ZERO, ONE)
    assert symbols.both(a, a ^ 1) == ZERO and symbols.both(a, ONE) == a == symbols.both(a, a)
    assert symbols.choose(ONE, a, b) == a and symbols.choose(ZERO, a, b) == b
    assert symbols.choose(a, b, b) == b and symbols.choose(a, ONE, ZERO) == a

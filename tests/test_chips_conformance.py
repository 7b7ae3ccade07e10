"""What every registered family has to do, whoever wrote it: one test for all of them.

A family of another package that is installed is tested, too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chips import (
    assert_same_answers,
    described,
    fabric_of,
    map_checked,
    one_lut,
    prove,
    random_full_table,
    shape_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from netlists import assert_same_function, exhaustive, majority_like_table, netlists
from strategies import random_network, voting_network
from test_emit_aiger import evaluate_aig

from lutgen.chips.chip import Chip, get_chip
from lutgen.chips.delay import delay_models
from lutgen.chips.fabric.carry import CarryChain
from lutgen.chips.fabric.legal import check_sites
from lutgen.chips.fabric.site import count_instances
from lutgen.chips.fabric.split import worst_cost
from lutgen.chips.fabric.tree import MOST_CELLS
from lutgen.chips.primitive import Primitive, tree_table
from lutgen.chips.registry import families, get_family
from lutgen.chips.routability import routabilities
from lutgen.core import Core, CoreConfig, make_core
from lutgen.emit.aiger import make_aig
from lutgen.emit.blif import emit_blif
from lutgen.emit.forms import FORMS
from lutgen.emit.verilog import core_verilog, emit_verilog
from lutgen.errors import ToolError
from lutgen.flow.elaborate import elaborate
from lutgen.flow.process import run, subprocess_environment
from lutgen.flow.tools import find_yosys
from lutgen.flow.yosys import (
    DIRECT,
    OPTIMISED,
    library_command,
    library_files,
    netlist_file,
    simulation_models,
    synthesise,
)
from lutgen.netlist.check import check
from lutgen.netlist.evaluate import evaluate
from lutgen.netlist.ir import CONST0, CONST1, LUT, REGISTER, Cell, Netlist, NetlistBuilder
from lutgen.netlist.passes.pipeline import pipeline, pipeline_to_delay
from lutgen.netlist.passes.shrink import shrink
from lutgen.netlist.passes.simplify import simplify
from lutgen.netlist.tables import ones, tabulate
from lutgen.verify.mutate import flip_init_bit, swap_wires
from lutgen.verify.mutation import CARRY_MOVE, INIT_BIT, REWIRE, SWAP, plant
from lutgen.verify.readback import read_netlist

EVERY = tuple(families())
FABRICS = tuple(name for name, family in families().items() if family.fabric)
YOSYS = tuple(name for name in FABRICS if families()[name].yosys)
SYNTHS = tuple(name for name in YOSYS if families()[name].yosys.synth)  # type: ignore[union-attr]
CHAINS = tuple(name for name, family in families().items() if family.carry)
BUILT_IN = (
    "generic", "cyclonev", "ecp5", "efinix", "gatemate", "gowin", "ice40", "machxo2", "nexus",
    "polarfire", "xcup", "xilinx7",
)  # fmt: skip


# --- the facts ---------------------------------------------------------------------------------


def test_the_families_are_found() -> None:
    assert set(BUILT_IN) <= set(EVERY)
    assert list(EVERY) == sorted(EVERY, key=lambda name: (bool(families()[name].devices), name))


@pytest.mark.parametrize("target", EVERY)
def test_facts_are_whole(target: str) -> None:
    family = get_family(target)
    assert family.name == target and family.title
    for name, device in family.devices.items():
        assert name == device.name == name.lower()
        assert device.luts > 0 and device.registers > 0 and device.title and device.source
        chip = Chip(family, device)
        assert get_chip(chip.name) == chip
    models = delay_models(family)
    named = [device for model in models for device in model.devices]
    assert len(set(named)) == len(named) and set(named) <= set(family.devices)
    for model in models:
        for name in model.devices:
            assert get_chip(f"{target}-{name}-{model.grade}").grade == model.grade
    assert {known.device for known in routabilities(family)} <= set(family.devices)
    for design in filter(None, (family.pins, family.routed)):
        text = "".join(path.read_text() for path in family.model_files(design))
        assert all(f"module PIN_{cell} " in text for cell in design.cells)
    assert not (family.router and family.vendor_tool)
    assert bool(family.router) == any(device.router_options for device in family.devices.values())


@pytest.mark.parametrize("target", YOSYS)
def test_yosys_counts_the_fabric(target: str) -> None:
    family, fabric = get_family(target), fabric_of(target)
    assert family.source and family.yosys is not None
    luts = (*fabric.luts, *fabric.pair, *fabric.nested)
    assert all(family.yosys.luts.get(lut.module) == 1 for lut in luts)
    assert {mux.name for mux in fabric.muxes} == set(family.yosys.muxes)
    assert fabric.register.module.startswith(family.yosys.registers)
    assert fabric.register.clock and not any(lut.clock for lut in luts)


# --- mapping -----------------------------------------------------------------------------------


@pytest.mark.parametrize("target", FABRICS)
@settings(max_examples=25)
@given(netlist=netlists(max_k=9))
def test_mapping_keeps_the_function(target: str, netlist: Netlist) -> None:
    assert_same_function(netlist, map_checked(target, netlist))


@pytest.mark.parametrize("target", FABRICS)
@settings(max_examples=8)
@given(netlist=netlists(max_k=7), every=st.integers(1, 3))
def test_mapping_keeps_registers(target: str, netlist: Netlist, every: int) -> None:
    piped, _ = pipeline(simplify(netlist)[0], every)
    mapped = map_checked(target, piped)
    assert mapped.latency == piped.latency
    assert_same_function(netlist, mapped)


@pytest.mark.parametrize("target", FABRICS)
@settings(max_examples=25)
@given(k=st.integers(1, 10), learnt=st.booleans(), seed=st.integers(0, 2**32 - 1))
def test_one_lut_keeps_function_and_cost_bound(
    target: str, k: int, learnt: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    table = majority_like_table(rng, k, noise=0.05) if learnt else random_full_table(rng, k)
    netlist = one_lut(table, k)
    mapped = map_checked(target, netlist)
    assert_same_function(netlist, mapped)
    assert mapped.count(LUT) <= bound(target, k)


@pytest.mark.parametrize("target", FABRICS)
@pytest.mark.parametrize("k", range(1, 17))
def test_luts_of_every_size(target: str, k: int) -> None:
    rng = np.random.default_rng(k)
    tables = [majority_like_table(rng, k)]
    if k <= 12 or k == 16:
        tables.append(random_full_table(rng, k))
    for table in tables:
        netlist = one_lut(table, k)
        mapped = map_checked(target, netlist)
        assert_same_answers(netlist, mapped)
        assert mapped.count(LUT) <= bound(target, k)


# --- the vendor's models -----------------------------------------------------------------------


def bound(target: str, k: int) -> int:
    """Return how many LUTs a function of k inputs takes at most."""
    of_a_leaf = MOST_CELLS if fabric_of(target).tree else 1
    return of_a_leaf * max(1, worst_cost(k, shape_of(target)))


def instance(primitive: Primitive, tables: Sequence[int], place: int) -> str:
    held = primitive.holds
    ports = [port for lut in held for port in lut.inputs] + [*primitive.inputs[len(held) :]]
    pins = [f".{port}(x[{j}])" for j, port in enumerate(ports)]
    pins += [f".{port}(1'b{value})" for port, value in primitive.ties]
    values = [*primitive.parameters]
    for lut, table in zip(held or (primitive,), tables, strict=False):
        values += lut.settings(table)
    setting = ", ".join(f".{name}({value})" for name, value in values)
    pins.append(f".{primitive.output}(y[{place}])")
    return f"{primitive.name} #({setting}) u{place} ({', '.join(pins)});"


@pytest.mark.parametrize("target", YOSYS)
def test_primitives_compute_what_their_models_say(target: str, tmp_path: Path) -> None:
    """Those of one output; those of several are in the cores below, and in carry chains."""
    rng = np.random.default_rng(0)
    gate, gold = [], []
    for primitive in get_family(target).primitives.values():
        if primitive.clock or primitive.is_part or len(primitive.tree) > 3:
            continue
        k = len(primitive.inputs)
        tables = [int.from_bytes(rng.bytes(16), "little") & ones(k) for _ in "123"]
        if primitive.tree:
            tables = [tree_table(*rng.integers(16, size=3).tolist()) for _ in "123"]
        for table in tables if primitive.init or primitive.tree else [primitive.table]:
            if primitive.holds:
                luts = [int.from_bytes(rng.bytes(2), "little") for _ in primitive.holds]
                below = [f"T{len(gold)}_{i}[x[{4 * i + 3}:{4 * i}]]" for i in range(len(luts))]
                gold.append(
                    "".join(f"localparam [15:0] T{len(gold)}_{i} = {lut}; "
                            for i, lut in enumerate(luts))
                    + f"assign y[{len(gold)}] = x[8] ? {below[1]} : {below[0]};"
                )  # fmt: skip
                gate.append(instance(primitive, luts, len(gate)))
                continue
            address = ", ".join(f"x[{j}]" for j in reversed(range(k)))
            gold.append(
                f"localparam [{(1 << k) - 1}:0] T{len(gold)} = {1 << k}'h{table:x}; "
                f"assign y[{len(gold)}] = T{len(gold)}[{{{address}}}];"
            )
            gate.append(instance(primitive, [table], len(gate)))
    ports = f"(input [8:0] x, output [{len(gold) - 1}:0] y);"
    texts = ["\n".join([f"module {name} {ports}", *lines, "endmodule\n"])
             for name, lines in (("gold", gold), ("gate", gate))]  # fmt: skip
    prove(target, *texts, tmp_path)
    wrong = "(x[5])".join(texts[1].rsplit("(x[0])", 1))
    with pytest.raises(ToolError, match="proof failed"):
        prove(target, texts[0], wrong, tmp_path)


@pytest.mark.parametrize("target", FABRICS)
def test_verilog_equals_the_generic_one_under_the_models(target: str, tmp_path: Path) -> None:
    network = random_network(np.random.default_rng(8), 9, [8, 1], (1, 8), skip=True)
    generic = make_core(network, CoreConfig(pipeline=1, module="gold"))
    core = make_core(network, CoreConfig(chip=target, pipeline=1, module="gate"))
    assert core.netlist.latency == 2
    used = {cell.primitive for cell in core.netlist.cells if cell.hard}
    assert used >= {mux.name for mux in fabric_of(target).muxes[:2]}
    if target not in YOSYS:
        pytest.skip(f"Yosys has no models of {target}")
    prove(target, core_verilog(generic), core_verilog(core), tmp_path, latency=2)
    module = elaborate(core_verilog(core), top="gate", target=target, folder=tmp_path)
    assert described(read_netlist(module, get_family(target))) == described(core.netlist)

    with pytest.raises(ToolError, match="proof failed"):
        prove(target, core_verilog(generic), with_fault(core), tmp_path, latency=2)


def with_fault(core: Core) -> str:
    """Return the text with the data pins of a multiplexer exchanged, or an entry of a table wrong.

    The former is the same as its select inverted.
    """
    family = core.family
    for place, cell in enumerate(core.netlist.cells):
        if cell.hard and not cell.site:
            if family.primitives[cell.primitive].holds:
                swapped_data = swap_wires(core.netlist, place, 0, 1)
                return emit_verilog(swapped_data, family, module=core.module)
            at0, at1, _ = family.primitives[cell.primitive].inputs
            lines = core_verilog(core).splitlines()
            where = next(i for i, line in enumerate(lines) if f" U_{cell.name} " in line)
            swapped = lines[where].replace(f".{at0}(", ".?(").replace(f".{at1}(", f".{at0}(")
            lines[where] = swapped.replace(".?(", f".{at1}(")
            return "\n".join(lines)
    right = evaluate(core.netlist, exhaustive(core.netlist.n_inputs))
    for entry in range(4):
        wrong = flip_init_bit(core.netlist, 0, entry)
        if (evaluate(wrong, exhaustive(wrong.n_inputs)) != right).any():
            return emit_verilog(wrong, family, module=core.module)
    raise AssertionError("no entry of the first table matters")


@pytest.mark.parametrize("target", YOSYS)
def test_a_head_is_the_same_as_the_generic_one(target: str, tmp_path: Path) -> None:
    network = voting_network(np.random.default_rng(2), 8, [24], 3, n_classes=3)
    generic = make_core(network, CoreConfig(module="gold"))
    core = make_core(network, CoreConfig(chip=target, module="gate"))
    assert any(cell.part == "head" for cell in core.netlist.cells)
    assert_same_function(generic.netlist, core.netlist)
    prove(target, core_verilog(generic), core_verilog(core), tmp_path)
    piped = make_core(network, CoreConfig(chip=target, pipeline=2))
    assert_same_function(generic.netlist, piped.netlist)
    assert piped.netlist.latency > 0


@pytest.mark.parametrize("target", YOSYS)
def test_direct_synthesis_keeps_every_primitive(target: str, tmp_path: Path) -> None:
    network = random_network(np.random.default_rng(3), 10, [3, 1], 8)
    core = make_core(network, CoreConfig(chip=target, pipeline=1))
    result = synthesise(
        core_verilog(core), language="verilog", top=core.module, target=target, mode=DIRECT,
        out_dir=tmp_path,
    )  # fmt: skip
    assert result.cells == count_instances(core.netlist, core.family.primitives)
    assert result.n_luts == core.netlist.count(LUT)
    assert result.n_muxes == sum(cell.hard for cell in core.netlist.cells)
    assert bool(result.n_muxes) == bool(fabric_of(target).muxes)
    assert result.n_registers == core.netlist.count(REGISTER) > 0
    assert result.levels == core.netlist.depth
    assert simulation_models(target).is_file()


@pytest.mark.parametrize("target", SYNTHS)
def test_optimised_synthesis_is_the_same_circuit(target: str, tmp_path: Path) -> None:
    network = random_network(np.random.default_rng(4), 8, [4, 1], (6, 7))
    generic = make_core(network, CoreConfig(pipeline=1, module="gold"))
    result = synthesise(
        emit_blif(generic.logic, model="gate"), language="blif", top="gate", target=target,
        mode=OPTIMISED, out_dir=tmp_path,
    )  # fmt: skip
    assert result.n_luts > 0 and result.n_registers == generic.netlist.count(REGISTER)
    family = get_family(target)
    facts = family.yosys
    assert facts is not None
    named = {*facts.luts, *facts.muxes, *(c.name for c in family.added_cells if not c.inputs)}
    assert all(name in named or name.startswith(facts.registers) for name in result.cells)
    netlist = netlist_file(tmp_path, OPTIMISED).read_text()
    prove(target, core_verilog(generic), netlist, tmp_path, latency=2)


# --- the forms ---------------------------------------------------------------------------------


@pytest.mark.parametrize("target", FABRICS)
def test_every_form_is_the_same_function(target: str, tmp_path: Path) -> None:
    network = random_network(np.random.default_rng(5), 8, [4, 1], (2, 7), skip=True)
    gold = core_verilog(make_core(network, CoreConfig(module="gold")))
    core = make_core(network, CoreConfig(chip=target, module="gate"))
    written = {name: form.write(core) for name, form in FORMS.items()}
    assert set(written) == {"verilog", "behavioural", "blif", "aiger", "aiger-ascii", "c"}
    for form, file in (("behavioural", "gate.v"), ("blif", "gate.blif")):
        prove("generic", gold, str(written[form]), tmp_path, name=file)
    aig = make_aig(core.netlist)
    assert aig.to_binary(core.header) == written["aiger"]
    assert aig.to_ascii(core.header) == written["aiger-ascii"]
    samples = exhaustive(8)
    np.testing.assert_array_equal(evaluate_aig(aig, samples), evaluate(core.netlist, samples))


def instances_of(module: dict[str, Any]) -> dict[str, tuple[object, ...]]:
    """Return type, parameters and connections of every instance of ours, nets by what drives."""
    names = {name.rpartition(".")[2]: cell for name, cell in module["cells"].items()}
    drivers: dict[object, object] = {
        bit: ("x", i) for i, bit in enumerate(module["ports"]["x"]["bits"])
    }
    for name, cell in names.items():
        for port, bits in cell["connections"].items():
            if cell["port_directions"][port] == "output":
                drivers |= {bit: (name, port, i) for i, bit in enumerate(bits)}
    return {
        name: (
            cell["type"],
            cell["parameters"],
            {
                port: [drivers.get(bit, bit) for bit in bits]
                for port, bits in cell["connections"].items()
                if cell["port_directions"][port] == "input"
            },
        )
        for name, cell in names.items()
        if name.startswith("U_")
    }


def read_instances(reading: str, target: str, text: str, folder: Path) -> dict[str, Any]:
    """Return the instances that Yosys finds in a text, see :func:`instances_of`."""
    for name, content in {"text": text, **library_files(target)}.items():
        (folder / name).write_text(content)
    script = (
        f"{library_command(target)}; {reading} text; hierarchy -top gate; proc; "
        "blackbox =A:whitebox; flatten; opt_clean; write_json text.json"
    )
    tool = find_yosys()
    run([tool.path, "-q", "-p", script], what="Yosys", cwd=folder, log=folder / "log",
        environment=subprocess_environment(tool.environment))  # fmt: skip
    return instances_of(json.loads((folder / "text.json").read_text())["modules"]["gate"])


@pytest.mark.parametrize("target", YOSYS)
def test_amaranth_gets_the_same_instances_as_verilog(target: str, tmp_path: Path) -> None:
    pytest.importorskip("amaranth", reason="pip install 'lutgen[amaranth]'")
    from amaranth.back import rtlil

    from lutgen.emit.amaranth import NetlistFunction

    family = get_family(target)
    network = voting_network(np.random.default_rng(2), 8, [16, 12], (2, 8), n_classes=3)
    core = make_core(network, CoreConfig(chip=target, module="gate"))
    function = NetlistFunction(core.netlist, family, primitives=True)
    text = str(rtlil.convert(function, name="gate", emit_src=False))
    found = read_instances("read_rtlil", target, text, tmp_path)
    wanted = read_instances("read_verilog", target, core_verilog(core), tmp_path)
    assert found == wanted
    assert len(found) == sum(count_instances(core.netlist, family.primitives).values()) > 20


CELLS = (
    Cell(LUT, (2, 3, 4), 0xE8, "l1_n0", 1),
    Cell(LUT, (3, 4, 5), 0x96, "l1_n1", 1),
    Cell(LUT, tuple(range(2, 9)), tabulate(7, lambda *x: sum(x) % 5 in (1, 2)), "l1_n2", 1),
    Cell(LUT, (9, 10, 11), 0xCA, "l2_n0", 2),
)


@pytest.mark.parametrize("target", EVERY)
def test_text_is_as_it_was(golden: Callable[[str, str], None], target: str) -> None:
    if target not in BUILT_IN:
        pytest.skip(f"the golden of {target} is its own package's")
    family = get_family(target)
    netlist = pipeline(Netlist(7, CELLS, (12, 9)), 1)[0]
    text = emit_verilog(family.map(netlist), family, module="family", header=["A test."])
    golden(f"family_{target}.v", text)


# --- carry chains ------------------------------------------------------------------------------


def start(target: str, n_inputs: int, carry_in: int) -> tuple[NetlistBuilder, CarryChain]:
    builder, carry = NetlistBuilder(n_inputs), get_family(target).carry
    assert carry is not None
    return builder, carry(builder, "h_sum", carry_in)


def adder(target: str, n_bits: int, carry_in: int | None = None) -> Netlist:
    """Return a + b + carry: inputs a, b and, unless it is a constant, the carry, low bits first."""
    n_inputs = 2 * n_bits + (carry_in is None)
    last = 1 + n_inputs
    builder, chain = start(target, n_inputs, last if carry_in is None else carry_in)
    sums = [chain.add(2 + i, 2 + n_bits + i) for i in range(n_bits)]
    return builder.finish((*sums, chain.finish()))


def luts_at_end(target: str) -> int:
    carry = get_family(target).carry
    assert carry is not None
    return carry.luts_at_end


def numbers(netlist: Netlist) -> list[int]:
    """Return the outputs as a number for every input."""
    words = evaluate(netlist, exhaustive(netlist.n_inputs))
    bits = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little")
    weights = 1 << np.arange(len(bits))
    values: list[int] = (weights @ bits)[: 1 << netlist.n_inputs].tolist()
    return values


@pytest.mark.parametrize("target", CHAINS)
@pytest.mark.parametrize(("n_bits", "carry_in"), [(1, CONST1), (4, CONST0), (5, None)])
def test_an_adder_adds(target: str, n_bits: int, carry_in: int | None) -> None:
    netlist = adder(target, n_bits, carry_in)
    check(netlist)
    check_sites(netlist, fabric_of(target))
    mask = (1 << n_bits) - 1
    assert numbers(netlist) == [
        (x & mask) + (x >> n_bits & mask) + (x >> 2 * n_bits if carry_in is None else carry_in)
        for x in range(1 << netlist.n_inputs)
    ]
    assert (netlist.count(LUT), netlist.depth) == (n_bits + luts_at_end(target), 1)


SUM = """
module gold (input [18:0] x, output [9:0] y);
  assign y = x[8:0] + x[17:9] + x[18];
endmodule
"""


@pytest.mark.parametrize("target", CHAINS)
def test_an_adder_is_right_under_the_models_and_read_back(target: str, tmp_path: Path) -> None:
    family, netlist = get_family(target), adder(target, 9)
    text = emit_verilog(netlist, family, module="gate")
    prove(target, SUM, text, tmp_path)
    again = read_netlist(elaborate(text, top="gate", target=target, folder=tmp_path), family)
    check(again)
    # a site of cells that are instances of their own is no part of the text
    places = {cell.name: cell.site if cell.is_shared else "" for cell in netlist.cells}
    for name, (kind, init, primitive, hard, site, _, reads) in described(again).items():
        expected = described(netlist)[name]
        assert (kind, init, primitive, hard) == expected[:4] and reads == expected[6]
        assert site == places[name]
    assert len(again.cells) == len(netlist.cells)
    with pytest.raises(ToolError, match="proof failed"):
        prove(target, SUM, text.replace("x[1]", "x[2]", 1), tmp_path)


@pytest.mark.parametrize("target", CHAINS)
def test_direct_synthesis_counts_what_is_there(target: str, tmp_path: Path) -> None:
    netlist = adder(target, 9)
    text = emit_verilog(netlist, get_family(target), module="gate")
    result = synthesise(
        text, language="verilog", top="gate", target=target, mode=DIRECT, out_dir=tmp_path
    )
    assert (result.n_luts, result.levels) == (netlist.count(LUT), 1)
    assert result.n_luts == 9 + luts_at_end(target)
    assert result.cells == count_instances(netlist, get_family(target).primitives)
    prove(target, SUM, netlist_file(tmp_path, DIRECT).read_text(), tmp_path)


def among_luts(target: str) -> Netlist:
    """Return LUTs, an adder of what they make that is partly constant, and LUTs behind it."""
    carry = get_family(target).carry
    assert carry is not None
    builder = NetlistBuilder(8)
    twin = [builder.add(Cell(LUT, (2, 3, 4), table, f"l1_n{i}", 1))
            for i, table in enumerate((0x96, 0x69, 0xE8, 0x00))]  # fmt: skip
    late = builder.add(Cell(LUT, (twin[0], 5, 6), 0x96, "l2_n0", 2))
    chain = carry(builder, "h_sum", 7)
    sums = [chain.add(a, b) for a, b in ((twin[0], 8), (twin[1], 9), (twin[3], late), (8, 9),
                                         (twin[2], 5))]  # fmt: skip
    out = chain.finish()
    after = builder.add(Cell(LUT, (sums[0], sums[4], out), 0x1E, "l4_n0", 4))
    return builder.finish((after, *sums))


@pytest.mark.parametrize("target", CHAINS)
def test_passes_and_mapping_leave_a_chain_as_it_is(target: str) -> None:
    netlist = among_luts(target)
    small, _ = shrink(netlist)
    check(small)
    check_sites(small, fabric_of(target))
    assert_same_function(netlist, small)
    assert small.count(LUT) < netlist.count(LUT)
    mapped = get_family(target).map(small)
    check(mapped)
    assert_same_function(netlist, mapped)
    packed = [cell for cell in netlist.cells if cell.primitive]
    assert [cell.name for cell in small.cells if cell.primitive] == [cell.name for cell in packed]
    kept = {cell.name: (cell.init, cell.primitive, cell.site, cell.local) for cell in mapped.cells}
    assert all(kept[cell.name] == (cell.init, cell.primitive, cell.site, cell.local)
               for cell in packed)  # fmt: skip


@pytest.mark.parametrize("target", CHAINS)
def test_no_register_comes_into_a_chain(target: str) -> None:
    netlist = among_luts(target)
    by_level, _ = pipeline(netlist, 1)
    by_delay, _ = pipeline_to_delay(
        get_family(target).map(netlist), lambda cell: 0.1 if cell.hard else 1.0, 1.7
    )
    for piped in (by_level, by_delay):
        check(piped)
        check_sites(piped, fabric_of(target))
        assert_same_function(netlist, piped)
        chain = [cell for cell in piped.cells if cell.local]
        assert len(chain) >= 8
        read = {piped.net_name(net) for cell in chain for net in cell.local_inputs}
        assert read <= {cell.name for cell in piped.cells if cell.kind != REGISTER}
    assert by_level.latency == 4


@pytest.mark.parametrize("target", CHAINS)
def test_faults_in_a_chain_can_be_written_as_verilog(target: str) -> None:
    family = get_family(target)
    netlist = family.map(among_luts(target))
    rng = np.random.default_rng(0)
    faults = [plant(netlist, rng) for _ in range(60)]
    assert {fault.kind for fault in faults} == {INIT_BIT, SWAP, REWIRE, CARRY_MOVE}
    texts = {emit_verilog(fault.netlist, family) for fault in faults}
    assert len(texts) > 40
    wrong = [fault for fault in faults if numbers(fault.netlist) != numbers(netlist)]
    assert CARRY_MOVE in {fault.kind for fault in wrong}

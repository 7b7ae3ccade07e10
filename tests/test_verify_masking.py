"""Three copies and voters: the same function, no single flip shows; what breaks that is found."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from needed import need_tool
from netlists import assert_same_function, exhaustive, netlists
from strategies import random_samples, voting_network

from lutgen.bits import Bits
from lutgen.board.fmax import TOP, get_routable_chip, measure_fmax
from lutgen.core import Core, CoreConfig, make_core
from lutgen.emit.amaranth import NetlistFunction, emit_rtlil
from lutgen.emit.forms import FORMS
from lutgen.emit.verilog import KEEP, core_verilog
from lutgen.errors import ConfigError, MismatchError
from lutgen.flow.pnr import find_router
from lutgen.flow.process import run, subprocess_environment
from lutgen.flow.tools import find_verilator, find_yosys
from lutgen.host.identity import Identity
from lutgen.jobs.hardware import write_core
from lutgen.jobs.mutate import mutate, require_caught
from lutgen.jobs.prove import prove
from lutgen.jobs.report import write_report
from lutgen.jobs.simulate import simulate
from lutgen.jobs.synthesise import synthesise
from lutgen.kit.design import STREAM, make_design
from lutgen.netlist.check import check
from lutgen.netlist.evaluate import evaluate
from lutgen.netlist.ir import LUT, REGISTER, Netlist
from lutgen.netlist.passes.pipeline import pipeline
from lutgen.netlist.passes.triplicate import ALL, REGISTERS, copy_of, triplicate
from lutgen.verify.masking import keeps_masking, prove_masked, prove_masking
from lutgen.verify.mutate import flip_init_bit, invert, rewire
from lutgen.verify.prove import prove_model, prove_steps, require_proved

N_INPUTS = 7
CONFIGS = {
    "registers": CoreConfig(chip="ice40", pipeline=1, tmr=REGISTERS),
    "all": CoreConfig(chip="ice40", pipeline=2, tmr=ALL),
    "outputs": CoreConfig(chip="ecp5", pipeline=2, tmr=ALL, tmr_outputs=True),
    "pairs": CoreConfig(chip="xilinx7", tmr=ALL),
    "fmax": CoreConfig(chip="ecp5-25k", fmax_target_mhz=150, tmr=REGISTERS),
}


def core_of(config: CoreConfig) -> Core:
    """Return a small core of three classes, all of whose inputs can be tried."""
    rng = np.random.default_rng(1)
    return make_core(voting_network(rng, N_INPUTS, [5, 6], (3, 5), 3), config)


def voted(core: Core, netlist: Netlist) -> Bits:
    """Return the answers of a netlist to all inputs."""
    words = evaluate(netlist, exhaustive(N_INPUTS))
    return core.interface.voted(Bits(words, 1 << N_INPUTS))


def show(core: Core) -> dict[str, set[str]]:
    """Return which registers and which LUTs have a single flip that shows, by trying them all."""
    right = voted(core, core.netlist).words
    seen: dict[str, set[str]] = {REGISTER: set(), LUT: set()}
    for place, cell in enumerate(core.netlist.cells):
        faulty = []
        if cell.kind == REGISTER:
            faulty = [invert(core.netlist, place)]
        elif not cell.hard:
            entries = range(1 << len(cell.inputs))
            faulty = [flip_init_bit(core.netlist, place, entry) for entry in entries]
        if any((voted(core, netlist).words != right).any() for netlist in faulty):
            seen[cell.kind].add(cell.name)
    return seen


@pytest.mark.parametrize("name", CONFIGS)
def test_the_function_stays_and_flips_do_not_show(name: str) -> None:
    core = core_of(CONFIGS[name])
    assert all(proof.result.proved for proof in prove_steps(core))
    assert all(proof.result.proved for proof in prove_model(core))
    found = prove_masking(core)
    assert found is not None and found.proved and not found.exposed
    assert found.n_registers_masked == found.n_registers == core.netlist.count(REGISTER)
    assert all(cell.keep for cell in core.netlist.cells if copy_of(cell.name) is not None)
    assert str(found.record).startswith("single flips masked: mapped netlist: ")
    if name == "fmax":
        assert core.timing is not None and core.timing.estimated_mhz >= 150
    shown = show(core)
    assert not shown[REGISTER]
    if core.config.tmr == ALL:
        assert shown[LUT] == set(found.voters)
        assert bool(found.voters) == (not core.config.tmr_outputs)
        assert found.n_luts_masked == found.n_luts - len(found.voters)
    else:
        assert shown[LUT]  # whose copies nobody asked for


@given(netlists(max_inputs=6), st.sampled_from([REGISTERS, ALL]), st.integers(0, 2))
def test_any_netlist_can_be_copied(netlist: Netlist, kind: str, levels: int) -> None:
    piped, _ = pipeline(netlist, levels) if levels else (netlist, None)
    copied, stats = triplicate(piped, kind)
    check(copied)
    assert_same_function(netlist, copied)
    assert copied.latency == piped.latency
    assert stats.changes == len(copied.cells) - len(piped.cells)
    found = prove_masked(copied, luts=kind == ALL)
    assert not found.exposed
    assert found.n_registers == 3 * piped.count(REGISTER) == found.n_registers_masked
    if kind == ALL:
        thrice, _ = triplicate(piped, kind, outputs=True)
        assert thrice.outputs[: len(netlist.outputs)] != () and len(thrice.outputs) % 3 == 0
        everything = prove_masked(thrice, luts=True, copies=3)
        assert not everything.exposed and not everything.voters


def voter_of(core: Core) -> int:
    """Return the place of the voter at the first output."""
    place = core.netlist.outputs[0] - core.netlist.first_cell
    assert core.netlist.cells[place].name.endswith("_v")
    return place


def copies_merged(core: Core) -> Netlist:
    """Return the netlist in which a voter hears one copy twice."""
    place = voter_of(core)
    return rewire(core.netlist, place, 1, core.netlist.cells[place].inputs[0])


def voter_wrong(core: Core) -> Netlist:
    """Return the netlist in which a voter asks that all three agree, which they do."""
    place = voter_of(core)
    cells = list(core.netlist.cells)
    cells[place] = cells[place].but(init=0x8080)
    return replace(core.netlist, cells=tuple(cells))


def copy_wrong(core: Core) -> Netlist:
    """Return the netlist in which one copy differs already."""
    copy = core.netlist.cells[voter_of(core)].inputs[1]
    assert copy_of(core.netlist.net_name(copy)) == 1
    return invert(core.netlist, copy - core.netlist.first_cell)


@pytest.mark.parametrize("fault", [copies_merged, voter_wrong, copy_wrong])
@pytest.mark.parametrize("name", ["registers", "all"])
def test_what_only_looks_right_is_found(name: str, fault) -> None:
    core = core_of(CONFIGS[name])
    faulty = fault(core)
    broken = replace(core, netlist=faulty)
    assert all(proof.result.proved for proof in prove_model(broken))  # the function is the same
    found = prove_masking(broken)
    assert found is not None and not found.proved and found.exposed
    assert found.counterexample is not None
    with pytest.raises(MismatchError, match=r"NOT MASKED: .* a flip makes y"):
        require_proved([found.record])
    assert not keeps_masking(faulty, luts=name == "all")
    assert keeps_masking(core.netlist, luts=name == "all")


def test_a_copy_that_comes_too_early_is_found() -> None:
    core = core_of(CONFIGS["registers"])
    place = next(i for i, c in enumerate(core.netlist.cells) if c.kind == REGISTER)
    cells = list(core.netlist.cells)
    cells[place] = cells[place].but(kind=LUT, init=0b10)
    found = prove_masking(core, replace(core.netlist, cells=tuple(cells)))
    assert found is not None and not found.proved


def test_proofs_of_verilog_and_of_synthesis_have_it_too(tmp_path: Path) -> None:
    need_tool(find_yosys)
    core, _ = write_core(core_of(CONFIGS["all"]).network, CONFIGS["all"], tmp_path)
    result = synthesise(core, "direct", folder=tmp_path)
    record = prove(core, folder=tmp_path, synthesis=[result])
    assert record.proved and [m.proved for m in record.masking] == [True] * 3
    assert "netlist after synthesis (direct)" in record.masking[2].name
    assert type(record).read(tmp_path / "proof.json") == record
    text = write_report(tmp_path).text
    assert "Three copies: single flips proved not to show" in text
    assert "of registers and LUTs, with voters" in text
    # in the text, a voter hears one copy twice
    text = core_verilog(core)
    voter = next(line for line in text.splitlines() if "_v (" in line)
    merged = voter.replace("_t1)", "_t0)")
    assert merged != voter
    broken = prove(core, folder=tmp_path, verilog=text.replace(voter, merged))
    assert all(proof.proved for proof in broken.proofs) and not broken.proved
    assert [m.proved for m in broken.masking] == [True, False]


def counts(core: Core, read: str, text: str, folder: Path) -> Counter[str]:
    """Return the cells that all of Yosys's synthesis leaves."""
    tool = need_tool(find_yosys)
    folder.mkdir(exist_ok=True)
    (folder / "source").write_text(text)
    script = f"{read} source\nsynth_ice40 -top {core.module}\nwrite_json out.json\n"
    (folder / "script.ys").write_text(script)
    run(
        [tool.path, "script.ys"],
        what="Yosys",
        cwd=folder,
        log=folder / "log",
        environment=subprocess_environment(tool.environment),
    )
    cells = json.loads((folder / "out.json").read_text())["modules"][core.module]["cells"]
    kinds = Counter(cell["type"].rstrip("ESR") for cell in cells.values())
    return Counter({kind: n for kind, n in kinds.items() if kind.startswith("SB_")})


def test_yosys_merges_no_copies(tmp_path: Path) -> None:
    plain = core_of(CoreConfig(chip="ice40", pipeline=1, reset="high"))
    core = core_of(CoreConfig(chip="ice40", pipeline=1, reset="high", tmr=REGISTERS))
    n = plain.netlist.count(REGISTER)
    assert core.netlist.count(REGISTER) == 3 * n
    text = core_verilog(core)
    assert counts(core, "read_verilog", text, tmp_path / "v")["SB_DFF"] == 3 * n
    # without the attributes it does
    assert counts(core, "read_verilog", text.replace(KEEP, ""), tmp_path / "m")["SB_DFF"] < 2 * n
    every = core_of(CONFIGS["all"])
    found = counts(every, "read_verilog", core_verilog(every), tmp_path / "a")
    assert found["SB_DFF"] == every.netlist.count(REGISTER)
    assert found["SB_LUT4"] == every.netlist.count(LUT)


def test_yosys_merges_no_copies_of_amaranth(tmp_path: Path, monkeypatch) -> None:
    core = core_of(CONFIGS["registers"])
    handshake = core.netlist.latency
    n = core.netlist.count(REGISTER) + handshake
    assert counts(core, "read_rtlil", emit_rtlil(core), tmp_path / "v")["SB_DFF"] == n
    monkeypatch.setattr(NetlistFunction, "_apart", lambda *given: given[-1])
    assert counts(core, "read_rtlil", emit_rtlil(core), tmp_path / "m")["SB_DFF"] < n / 2
    monkeypatch.undo()
    with pytest.raises(ConfigError, match="need a chip's LUTs in Amaranth"):
        emit_rtlil(core_of(CoreConfig(pipeline=1, tmr=REGISTERS)))


@pytest.mark.parametrize("name", ["registers", "all"])
def test_place_and_route_merges_no_copies(tmp_path: Path, name: str) -> None:
    need_tool(lambda: find_router("ice40"))
    core = core_of(CONFIGS[name])
    result = measure_fmax(core, get_routable_chip("ice40-hx8k"), tmp_path, seeds=[1])
    cells = json.loads((tmp_path / f"{TOP}.json").read_text())["modules"][TOP]["cells"]
    kinds = Counter(cell["type"] for cell in cells.values())
    around = N_INPUTS + 2 * len(core.netlist.outputs)
    assert kinds["SB_DFF"] == core.netlist.count(REGISTER) + around
    assert kinds["SB_LUT4"] >= core.netlist.count(LUT)
    routed = json.loads(next(tmp_path.glob("seed1.placed.json")).read_text())
    placed = next(m for m in routed["modules"].values() if m["cells"])["cells"]
    logic = [cell for cell in placed.values() if cell["type"] == "ICESTORM_LC"]
    registers = sum(int(cell["parameters"]["DFF_ENABLE"], 2) for cell in logic)
    assert registers == core.netlist.count(REGISTER) + around
    assert result.routed[0].used["ICESTORM_LC"] >= max(registers, core.netlist.count(LUT))


def test_three_answers_come_out_and_are_simulated(tmp_path: Path) -> None:
    need_tool(find_verilator)
    core = core_of(CONFIGS["outputs"])
    X = random_samples(np.random.default_rng(0), 200, N_INPUTS)
    assert core.interface.n_outputs == 3 * core.interface.answer_width == 6
    assert "copy t of it all at y[2*t +: 2]" in core_verilog(core)
    assert np.array_equal(core.interface.predict(X), core.network.predict(X))
    record = simulate(core, X, folder=tmp_path)
    assert all(check.passed for check in record.checks)
    answers = core.interface.answers(core.interface.samples(X))
    struck = Bits(answers.words.copy(), answers.n_samples)
    struck.words[2] ^= np.uint64(5)  # one bit of copy 1
    assert np.array_equal(core.interface.numbers(struck), core.interface.numbers(answers))
    with pytest.raises(ConfigError, match="three copies of it"):
        Identity.of(core.interface)
    with pytest.raises(ConfigError, match="--tmr-outputs"):
        make_design(core, STREAM)


def test_mutation_tells_masked_faults(tmp_path: Path) -> None:
    core = core_of(CONFIGS["all"])
    X = random_samples(np.random.default_rng(0), 100, N_INPUTS)
    record = mutate(core, X, 60, folder=tmp_path)
    require_caught(record)
    total = record.total
    assert total.masked > 20 and total.open == 0 and record.by_kind["register flipped"].masked
    assert total.planted == total.masked + total.proof + total.harmless
    plain = mutate(core_of(replace(CONFIGS["all"], tmr="none")), X, 40)
    assert plain.total.masked == 0 and plain.by_kind["register flipped"].proof > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tmr": "some"}, "no tmr 'some'; there are: none, registers, all"),
        ({"tmr": "registers"}, "the core has none: give --pipeline"),
        ({"tmr": "registers", "pipeline": 1, "tmr_outputs": True}, "give --tmr all"),
    ],
)
def test_what_does_not_go_together_is_refused(options, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        CoreConfig(**options)


def test_forms_that_cannot_keep_copies_are_refused() -> None:
    core = core_of(CONFIGS["all"])
    for name in ("behavioural", "blif", "aiger"):
        with pytest.raises(ConfigError, match="copies have to stay"):
            FORMS[name].write(core)
    with pytest.raises(ConfigError, match="take mode direct"):
        synthesise(core, "optimised")
    with pytest.raises(ConfigError, match="no LUT primitives"):
        core_of(CoreConfig(tmr=ALL))

"""From model to hardware in one call: every form answers as the model does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import networks, random_network, random_samples, voting_network

from lutgen.assets import asset
from lutgen.bits import Bits, tail_mask
from lutgen.board.fmax import TOP as FMAX_TOP
from lutgen.board.pins import TOP
from lutgen.board.shell import STREAM_MODULE, UART_MODULE
from lutgen.board.simulate import BENCH_TOP
from lutgen.chips.delay import get_delay_model
from lutgen.chips.ecp5.family import FABRIC
from lutgen.chips.fabric.legal import check_muxes
from lutgen.chips.registry import get_family
from lutgen.core import CoreConfig, make_core
from lutgen.core.lower import lower
from lutgen.emit.verilog import core_verilog
from lutgen.errors import ConfigError
from lutgen.model import Argmax
from lutgen.model.network import LutNetwork
from lutgen.netlist.check import check
from lutgen.netlist.evaluate import evaluate
from lutgen.netlist.ir import Netlist
from lutgen.netlist.names import SHELL_MODULES
from lutgen.netlist.passes.pipeline import arrivals
from lutgen.netlist.passes.prune import prune
from lutgen.netlist.passes.simplify import simplify
from lutgen.records.core import latency_text
from lutgen.verify.prove import prove_steps, require_proved


def predictions(network: LutNetwork, netlist: Netlist, bits: Bits) -> list[object]:
    words = evaluate(netlist, bits.words) & tail_mask(bits.n_samples)
    answers = Bits(words, bits.n_samples).to_dense()[:, 0]
    return network.classes[answers].tolist()


@settings(max_examples=60)
@given(networks(max_k=9), st.integers(0, 3), st.integers(0, 2**32 - 1))
def test_model_and_all_netlists_predict_alike(network: LutNetwork, every: int, seed: int) -> None:
    samples = random_samples(np.random.default_rng(seed), 100, network.n_inputs)
    expected = network.predict(samples).tolist()
    bits = network.encoder.encode(samples)
    lowered = lower(network)
    simplified, _ = simplify(lowered)
    forms = [lowered, simplified, get_family("ice40").map(simplified)]
    for target in ("generic", "ice40"):
        core = make_core(network, CoreConfig(chip=target, pipeline=every))
        forms += [core.logic, core.netlist]
    for netlist in forms:
        check(netlist)
        assert predictions(network, netlist, bits) == expected


def test_a_planted_fault_changes_the_predictions() -> None:
    rng = np.random.default_rng(0)
    network = random_network(rng, 8, [4, 1], 4)
    samples = random_samples(rng, 500, 8)
    netlist = lower(network)
    last = netlist.cells[-1]
    object.__setattr__(last, "init", last.init ^ 0xFFFF)
    bits = network.encoder.encode(samples)
    assert predictions(network, netlist, bits) != network.predict(samples).tolist()


def test_core_carries_what_later_stages_need() -> None:
    network = random_network(np.random.default_rng(1), 16, [12, 8, 1], 5)
    core = make_core(network, CoreConfig(chip="ice40", pipeline=1, module="digits"))
    assert core.network is network and core.interface.network is network
    assert (core.family.name, core.module, core.config.pipeline) == ("ice40", "digits", 1)
    assert core.logic.latency == core.netlist.latency == core.logic.depth * 3 == 3
    assert {cell.primitive for cell in core.netlist.cells} == {"SB_LUT4", "SB_DFF"}
    assert {cell.primitive for cell in core.logic.cells} == {""}
    assert core.passes[-1].name == "pipeline"
    header = core_verilog(core).partition("`default_nettype none")[0]
    assert f"// model    sha256 {network.digest}" in header
    assert f"// identity sha256 {core.interface.core_id}" in header
    assert "// pipeline a register after every 1 level(s) of k-LUTs" in header
    assert "// latency  3 cycle(s) of clk, a new x every cycle" in header
    assert core_verilog(core).count("\nmodule digits (") == 1


@settings(max_examples=40, deadline=None)
@given(networks(max_k=7), st.sampled_from([60.0, 120.0, 200.0, 300.0]), st.integers(0, 2**32 - 1))
def test_an_fmax_is_kept_and_the_function_too(network: LutNetwork, mhz: float, seed: int) -> None:
    samples = random_samples(np.random.default_rng(seed), 100, network.n_inputs)
    bits = network.encoder.encode(samples)
    core = make_core(network, CoreConfig(chip="ice40", fmax_target_mhz=mhz))
    delays = get_delay_model("ice40")
    assert max(arrivals(core.netlist, delays.cell_ns)) <= delays.budget_ns(mhz)
    assert core.timing is not None
    assert core.timing.estimated_mhz >= mhz - 0.05  # it is rounded
    assert core.timing.levels == core.netlist.depth
    assert core.logic.latency == core.netlist.latency
    assert {cell.primitive for cell in core.netlist.cells} <= {"SB_LUT4", "SB_DFF"}
    for netlist in (core.logic, core.netlist):
        check(netlist)
        assert predictions(network, netlist, bits) == network.predict(samples).tolist()


@settings(max_examples=25, deadline=None)
@given(networks(max_k=8), st.sampled_from([80.0, 150.0, 200.0]))
def test_an_fmax_parts_no_multiplexer_from_its_luts(network: LutNetwork, mhz: float) -> None:
    core = make_core(network, CoreConfig(chip="ecp5", fmax_target_mhz=mhz))
    check(core.netlist)
    check_muxes(core.netlist, FABRIC)
    samples = random_samples(np.random.default_rng(0), 100, network.n_inputs)
    bits = network.encoder.encode(samples)
    assert predictions(network, core.netlist, bits) == network.predict(samples).tolist()


def test_an_fmax_is_stated_with_its_source() -> None:
    network = random_network(np.random.default_rng(5), 40, [30, 20, 1], 6)
    core = make_core(network, CoreConfig(chip="ice40-up5k", fmax_target_mhz=100))
    assert core.timing is not None and core.timing.grade == "up"
    header = core_verilog(core).partition("`default_nettype none")[0]
    assert f"// fmax     {core.timing.estimated_mhz:.1f} MHz estimated for up (100 MHz" in header
    assert f"// latency  {core.netlist.latency} cycle(s)" in header
    slower = make_core(network, CoreConfig(chip="ice40-up5k", fmax_target_mhz=60))
    assert 0 < slower.netlist.latency < core.netlist.latency
    model = get_delay_model("ice40", "up")
    best_mhz = 1000 / (model.overhead_ns + model.logic_ns + model.routing_ns)
    reach = "out of reach on ice40 up: with a register after every LUT the delay model expects"
    with pytest.raises(ConfigError, match=f"{reach} {best_mhz:.1f} MHz"):
        make_core(network, CoreConfig(chip="ice40-up5k", fmax_target_mhz=200))


def test_a_core_without_a_target_has_an_estimate_and_amd_s_ends_with_its_clock_tree() -> None:
    network = random_network(np.random.default_rng(5), 40, [30, 20, 1], 6)
    plain = make_core(network, CoreConfig(chip="xilinx7-xc7a35t"))
    assert plain.timing is not None and plain.timing.target_mhz == 0
    model = get_delay_model("xilinx7")
    path_ns = plain.netlist.depth * (model.logic_ns + model.routing_ns)
    assert plain.timing.latency_ns == pytest.approx(path_ns, abs=0.01)
    assert plain.timing.estimated_mhz == pytest.approx(1000 / (path_ns + model.overhead_ns), 1e-3)
    text = f"0 clock cycles: combinational, {plain.timing.latency_ns:g} ns estimated, not routed"
    assert latency_text(0, plain.timing) == text
    assert "fmax" not in core_verilog(plain)
    piped = make_core(network, CoreConfig(chip="xcup-xcvu9p", fmax_target_mhz=700))
    assert piped.timing is not None and piped.timing.estimated_mhz >= 700
    assert piped.timing.latency_ns == pytest.approx(piped.netlist.latency * 1000 / 700, abs=0.01)
    assert "MHz estimated for 2 (700 MHz asked for), not routed" in core_verilog(piped)
    assert "% off where it was checked" in str(piped.timing)
    tree = "the delay model expects 775.0 MHz, where the clock tree ends"
    with pytest.raises(
        ConfigError, match=f"an Fmax of 800 MHz is out of reach on xcup 2: .*{tree}"
    ):
        make_core(network, CoreConfig(chip="xcup", fmax_target_mhz=800))
    assert make_core(network).timing is None
    assert latency_text(2, None) == "2 clock cycles"


def test_the_same_model_gives_the_same_text() -> None:
    network = random_network(np.random.default_rng(2), 20, [10, 1], 8)
    for target in ("generic", "ice40"):
        texts = {
            core_verilog(make_core(network, CoreConfig(chip=target, pipeline=1))) for _ in range(2)
        }
        assert len(texts) == 1
    assert network.to_verilog(chip="ice40", pipeline=1) in texts
    assert network.to_verilog(CoreConfig(chip="ice40"), pipeline=1) in texts


def test_a_network_that_is_constant_becomes_a_wire() -> None:
    network = random_network(np.random.default_rng(3), 5, [3, 1], 2)
    network.tables[:] = 0
    core = make_core(network, CoreConfig(chip="ice40", pipeline=2))
    assert core.netlist == Netlist(5, (), (0,))
    assert "assign y = {1'b0};" in core_verilog(core)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"chip": "stratix"}, "there is no chip family 'stratix'; choose one of: generic, ecp5"),
        ({"pipeline": -1}, r"pipeline must be 0 \(no registers\) or the LUT levels .*, got -1"),
        ({"pipeline": 1, "fmax_target_mhz": 100}, "pipeline of 1 .* and an Fmax of 100 MHz were"),
        ({"fmax_target_mhz": -5}, "must be a positive frequency, got -5"),
        ({"fmax_target_mhz": float("nan")}, "must be a positive frequency, got nan"),
        ({"fmax_target_mhz": 100}, "there is no delay model for chip family 'generic'"),
        ({"chip": "ice40-ep", "fmax_target_mhz": 9}, "chip family 'ice40' has no device 'ep'"),
        ({"module": "2fast"}, "'2fast' cannot name a Verilog module"),
        ({"module": "module"}, "'module' cannot name a Verilog module"),
    ],
)
def test_bad_options(options: dict[str, object], message: str) -> None:
    network = random_network(np.random.default_rng(4), 5, [1], 2)
    with pytest.raises(ConfigError, match=message):
        make_core(network, CoreConfig(**options))


@pytest.mark.parametrize(
    ("name", "owners"),
    [("SB_LUT4", "ice40"), ("sb_dff", "ice40"), ("SB_RAM40_4K", "ice40"), ("LUT4", "ecp5, gowin"),
     ("FDRE", "xcup, xilinx7"), ("TRELLIS_FF", "ecp5"), ("GND", "gowin")],
)  # fmt: skip
def test_a_module_cannot_be_called_as_a_primitive(name: str, owners: str) -> None:
    with pytest.raises(ConfigError, match=f"it is a primitive of .*{owners}"):
        CoreConfig(module=name)


def test_shells_are_known_by_name() -> None:
    modules = {TOP, FMAX_TOP, BENCH_TOP, STREAM_MODULE, UART_MODULE}
    modules |= {path.stem for path in asset("hdl").glob("*.v")}
    assert modules == SHELL_MODULES


def test_what_no_vote_reads_is_not_built() -> None:
    network = voting_network(np.random.default_rng(5), 12, [8, 6], 4, 3)
    head = network.head
    assert isinstance(head, Argmax)
    weights = head.weights.copy()
    weights[:, 2:] = 1  # adds the same to every score
    network = replace(network, head=replace(head, weights=weights))
    core = make_core(network, CoreConfig(dont_cares=False))
    assert "prune" in [step.name for step in core.steps]
    assert prune(core.netlist)[1].changes == 0
    require_proved(prove_steps(core))
    constant = replace(network, head=replace(head, weights=np.ones_like(weights)))
    assert not make_core(constant).netlist.cells

"""Every check passes for the network as it is, and catches planted faults, naming the LUT."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from faults import visible_flip, visible_swap
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import networks, random_network, random_samples

from lutgen.bits import Bits
from lutgen.chips.registry import families
from lutgen.core import Core, CoreConfig, Interface, make_core
from lutgen.emit.blif import emit_blif
from lutgen.emit.verilog import core_verilog, emit_verilog
from lutgen.errors import DataError, MismatchError
from lutgen.flow.yosys import DIRECT, OPTIMISED, synthesise
from lutgen.model.network import LutNetwork
from lutgen.netlist.evaluate import evaluate_nets
from lutgen.netlist.ir import Netlist
from lutgen.records.checks import Check
from lutgen.verify.compare import (
    check_netlist,
    check_rtl,
    check_synthesised,
    first_difference,
    require_equal,
)

N_SAMPLES = 300
Plant = Callable[[Netlist, Bits, set[str]], tuple[Netlist, str]]
both_faults = pytest.mark.parametrize("plant", [visible_flip, visible_swap])


@pytest.fixture(scope="module")
def network() -> LutNetwork:
    return random_network(np.random.default_rng(7), 12, [8, 6, 1], 5)


@pytest.fixture(scope="module")
def bits(network: LutNetwork) -> Bits:
    rng = np.random.default_rng(8)
    return Bits.from_dense(random_samples(rng, N_SAMPLES, network.n_inputs))


def with_fault(core: Core, bits: Bits, network: LutNetwork, plant: Plant) -> tuple[str, str]:
    """Return the core's Verilog with a fault, and the name of the LUT that has it."""
    names = set(network.lut_names()[:-1])  # the last one's net may become the port itself
    faulty, name = plant(core.netlist, bits, names)
    return emit_verilog(faulty, core.family, module=core.module), name


def assert_caught(check: Check, bits: Bits, lut: str) -> None:
    assert not check.passed and check.n_equal < check.n_samples == bits.n_samples
    with pytest.raises(MismatchError) as caught:
        require_equal([check])
    assert f"{check.name}: {check.n_equal} / {bits.n_samples} equal; sample " in str(caught.value)
    assert f"; first differing LUT {lut}: expected " in str(caught.value)


def test_the_samples_tell_both_classes(network: LutNetwork, bits: Bits) -> None:
    outputs = network.output_bits(bits).to_dense()
    assert 0.1 < outputs.mean() < 0.9  # or no latency could be told from another


@settings(max_examples=30, deadline=None)
@given(networks(), st.sampled_from(list(families())), st.integers(0, 2))
def test_netlists_equal_the_model_and_nets_mean_what_their_names_say(network, target, pipeline):
    rng = np.random.default_rng(0)
    bits = Bits.from_dense(random_samples(rng, 70, network.n_inputs))
    netlist = make_core(network, CoreConfig(chip=target, pipeline=pipeline)).netlist
    check = check_netlist(Interface(network), netlist, bits)
    assert check == Check("netlist", 70, 70) and check.passed
    require_equal([check])
    nets = evaluate_nets(netlist, bits.words)[netlist.first_cell :]
    dense = Bits(nets, bits.n_samples).to_dense()
    for sample in (0, 69):
        values = zip(netlist.cells, dense[sample], strict=True)
        named = {cell.name: str(value) for cell, value in values}
        assert first_difference(network, bits, sample, named) is None


@both_faults
@pytest.mark.parametrize("target", families())
def test_netlist_check_catches_a_fault(network, bits, plant: Plant, target: str) -> None:
    netlist = make_core(network, CoreConfig(chip=target)).netlist
    faulty, name = plant(netlist, bits, set(network.lut_names()))
    assert_caught(check_netlist(Interface(network), faulty, bits), bits, name)


def test_no_samples_is_an_error(network: LutNetwork, tmp_path: Path) -> None:
    none = Bits(np.zeros((network.n_inputs, 0), dtype=np.uint64), 0)
    core = make_core(network)
    with pytest.raises(DataError, match="no samples to compare on"):
        check_netlist(Interface(network), core.netlist, none)
    with pytest.raises(DataError, match="no samples to compare on"):
        check_rtl(core, none, tmp_path)


def test_rtl_simulation_equals_the_model(network, bits, tmp_path: Path) -> None:
    core = make_core(network, CoreConfig(pipeline=1))
    assert core.netlist.latency == 3
    check = check_rtl(core, bits, tmp_path)
    assert (check.n_equal, check.n_samples, check.difference) == (N_SAMPLES, N_SAMPLES, None)
    assert check.tool.startswith("Verilator ")
    require_equal([check])


@both_faults
def test_rtl_simulation_catches_a_fault(network, bits, tmp_path: Path, plant: Plant) -> None:
    core = make_core(network, CoreConfig(pipeline=2))
    faulty, name = with_fault(core, bits, network, plant)
    assert_caught(check_rtl(core, bits, tmp_path, verilog=faulty), bits, name)


def test_rtl_simulation_catches_a_wrong_latency(network, bits, tmp_path: Path) -> None:
    stated, made = (
        make_core(network, CoreConfig(pipeline=2)),
        make_core(network, CoreConfig(pipeline=1)),
    )
    assert stated.netlist.latency == made.netlist.latency - 1
    check = check_rtl(stated, bits, tmp_path, verilog=core_verilog(made))
    with pytest.raises(MismatchError, match="no LUT differs: suspect the head"):
        require_equal([check])


@pytest.mark.parametrize("mode", [DIRECT, OPTIMISED])
def test_synthesised_netlist_equals_the_model(network, bits, tmp_path: Path, mode: str) -> None:
    core = make_core(network, CoreConfig(chip="ice40", pipeline=1))
    check = check_synthesis(core, bits, tmp_path, mode)
    assert check.name == f"post-synthesis simulation ({mode})"
    assert check.passed and check.difference is None


@both_faults
def test_synthesised_netlist_with_a_fault_is_caught(network, bits, tmp_path, plant) -> None:
    core = make_core(network, CoreConfig(chip="ice40"))
    faulty, name = with_fault(core, bits, network, plant)
    assert_caught(check_synthesis(core, bits, tmp_path, DIRECT, faulty), bits, name)


def check_synthesis(core: Core, bits: Bits, folder: Path, mode: str, verilog: str = "") -> Check:
    """Synthesise a core, or other Verilog in its place, and simulate what comes out."""
    synthesis = synthesise(
        (verilog or core_verilog(core))
        if mode == DIRECT
        else emit_blif(core.logic, model=core.module),
        language="verilog" if mode == DIRECT else "blif",
        top=core.module,
        target=core.family.name,
        mode=mode,
        out_dir=folder,
    )
    if mode == DIRECT:
        assert synthesis.n_luts == core.netlist.count("lut")
        assert synthesis.n_registers == core.netlist.count("register")
        assert synthesis.levels == core.netlist.depth
    return check_synthesised(core, bits, synthesis, folder, folder / "check")

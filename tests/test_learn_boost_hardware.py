"""Hardware of boosted leaves of several bits, and of numbers: proved, packed, faults refuted."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits, make_friedman1

from lutgen.core import Core, CoreConfig, make_core
from lutgen.encode.encoder import fit_encoder
from lutgen.learn.boost import BoostParameters, boost, boost_numbers
from lutgen.model import LutNetwork
from lutgen.netlist.ir import CORE, HEAD, LUT, Netlist
from lutgen.netlist.stats import netlist_stats
from lutgen.verify.mutate import flip_init_bit
from lutgen.verify.prove import prove_model, prove_steps, prove_verilog, require_proved

ROWS = slice(0, 500)


def classes_of(leaf_bits: int, k: int, n_classes: int = 3, luts: int = 6) -> LutNetwork:
    X, y = load_digits(return_X_y=True)
    encoder = fit_encoder("thresholds:4,8,12", X)
    return boost(
        encoder.encode(X[ROWS]),
        y[ROWS] * n_classes // 10,
        BoostParameters(
            k=k, luts_per_class=luts, leaf_bits=leaf_bits, max_weight=4 if leaf_bits > 1 else 1
        ),
        encoder=encoder,
        classes=np.arange(n_classes),
    )


def numbers_of(n_scores: int = 1) -> LutNetwork:
    X, y = make_friedman1(500, 6, random_state=0)
    encoder = fit_encoder("thermometer:4:quantile", X)
    targets = np.stack([y, 9 * X[:, 0] - y], axis=1)[:, :n_scores]
    parameters = BoostParameters(k=4, luts_per_class=8, leaf_bits=3, max_weight=16)
    return boost_numbers(encoder.encode(X), targets, parameters, encoder=encoder)


def proofs_of(core: Core, folder: Path) -> list:
    return [*prove_steps(core), *prove_model(core), prove_verilog(core, folder)]


@pytest.mark.parametrize("chip", ["generic", "ice40", "xilinx7"])
@pytest.mark.parametrize(("leaf_bits", "n_classes"), [(2, 2), (3, 3)])
def test_leaves_of_several_bits_are_proved(
    tmp_path: Path, chip: str, leaf_bits: int, n_classes: int
) -> None:
    network = classes_of(leaf_bits, 5, n_classes)
    assert np.unique(network.head.weights).size > 2
    core = make_core(network, CoreConfig(chip=chip, pipeline=2))
    require_proved(proofs_of(core, tmp_path / "proof"))


@pytest.mark.parametrize(("n_scores", "chip"), [(1, "ice40"), (2, "xilinx7")])
def test_numbers_are_proved(tmp_path: Path, n_scores: int, chip: str) -> None:
    network = numbers_of(n_scores)
    core = make_core(network, CoreConfig(chip=chip))
    require_proved(proofs_of(core, tmp_path / "proof"))


def with_fault(netlist: Netlist, part: str, entry: int) -> Netlist:
    places = [
        place
        for place, cell in enumerate(netlist.cells)
        if cell.kind == LUT and cell.part == part and len(cell.inputs) > 2 and not cell.hard
    ]
    return flip_init_bit(netlist, places[len(places) // 2], entry)


@pytest.mark.parametrize("part", [CORE, HEAD])
@pytest.mark.parametrize("network", [classes_of(2, 5, 3), numbers_of()], ids=["classes", "numbers"])
def test_a_planted_fault_is_refuted(network: LutNetwork, part: str) -> None:
    core = make_core(network, CoreConfig(chip="xilinx7"))
    refuted = 0
    for entry in range(8):
        faulty = replace(core, netlist=with_fault(core.netlist, part, entry))
        *_, proof = prove_model(faulty)
        refuted += proof.result.counterexample is not None
    assert refuted > 0


def test_two_bits_of_five_inputs_are_one_lut6_2() -> None:
    """As many LUT sites as leaves: a bit more for nothing."""
    n_classes, luts = 3, 8
    network = classes_of(2, 5, n_classes, luts)
    core = make_core(network, CoreConfig(chip="xilinx7"))
    cells = [cell for cell in core.netlist.cells if cell.part == CORE and cell.kind == LUT]
    luts_of_core = sum(
        layer.luts for layer in netlist_stats(core.netlist).layers if layer.part == CORE
    )
    assert network.n_luts == 2 * n_classes * luts
    assert luts_of_core == n_classes * luts
    pairs = {cell.site for cell in cells if cell.site}
    assert len(pairs) >= 0.9 * luts_of_core
    on_ice40 = make_core(network, CoreConfig(chip="ice40"))
    apart = sum(
        layer.luts for layer in netlist_stats(on_ice40.netlist).layers if layer.part == CORE
    )
    assert apart > luts_of_core

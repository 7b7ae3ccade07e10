"""Voting networks through every proof: encoder, trained LUTs and head."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from strategies import voting_network

from lutgen.core import Core, CoreConfig, Interface, make_core
from lutgen.encode.encoder import fit_encoder
from lutgen.errors import MismatchError
from lutgen.model import Argmax, LutNetwork, Sum
from lutgen.netlist.ir import CORE, ENCODER, HEAD, LUT
from lutgen.verify.compare import check_netlist, check_rtl, require_equal
from lutgen.verify.mutate import flip_init_bit
from lutgen.verify.mutation import score
from lutgen.verify.prove import (
    prove_model,
    prove_steps,
    prove_verilog,
    prove_votes,
    require_proved,
)


def voter(n_classes: int = 4) -> LutNetwork:
    rng = np.random.default_rng(7)
    encoder = fit_encoder("thermometer:4:quantile", rng.integers(0, 256, size=(200, 8)))
    layers, weights = [12, 24], (0, 0, 1, 1, 2)
    return voting_network(
        rng, encoder.n_bits, layers, (3, 6), n_classes, weights=weights, encoder=encoder
    )


@pytest.mark.parametrize("target", ["generic", "ice40", "xilinx7"])
@pytest.mark.parametrize("options", [{}, {"input_bits": 8, "pipeline": 2, "one_hot": True}])
def test_every_form_is_proved(tmp_path: Path, target: str, options: dict[str, int]) -> None:
    network = voter()
    core = make_core(network, CoreConfig(chip=target, **options))
    proofs = [
        *prove_steps(core),
        *prove_model(core),
        prove_verilog(core, tmp_path),
    ]
    require_proved(proofs)
    assert [proof.name for proof in proofs].count("votes of the model = head") == 1
    assert proofs[-1].result.n_outputs == (4 if options else 2)


def test_the_simulator_agrees(tmp_path: Path) -> None:
    network = voter(5)
    core = make_core(network, CoreConfig(chip="ice40", input_bits=8, pipeline=2))
    X = np.random.default_rng(1).integers(0, 256, size=(300, 8))
    x = core.interface.samples(X)
    check = check_rtl(core, x, tmp_path)
    require_equal([check])
    assert check.n_equal == 300


def with_fault(core: Core, part: str, layer: int, entry: int) -> Core:
    """Return the core with one bit of one of its LUTs flipped, in its head or elsewhere."""
    places = [
        i
        for i, cell in enumerate(core.netlist.cells)
        if cell.kind == LUT and (cell.part, cell.layer) == (part, layer)
    ]
    return replace(core, netlist=flip_init_bit(core.netlist, places[len(places) // 2], entry))


@pytest.mark.parametrize(("part", "layer"), [(ENCODER, 0), (CORE, 1), (CORE, 2), (HEAD, 0)])
def test_a_fault_in_any_part_is_refuted(part: str, layer: int) -> None:
    network = voter()
    core = make_core(network, CoreConfig(chip="ice40", input_bits=8))
    refuted = 0
    for entry in range(16):
        *_, proof = prove_model(with_fault(core, part, layer, entry))
        found = proof.result.counterexample
        if found is None:
            assert proof.result.proved
            continue
        refuted += 1
        with pytest.raises(MismatchError, match="NOT EQUAL"):
            require_proved([proof])
    assert refuted > 0


def scorer() -> LutNetwork:
    network = voter()
    assert isinstance(network.head, Argmax)
    weights = np.random.default_rng(3).integers(-9, 10, network.head.weights.shape)
    return replace(network, head=Sum.of(weights, [3, -40, 0, 7]))


@pytest.mark.parametrize("chip", ["ice40", "xilinx7"])
def test_scores_are_proved_and_simulated(tmp_path: Path, chip: str) -> None:
    core = make_core(scorer(), CoreConfig(chip=chip, input_bits=8, pipeline=2))
    proofs = [*prove_steps(core), *prove_model(core), prove_verilog(core, tmp_path / "proof")]
    require_proved(proofs)
    X = np.random.default_rng(1).integers(0, 256, size=(300, 8))
    require_equal([check_rtl(core, core.interface.samples(X), tmp_path / "simulation")])


@pytest.mark.parametrize("chip", ["ice40", "xilinx7"])
def test_faults_in_the_head_of_scores_are_refuted(chip: str) -> None:
    core = make_core(scorer(), CoreConfig(chip=chip))
    assert core.head is not None
    rng = np.random.default_rng(0)
    refuted = 0
    for _ in range(25):
        place = int(rng.integers(len(core.head.netlist.cells)))
        if core.head.netlist.cells[place].hard:
            continue
        k = len(core.head.netlist.cells[place].inputs)
        faulty = flip_init_bit(core.head.netlist, place, int(rng.integers(1 << k)))
        proof = prove_votes(core, replace(core.head, netlist=faulty))
        found = proof.result.counterexample
        refuted += found is not None
        assert found is not None or not proof.result.proved or proof.result.n_open == 0
        if found is not None:
            assert found.expected != found.seen
    assert refuted >= 10


def test_a_bit_of_a_score_at_the_wrong_place_is_refuted() -> None:
    core = make_core(scorer())
    assert core.head is not None
    outputs = core.head.netlist.outputs
    swapped = replace(core.head.netlist, outputs=(outputs[1], outputs[0], *outputs[2:]))
    proof = prove_votes(core, replace(core.head, netlist=swapped))
    assert not proof.result.proved and proof.result.counterexample is not None


def test_a_head_of_other_votes_is_refuted() -> None:
    network = voter()
    core = make_core(network)
    assert core.head is not None
    assert isinstance(network.head, Argmax)
    bias = network.head.bias + np.array([0, 1, 0, 0], np.int32)
    other = Interface(replace(network, head=replace(network.head, bias=bias)))
    proof = prove_votes(replace(core, interface=other), core.head)
    assert not proof.result.proved
    found = proof.result.counterexample
    assert found is not None and found.expected != found.seen
    with pytest.raises(MismatchError, match="votes of the model = head"):
        require_proved([proof])


def test_a_sample_shows_a_fault_in_the_head() -> None:
    network = voter()
    core = make_core(network, CoreConfig(chip="ice40"))
    X = np.random.default_rng(1).integers(0, 256, size=(500, 8))
    x = core.interface.samples(X)
    texts = [
        str(check)
        for entry in range(16)
        if not (
            check := check_netlist(core.interface, with_fault(core, HEAD, 0, entry).netlist, x)
        ).passed
    ]
    assert texts and all("no LUT differs: suspect the head" in text for text in texts)


def test_the_proof_catches_every_random_fault() -> None:
    network = voter()
    core = make_core(network, CoreConfig(chip="xilinx7", input_bits=8, one_hot=True))
    X = np.random.default_rng(1).integers(0, 256, size=(200, 8))
    result = score(core, core.interface.samples(X), n_faults=40, seed=0)
    counts = result.counts()
    assert counts.open == 0 and counts.proof + counts.harmless == 40
    assert counts.proof >= 20

"""Every step from the model to the mapped netlist is proved, on the very netlists of the core."""

from dataclasses import replace

import numpy as np
import pytest
from strategies import random_network, voting_network

from lutgen.core import Core, CoreConfig, make_core
from lutgen.core.lower import lower
from lutgen.encode.encoder import fit_encoder
from lutgen.errors import MismatchError, NetlistError
from lutgen.model import LutNetwork
from lutgen.netlist.ir import LUT, Netlist
from lutgen.netlist.passes.dontcare import NAME as DONTCARE
from lutgen.verify.mutate import flip_init_bit
from lutgen.verify.prove import prove_steps

CONFIGS = {
    "plain": CoreConfig(chip="ice40"),
    "pipeline": CoreConfig(chip="ice40", input_bits=8, pipeline=1),
    "fmax": CoreConfig(chip="ecp5-25k", input_bits=8, fmax_target_mhz=150),
    "generic": CoreConfig(input_bits=8),
}


def network() -> LutNetwork:
    rng = np.random.default_rng(7)
    encoder = fit_encoder("thermometer:4:quantile", rng.integers(0, 256, size=(200, 8)))
    weights = (0, 1, 1, 2)
    made = voting_network(rng, encoder.n_bits, [9, 12], (3, 6), 3, weights=weights, encoder=encoder)
    assert set(made.predict(rng.integers(0, 256, size=(500, 8)))) == {0, 1, 2}
    return made


def faulty(netlist: Netlist, rng: np.random.Generator) -> Netlist:
    """Return the netlist with an entry of a LUT inverted."""
    places = [i for i, cell in enumerate(netlist.cells) if cell.kind == LUT and not cell.hard]
    place = int(rng.choice(places))
    return flip_init_bit(netlist, place, int(rng.integers(1 << len(netlist.cells[place].inputs))))


def with_fault(core: Core, number: int, rng: np.random.Generator) -> Core:
    """Return the core whose step has a fault that all steps after it carry on."""
    steps = list(core.steps)
    after = faulty(steps[number].after, rng)
    steps[number] = replace(steps[number], after=after)
    if number + 1 < len(steps):
        steps[number + 1] = replace(steps[number + 1], before=after)
        return replace(core, steps=tuple(steps))
    return replace(core, steps=tuple(steps), netlist=after)


@pytest.mark.parametrize("name", CONFIGS)
def test_a_core_keeps_its_steps(name: str) -> None:
    core = make_core(network(), CONFIGS[name])
    names = [step.name for step in core.steps]
    assert core.steps[0].before == core.source == lower(core.network, core.interface.formats)
    assert core.steps[-1].after is core.netlist
    for first, second in zip(core.steps, core.steps[1:], strict=False):
        assert first.after is second.before
    assert names.count("mapping") == names.count("head") == 1
    assert names.count("pipeline") == (name in ("pipeline", "fmax"))
    if name == "fmax":
        assert names[-1] == "pipeline"  # between the primitives
        assert core.steps[-1].before.latency == 0 < core.netlist.latency
    proofs = list(prove_steps(core))
    assert all(proof.result.proved for proof in proofs) and len(proofs) == len(core.steps)


@pytest.mark.parametrize("name", CONFIGS)
def test_a_fault_in_a_step_makes_the_proof_of_that_step_fail(name: str) -> None:
    core = make_core(network(), CONFIGS[name])
    rng = np.random.default_rng(3)
    for number, step in enumerate(core.steps):
        for _ in range(40):  # an entry that no input reaches changes nothing
            proofs = list(prove_steps(with_fault(core, number, rng)))
            proved = [proof.result.proved for proof in proofs]
            if not proved[number]:
                break
        assert not proved[number] and proofs[number].result.counterexample is not None, step.name
        assert all(proved[:number])


def test_each_kind_of_step_is_there() -> None:
    rng = np.random.default_rng(1)
    core = make_core(random_network(rng, 6, [12, 8, 1], 3, skip=True), CoreConfig(chip="ice40"))
    assert {"prune", "mapping"} <= {step.name for step in core.steps}
    assert DONTCARE in {step.name for step in core.steps}
    assert [stats.name for stats in core.passes] == [
        step.name for step in core.steps if step.name != "mapping"
    ]


def test_steps_that_do_not_follow_each_other_prove_nothing() -> None:
    core = make_core(network(), CONFIGS["pipeline"])
    with pytest.raises(MismatchError, match="does not begin where the one before ended"):
        list(prove_steps(replace(core, steps=core.steps[1:])))
    with pytest.raises(MismatchError, match="does not begin where the one before ended"):
        list(prove_steps(replace(core, steps=(*core.steps[:1], *core.steps[2:]))))
    with pytest.raises(MismatchError, match="does not end with the netlist of the core"):
        list(prove_steps(replace(core, steps=core.steps[:-1])))
    with pytest.raises((MismatchError, NetlistError)):
        list(prove_steps(replace(core, netlist=faulty(core.netlist, np.random.default_rng(0)))))

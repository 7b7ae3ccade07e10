"""Scores beside the class: both equal the model's, by samples and for every input; faults show."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from faults import visible_flip
from heads import EVERY, votes
from hypothesis import given, settings
from hypothesis import strategies as st
from kits import X, core, network
from software_board import software_board

from lutgen.bits import Bits
from lutgen.core import CoreConfig, Interface, make_core
from lutgen.core.ports import Ports
from lutgen.errors import ConfigError
from lutgen.host import Device
from lutgen.host.identity import Identity, info_words, read_info
from lutgen.model import Argmax, Sum
from lutgen.netlist.evaluate import evaluate
from lutgen.netlist.head import NUMBER, ONE_HOT, Votes, build_head
from lutgen.netlist.ir import LUT
from lutgen.verify.compare import check_netlist, check_rtl, require_equal
from lutgen.verify.head import prove_head
from lutgen.verify.head_search import wanted_bits
from lutgen.verify.mutate import flip_init_bit
from lutgen.verify.prove import prove_model, prove_steps, prove_verilog, require_proved


@given(votes(max_bits=10), st.sampled_from(sorted(EVERY)), st.booleans(), st.integers(0, 2**32))
@settings(max_examples=25, deadline=None)
def test_every_head_is_proved_and_exactly_the_faults_that_matter_are_refuted(
    given_votes: Votes, name: str, hot: bool, seed: int
) -> None:
    answer = ONE_HOT if hot else NUMBER
    head = build_head(given_votes, EVERY[name], answer=answer, with_scores=True)
    n = given_votes.n_bits
    every = (np.arange(1 << n)[:, None] >> np.arange(n) & 1).astype(np.uint8)
    wanted = wanted_bits(head, given_votes, every)
    width = given_votes.signed_width()
    scores = wanted[:, head.n_class_outputs :].reshape(len(every), -1, width) << np.arange(width)
    assert np.array_equal(scores.sum(axis=2), given_votes.scores(every) % (1 << width))
    proof = prove_head(head, given_votes)
    assert proof.proved and not proof.failed and not proof.exhausted, str(proof)

    rng = np.random.default_rng(seed)
    luts = [i for i, cell in enumerate(head.netlist.cells) if cell.kind == LUT]
    for _ in range(3 if luts else 0):
        place = int(rng.choice(luts))
        entry = int(rng.integers(1 << len(head.netlist.cells[place].inputs)))
        if head.netlist.cells[place].primitive:
            continue
        faulty = replace(head, netlist=flip_init_bit(head.netlist, place, entry))
        seen = Bits(evaluate(faulty.netlist, Bits.from_dense(every).words), len(every)).to_dense()
        assert prove_head(faulty, given_votes).proved == bool((seen == wanted).all())


@pytest.mark.parametrize("chip", ["generic", "ice40", "xilinx7"])
@pytest.mark.parametrize("one_hot", [False, True])
def test_class_and_scores_are_proved_and_simulated(
    tmp_path: Path, chip: str, one_hot: bool
) -> None:
    made = core(chip, scores=True, one_hot=one_hot)
    head = made.network.head
    assert isinstance(head, Argmax)
    x = made.interface.samples(X)
    y = made.interface.answers(x)
    outputs = made.network.output_bits(made.interface.encoded(x)).to_dense()
    assert np.array_equal(made.interface.score_numbers(y), head.scores(outputs))
    assert np.array_equal(made.interface.numbers(y), head.class_numbers(outputs))
    require_proved([*prove_steps(made), *prove_model(made)])
    if chip == "ice40":
        require_proved([prove_verilog(made, tmp_path)])
    require_equal([check_netlist(made.interface, made.netlist, x)])
    if chip == "generic":
        require_equal([check_rtl(made, x, tmp_path / "rtl", simulator="icarus")])

    names = {cell.name for cell in made.netlist.cells if cell.name.startswith("h_c")}
    faulty, _ = visible_flip(made.netlist, x, names)
    *_, proof = prove_model(replace(made, netlist=faulty))
    assert not proof.result.proved and proof.result.counterexample is not None
    assert not check_netlist(made.interface, faulty, x).passed


def test_what_the_bits_are_is_told() -> None:
    made = core(scores=True)
    interface = made.interface
    width = interface.score_width
    assert (interface.class_width, interface.n_scores) == (2, 3)
    assert interface.n_outputs == len(made.netlist.outputs) == 2 + 3 * width
    outputs = Ports.of(interface).outputs
    assert [(o.low, o.width, o.name) for o in outputs] == [
        (2 + c * width, width, f"score of class {c}") for c in range(3)
    ]
    said = "\n".join(made.header)
    assert f"the score of class c at y[2 + {width}*c +: {width}], two's complement" in said
    plain = Interface(interface.network, interface.formats)
    assert plain.core_id != interface.core_id
    with pytest.raises(ConfigError, match=r"answers no scores; .* --scores"):
        plain.score_numbers(plain.answers(plain.samples(X)))
    numbers = Sum(np.ones((1, 6), np.int32), np.zeros(1, np.int32))
    with pytest.raises(ConfigError, match="scores beside the class are for networks that answer"):
        make_core(replace(network(), head=numbers), CoreConfig(scores=True))


def test_a_board_answers_scores() -> None:
    interface = make_core(network(), CoreConfig(input_bits=8, scores=True, accept_rounding=True))
    made = interface.interface
    identity = read_info(info_words(Identity.of(made)))
    assert identity.has_scores and "class number and scores" in identity.describe()
    assert identity.interface(made.network).core_id == made.core_id
    with software_board(made) as board, Device(board.port, made.network) as device:
        y = made.answers(made.samples(X))
        assert np.array_equal(device.scores(X), made.score_numbers(y))
        assert np.array_equal(device.predict(X), made.predict(X))
        assert device.self_test()

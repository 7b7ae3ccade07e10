"""A core behind its shift register: proved for every series, simulated, faults found by both."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from needed import need_tool

from lutgen.bits import Bits
from lutgen.core import Core, CoreConfig, make_core
from lutgen.emit.series import series_verilog
from lutgen.encode.encoder import Encoder
from lutgen.encode.formats import FeatureFormat
from lutgen.encode.window import KINDS, Window, sliding
from lutgen.errors import ConfigError, MismatchError
from lutgen.flow.tools import find_icarus, find_yosys
from lutgen.jobs.prove import prove
from lutgen.jobs.simulate import simulate
from lutgen.model import LutNetwork
from lutgen.netlist.evaluate import evaluate
from lutgen.verify.encoder import built_encoder, formula
from lutgen.verify.prove import prove_encoder, require_proved
from lutgen.verify.series import check_series, prove_series, steps_of

S3, U2 = FeatureFormat(3, signed=True), FeatureFormat(2, scale=0.5)


def core_of(**options: object) -> Core:
    """Each number that a window of three steps makes is told apart from every other."""
    window = Window(3, KINDS, (S3, U2), ("a", "b"))
    pairs = [
        (number, value)
        for number, term in enumerate(window.terms)
        for low, high in [window.range_of(term)]
        for value in range(low + 1, high + 1)
    ]
    feature = np.array([number for number, _ in pairs], dtype=np.int32)
    threshold = np.array([value for _, value in pairs], dtype=np.float64)
    encoder = Encoder("threshold", 6, feature, threshold, window=window)
    n = encoder.n_bits
    luts = [((i, (i + 5) % n), 0b0110) for i in range(n)]
    network = LutNetwork.from_luts(n, luts, outputs=range(n, 2 * n), encoder=encoder)
    return make_core(network, CoreConfig(**options))


def samples_of(core: Core, n: int = 40) -> np.ndarray:
    rng = np.random.default_rng(1)
    series = np.stack([rng.integers(-4, 4, n), rng.integers(0, 4, n) / 2], axis=1)
    return sliding(series, 3, full=True)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"chip": "ice40", "pipeline": 2},
        {"pipeline": 4, "enable": True, "reset": "async-low", "port_names": "axi"},
    ],
)
def test_every_step_of_every_series_is_answered_as_the_model_does(
    options: dict, tmp_path: Path
) -> None:
    need_tool(find_yosys)
    core = core_of(**options)
    record = prove(core, folder=tmp_path)
    assert record.proved
    names = [proof.name for proof in record.proofs]
    latency = core.netlist.latency
    assert (latency > 0) == bool(options)
    assert f"model = Verilog, a step a cycle, {latency + 3} cycles" in names
    assert names[0] == "scale * code + offset >= threshold = encoder"


def test_the_simulator_streams_a_step_a_cycle(tmp_path: Path) -> None:
    need_tool(find_icarus)
    core = core_of(pipeline=3, enable=True, reset="high")
    X = samples_of(core)
    checks = simulate(core, X, folder=tmp_path, simulator="icarus").checks
    assert [check.passed for check in checks] == [True] * 3
    assert checks[-1].name == "RTL simulation, a step a cycle" and checks[-1].n_samples == len(X)


FAULTS = [
    ("held <= window[i + 5]", "held <= x[i % 5]"),  # a step is never two cycles old
    (
        ".x(window)",
        ".x({window[14:10], window[4:0], window[9:5]})",
    ),  # two steps are taken for one another
    ("core (.x(window)", "core (.x({window[14:1], window[1]})"),  # two bits are one
]


@pytest.mark.parametrize(("right", "wrong"), FAULTS)
def test_a_wrong_shift_register_is_refuted(right: str, wrong: str, tmp_path: Path) -> None:
    need_tool(find_yosys)
    core = core_of()
    text = series_verilog(core)
    assert right in text
    proof = prove_series(core, tmp_path, register=text.replace(right, wrong))
    assert proof.result.counterexample is not None
    with pytest.raises(MismatchError, match="a step a cycle, 3 cycles"):
        require_proved([proof])


def test_the_simulator_shows_what_refutes_a_shift_register(tmp_path: Path) -> None:
    need_tool(find_yosys), need_tool(find_icarus)
    core = core_of()
    faulty = series_verilog(core).replace(*FAULTS[1])
    found = prove_series(core, tmp_path, register=faulty).result.counterexample
    assert found is not None
    steps = Bits.from_dense(found.inputs.reshape(-1, 5)[::-1])
    shown = check_series(core, steps, tmp_path, register=faulty, simulator="icarus")
    assert not shown.passed and shown.difference is not None


def test_a_wrong_adder_is_refuted_where_any_code_shows_it() -> None:
    core = core_of()
    (first, *rest) = core.steps
    every = np.arange(1 << 15)[:, None] >> np.arange(15) & 1
    words = Bits.from_dense(every.astype(np.uint8)).words
    wanted = evaluate(formula(core), words)
    n_refuted = 0
    adders = [i for i, cell in enumerate(first.before.cells) if re.match(r"w\d|w_", cell.name)]
    assert len(adders) > 40
    for place in adders[::3]:
        cells = list(first.before.cells)
        cells[place] = cells[place].but(init=cells[place].init ^ 0b0010)
        faulty = replace(
            core, steps=(replace(first, before=replace(first.before, cells=tuple(cells))), *rest)
        )
        (proof,) = prove_encoder(faulty)
        is_right = np.array_equal(evaluate(built_encoder(faulty), words), wanted)
        assert proof.record.proved == is_right, cells[place].name
        n_refuted += not is_right
    assert n_refuted > 10


def test_samples_that_do_not_go_on_bring_all_their_steps() -> None:
    core = core_of()
    samples = core.interface.samples(samples_of(core, 8))
    assert samples.n_samples == 6
    assert steps_of(core, samples).n_samples == 8
    apart = samples.take(np.array([0, 1, 4]))
    assert steps_of(core, apart).n_samples == 3 + 1 + 3


def test_other_models_take_no_steps(tmp_path: Path) -> None:
    core = make_core(LutNetwork.from_luts(2, [((0, 1), 6)]))
    with pytest.raises(
        ConfigError, match=r"only a model of windows of a series \(boost --window\)"
    ):
        series_verilog(core)

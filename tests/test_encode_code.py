"""Encoders that give the bits of numbers: in NumPy, as wires in hardware, and in the proof."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lutgen.bits import Bits
from lutgen.core import Core, CoreConfig, Interface, make_core
from lutgen.core.ports import Ports
from lutgen.encode.encoder import Encoder
from lutgen.encode.formats import FeatureFormat
from lutgen.errors import ConfigError, MismatchError
from lutgen.infer.engine import Engine
from lutgen.model import LutNetwork
from lutgen.netlist.evaluate import evaluate
from lutgen.verify import encoder as verified
from lutgen.verify.prove import prove_encoder


def code_network(
    places: list[tuple[int, int]], seen: tuple[float, float] | None = None
) -> LutNetwork:
    """Return a network whose outputs are bits: (feature, exponent of what it counts)."""
    feature = np.array([feature for feature, _ in places], dtype=np.int32)
    weight = np.array([2.0**exponent for _, exponent in places])
    n_features = int(feature.max()) + 1
    encoder = Encoder("code", n_features, feature, weight)
    if seen:
        encoder = encoder.seeing(np.array(seen)[:, None] * np.ones(n_features))
    return LutNetwork.from_luts(
        len(places), [((0,), 0b10)], outputs=range(len(places)), encoder=encoder
    )


def core_of(network: LutNetwork, *formats: str, rounding: bool = False) -> Core:
    parsed = [FeatureFormat.parse(item) for item in formats]
    return make_core(network, CoreConfig(input_format=parsed, accept_rounding=rounding))


@given(st.lists(st.floats(-300, 300, width=32), min_size=1, max_size=20), st.integers(-12, 12))
def test_a_bit_is_that_of_the_number_in_two_s_complement(
    values: list[float], exponent: int
) -> None:
    bits = code_network([(0, exponent)]).predict(np.array(values, np.float32)[:, None])
    wanted = [Fraction(value) // Fraction(2) ** exponent % 2 for value in values]
    assert bits[:, 0].tolist() == wanted


@pytest.mark.parametrize("item", ["s5:scale=0.25", "u6:scale=0.125", "s12:scale=2^-6", "u1", "s1"])
def test_hardware_takes_wires_and_is_proved(item: str) -> None:
    network = code_network([(0, exponent) for exponent in range(-8, 8)])
    core = core_of(network, item, rounding=True)
    assert core.netlist.count("lut") == 0
    (proof,) = prove_encoder(core)
    assert proof.record.proved and proof.record.n_outputs == 16
    codes = np.arange(core.interface.formats[0].least, core.interface.formats[0].largest + 1)
    X = (codes * core.interface.formats[0].scale)[:, None]
    x = core.interface.samples(X)
    given_out = Bits(evaluate(core.netlist, x.words), len(X)).to_dense()
    np.testing.assert_array_equal(given_out, network.predict(X))
    np.testing.assert_array_equal(core.interface.predict(X), network.predict(X))


def test_a_wire_of_another_bit_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    own = FeatureFormat.place
    monkeypatch.setattr(FeatureFormat, "place", lambda item, weight: own(item, weight) ^ 1)
    core = core_of(code_network([(0, 0), (0, 1)]), "s4")
    (proof,) = prove_encoder(core)
    assert proof.result.counterexample is not None


def test_the_formula_knows_steps_that_have_no_such_bits() -> None:
    network = code_network([(0, 0)])
    core = core_of(network, "s4")
    wrong = Interface(network, (FeatureFormat(4, True, 3.0),))
    object.__setattr__(core, "interface", wrong)
    with pytest.raises(MismatchError, match="has no bit of 1"):
        verified.formula(core)


def test_auto_holds_steps_and_range() -> None:
    network = code_network([(0, -3), (0, 1), (1, 0)], (-2.0, 1.875))
    core = make_core(network, CoreConfig(input_format="auto"))
    assert list(map(str, core.interface.formats)) == ["s5:scale=0.125", "s2"]
    X = np.array([[-2.0, 1.0], [1.875, -1.5], [0.4, 0.0]])
    np.testing.assert_array_equal(core.interface.predict(X), network.predict(X))
    bits, answers = core.interface.changed([[1.0, 1.0], [5.0, 0.0]])
    assert bits.tolist() == answers.tolist() == [False, True]  # 5 stays at the end of its range
    with pytest.raises(ConfigError, match="does not say what range its numbers have"):
        make_core(code_network([(0, 0)]), CoreConfig(input_format="auto"))


@pytest.mark.parametrize(
    ("item", "fault"),
    [
        ("s4", r"bit of 0.125 is finer than its steps of 1; s5:scale=0.125 would do"),
        ("s4:scale=0.125", r"numbers from -2 to 1.875 lie outside its range, -1 to 0.875"),
        ("u5:scale=0.125", r"numbers from -2 to 1.875 lie outside its range, 0 to 3.875"),
        ("s5:scale=0.1", "the scale must be a power of two"),
        ("s5:scale=0.125:offset=1", "the scale must be a power of two, without offset"),
    ],
)
def test_formats_that_lose_bits_are_refused(item: str, fault: str) -> None:
    with pytest.raises(ConfigError, match=fault):
        core_of(code_network([(0, -3), (0, 1)], (-2.0, 1.875)), item)


def test_without_a_range_bits_must_be_there() -> None:
    network = code_network([(0, 2)])
    with pytest.raises(ConfigError, match=r"the bit of 4 lies beyond its 2 bit\(s\)"):
        core_of(network, "s2")
    assert core_of(network, "s3").interface.formats


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.uint8, np.int64])
def test_compiled_answers_are_the_model_s(kind: type) -> None:
    places = [(f, exponent) for f in range(3) for exponent in range(-3, 9)]
    network = code_network(places)
    rng = np.random.default_rng(1)
    X = rng.uniform(0 if kind is np.uint8 else -200, 250, (3001, 3)).astype(kind)
    np.testing.assert_array_equal(Engine(network).answers(X), network.answers(network.encode(X)))


def test_a_file_keeps_it_and_the_digest_tells_it(tmp_path: Path) -> None:
    network = code_network([(0, -1), (1, 2)], (-3.0, 4.0))
    network.save(tmp_path / "model.npz")
    again = LutNetwork.load(tmp_path / "model.npz")
    assert again.digest == network.digest
    assert again.encoder.kind == "code" and again.encoder.seen is not None
    assert (again.encoder.seen.low == -3).all()
    compares = Encoder("threshold", 2, network.encoder.feature, network.encoder.threshold)
    other = LutNetwork.from_luts(2, [((0,), 0b10)], outputs=[0, 1], encoder=compares)
    assert other.digest != network.digest


def test_what_bits_mean_is_said() -> None:
    network = code_network([(0, -1), (1, 2)])
    assert network.encoder.get_feature_names_out().tolist() == ["x0 bit of 0.5", "x1 bit of 4"]
    (line,) = Ports.of(Interface(network)).header()
    assert "x[0] = feature 0 bit of 0.5" in line
    with pytest.raises(ConfigError, match="must be a power of two"):
        Encoder("code", 1, np.zeros(1, np.int32), np.array([0.75]))


@settings(max_examples=30)
@given(st.integers(1, 10), st.booleans(), st.integers(-4, 4), st.integers(-9, 9))
def test_every_place_is_proved(width: int, signed: bool, step: int, exponent: int) -> None:
    item = FeatureFormat(width, signed, 2.0**step)
    network = code_network([(0, exponent)])
    core = make_core(network, CoreConfig(input_format=(item,), accept_rounding=True))
    (proof,) = prove_encoder(core)
    assert proof.record.proved

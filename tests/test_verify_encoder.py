from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lutgen.bits import Bits
from lutgen.core import Core, CoreConfig, make_core
from lutgen.encode.encoder import Encoder
from lutgen.encode.formats import FeatureFormat
from lutgen.model import LutNetwork
from lutgen.netlist.evaluate import evaluate
from lutgen.verify.encoder import built_encoder, first_code, formula
from lutgen.verify.prove import prove_encoder, prove_steps


def core_of(formats: tuple[FeatureFormat, ...], per_feature: int = 5) -> Core:
    """Every bit of the encoder reaches an output; thresholds lie in and beyond the ranges."""
    rng = np.random.default_rng(0)
    feature = np.repeat(np.arange(len(formats), dtype=np.int32), per_feature)
    codes = [rng.integers(f.least - 1, f.largest + 2, size=per_feature) for f in formats]
    threshold = np.concatenate(
        [[float(f.value(int(code))) for code in own] for f, own in zip(formats, codes, strict=True)]
    )
    threshold += rng.choice([0, 0.01], size=threshold.size)
    encoder = Encoder("threshold", len(formats), feature, threshold)
    bits = encoder.n_bits
    luts = [((bit,), 0b10) for bit in range(bits)]
    network = LutNetwork.from_luts(bits, luts, outputs=range(bits, 2 * bits), encoder=encoder)
    return make_core(network, CoreConfig(input_format=formats, accept_rounding=True))


FORMATS = tuple(map(FeatureFormat.parse, (
    "u3", "s6:scale=0.25:offset=-3", "q4.8", "u1", "s1", "u12:scale=0.1", "u24", "s20:scale=2^-10",
    "s8:missing=-128",
)))  # fmt: skip


def test_the_encoder_is_the_formula() -> None:
    (proof,) = prove_encoder(core_of(FORMATS))
    assert proof.record.proved and proof.record.n_outputs == 45
    bits = LutNetwork.from_luts(2, [((0, 1), 6)])
    assert not list(prove_encoder(make_core(bits)))


@given(st.integers(1, 9), st.booleans(), st.floats(-40, 40), st.sampled_from([0.25, 0.1, 3.0]))
@settings(max_examples=80)
def test_the_formula_is_evaluated_of_every_code(
    width: int, signed: bool, threshold: float, scale: float
) -> None:
    item = FeatureFormat(width, signed, scale, -1.5)
    codes = np.arange(item.least, item.largest + 1)
    passes = [
        Fraction(scale) * code - Fraction(1.5) >= Fraction(threshold) for code in codes.tolist()
    ]
    assert sum(passes) == item.largest + 1 - first_code(item, threshold)
    encoder = Encoder("threshold", 1, np.zeros(1, dtype=np.int32), np.array([threshold]))
    network = LutNetwork.from_luts(1, [((0,), 2)], encoder=encoder)
    core = make_core(network, CoreConfig(input_format=item, accept_rounding=True))
    x = Bits.from_dense((codes[:, None] >> np.arange(width) & 1).astype(np.uint8))
    for netlist in (formula(core), built_encoder(core)):
        assert Bits(evaluate(netlist, x.words), x.n_samples).to_dense()[:, 0].tolist() == passes


@pytest.mark.parametrize("step", [-1, 1])
def test_a_threshold_off_by_one_code_is_found(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    right = FeatureFormat.threshold_code

    def threshold_code(self: FeatureFormat, threshold: float) -> int:
        return right(self, threshold) + (step if self.width == 12 and self.signed else 0)

    monkeypatch.setattr(FeatureFormat, "threshold_code", threshold_code)
    core = core_of(FORMATS)
    assert all(proof.record.proved for proof in prove_steps(core))  # they agree with each other
    (proof,) = prove_encoder(core)
    assert not proof.record.proved and proof.record.counterexample
    assert "NOT EQUAL" in str(proof)

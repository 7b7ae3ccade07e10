"""Missing values in hardware: the reserved code, what comparators make of it, and that it is so."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lutgen.core.lower as lowering
from lutgen.bits import Bits
from lutgen.core import Core, CoreConfig, Interface, make_core
from lutgen.core.inputs import losses
from lutgen.encode.encoder import BIT, Encoder, fit_encoder
from lutgen.encode.formats import FeatureFormat
from lutgen.errors import ConfigError, DataError
from lutgen.model import LutNetwork
from lutgen.netlist.evaluate import evaluate
from lutgen.netlist.ir import NetlistBuilder
from lutgen.verify.encoder import built_encoder, formula
from lutgen.verify.prove import prove_encoder, prove_steps

NAN = np.nan


def network_with(encoder: Encoder, names: Sequence[str] = ()) -> LutNetwork:
    """Every bit of the encoder reaches an output."""
    bits = encoder.n_bits
    luts = [((bit,), 0b10) for bit in range(bits)]
    outputs = range(bits, 2 * bits)
    return LutNetwork.from_luts(
        bits, luts, outputs=outputs, encoder=encoder, feature_names=names
    )  # fmt: skip


def core_of(formats: Sequence[FeatureFormat], chip: str = "generic", seed: int = 0) -> Core:
    """Thresholds in, at the ends of and beyond each range, infinity, with either answer to NaN."""
    rng = np.random.default_rng(seed)
    feature, threshold = [], []
    for number, item in enumerate(formats):
        codes = [item.least - 1, item.least, item.least + 1, item.largest, item.largest + 1]
        codes += rng.integers(item.least, item.largest + 1, size=3).tolist()
        values = [*(float(item.value(code)) for code in codes), math.inf]
        feature += [number] * 2 * len(values)
        threshold += values * 2
    missing = np.array(([False] * 9 + [True] * 9) * len(formats))
    encoder = Encoder(
        "threshold", len(formats), np.array(feature, np.int32), np.array(threshold), None, missing
    )
    config = CoreConfig(chip=chip, input_format=tuple(formats), accept_rounding=True)
    return make_core(network_with(encoder), config)


NARROW = tuple(
    map(FeatureFormat.parse, ("u2:missing=3", "s3:scale=0.25:missing=-4", "u4:offset=-3:missing=0",
                              "s8:missing=127"))
)  # fmt: skip
WIDE = tuple(
    map(FeatureFormat.parse, ("u9:missing=511", "s12:scale=3:missing=-2048", "u13:missing=0",
                              "s24:scale=2^-9:missing=8388607"))
)  # fmt: skip


def test_the_encoder_is_the_formula_at_the_reserved_code_too() -> None:
    core = core_of(NARROW + WIDE)
    (proof,) = prove_encoder(core)
    assert proof.record.proved and proof.record.n_outputs == 8 * 18


@pytest.mark.parametrize("item", [*NARROW, *WIDE[:3]], ids=str)
def test_hardware_model_and_formula_say_the_same_of_every_code(item: FeatureFormat) -> None:
    core = core_of([item])
    assert item.missing is not None
    codes = np.arange(item.least, item.largest + 1)
    values = np.array([float(item.value(code)) for code in codes.tolist()])
    values[codes == item.missing] = NAN
    model = core.network.encoder.encode(values[:, None]).to_dense()
    x = Bits.from_dense((codes[:, None] >> np.arange(item.width) & 1).astype(np.uint8))
    assert np.array_equal(core.interface.samples(values[:, None]).words, x.words)
    for words in (
        core.interface.encoded(x).words,
        evaluate(formula(core), x.words),
        evaluate(built_encoder(core), x.words),
        evaluate(core.netlist, x.words),
    ):
        assert np.array_equal(Bits(words, x.n_samples).to_dense(), model)


def test_a_comparator_that_forgets_missing_values_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right, equal = FeatureFormat.comparator, lowering._add_equal
    for narrow in (True, False):
        with monkeypatch.context() as planted:
            if narrow:
                planted.setattr(
                    FeatureFormat, "comparator", lambda self, t, missing=None: right(self, t)
                )
            else:

                def off_by_one(
                    builder: NetlistBuilder, name: str, nets: Sequence[int], code: int
                ) -> int:
                    return equal(builder, name, nets, code ^ 1)

                planted.setattr(lowering, "_add_equal", off_by_one)
            core = core_of(NARROW if narrow else WIDE)
            assert all(proof.record.proved for proof in prove_steps(core))
            (proof,) = prove_encoder(core)
            assert not proof.record.proved and proof.record.counterexample


def table(seed: int, share: float = 0.2) -> np.ndarray:
    rng = np.random.default_rng(seed)
    X = rng.integers(-30, 200, size=(50, 3)) / rng.choice([1, 4, 10], size=3)
    X[:, 1] = np.abs(X[:, 1])
    X[:, 1:][rng.random((50, 2)) < share] = NAN
    X[0] = NAN
    X[0, 0] = 3
    return X


@given(st.integers(0, 1 << 30), st.sampled_from(["quantile", "uniform"]))
@settings(max_examples=40)
def test_auto_reserves_a_code_and_loses_nothing(seed: int, strategy: str) -> None:
    X = table(seed)
    network = network_with(fit_encoder(f"thermometer:3:{strategy}", X, missing=BIT))
    interface = Interface.taking(network, "auto")
    assert [item.missing is not None for item in interface.formats] == [False, True, True]
    assert not list(losses(network, interface.formats))
    bits, answers = interface.changed(X)
    assert not bits.any() and not answers.any()
    assert np.array_equal(interface.predict(X), network.predict(X))
    codes = interface.codes(X)
    for feature, item in enumerate(interface.formats):
        assert np.array_equal(codes[:, feature] == item.missing, np.isnan(X[:, feature]))


def test_the_cheaper_end_is_reserved() -> None:
    def chosen(values: list[float], spec: str, *, missing: bool) -> str:
        X = np.array([*values, NAN])[:, None]
        encoder = fit_encoder(spec, X, missing=BIT)
        assert encoder.missing is not None
        other = Encoder(
            encoder.kind, 1, encoder.feature, encoder.threshold, encoder.seen,
            encoder.missing | missing,
        )  # fmt: skip
        return str(Interface.taking(network_with(other), "auto").formats[0])

    assert chosen([0, 1, 2, 6], "thermometer:8", missing=False) == "u3:missing=7"
    assert chosen([0, 1, 2, 7], "thermometer:8", missing=False) == "s4:missing=-8"
    assert chosen([0, 1, 2, 7], "thermometer:8", missing=True) == "u4:missing=15"
    assert chosen([-7, 1, 2, 6], "thermometer:8", missing=False) == "s4:missing=-8"
    assert chosen([-8, 1, 2, 6], "thermometer:8", missing=False) == "s4:missing=7"


def test_formats_without_a_code_are_refused_with_the_one_that_would_do() -> None:
    X = np.abs(np.rint(table(0)))
    network = network_with(fit_encoder("thresholds:4,8", X, missing=BIT), ("a", "b", "c"))
    message = (
        r"input format u8, feature 1 \(b\): the model takes missing values here, and the format "
        r"has no code for them \(and 1 more features\); u8:missing=255 would do"
    )
    for accept in (False, True):
        with pytest.raises(ConfigError, match=message):
            Interface.taking(network, "u8", accept_rounding=accept)
    with pytest.raises(ConfigError, match=r"u3:missing=7: .*|threshold 8 lies outside"):
        Interface.taking(network, "u3:missing=7")
    with pytest.raises(ConfigError, match=r"\(c\).*; s9:missing=-256 would do for feature 2"):
        Interface.taking(network, ["u8", "u8:missing=255", "s9"])
    mixed = Interface.taking(network, {"a": "u8", "*": "u8:missing=255"})
    assert mixed.codes([[1, NAN, NAN]]).tolist() == [[1, 255, 255]]
    with pytest.raises(DataError, match=r"column 0 \(a\) of the samples is NaN, but no training"):
        mixed.codes([[NAN, 1, 1]])


def test_a_feature_that_nobody_reads_may_be_missing_without_a_code() -> None:
    encoder = fit_encoder("thresholds:4,8", np.abs(np.rint(table(0))), missing=BIT)
    network = LutNetwork.from_luts(encoder.n_bits, [((0, 2), 6)], encoder=encoder)
    interface = Interface.taking(network, "u8:missing=255")
    plain = Interface.taking(network, ["u8", "u8:missing=255", "u8"])
    assert Interface.taking(network, "auto").formats[2].missing is None
    X = [[9, NAN, NAN]]
    assert np.array_equal(plain.predict(X), interface.predict(X))
    assert plain.core_id != interface.core_id


def test_the_headers_say_the_reserved_code() -> None:
    X = np.abs(np.rint(table(0)))
    network = network_with(fit_encoder("thermometer:2", X, missing=BIT), ("a", "b", "c"))
    text = "\n".join(make_core(network, CoreConfig(input_format="auto")).header)
    assert "missing=" in text
    same = make_core(network, CoreConfig(input_format="u8:missing=255"))
    assert "missing values 255" in "\n".join(same.header)

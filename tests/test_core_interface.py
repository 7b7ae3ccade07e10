from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import random_network, voting_network

from lutgen.bits import Bits
from lutgen.core import CoreConfig, Interface, make_core
from lutgen.core.lower import lower, lower_encoder
from lutgen.emit.verilog import core_verilog
from lutgen.encode.encoder import Encoder, fit_encoder
from lutgen.encode.formats import FeatureFormat
from lutgen.errors import ConfigError, DataError
from lutgen.model import ONE, ZERO, Argmax, LutNetwork, Sum
from lutgen.netlist.evaluate import evaluate
from lutgen.netlist.ir import ENCODER
from lutgen.verify.compare import check_netlist


def pixels(rng: np.random.Generator, n: int = 90) -> np.ndarray:
    return rng.integers(0, 256, size=(n, 5))


def pixel_network(rng: np.random.Generator, n_classes: int = 4) -> LutNetwork:
    encoder = fit_encoder("thermometer:3:quantile", pixels(rng))
    return voting_network(rng, encoder.n_bits, [7, 6], 4, n_classes, encoder=encoder)


@pytest.mark.parametrize("target", ["generic", "ice40", "ecp5", "xilinx7"])
@pytest.mark.parametrize("input_bits", [0, 8])
@pytest.mark.parametrize("one_hot", [False, True])
@pytest.mark.parametrize("pipeline", [0, 1])
def test_the_core_answers_as_the_model(
    target: str, input_bits: int, one_hot: bool, pipeline: int
) -> None:
    rng = np.random.default_rng(3)
    network = pixel_network(rng)
    X = pixels(rng)
    core = make_core(
        network, CoreConfig(chip=target, input_bits=input_bits, one_hot=one_hot, pipeline=pipeline)
    )
    x = core.interface.samples(X)
    assert x.n_signals == core.netlist.n_inputs == core.interface.n_inputs
    check = check_netlist(core.interface, core.netlist, x)
    assert check.passed and check.n_samples == len(X)
    y = evaluate(core.netlist, x.words)
    bits = np.array([[int(row[n // 64]) >> n % 64 & 1 for row in y] for n in range(len(X))])
    numbers = bits.argmax(axis=1) if one_hot else (bits << np.arange(bits.shape[1])).sum(axis=1)
    assert np.array_equal(network.classes[numbers], network.predict(X))
    if one_hot:
        assert (bits.sum(axis=1) == 1).all()


@given(st.integers(0, 1 << 30), st.integers(2, 9), st.booleans())
def test_heads_of_any_weights_equal_the_model(seed: int, n_classes: int, one_hot: bool) -> None:
    rng = np.random.default_rng(seed)
    network = voting_network(rng, 6, [5, 8], 3, n_classes, weights=(-2, -1, 0, 0, 1, 1, 3))
    core = make_core(network, CoreConfig(chip="ice40", one_hot=one_hot))
    dense = np.arange(64)[:, None] >> np.arange(6) & 1
    x = core.interface.samples(dense)
    assert check_netlist(core.interface, core.netlist, x).passed


def test_samples_and_what_the_encoder_makes_of_them_belong_together() -> None:
    rng = np.random.default_rng(0)
    network, X = pixel_network(rng), pixels(rng)
    for bits, one_hot in ((0, False), (8, False), (9, True)):
        interface = Interface.of(network, CoreConfig(input_bits=bits, one_hot=one_hot))
        encoded = interface.encoded(interface.samples(X))
        assert np.array_equal(encoded.words, network.encoder.encode(X).words)
    codes = Interface.of(network, CoreConfig(input_bits=8)).samples(X).to_dense()[:, 8:16]
    assert np.array_equal(codes @ (1 << np.arange(8)), X[:, 1])


FORMATS = (
    FeatureFormat(6, signed=True),
    FeatureFormat(7, signed=True, scale=0.5),
    FeatureFormat(5, scale=0.25, offset=-3.0),
    FeatureFormat(4),
    FeatureFormat(8, signed=True, scale=2.0, offset=1.0),
)


def test_every_feature_has_a_format_of_its_own() -> None:
    rng = np.random.default_rng(2)
    codes = np.stack([rng.integers(f.least, f.largest + 1, 90) for f in FORMATS], axis=1)
    X = codes * np.array([f.scale for f in FORMATS]) + np.array([f.offset for f in FORMATS])
    encoder = fit_encoder("thermometer:5:uniform", X)
    network = voting_network(rng, encoder.n_bits, [7, 6], 4, 3, encoder=encoder)
    interface = Interface(network, FORMATS)
    x = interface.samples(X)
    assert x.n_signals == interface.n_inputs == 30
    assert np.array_equal(interface.encoded(x).words, network.encoder.encode(X).words)
    netlist = lower(network, FORMATS)
    outputs = network.output_bits(network.encoder.encode(X))
    assert np.array_equal(Bits(evaluate(netlist, x.words), 90).to_dense(), outputs.to_dense())
    with pytest.raises(ConfigError, match="2 formats for 5 features"):
        Interface(network, FORMATS[:2])
    with pytest.raises(ConfigError, match="2 formats for 5 features"):
        lower(network, FORMATS[:2])


def sum_network(rng: np.random.Generator) -> LutNetwork:
    network = voting_network(rng, 6, [5, 8], 3, 3, weights=(-7, -2, 0, 1, 3, 12))
    assert isinstance(network.head, Argmax)
    return replace(network, head=Sum(network.head.weights, network.head.bias, scale=0.5))


EVERY = np.arange(64)[:, None] >> np.arange(6) & 1


@given(st.integers(0, 1 << 30), st.sampled_from(["generic", "ice40", "xilinx7"]))
@settings(max_examples=25)
def test_scores_come_out_as_numbers(seed: int, chip: str) -> None:
    network = sum_network(np.random.default_rng(seed))
    core = make_core(network, CoreConfig(chip=chip))
    x = core.interface.samples(EVERY)
    assert check_netlist(core.interface, core.netlist, x).passed
    y = Bits(evaluate(core.netlist, x.words), 64)
    numbers = core.interface.numbers(y)
    assert np.array_equal(numbers, network.scores(x))
    assert np.array_equal(core.interface.meant(numbers), network.predict(EVERY))
    assert len(core.netlist.outputs) == 3 * core.interface.score_width


def test_bits_come_out_as_they_are() -> None:
    network = LutNetwork.from_luts(
        6, [(range(6), 0x8000_0000_0000_0001), ((0, 6), 6)], outputs=(7, 2, ZERO, ONE, 6, 7)
    )
    for chip in ("generic", "ice40", "ecp5"):
        core = make_core(network, CoreConfig(chip=chip, pipeline=1))
        x = core.interface.samples(EVERY)
        assert check_netlist(core.interface, core.netlist, x).passed
        y = Bits(evaluate(core.netlist, x.words), 64)
        assert np.array_equal(core.interface.meant(core.interface.numbers(y)),
                              network.predict(EVERY))  # fmt: skip
    with pytest.raises(ConfigError, match="one bit a class is for networks that answer classes"):
        make_core(network, CoreConfig(one_hot=True))


@pytest.mark.parametrize(("one_hot", "answer"), [(False, "class number"), (True, "one bit a")])
def test_answers_are_read_back(one_hot: bool, answer: str) -> None:
    network = pixel_network(np.random.default_rng(0))
    interface = Interface(network, one_hot=one_hot)
    assert interface.answer.startswith(answer)
    bits = network.encoder.encode(pixels(np.random.default_rng(1)))
    numbers = interface.numbers(interface.answers(bits))
    assert np.array_equal(interface.meant(numbers), network.answers(bits))
    with pytest.raises(DataError, match="class number 9 was answered, the model has 4 classes"):
        interface.meant(np.array([9]))


def test_answers_go_over_a_line_as_whole_numbers() -> None:
    interface = Interface(sum_network(np.random.default_rng(0)))
    y = interface.answers(interface.samples(EVERY))
    values = interface.values(y)
    assert values.tolist() == [int("".join(map(str, row[::-1])), 2) for row in y.to_dense()]
    again = interface.of_values(values)
    assert np.array_equal(again.words, y.words)
    assert (interface.numbers(again) < 0).any()
    assert interface.numbers(interface.of_values([])).shape == (0, 3)
    assert interface.answers(interface.samples(EVERY[:0])).n_samples == 0
    for value in (-1, 1 << interface.n_outputs):
        with pytest.raises(DataError, match=f"{value} was answered, which is no answer of"):
            interface.of_values([0, value])


def test_hardware_of_other_ports_has_another_identity() -> None:
    network = pixel_network(np.random.default_rng(0))
    formats = (FeatureFormat(8),) * 5
    ids = {
        Interface(network).core_id,
        Interface(network, one_hot=True).core_id,
        Interface(network, formats).core_id,
        Interface(network, (*formats[1:], FeatureFormat(8, scale=0.5))).core_id,
        Interface(sum_network(np.random.default_rng(0))).core_id,
    }
    assert len(ids) == 5 and network.digest not in ids
    named = replace(network, feature_names=tuple("abcde"))
    assert Interface(named).core_id == Interface(network).core_id


def test_unused_comparators_vanish() -> None:
    rng = np.random.default_rng(1)
    encoder = fit_encoder("thermometer:30:uniform", pixels(rng))
    network = random_network(rng, encoder.n_bits, [3, 1], 4, encoder=encoder)
    core = make_core(network, CoreConfig(chip="xilinx7", input_bits=8))
    encoder_cells = [cell for cell in core.logic.cells if cell.part == ENCODER]
    assert 0 < len(encoder_cells) <= 12 < encoder.n_bits
    assert all(cell.name.startswith("e") for cell in encoder_cells)


@pytest.mark.parametrize(("value", "code"), [(256, 255), (-1, 0), (0.5, 0), (254.9, 254)])
def test_codes_saturate_and_are_floors(value: float, code: int) -> None:
    rng = np.random.default_rng(0)
    network, X = pixel_network(rng), pixels(rng).astype(float)
    X[2, 3] = value
    interface = Interface.of(network, CoreConfig(input_bits=8))
    assert interface.codes(X)[2, 3] == code
    assert (interface.codes(X) != X).sum() == 1
    bits, answers = interface.changed(X)
    assert not bits.any() and not answers.any()  # the thresholds are whole numbers of the range


def test_features_that_the_core_cannot_take_are_refused() -> None:
    rng = np.random.default_rng(0)
    network, X = pixel_network(rng), pixels(rng).astype(float)
    with pytest.raises(DataError, match="the samples have 4 columns, the core takes 5 features"):
        Interface.of(network, CoreConfig(input_bits=8)).samples(X[:, :4])
    X[2, 3] = np.nan
    with pytest.raises(DataError, match="row 2, column 3 of the samples is nan"):
        Interface.of(network, CoreConfig(input_bits=8)).samples(X)
    interface = Interface.taking(network, {3: "s9:missing=-256", "*": "u8"})
    assert interface.codes(X)[2, 3] == -256
    assert not any(part[2] for part in interface.changed(X))
    X[2, 0] = np.nan
    with pytest.raises(DataError, match=r"feature 0: NaN has no code in the format u8"):
        interface.samples(X)


def test_input_bits_out_of_range_are_refused() -> None:
    network = pixel_network(np.random.default_rng(0))
    for input_bits in (-1, 25):
        with pytest.raises(ConfigError, match=r"input bits must be 0 .* or 1 to 24"):
            make_core(network, CoreConfig(input_bits=input_bits))
    with pytest.raises(ConfigError, match="input bits 8 and an input format were both asked for"):
        CoreConfig(input_bits=8, input_format="u8")
    with pytest.raises(ConfigError, match="input format 'x8': 'x8' says no width"):
        CoreConfig(input_format="x8")


def test_the_header_says_what_goes_in_and_comes_out() -> None:
    network = pixel_network(np.random.default_rng(0))
    text = core_verilog(make_core(network, CoreConfig(input_bits=8, one_hot=True)))
    assert "// input    x[39:0]: 5 features of 8 bit(s), unsigned, feature f at x[8*f +: 8]" in text
    assert "// answer   y[3:0]: y[c] is one for class c alone" in text
    text = core_verilog(make_core(network))
    assert "// answer   y[1:0]: class number in binary, y[0] the lowest bit" in text


@given(st.integers(1, 13), st.booleans(), st.lists(st.floats(-9000, 9000), min_size=1, max_size=9))
@settings(max_examples=60)
def test_comparators_are_exact_for_every_code(
    width: int, signed: bool, thresholds: list[float]
) -> None:
    item = FeatureFormat(width, signed, 0.75, 3.5)
    feature = np.zeros(len(thresholds), dtype=np.int32)
    encoder = Encoder("threshold", 1, feature, np.array(thresholds))
    network = random_network(np.random.default_rng(0), len(thresholds), [1], 1, encoder=encoder)
    netlist = lower_encoder(network, (item,))
    codes = np.arange(item.least, item.largest + 1)
    x = Bits.from_dense((codes[:, None] >> np.arange(width) & 1).astype(np.uint8))
    seen = Bits(evaluate(netlist, x.words), x.n_samples).to_dense()
    for bit, threshold in enumerate(thresholds):
        passes = [0.75 * code + 3.5 >= threshold for code in codes.tolist()]  # exact: few bits
        assert seen[:, bit].tolist() == passes
    assert len({cell.name for cell in netlist.cells}) == len(netlist.cells)


@pytest.mark.parametrize("spec", ["u24", "s24:scale=2^-10", "s17:scale=0.1:offset=-5"])
def test_wide_comparators_are_exact_around_their_thresholds(spec: str) -> None:
    item, rng = FeatureFormat.parse(spec), np.random.default_rng(1)
    codes = rng.integers(item.least, item.largest + 1, size=12)
    thresholds = np.array([float(item.value(code)) for code in codes.tolist()])
    encoder = Encoder("threshold", 1, np.zeros(12, dtype=np.int32), thresholds)
    network = random_network(rng, 12, [2], 3, encoder=encoder)
    netlist = lower_encoder(network, (item,))
    near = (codes[:, None] + [-1, 0, 1]).reshape(-1)
    near = np.concatenate([near, rng.integers(item.least, item.largest + 1, size=500)])
    near = np.clip([*near, item.least, item.largest, 0, -1], item.least, item.largest)
    x = Bits.from_dense((near[:, None] >> np.arange(item.width) & 1).astype(np.uint8))
    seen = Bits(evaluate(netlist, x.words), x.n_samples).to_dense()
    for bit, threshold in enumerate(thresholds):
        assert seen[:, bit].tolist() == [
            item.value(c) >= Fraction(threshold) for c in near.tolist()
        ]
    assert max(len(cell.inputs) for cell in netlist.cells) <= 6


def test_the_header_says_the_formats() -> None:
    network = pixel_network(np.random.default_rng(0))
    named = replace(network, feature_names=tuple("abcde"))
    config = CoreConfig(input_format={"*": "u8", "b": "s10:scale=0.5"}, one_hot=True)
    text = core_verilog(make_core(named, config))
    assert "// input    x[41:0]: 5 features, each a number of its own format, the first" in text
    assert "//   feature 0 (a): x[0 +: 8] u8" in text
    assert "//   feature 1 (b): x[8 +: 10] s10:scale=0.5" in text
    assert "//   feature 4 (e): x[34 +: 8] u8" in text
    text = core_verilog(make_core(network, CoreConfig(input_format="q9.1")))
    assert (
        "// input    x[49:0]: 5 features of 10 bit(s), two's complement, value = 0.5 * code, "
        "feature f at x[10*f +: 10]" in text
    )


def test_formats_that_need_not_lose_are_of_one_identity_with_input_bits() -> None:
    network = pixel_network(np.random.default_rng(0))
    ids = {
        Interface.of(network, config).core_id
        for config in (CoreConfig(input_bits=8), CoreConfig(input_format="u8"))
    }
    ids.add(Interface.taking(network, [FeatureFormat(8, scale=1)] * 5).core_id)
    assert len(ids) == 1
    assert Interface.taking(network, "u8:missing=255", accept_rounding=True).core_id not in ids


def test_many_samples_are_taken_apart_some_at_a_time() -> None:
    rng = np.random.default_rng(0)
    network = pixel_network(rng)
    X = pixels(rng, 4096 + 77) + 0.25
    interface = Interface.taking(network, ["u8", "s9", "u8:scale=3", "u24", "u9"],
                                 accept_rounding=True)  # fmt: skip
    encoded = interface.encoded(interface.samples(X)).to_dense()
    bits, answers = interface.changed(X)
    assert np.array_equal(bits, (encoded != network.encoder.encode(X).to_dense()).any(axis=1))
    assert np.array_equal(answers, interface.predict(X) != network.predict(X))
    assert bits[4096:].any() and bits[:4096].any() and not bits.all()
    for n in (0, 64, 4096):
        assert interface.encoded(interface.samples(X[:n])).n_samples == n
        assert interface.changed(X[:n])[0].sum() == bits[:n].sum()

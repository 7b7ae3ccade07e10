import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import random_network, voting_network

from lutgen.core.build import build_core
from lutgen.core.interface import Ports
from lutgen.encode.encoder import fit_encoder
from lutgen.errors import ConfigError, DataError
from lutgen.model.network import LutNetwork
from lutgen.netlist.evaluate import evaluate
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
    core = build_core(
        network, target=target, input_bits=input_bits, one_hot=one_hot, pipeline=pipeline
    )
    x = core.ports.samples(network, X)
    assert x.n_signals == core.netlist.n_inputs == core.ports.n_inputs(network)
    check = check_netlist(network, core.netlist, x, ports=core.ports)
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
    core = build_core(network, target="ice40", one_hot=one_hot)
    dense = np.arange(64)[:, None] >> np.arange(6) & 1
    x = core.ports.samples(network, dense)
    assert check_netlist(network, core.netlist, x, ports=core.ports).passed


def test_samples_and_what_the_encoder_makes_of_them_belong_together() -> None:
    rng = np.random.default_rng(0)
    network, X = pixel_network(rng), pixels(rng)
    for ports in (Ports(), Ports(8), Ports(9, one_hot=True)):
        encoded = ports.encoded(network, ports.samples(network, X))
        assert np.array_equal(encoded.words, network.encoder.encode(X).words)
    assert np.array_equal(
        Ports(8).samples(network, X).to_dense()[:, 8:16] @ (1 << np.arange(8)), X[:, 1]
    )


def test_unused_comparators_vanish() -> None:
    rng = np.random.default_rng(1)
    encoder = fit_encoder("thermometer:30:uniform", pixels(rng))
    network = random_network(rng, encoder.n_bits, [3, 1], 4, encoder=encoder)
    core = build_core(network, target="xilinx7", input_bits=8)
    encoder_cells = [cell for cell in core.function.cells if cell.layer == 0]
    assert 0 < len(encoder_cells) <= 12 < encoder.n_bits
    assert all(cell.name.startswith("e") for cell in encoder_cells)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (256, "row 2, column 3 of the samples is 256"),
        (-1, "row 2, column 3 of the samples is -1"),
        (0.5, "row 2, column 3 of the samples is 0.5, which is no unsigned number of 8 bits"),
    ],
)
def test_features_that_the_core_cannot_take_are_refused(value: float, message: str) -> None:
    rng = np.random.default_rng(0)
    network, X = pixel_network(rng), pixels(rng).astype(float)
    X[2, 3] = value
    with pytest.raises(DataError, match=message):
        Ports(8).samples(network, X)


def test_input_bits_out_of_range_are_refused() -> None:
    network = pixel_network(np.random.default_rng(0))
    for input_bits in (-1, 17):
        with pytest.raises(ConfigError, match=r"input bits must be 0 .* or 1 to 16"):
            build_core(network, input_bits=input_bits)


def test_the_header_says_what_goes_in_and_comes_out() -> None:
    network = pixel_network(np.random.default_rng(0))
    text = build_core(network, input_bits=8, one_hot=True).verilog
    assert "// input    x[39:0]: 5 features of 8 bit(s), unsigned, feature f at x[8*f +: 8]" in text
    assert "// answer   y[3:0]: y[c] is one for class c alone" in text
    text = build_core(network).verilog
    assert "// answer   y[1:0]: class number in binary, y[0] the lowest bit" in text

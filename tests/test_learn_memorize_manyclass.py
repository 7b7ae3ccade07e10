"""Memorization for many classes: codes, and networks side by side."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from lutgen.encode.encoder import fit_encoder
from lutgen.errors import ConfigError, DataError
from lutgen.learn.memorize import Parameters, memorize
from lutgen.learn.memorize.manyclass import code_matrix, memorize_classes, put_side_by_side

X, Y = load_digits(return_X_y=True)
ENCODER = fit_encoder("threshold:8", X)
BITS = ENCODER.encode(X)
PARAMETERS = Parameters(k=6, widths=(128, 128), seed=3)


def test_networks_side_by_side_say_what_each_says_alone() -> None:
    networks = [
        memorize(
            BITS, Y % (2 + i) == 0, Parameters(k=5, widths=(40, 20 + i), seed=i),
            encoder=ENCODER, classes=np.array([0, 1]),
        )
        for i in range(3)
    ]  # fmt: skip
    weights = np.array([[1, -1, 2], [0, 1, -3]], dtype=np.int32)
    merged = put_side_by_side(networks, weights, np.array(["a", "b"]))
    alone = np.stack([network.class_numbers(BITS) for network in networks])
    np.testing.assert_array_equal(merged.output_bits(BITS).to_dense().T, alone)
    agree = np.where(weights[:, :, None] < 0, 1 - alone, alone)
    np.testing.assert_array_equal(
        merged.scores(BITS), (np.abs(weights)[:, :, None] * agree).sum(axis=1).T
    )


@pytest.mark.parametrize(("code", "n_networks"), [("one-vs-rest", 10), ("code:31", 31)])
def test_learns_digits(code: str, n_networks: int) -> None:
    train, test = np.arange(0, 1797, 2), np.arange(1, 1797, 2)
    network = memorize_classes(
        ENCODER.encode(X[train]), Y[train], PARAMETERS, encoder=ENCODER,
        classes=np.arange(10), code=code,
    )  # fmt: skip
    assert network.outputs.size == n_networks
    found = network.class_numbers(ENCODER.encode(X[test]))
    assert (found == Y[test]).mean() > {"one-vs-rest": 0.5, "code:31": 0.8}[code]
    own = network.class_numbers(ENCODER.encode(X[train]))
    assert network.provenance.train_accuracy == pytest.approx((own == Y[train]).mean())


def test_codes() -> None:
    code = code_matrix("code:15", 10, seed=0)
    assert np.array_equal(np.unique(code), [-1, 1])
    assert (code == 1).sum(axis=0).tolist() == [5] * 15
    apart = (code[:, None] != code[None]).sum(axis=2) + 99 * np.eye(10, dtype=int)
    assert apart.min() >= 4
    assert not np.array_equal(code, code_matrix("code:15", 10, seed=1))
    assert code_matrix("one-vs-rest", 3, 0).tolist() == [[1, -1, -1], [-1, 1, -1], [-1, -1, 1]]
    with pytest.raises(ConfigError, match="2 networks do not tell 10 classes apart"):
        code_matrix("code:2", 10, 0)
    with pytest.raises(ConfigError, match="got 'code:x'"):
        code_matrix("code:x", 10, 0)


def test_every_class_needs_a_sample() -> None:
    with pytest.raises(DataError, match="every class needs a training sample"):
        memorize_classes(BITS, np.minimum(Y, 8), PARAMETERS, encoder=ENCODER, classes=np.arange(10))

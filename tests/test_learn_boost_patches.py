from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from lutgen.encode.encoder import Encoder, fit_encoder
from lutgen.errors import ConfigError
from lutgen.learn import randomness
from lutgen.learn.boost import BoostParameters, boost, kernels, reference
from lutgen.learn.boost.patches import Patches
from lutgen.learn.boost.step import Samples
from lutgen.learn.boost.views import image_views

X, Y = load_digits(return_X_y=True)
ENCODER = fit_encoder("thresholds:4,10", X)


def places(encoder: Encoder, signals: NDArray[Any], n_columns: int, n_pixels: int) -> Any:
    return np.divmod(encoder.feature[signals] % n_pixels, n_columns)


def draw(patches: Patches, n: int) -> list[NDArray[np.int32]]:
    return [patches.draw(randomness.keys(7, i)) for i in range(n)]


def test_a_patch_holds_all_signals_of_a_square_pixel_after_pixel() -> None:
    encoder = fit_encoder("thresholds:1,2", np.repeat([[0], [3]], 3 * 5 * 7, axis=1))
    corners = set()
    for signals in draw(Patches(encoder, (3, 5, 7), 3, 4), 200):
        row, column = places(encoder, signals, 7, 35)
        assert signals.size == np.unique(signals).size == 3 * 3 * 3 * 2
        assert np.ptp(row) == np.ptp(column) == 2
        assert (np.diff(7 * row + column) >= 0).all()
        corners.add((int(row.min()), int(column.min())))
    assert len(corners) == 3 * 5


def test_a_patch_grows_where_it_holds_too_few_signals_and_ends_at_the_whole_image() -> None:
    image = np.zeros((2, 36), dtype=np.uint8)
    image[1, [0, 1, 35]] = 1
    encoder = fit_encoder("thermometer:1:uniform", image)
    assert encoder.n_bits == 3
    for signals in draw(Patches(encoder, (6, 6), 2, 2), 30):
        assert signals.size >= 2
    assert all(s.size == 3 for s in draw(Patches(encoder, (6, 6), 9, 6), 3))


@pytest.mark.parametrize("criterion", ["absolute", "newton"])
def test_the_wires_of_each_lut_lie_in_one_patch(criterion: str) -> None:
    parameters = BoostParameters(
        k=4, luts_per_class=6, patch=3, shift=1, mirror=True, refits=1, criterion=criterion
    )
    network = boost(
        ENCODER.encode(X[:600]), Y[:600], parameters, encoder=ENCODER, classes=np.arange(10),
        feature_shape=(8, 8),
    )  # fmt: skip
    spans = []
    for lut in range(network.n_luts):
        row, column = places(ENCODER, network.lut_wires(lut), 8, 64)
        spans.append((np.ptp(row), np.ptp(column)))
    assert np.max(spans) == 2
    assert (network.predict(X[600:]) == Y[600:]).mean() > 0.5


@pytest.mark.parametrize("step", [kernels, reference], ids=["kernels", "reference"])
def test_rows_are_the_signals_of_each_view(step: Any) -> None:
    n_samples = 150
    bits = ENCODER.encode(X[:n_samples])
    views = image_views(ENCODER, (8, 8), 2, mirror=True)
    patches = Patches(ENCODER, (8, 8), 8, 6)
    weights = np.ones(n_samples, dtype=np.int32)
    samples = Samples.make(bits, Y[:n_samples], weights, views, step.transpose, patches.order)
    assert samples.rows.shape[0] == samples.signals.shape[1] * 64
    rng = np.random.default_rng(0)
    chosen = rng.permutation(ENCODER.n_bits)[:71].astype(np.int32)
    at = np.sort(rng.integers(0, n_samples, 40) + 192 * rng.integers(0, len(views), 40))
    rows = step.rows(samples, at, chosen)
    dense = np.column_stack([bits.to_dense(), np.zeros(n_samples, dtype=np.uint8)])
    assert rows.shape == (41, 2) and not rows[40].any()
    for place, row in zip(at, rows, strict=False):
        expected = dense[place % 192, views[place // 192][chosen]]
        found = [int(row[b >> 6] >> np.uint64(b & 63)) & 1 for b in range(chosen.size)]
        assert found == expected.tolist()


def test_patches_need_images_and_a_single_layer() -> None:
    with pytest.raises(ConfigError, match=r"patch=3 needs images.* of 64 features, got \(64,\)"):
        Patches(ENCODER, (64,), 3, 6)
    with pytest.raises(ConfigError, match="patch needs layers of 1"):
        BoostParameters(patch=3, layers=2)
    with pytest.raises(ConfigError, match="patch must be 0 to 65536, got -1"):
        BoostParameters(patch=-1)

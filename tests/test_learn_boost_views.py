"""Views of an image: encoding a shifted image is reading the image's signals in a view."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import affine_transform

from lutgen.encode.encoder import fit_encoder
from lutgen.errors import ConfigError
from lutgen.learn.boost.views import image_views


def shifted(images: np.ndarray, dy: int, dx: int) -> np.ndarray:
    padded = np.pad(images, [(0, 0)] * (images.ndim - 2) + [(2, 2), (2, 2)])
    height, width = images.shape[-2:]
    return padded[..., 2 - dy : 2 - dy + height, 2 - dx : 2 - dx + width]


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("shape", [(5, 7), (3, 4, 6)])
def test_a_view_is_the_encoding_of_the_shifted_image(
    shape: tuple[int, ...], shuffled: bool
) -> None:
    images = np.random.default_rng(0).integers(0, 256, (200, *shape))
    encoder = fit_encoder("thresholds:50,120,200", images.reshape(200, -1))
    if shuffled:  # an encoder of somebody else's, its bits in no order
        order = np.random.default_rng(1).permutation(encoder.n_bits)
        encoder = replace(
            encoder, feature=encoder.feature[order], threshold=encoder.threshold[order], seen=None
        )
    signals = encoder.encode(images.reshape(200, -1)).to_dense()
    views = image_views(encoder, shape, 1)
    assert views.dtype == np.int32
    shifts = [(0, 0), (-1, 0), (0, -1), (0, 1), (1, 0)]
    assert len(views) == len(shifts)
    for view, (dy, dx) in zip(views, shifts, strict=True):
        seen = np.where(view < 0, 0, signals[:, view])
        moved = shifted(images, dy, dx).reshape(200, -1)
        np.testing.assert_array_equal(seen, encoder.encode(moved).to_dense())
    assert len(image_views(encoder, shape, 2)) == 13
    both = image_views(encoder, shape, 1, mirror=True)
    np.testing.assert_array_equal(both[:5], views)
    for view, (dy, dx) in zip(both[5:], shifts, strict=True):
        seen = np.where(view < 0, 0, signals[:, view])
        moved = shifted(images[..., ::-1], dy, dx).reshape(200, -1)
        np.testing.assert_array_equal(seen, encoder.encode(moved).to_dense())


@pytest.mark.parametrize("warp", [1.0, 2.5])
def test_a_warped_view_is_the_encoding_of_the_warped_image(warp: float) -> None:
    """Beside SciPy's nearest pixels: turned, scaled and slanted about the middle, both ways."""
    images = np.random.default_rng(0).integers(0, 256, (40, 2, 15, 12))
    encoder = fit_encoder("thresholds:50,120,200", images.reshape(40, -1))
    signals = encoder.encode(images.reshape(40, -1)).to_dense()
    views = image_views(encoder, images.shape[1:], 1, warp=warp)
    assert len(views) == 5 + 6
    np.testing.assert_array_equal(views[:5], image_views(encoder, images.shape[1:], 1))
    maps = []
    for way in (warp, -warp):
        c, s = np.cos(np.radians(7 * way)), np.sin(np.radians(7 * way))
        maps += [[[c, -s], [s, c]], np.eye(2) / 1.08**way, [[1, 0], [0.15 * way, 1]]]
    middle = np.array([7.0, 5.5])
    for view, of in zip(views[5:], np.array(maps), strict=True):
        moved = [
            [
                affine_transform(plane, of, middle - of @ middle, order=0, mode="grid-constant")
                for plane in image
            ]
            for image in images
        ]
        seen = np.where(view < 0, 0, signals[:, view])
        wanted = encoder.encode(np.reshape(moved, (40, -1))).to_dense()
        np.testing.assert_array_equal(seen, wanted)
        assert (seen != signals).any()
    both = image_views(encoder, images.shape[1:], 1, mirror=True, warp=warp)
    assert len(both) == 22
    flipped = image_views(encoder, images.shape[1:], 0, mirror=True)[1]
    np.testing.assert_array_equal(both[11], flipped)


def test_pixels_of_other_thresholds_give_the_nearest_and_constant_ones_zero() -> None:
    images = np.zeros((100, 1, 3))
    images[:, 0, 1] = np.arange(100)
    images[:, 0, 2] = np.arange(100) * 1.5
    encoder = fit_encoder("thermometer:3:quantile", images.reshape(100, -1))
    assert encoder.feature.tolist() == [1, 1, 1, 2, 2, 2]  # thresholds 25 50 75, 37.5 75 112.5
    views = image_views(encoder, (1, 3), 1)
    assert views[0].tolist() == [0, 1, 2, 3, 4, 5]
    left = views[2]  # pixel 2 is seen at 1; nothing enters at 2
    assert left.tolist() == [3, 3, 4, -1, -1, -1]
    right = views[3]  # pixel 0 has no signal
    assert right.tolist() == [-1, -1, -1, 0, 2, 2]


def test_no_shift_needs_no_image() -> None:
    encoder = fit_encoder("binary", np.eye(4))
    assert image_views(encoder, (), 0).tolist() == [[0, 1, 2, 3]]
    with pytest.raises(ConfigError, match=r"needs images.* of 4 features, got \(3, 3\)"):
        image_views(encoder, (3, 3), 1)
    with pytest.raises(ConfigError, match=r"mirror needs images.* of 4 features, got \(3, 3\)"):
        image_views(encoder, (3, 3), 0, mirror=True)
    with pytest.raises(ConfigError, match=r"warp=0.5 needs images.* of 4 features, got \(3, 3\)"):
        image_views(encoder, (3, 3), 0, warp=0.5)
    with pytest.raises(ConfigError, match="shift must be 0 to 4 pixels, got 5"):
        image_views(encoder, (2, 2), 5)
    with pytest.raises(ConfigError, match="warp must be 0 to 4, got nan"):
        image_views(encoder, (2, 2), 0, warp=float("nan"))

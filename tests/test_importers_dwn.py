"""DWN: predictions of checkpoints, what state_dicts lack, and thresholds that compare strictly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from importer_checks import survive_damage, survive_other_arrays
from needed import need_folder
from numpy.typing import NDArray
from torch_files import Call, Name, saved, tensor, torch_zip

from lutgen.errors import ConfigError, ModelError
from lutgen.importers import import_file
from lutgen.importers.dwn import least_passing
from lutgen.importers.parts import just_above

Array = NDArray[Any]
FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)


def checkpoint(learnable: bool = True) -> dict[str, Any]:
    draw = np.random.default_rng(3)
    first = {"0.mapping": draw.integers(8, size=(12, 3)).astype(np.int32)}
    if learnable:
        first = {
            "0._LUTLayer__dummy_mapping": np.arange(36, dtype=np.int32).reshape(12, 3),
            "0.mapping.weights": draw.random((8, 36)).astype(np.float32),
        }
    return {
        "config": {"n": 3, "num_classes": 2, "layers": [12, 6], "thermometer_bits": 2, "tau": 0.5},
        "state_dict": {
            **first,
            "0.luts": draw.uniform(-1, 1, (12, 8)).astype(np.float32),
            "1.mapping": draw.integers(12, size=(6, 3)).astype(np.int32),
            "1.luts": draw.uniform(-1, 1, (6, 8)).astype(np.float32).round(),
        },
        "thermometer": {"kind": "d", "thresholds": draw.normal(size=(4, 2)).astype(np.float32)},
        "scaler": {
            "mean": np.array([1, 2, 3, 4], np.float32),
            "scale": np.array([0.5, 2, 3, 10], np.float32),
        },
        "classes": ["no", "yes"],
        "feature_names": ["a", "b", "c", "d"],
    }


def plain_bits(told: dict[str, Any], bits: Array) -> Array:
    """Return the outputs as torch_dwn computes them, LUT by LUT."""
    state = told["state_dict"]
    for layer in "01":
        mapping = state.get(f"{layer}.mapping")
        if mapping is None:
            mapping = state[f"{layer}.mapping.weights"].argmax(axis=0).reshape(-1, 3)
        luts = state[f"{layer}.luts"]
        bits = np.array(
            [
                [
                    luts[lut, sum(int(row[slot]) << j for j, slot in enumerate(mapping[lut]))] > 0
                    for lut in range(len(luts))
                ]
                for row in bits
            ]
        )
    return bits


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.pt"


@pytest.mark.parametrize("learnable", [False, True])
def test_a_checkpoint_of_dwn2rtl(learnable: bool, path: Path) -> None:
    told = checkpoint(learnable)
    path.write_bytes(saved(told))
    x = np.random.default_rng(1).normal(size=(60, 4)).astype(np.float32)
    x[:4] = told["thermometer"]["thresholds"][:, 0]  # strictly above
    imported = import_file(path)
    bits = (x[:, :, None] > told["thermometer"]["thresholds"]).reshape(60, 8)
    assert np.array_equal(imported.network.encoder.encode(x).to_dense(), bits)
    counts = plain_bits(told, bits).reshape(60, 2, 3).sum(axis=2)
    assert np.array_equal(imported.network.margins(x), counts / 0.5)
    assert set(imported.network.predict(x)) == {"no", "yes"}
    assert imported.network.feature_names == ("a", "b", "c", "d")
    assert any("standardised" in note for note in imported.notes)


def test_raw_features_have_the_scaler_in_the_thresholds(path: Path) -> None:
    told = checkpoint()
    path.write_bytes(saved(told))
    raw = import_file(path, scaler="inside").network
    standard = import_file(path).network
    x = np.random.default_rng(2).normal(size=(500, 4)) * 10
    x[:4] = raw.encoder.threshold[::2]
    x[4:8] = np.nextafter(raw.encoder.threshold[::2], -np.inf)
    mean, scale = (told["scaler"][name].astype(float) for name in ("mean", "scale"))
    scaled = ((x - mean) / scale).astype(np.float32)
    assert np.array_equal(
        raw.encoder.encode(x).to_dense(), standard.encoder.encode(scaled).to_dense()
    )


def test_a_state_dict_alone_lacks_the_thermometer(path: Path, tmp_path: Path) -> None:
    told = checkpoint()
    path.write_bytes(saved(told["state_dict"]))
    with pytest.raises(ConfigError, match="does not hold it"):
        import_file(path)
    with pytest.raises(ConfigError, match="--classes"):
        import_file(path, thresholds="bits")
    x = np.random.default_rng(1).integers(2, size=(60, 8))
    network = import_file(path, thresholds="bits", classes="2").network
    assert np.array_equal(network.margins(x), plain_bits(told, x).reshape(60, 2, 3).sum(axis=2))
    np.save(tmp_path / "thresholds.npy", told["thermometer"]["thresholds"])
    given = import_file(path, thresholds=str(tmp_path / "thresholds.npy"), classes=2).network
    path.write_bytes(saved(told))
    assert np.array_equal(given.encoder.threshold, import_file(path).network.encoder.threshold)
    alike = import_file(path, thresholds="0,0.5").network
    assert alike.encoder.n_features == 4
    with pytest.raises(ConfigError, match="No such file"):
        import_file(path, thresholds="missing.npy")


def test_a_thermometer_that_was_pickled_beside(path: Path) -> None:
    told = checkpoint()
    thresholds = told["thermometer"]["thresholds"]
    arrays = dict(enumerate([*told["state_dict"].values(), thresholds]))
    state = {name: tensor(key, arrays[key]) for key, name in enumerate(told["state_dict"])}
    name = Name("torch_dwn.binarization", "DistributiveThermometer")
    thermometer = Call(name, (), {"num_bits": 2, "thresholds": tensor(5, thresholds)})
    path.write_bytes(torch_zip({"model": state, "thermometer": thermometer}, arrays))
    network = import_file(path, classes=2, tau=0.5).network
    path.write_bytes(saved(told))
    same = import_file(path, classes=2).network
    assert network.digest == same.digest


def test_outputs_that_do_not_fill_the_groups_are_padded(path: Path) -> None:
    told = checkpoint()
    told["config"]["num_classes"] = 4
    path.write_bytes(saved(told))
    network = import_file(path).network
    assert network.head.weights.tolist() == [
        [1, 1, 0, 0, 0, 0],
        [0, 0, 1, 1, 0, 0],
        [0, 0, 0, 0, 1, 1],
        [0] * 6,
    ]


@pytest.mark.parametrize(
    ("where", "name", "value", "fault"),
    [
        ("state_dict", "0.luts", np.zeros((12, 7), np.float32), "no tables of 2"),
        ("state_dict", "0.luts", np.zeros((12, 4), np.float32), "mapping.weights of shape"),
        ("state_dict", "1.luts", np.full((6, 8), np.nan, np.float32), "luts holds NaN"),
        ("state_dict", "1.mapping", np.full((6, 3), 12, np.int32), "layer 2 reads place 12"),
        ("state_dict", "1.mapping", np.zeros((6, 3), np.float32), "the mapping of"),
        ("state_dict", "1.mapping", np.zeros((3, 6), np.int32), "the mapping of"),
        ("state_dict", "2.bias", np.zeros(3, np.float32), "2.bias is no part of a LUTLayer"),
        ("thermometer", "thresholds", np.full((4, 2), np.inf, np.float32), "NaN or infinite"),
        ("thermometer", "thresholds", np.zeros((3, 2), np.float32), "6 thresholds for 8 input"),
        ("thermometer", "thresholds", np.zeros((3, 2, 2), np.float32), "must be a matrix"),
        ("config", "tau", "hot", "tau is 'hot'"),
        ("config", "tau", 0.0, "tau must be above 0"),
        ("scaler", "scale", np.zeros(4, np.float32), "scale that is not above 0"),
        ("scaler", "mean", np.zeros(3, np.float32), "a scaler of 3 features"),
    ],
)
def test_what_does_not_go_together(
    where: str, name: str, value: Any, fault: str, path: Path
) -> None:
    told = checkpoint()
    told[where][name] = value
    path.write_bytes(saved(told))
    with pytest.raises(ModelError, match=fault):
        import_file(path)


def test_damage(path: Path) -> None:
    survive_damage(path, saved(checkpoint()))
    survive_damage(path, saved(checkpoint(), legacy=True))
    told = checkpoint()
    survive_other_arrays(
        path, told["state_dict"], lambda state: saved({**told, "state_dict": state})
    )
    front = {"thresholds": told["thermometer"]["thresholds"], **told["scaler"]}
    survive_other_arrays(
        path,
        front,
        lambda other: saved({**told, "thermometer": other, "scaler": other}),
        scaler="inside",
    )


@given(
    threshold=FLOATS, x=st.floats(allow_nan=False, allow_infinity=False), near=st.integers(-3, 3)
)
def test_just_above_is_the_strict_comparison_of_torch(
    threshold: float, x: float, near: int
) -> None:
    limit = just_above([np.float32(min(max(threshold, -1e38), 1e38))])[0]
    threshold = np.float32(min(max(threshold, -1e38), 1e38))
    beside = limit
    for _ in range(abs(near)):
        beside = np.nextafter(beside, np.inf * near)
    for value in (x, beside, float(threshold)):
        with np.errstate(over="ignore"):
            assert (np.float32(value) > threshold) == (value >= limit)


def test_thresholds_of_64_bits_and_those_that_are_none() -> None:
    above = float(np.float32(0.1))  # the nearest number of 32 bits is above 0.1, and passes
    below = float(np.nextafter(np.float32(0.1), np.float32(0)))
    assert below < 0.1 < above and below < just_above([0.1])[0] <= above
    for bad in (np.nan, np.inf, np.finfo(np.float32).max, 1e300):
        with pytest.raises(ModelError):
            just_above([bad])


@given(limit=st.floats(allow_nan=False, allow_infinity=False))
def test_the_least_number_that_passes_is_found(limit: float) -> None:
    assert least_passing(lambda x: x >= limit, 1)[0] == limit
    assert least_passing(lambda x: x > 1e308 * 1.5, 2).shape == (2,)


def test_predictions_of_a_trained_checkpoint() -> None:
    folder = need_folder("fixtures", "dwn")
    for path in sorted(folder.glob("*_checkpoint.pt")):
        vectors = np.load(path.with_name(path.name.replace("checkpoint.pt", "testvectors.npz")))
        network = import_file(path).network
        bits = network.encoder.encode(vectors["x_raw"])
        assert np.array_equal(bits.to_dense(), vectors["x_binarized"])
        assert int((network.class_numbers(bits) == vectors["pred"]).sum()) == 1000

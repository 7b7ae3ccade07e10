from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lutgen.datasets.load import load_dataset
from lutgen.errors import DataError

RNG = np.random.default_rng(0)


def unsw_arrays() -> dict[str, Any]:
    arrays: dict[str, Any] = {
        "numeric_names": np.array(["dur", "spkts"]),
        "proto_names": np.array(["arp", "tcp", "udp"]),
        "service_names": np.array(["-", "dns"]),
        "attack_names": np.array(["Normal", "DoS", "Worms"]),
    }
    for part, n in (("train", 6), ("test", 4)):
        arrays |= {
            f"{part}_dur": RNG.random(n).astype(np.float32),
            f"{part}_spkts": np.arange(n, dtype=np.uint16) * 300,
            f"{part}_proto": np.arange(n, dtype=np.uint8) % 3,
            f"{part}_service": np.arange(n, dtype=np.uint8) % 2,
            f"{part}_state_is_con": np.ones(n, np.uint8),
            f"{part}_label": np.arange(n, dtype=np.uint8) % 2,
            f"{part}_attack": np.arange(n, dtype=np.uint8) % 3,
        }
    return arrays


def uci_arrays() -> dict[str, Any]:
    return {
        "monk1_X": np.arange(20, dtype=np.int16).reshape(10, 2),
        "monk1_y": np.arange(10, dtype=np.uint8) % 2,
        "monk1_n_train": np.int32(6),
        "car_X": np.arange(20, dtype=np.uint8).reshape(10, 2),
        "car_y": np.arange(10, dtype=np.uint8) % 2,
        "car_n_train": np.int32(0),
    }


def jsc_arrays() -> dict[str, Any]:
    return {
        "X": RNG.normal(size=(6, 3)).astype(np.float32),
        "y": np.arange(6, dtype=np.uint8) % 2,
        "class_names": np.array(["g", "q"]),
        "is_train": np.arange(6) < 4,
    }


def iwls_arrays() -> dict[str, Any]:
    X = RNG.integers(0, 2, (8, 10), dtype=np.uint8)
    packed = np.packbits(X, axis=1, bitorder="little")
    n_inputs = np.full(100, 10, np.int32)
    return {
        "n_inputs": n_inputs,
        "ex42_train_x": packed[:5],
        "ex42_train_y": X[:5, 3],
        "ex42_valid_x": packed[5:],
        "ex42_valid_y": X[5:, 3],
    }


FILES = {
    "unsw_nb15": ("unsw_nb15.npz", unsw_arrays),
    "unsw_nb15_attack": ("unsw_nb15.npz", unsw_arrays),
    "uci:monk1": ("uci.npz", uci_arrays),
    "jsc": ("jsc_subset.npz", jsc_arrays),
    "iwls2020:ex42": ("iwls2020_train_valid.npz", iwls_arrays),
}


def write(folder: Path, name: str, **changes: Any) -> None:
    """Write the file of a set, with some arrays changed or (None) left out."""
    file, make = FILES[name]
    arrays = make() | changes
    np.savez(folder / file, **{k: v for k, v in arrays.items() if v is not None})


def test_flows_become_numbers_then_a_flag_for_each_category(tmp_path: Path) -> None:
    write(tmp_path, "unsw_nb15")
    flows = load_dataset("unsw_nb15", data_dir=tmp_path)
    assert (flows.X_train.shape, flows.split) == ((6, 2 + 3 + 2 + 1), "official 6 / 4")
    assert flows.X_train[:, 1].tolist() == [0, 300, 600, 900, 1200, 1500]
    assert flows.X_train[1, 2:].tolist() == [0, 1, 0, 0, 1, 1]  # tcp, dns, CON
    assert flows.X_train[:, 2:5].sum(axis=1).tolist() == [1] * 6
    assert flows.y_train.tolist() == [0, 1, 0, 1, 0, 1]
    attacks = load_dataset("unsw_nb15_attack", data_dir=tmp_path)
    assert attacks.y_test.tolist() == ["Normal", "DoS", "Worms", "Normal"]


def test_tables_keep_a_published_split_and_are_parted_by_seed_otherwise(tmp_path: Path) -> None:
    write(tmp_path, "uci:monk1")
    table = load_dataset("uci:monk1", data_dir=tmp_path)
    assert (table.split, table.X_train.dtype) == ("official 6 / 4", np.float64)
    assert table.X_test.tolist() == [[12, 13], [14, 15], [16, 17], [18, 19]]
    car = load_dataset("uci:car", data_dir=tmp_path, split_seed=3)
    assert car.split == "seeded random split, 20 % test, seed 3"
    assert (car.X_train.dtype, car.X_test.shape) == (np.uint8, (2, 2))


def test_jets_keep_their_split_and_the_names_of_their_classes(tmp_path: Path) -> None:
    write(tmp_path, "jsc")
    jets = load_dataset("jsc", data_dir=tmp_path)
    assert (len(jets.y_train), jets.y_test.tolist()) == (4, ["g", "q"])
    assert "not comparable" in jets.split


def test_functions_are_unpacked_lowest_bit_first(tmp_path: Path) -> None:
    write(tmp_path, "iwls2020:ex42")
    function = load_dataset("iwls2020:ex42", data_dir=tmp_path)
    assert (function.X_train.shape, function.X_test.shape) == ((5, 10), (3, 10))
    assert np.array_equal(function.X_train[:, 3], function.y_train)
    assert np.array_equal(function.X_test[:, 3], function.y_test)
    assert function.split == "official 5 / 3; the contest's validation sample as test"


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("unsw_nb15", {"test_dur": None}, r"lacks the array\(s\) test_dur"),
        ("unsw_nb15", {"train_dur": np.zeros(5)}, r"\(train_dur\): must be 6 numbers, got float64"),
        ("unsw_nb15", {"train_dur": np.full(6, np.nan)}, r"\(train\): row 0, column 0 .* is nan"),
        ("unsw_nb15", {"test_proto": np.full(4, 3)}, r"\(test_proto\): row 0 is 3; codes lie in 0"),
        ("unsw_nb15", {"test_label": np.array([0, 1, 2, 0])}, r"\(test_label\): row 2 is 2"),
        ("unsw_nb15_attack", {"test_attack": np.zeros(4)}, r"\(test_attack\): must be integers"),
        ("uci:monk1", {"monk1_y": None}, r"lacks the array\(s\) monk1_y"),
        ("uci:monk1", {"monk1_y": np.zeros(9)}, "10 samples in monk1_X, 9 in monk1_y"),
        ("uci:monk1", {"monk1_n_train": np.int32(10)}, r"\(monk1_n_train\): 10 of 10 rows"),
        ("uci:monk1", {"monk1_X": np.zeros((10, 2, 2))}, r"\(monk1_X\): .* got shape"),
        ("jsc", {"y": np.full(6, 2)}, r"\(y\): row 0 is 2; codes lie in 0 to 1"),
        ("jsc", {"is_train": np.ones(6, np.int8)}, r"\(is_train\): must be 6 truth values"),
        ("iwls2020:ex42", {"ex42_train_x": np.zeros((5, 3), np.uint8)}, "must be uint8 of 2 col"),
        ("iwls2020:ex42", {"ex42_valid_y": np.array([0, 1, 7])}, r"ex42_valid_y\): row 2 is 7"),
    ],
)
def test_files_that_are_not_as_they_should_be_are_refused(
    tmp_path: Path, name: str, changes: dict[str, Any], message: str
) -> None:
    write(tmp_path, name, **changes)
    with pytest.raises(DataError, match=message):
        load_dataset(name, data_dir=tmp_path)

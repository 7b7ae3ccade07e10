"""Tsetlin machines: clauses and votes as their packages evaluate them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from importing import damages, every_sample, import_bytes, survives
from needed import need_folder

from lutgen.core import CoreConfig, make_core
from lutgen.errors import ConfigError, ModelError
from lutgen.importers import import_file
from lutgen.verify.prove import prove_steps

SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def npz(**arrays: Any) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def machine(seed: int, n_bits: int = 7, n_clauses: int = 9, n_classes: int = 3) -> dict[str, Any]:
    """Return a machine as green-tsetlin keeps it: clauses of none to all literals."""
    rng = np.random.default_rng(seed)
    share = rng.random((n_clauses, 1)) ** 2
    states = np.where(rng.random((n_clauses, 2 * n_bits)) < share, 5, -5).astype(np.int8)
    states[0] = -1
    states[1] = states[2]
    states[3] = np.where(np.arange(2 * n_bits) < 2, 3, -3)
    return {"w": rng.integers(-40, 40, (n_clauses, n_classes)).astype(np.int16), "c": states}


def scores(included: np.ndarray, weights: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Evaluate clauses one literal after the other, and add up their weights."""
    literals = np.concatenate([x, 1 - x], axis=1)
    fires = np.ones((len(x), len(included)), dtype=np.int64)
    for clause, row in enumerate(included):
        for literal in np.flatnonzero(row):
            fires[:, clause] &= literals[:, literal]
        fires[:, clause] &= row.any()
    return fires @ weights


@SHARED
@given(seed=st.integers(0, 1 << 30))
def test_scores_are_those_of_the_machine(seed: int, tmp_path: Path) -> None:
    own = machine(seed)
    x = every_sample(7)
    wanted = scores(own["c"] >= 0, own["w"], x)
    green = import_bytes(tmp_path, npz(**own)).network
    np.testing.assert_array_equal(green.margins(x), wanted)
    other = npz(C=np.where(own["c"] >= 0, 1, 0).astype(np.int8), W=own["w"].T.astype(np.int32))
    np.testing.assert_array_equal(import_bytes(tmp_path, other).network.margins(x), wanted)
    assert int(green.fan_in.max()) <= 6 and green.outputs.size == len(set(green.outputs.tolist()))


def test_files_of_the_packages_answer_as_they_do() -> None:
    folder = need_folder("fixtures", "tsetlin")
    vectors = np.load(folder / "digits_vectors.npz")
    py = import_file(folder / "pytsetlin_digits.npz").network
    np.testing.assert_array_equal(py.predict(vectors["x"]), vectors["pytsetlin_pred"])
    green = import_file(folder / "green_tsetlin_digits.npz").network
    arrays = np.load(folder / "green_tsetlin_digits.npz")
    wanted = scores(arrays["c"] >= 0, arrays["w"].astype(np.int64), vectors["x"])
    np.testing.assert_array_equal(green.margins(vectors["x"]), wanted)
    assert (green.predict(vectors["x"]) == vectors["y"]).mean() > 0.97


def test_a_machine_is_proved_down_to_the_chip(tmp_path: Path) -> None:
    network = import_bytes(tmp_path, npz(**machine(3))).network
    proofs = list(prove_steps(make_core(network, CoreConfig(chip="ice40"))))
    assert proofs and all(proof.record.proved for proof in proofs)


def test_thresholds_make_features_of_numbers(tmp_path: Path) -> None:
    own = machine(5, n_bits=6)
    values = np.random.default_rng(0).uniform(0, 4, size=(50, 3))
    bits = (values[:, :, None] >= [1.0, 2.5]).reshape(50, 6).astype(np.int64)
    wanted = scores(own["c"] >= 0, own["w"], bits)
    every = import_bytes(tmp_path, npz(**own), thresholds="1,2.5").network
    np.testing.assert_array_equal(every.margins(values), wanted)
    np.save(tmp_path / "t.npy", np.tile([1.0, 2.5], (3, 1)))
    told = str(tmp_path / "t.npy")
    np.testing.assert_array_equal(
        import_bytes(tmp_path, npz(**own), thresholds=told).network.margins(values), wanted
    )
    with pytest.raises(ModelError, match=r"thresholds of shape \(4,\) for 6 bits"):
        import_bytes(tmp_path, npz(**own), thresholds="1,2,3,4")
    with pytest.raises(ConfigError, match="option thresholds of the format green-tsetlin"):
        import_bytes(tmp_path, npz(**own), thresholds="1,two")


@pytest.mark.parametrize(
    ("arrays", "fault"),
    [
        ({"w": np.ones((3, 2)), "c": np.ones((3, 4), np.int8)}, "the array w must be a matrix of"),
        (
            {"w": np.ones((4, 2), np.int16), "c": np.ones((3, 4), np.int8)},
            "3 clauses of 4 literals",
        ),
        ({"w": np.ones((3, 1), np.int16), "c": np.ones((3, 4), np.int8)}, "classes 2 or more"),
        ({"w": np.ones((3, 2), np.int16), "c": np.ones((3, 3), np.int8)}, "must be even"),
        ({"w": np.ones((3, 2), np.int16), "c": np.ones((3, 4), np.int8)}, "no clause of it can"),
        (
            {"w": np.full((1, 2), 1 << 17), "c": np.array([[1, -1]], np.int8)},
            "weights must lie within",
        ),
        ({"w": np.array([None]), "c": np.ones((3, 4), np.int8)}, "w "),
    ],
)
def test_arrays_that_are_no_machine(tmp_path: Path, arrays: dict[str, Any], fault: str) -> None:
    with pytest.raises(ModelError, match=fault):
        import_bytes(tmp_path, npz(**arrays))


@settings(SHARED, max_examples=60)
@given(data=st.data())
def test_damage_is_told(data: st.DataObject, tmp_path: Path) -> None:
    survives(tmp_path, data.draw(damages(npz(**machine(1)))), "m.npz", "green-tsetlin")

"""The studies of what the papers leave open, run whole on small made-up data."""

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from lutgen.encode.encoder import fit_encoder
from lutgen.studies import (
    interpolation,
    memorizers,
    memorizers_width,
    noise_capacity,
    noise_complexity,
    noise_depth,
    noise_regularisers,
    smallest,
)
from lutgen.studies.context import Context, Settings
from lutgen.studies.noise_regularisers import LOOSE, strongest
from lutgen.studies.problem import Problem
from lutgen.studies.registry import get_study
from lutgen.studies.study import Result

SMALL: dict[Any, dict[str, Any]] = {
    noise_capacity: {
        "WIDTH": 24,
        "QUICK_GRIDS": {"width": (8, 24), "k": (2, 6), "layers": (1, 2)},
    },
    noise_depth: {
        "K": 6,
        "WIDTH": 32,
        "WIDTHS": (16,),
        "SIZE": 200,
        "SIZES": (100,),
        "MAX_DEPTH": 8,
    },
    noise_complexity: {"SHAPES": {3: (8, 8), 4: (8, 8)}, "N_POINTS": 16},
    noise_regularisers: {"WIDTH_QUICK": 16},
    interpolation: {"QUICK_SIZES": (64, 128), "N_STEPS": 300},
    smallest: {"DEPTHS": (1, 2), "MAX_WIDTH": 64},
    memorizers: {
        "LUT_WIDTHS": (24, 24),
        "QUICK_SAMPLES": (40, 80),
        "QUICK_SIZES": (16, 32, 64),
        "N_PAIR_QUICK": 60,
    },
    memorizers_width: {"LUT_WIDTHS": (24, 24), "N_TRAIN_QUICK": 80, "N_CIFAR_QUICK": 80},
}
NAMES = (
    "noise-capacity",
    "noise-depth",
    "noise-complexity",
    "noise-regularisers",
    "baum",
    "memorizers-parameters",
    "memorizers-samples",
    "memorizers-width",
    "memorizers-pairs",
)


def make_problem(n_train: int, n_bits: int = 40) -> Problem:
    """Return majority of eleven bits; the first samples do not depend on how many there are."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, (n_train + 300, n_bits)).astype(np.uint8)
    y = (X[:, :11].sum(axis=1) > 5).astype(np.uint8)
    encoder = fit_encoder("binary", X)
    parts = []
    for part in (slice(300, None), slice(200), slice(200, 300)):
        parts += [encoder.encode(X[part]), y[part]]
    return Problem(encoder, *parts[:4], n_threads=1, validation=parts[4], y_validation=parts[5])


def run(name: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Result:
    for module, constants in SMALL.items():
        for constant, value in constants.items():
            monkeypatch.setattr(module, constant, value)
    context = Context(Settings(quick=True), folder / "cells.json", lambda *_: None)
    context.problem = lambda _data, _task, n_train, _set_aside=0: make_problem(min(n_train, 200))
    context.dataset = lambda _name: SimpleNamespace(split="made up")
    return get_study(name).run(context)


@pytest.mark.parametrize("name", NAMES)
def test_a_study_runs_whole(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(name, monkeypatch, tmp_path)
    assert result.rows and result.verdicts and result.notes
    assert all(row.ours is None or math.isfinite(row.ours) for row in result.rows)
    assert all(row.ours is not None or row.note for row in result.rows)  # a gap has its reason
    assert len({row.name for row in result.rows}) == len(result.rows)
    assert all(verdict.holds in (True, False) for verdict in result.verdicts)
    restored = Result.from_record(result.to_record())
    pictures = get_study(name).draw(restored)
    assert pictures and all("<svg" in svg for svg in pictures.values())


@pytest.mark.parametrize("name", ["noise-depth", "memorizers-width"])
def test_the_same_seeds_give_the_same_numbers(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (run(name, monkeypatch, tmp_path / part) for part in ("first", "second"))
    assert first == second


def test_exact_claims_hold_on_any_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    baum = run("baum", monkeypatch, tmp_path / "baum").verdicts[0]
    root = run("memorizers-parameters", monkeypatch, tmp_path / "root").verdicts[0]
    assert baum.holds and root.holds


def test_a_network_that_errs_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = interpolation.make_baum_network

    def wrong(X: Any, y: Any) -> Any:
        return made(X, np.where(np.arange(len(y)) == 3, 1 - y, y))

    monkeypatch.setattr(interpolation, "make_baum_network", wrong)
    assert run("baum", monkeypatch, tmp_path).verdicts[0].holds is False


def test_a_k_that_memorizes_nothing_is_not_asked_for_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def smallest_of_large_k(points: Any, k: int, seed: int) -> dict[str, int] | None:
        asked.append((len(points[1]), k, seed))
        shape = {"layers": 1, "width": k, "luts": k + 1, "tables": (k + 1) << k, "wires": k}
        return shape if k > 6 else None

    monkeypatch.setattr(interpolation, "smallest_lut_network", smallest_of_large_k)
    result = run("baum", monkeypatch, tmp_path)
    assert [n for n, k, _ in asked if k == 6] == [64]
    assert [n for n, k, _ in asked if k == 8] == [64, 128]
    (row,) = (row for row in result.rows if "k=6" in row.name)
    assert row.ours is None and row.note.startswith("0 of 1 seeds memorize")


def test_the_strongest_regulariser_keeps_the_validation_accuracy() -> None:
    # the test accuracies, the last, tell otherwise: nothing is chosen on them
    points = [["none", 0.9, 0.8, 0.5], ["some", 0.7, 0.79, 0.1], ["much", 0.5, 0.6, 0.9]]
    assert strongest(points, LOOSE) == points[1] and strongest(points, 0.005) == points[0]
    assert strongest(points, 0.3) == points[2]

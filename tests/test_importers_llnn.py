"""LLNN: scores of its arrays, with softmax rounded as in 32 bits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from importer_checks import survive_damage, survive_other_arrays
from needed import need_folder
from numpy.typing import NDArray

from lutgen.errors import ConfigError, ModelError
from lutgen.importers import import_file
from lutgen.importers.llnn import lut_stage


def arrays() -> dict[str, NDArray[Any]]:
    draw = np.random.default_rng(8)
    told: dict[str, NDArray[Any]] = {}
    for layer, (width, n, k) in enumerate([(8, 12, 3), (12, 6, 2)]):
        told[f"w{layer}"] = draw.normal(size=(n, 1 << k)).astype(np.float32)
        told[f"w_comp{layer}"] = draw.normal(size=(n, 1 << k)).astype(np.float32)
        told[f"indices{layer}"] = draw.integers(width, size=(k, n))
    return told | {"k": np.array(3), "tau": np.array(4.0), "n_inputs": np.array(8)}


def counts(told: dict[str, NDArray[Any]], x: NDArray[Any], n_classes: int) -> NDArray[Any]:
    for layer in range(2):
        w, w_comp, wires = (told[f"{name}{layer}"] for name in ("w", "w_comp", "indices"))
        address = sum(x[:, row].astype(int) << len(wires) - 1 - j for j, row in enumerate(wires))
        x = (w > w_comp)[np.arange(len(w)), address]
    return x.reshape(len(x), n_classes, -1).sum(axis=2)


@pytest.mark.parametrize("style", ["{0}{1}", "layers.{1}.{0}", "{0}_{1}"])
def test_scores(style: str, tmp_path: Path) -> None:
    told, x = arrays(), np.random.default_rng(1).integers(2, size=(100, 8))
    named = {
        style.format(name[:-1], name[-1]) if name[-1].isdecimal() else name: array
        for name, array in told.items()
    }
    np.savez(tmp_path / "luts.npz", **named)  # type: ignore[arg-type]
    network = import_file(tmp_path / "luts.npz").network
    assert np.array_equal(network.margins(x), counts(told, x, 3) / 4)


def test_a_share_of_a_half_is_rounded_down() -> None:
    one = np.float32(1)
    w = np.array([[one, np.nextafter(one, np.float32(2)), one + 1, 90, -90]] * 1, np.float32)
    w = np.concatenate([w, w[:, :3]], axis=1)
    w_comp = np.ones_like(w)
    table = lut_stage(w, w_comp, np.array([[0], [1], [2]])).tables[0]
    share = np.exp(w - np.maximum(w, w_comp)) / (
        np.exp(w - np.maximum(w, w_comp)) + np.exp(w_comp - np.maximum(w, w_comp))
    )
    assert table.tolist() == np.round(share[0]).astype(bool).tolist()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"w0": np.zeros((12, 4), np.float32)}, "w of shape"),
        ({"w1": np.full((6, 4), np.nan, np.float32)}, "w holds NaN"),
        ({"indices1": np.full((2, 6), 12)}, "layer 2 reads place 12"),
        ({"indices1": np.zeros((2, 6))}, "are none"),
        ({"indices1": np.zeros((2, 5), int)}, "for indices of shape"),
        ({"k": np.array(0)}, "k is no whole number"),
        ({"k": np.array(4)}, "6 outputs cannot be parted"),
        ({"tau": np.array("a")}, "tau is no number"),
        ({"w_comp2": np.zeros((6, 4), np.float32)}, "it lacks w, w_comp or indices"),
    ],
)
def test_what_does_not_go_together(change: dict[str, Any], fault: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "luts.npz", **arrays() | change)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match=fault):
        import_file(tmp_path / "luts.npz", "llnn")


def test_damage(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "luts.npz", **arrays())  # type: ignore[arg-type]
    survive_damage(tmp_path / "luts.npz", (tmp_path / "luts.npz").read_bytes())

    def save(told: dict[str, Any]) -> bytes:
        np.savez(tmp_path / "other.npz", **told)
        return (tmp_path / "other.npz").read_bytes()

    survive_other_arrays(tmp_path / "luts.npz", arrays(), save)


def test_scores_of_a_network_of_the_package() -> None:
    path = need_folder("fixtures", "llnn") / "llnn_small.npz"
    told = np.load(path)
    with pytest.raises(ConfigError, match="--classes"):
        import_file(path)
    imported = import_file(path, classes=10, n_inputs=64)
    assert np.array_equal(imported.network.margins(told["x"]), told["scores"])
    assert any("--tau" in note for note in imported.notes)
    assert any("--n-inputs" in note for note in import_file(path, classes=10).notes)

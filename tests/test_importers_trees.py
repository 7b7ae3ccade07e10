"""Files of tree libraries: margins as the libraries give them, networks within what is promised."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from needed import need_folder, need_module
from numpy.typing import NDArray

from lutgen.errors import ConfigError, ModelError
from lutgen.importers import import_file
from lutgen.importers.content import Content
from lutgen.importers.registry import recognise
from lutgen.importers.trees.comparisons import FLOAT32, FLOAT64, cut
from lutgen.importers.trees.ensemble import joined, overruled
from lutgen.jobs.importing import compare
from lutgen.model import Argmax, Sum

GOLDEN = Path(__file__).parent / "golden" / "trees"
EXPECTED = np.load(GOLDEN / "expected.npz")

FIXTURES = {
    "xgb_digits.json": "digits",
    "xgb_bc.json": "breast_cancer",
    "xgb_bin.json": "breast_cancer",
    "xgb_bin.ubj": "breast_cancer",
    "xgb_rf.json": "breast_cancer",
    "xgb_reg.json": "diabetes",
    "xgb_missing.json": "breast_cancer_missing",
    "xgb_cat.json": "cat2",
    "lgb_bin.txt": "breast_cancer",
    "lgb_multi.txt": "digits",
    "lgb_dart.txt": "breast_cancer",
    "lgb_missing.txt": "breast_cancer_missing",
    "lgb_cat.txt": "cat2",
}


def margins_of(imported: Any, X: NDArray[Any]) -> NDArray[np.float64]:
    """Return the original's margins without the column of 0 that two classes have."""
    found = imported.reference(X)
    both = isinstance(imported.network.head, Argmax) and imported.network.n_classes == 2
    return found[:, 1:] if both else found


@pytest.mark.parametrize("name", FIXTURES)
def test_margins_equal_the_librarys_bit_for_bit(name: str) -> None:
    folder = need_folder("fixtures", "trees")
    X = np.load(folder / "inputs.npz")[FIXTURES[name]]
    theirs = np.load(folder / "margins.npz")[name.split(".", maxsplit=1)[0]]
    imported = import_file(folder / name, score_bits=12)
    margins = margins_of(imported, X)
    assert np.array_equal(margins, theirs.reshape(margins.shape))
    told = compare(imported, X)
    assert told is not None and told.n_samples == len(X)
    n_trees = 5
    assert told.largest_error <= (n_trees + 1) * imported.network.head.scale  # type: ignore[attr-defined]
    assert told.disagreements <= len(X) // 100


@pytest.mark.parametrize("name", ["onnx_rf", "onnx_gbc"])
def test_onnx_gives_the_probabilities_of_scikit_learn(name: str) -> None:
    folder = need_folder("fixtures", "trees")
    X = np.load(folder / "inputs.npz")["digits_noise"]
    found = margins_of(import_file(folder / f"{name}.onnx"), X)
    if name == "onnx_gbc":
        powers = np.exp(found - found.max(axis=1, keepdims=True))
        found = powers / powers.sum(axis=1, keepdims=True)
    assert np.abs(found - np.load(folder / "margins.npz")[name]).max() < 1e-6


def test_conifer_gives_the_margins_of_xgboost() -> None:
    folder = need_folder("fixtures", "trees")
    X = np.load(folder / "inputs.npz")["breast_cancer"]
    found = margins_of(import_file(folder / "conifer_bc.json"), X)
    assert np.abs(found[:, 0] - np.load(folder / "margins.npz")["xgb_bc"]).max() < 1e-6


def test_treelites_own_example_of_categories() -> None:
    folder = need_folder("fixtures", "trees")
    rows = []
    for line in (folder / "treelite_toy_categorical.test").read_text().splitlines():
        pairs = dict(item.split(":") for item in line.split()[1:])
        rows.append([float(pairs.get(key, "nan")) for key in ("0", "1")])
    X = np.array(rows)
    theirs = np.loadtxt(folder / "treelite_toy_categorical.test.pred")
    imported = import_file(folder / "treelite_toy_categorical_model.txt", score_bits=16)
    assert np.abs(margins_of(imported, X)[:, 0] - theirs).max() < 1e-12
    assert np.abs(imported.network.predict(X) - theirs).max() < 31 * imported.network.head.scale  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["bin", "miss", "missmin", "multi", "reg", "loss"])
def test_catboost_gives_the_packages_margins(name: str) -> None:
    X, raw = EXPECTED[f"catboost_{name}_x"], EXPECTED[f"catboost_{name}"]
    imported = import_file(GOLDEN / f"catboost_{name}.json", samples=X)
    margins = margins_of(imported, X)
    assert np.abs(margins - raw.reshape(margins.shape)).max() < 1e-10
    network = imported.network
    if name == "reg":
        assert isinstance(network.head, Sum)
        assert np.abs(network.predict(X) - raw).max() <= np.ptp(raw) / 256
    else:
        classes = raw.argmax(axis=1) if raw.ndim == 2 else (raw > 0).astype(int)
        assert np.array_equal(network.predict(X), network.classes[classes])
    if name == "multi":
        assert np.array_equal(network.predict(X), EXPECTED["catboost_multi_pred"][:, 0])


def test_a_level_of_an_oblivious_tree_is_a_comparator() -> None:
    imported = import_file(GOLDEN / "catboost_bin.json", score_bits=4, missing_values="refuse")
    assert imported.network.n_layers == 1 and imported.network.fan_in.max() <= 6


@pytest.mark.parametrize("name", ["binary", "forest2", "labels", "mean", "set5"])
def test_onnx_equals_the_reference_implementation(name: str) -> None:
    X, theirs = EXPECTED[f"onnx_{name}_x"], EXPECTED[f"onnx_{name}"]
    imported = import_file(GOLDEN / f"onnx_{name}.onnx", samples=X)
    network = imported.network
    if name == "set5":
        assert imported.reference is None  # whole numbers: nothing is rounded
        assert np.array_equal(network.predict(X), theirs)
        return
    margins = margins_of(imported, X)
    if name == "binary":
        margins = 1 / (1 + np.exp(-margins))
        theirs = theirs[:, 1:]
    elif name == "forest2":
        margins = margins + 0.5
        theirs = theirs[:, 1:]
    assert np.abs(margins - theirs).max() < 1e-5 * np.abs(theirs).max()
    if name != "mean":
        assert np.array_equal(network.predict(X), EXPECTED[f"onnx_{name}_pred"])


# -- what files cannot hold, and options ---------------------------------------------------------


def xgboost_record() -> dict[str, Any]:
    """Return a model of two trees of one question, with leaves of quarters."""
    tree = {
        "left_children": [1, -1, -1],
        "right_children": [2, -1, -1],
        "split_indices": [0, 0, 0],
        "split_conditions": [0.5, -0.25, 1.5],
        "default_left": [1, 0, 0],
        "split_type": [0, 0, 0],
        "tree_param": {"size_leaf_vector": "1"},
    }
    other = {**tree, "split_conditions": [2.0, 0.5, 0.75], "default_left": [0, 0, 0]}
    return {
        "version": [3, 2, 0],
        "learner": {
            "attributes": {"best_iteration": "0"},
            "feature_names": ["height", "width"],
            "objective": {"name": "reg:squarederror"},
            "learner_model_param": {"base_score": "[1E0]", "num_class": "0", "num_feature": "2"},
            "gradient_booster": {
                "name": "gbtree",
                "model": {
                    "gbtree_model_param": {"num_parallel_tree": "1"},
                    "iteration_indptr": [0, 1, 2],
                    "tree_info": [0, 0],
                    "trees": [tree, other],
                },
            },
        },
    }


def written(folder: Path, record: Any, name: str = "model.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(record))
    return path


def test_leaves_of_one_scale_are_exact(tmp_path: Path) -> None:
    imported = import_file(written(tmp_path, xgboost_record()))
    network = imported.network
    assert imported.reference is None and network.head.scale == 0.25  # type: ignore[attr-defined]
    assert network.feature_names == ("height", "width")
    X = [[0.4, 0], [1, 0], [3, 0], [np.nan, 0]]
    assert network.predict(X).tolist() == [1.25, 3, 3.25, 1.5]
    assert "early stopping found the first 1 best (--iterations 1)" in " ".join(imported.notes)
    first = import_file(written(tmp_path, xgboost_record()), iterations="1")
    assert first.network.predict([[0.4, 0], [1, 0]]).tolist() == [0.75, 2.5]
    with pytest.raises(ConfigError, match="2 boosting rounds, so iterations cannot be 3"):
        import_file(written(tmp_path, xgboost_record()), iterations=3)


def test_comparators_that_missing_values_part(tmp_path: Path) -> None:
    record = xgboost_record()
    trees = record["learner"]["gradient_booster"]["model"]["trees"]
    trees[1]["split_conditions"][0] = 0.5
    kept = import_file(written(tmp_path, record))
    assert kept.network.encoder.n_bits == 2
    assert "1 comparators are there twice" in " ".join(kept.notes)
    refused = import_file(written(tmp_path, record), missing_values="refuse")
    assert refused.network.encoder.n_bits == 1
    with pytest.raises(ConfigError, match="must be keep or refuse"):
        import_file(written(tmp_path, record), missing_values="drop")


def test_thresholds_of_json_are_float32(tmp_path: Path) -> None:
    record = xgboost_record()
    record["learner"]["gradient_booster"]["model"]["trees"][0]["split_conditions"][0] = 0.1
    network = import_file(written(tmp_path, record)).network
    just = float(np.float32(0.1))
    below = np.nextafter(np.float32(0.1), np.float32(0))
    assert network.predict([[just, 0], [below, 0]]).tolist() == [3, 1.25]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "gblinear"}, "linear model"),
        ({"name": "forest"}, "its booster is 'forest'"),
        ({"model": {}}, "it has no trees"),
    ],
)
def test_other_boosters_are_refused(tmp_path: Path, change: Any, message: str) -> None:
    record = xgboost_record()
    record["learner"]["gradient_booster"].update(change)
    with pytest.raises(ModelError, match=message):
        import_file(written(tmp_path, record))


def test_old_files_without_rounds_and_with_one_base(tmp_path: Path) -> None:
    record = xgboost_record()
    del record["learner"]["gradient_booster"]["model"]["iteration_indptr"]
    record["learner"]["learner_model_param"]["base_score"] = "5E-1"
    record["learner"]["objective"]["name"] = "binary:logistic"
    imported = import_file(written(tmp_path, record))
    assert imported.network.classes.tolist() == [0, 1]
    assert imported.network.margins([[0.4, 0]])[0, 1] == 0.25  # the base's logit is 0


LIGHTGBM = """tree
version=v4
num_class=1
num_tree_per_iteration=1
max_feature_idx=0
objective=binary sigmoid:1
feature_names=a

Tree=0
num_leaves=2
num_cat=0
split_feature=0
threshold=1.5
decision_type={kind}
left_child=-1
right_child=-2
leaf_value=-1 1
is_linear={linear}
shrinkage=1


end of trees
"""


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [  # NaN, 0, 1e-35 as float32, 1e-34, 1.5, 2
        (0, [-1, -1, -1, -1, -1, 1]),  # NaN counts as zero
        (4, [1, 1, 1, -1, -1, 1]),  # zero is missing, and goes right
        (6, [-1, -1, -1, -1, -1, 1]),
        (8, [1, -1, -1, -1, -1, 1]),  # NaN is missing
        (10, [-1, -1, -1, -1, -1, 1]),
    ],
)
def test_what_counts_as_missing(tmp_path: Path, kind: int, wanted: list[int]) -> None:
    path = tmp_path / "model.txt"
    path.write_text(LIGHTGBM.format(kind=kind, linear=0))
    zero = float(np.float32(1e-35))
    X = np.array([[np.nan], [0], [zero], [1e-34], [1.5], [2]])
    assert import_file(path).network.margins(X)[:, 1].tolist() == wanted


def test_linear_leaves_and_cut_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.txt"
    path.write_text(LIGHTGBM.format(kind=2, linear=1))
    with pytest.raises(ModelError, match="linear models at its leaves"):
        import_file(path)
    path.write_text(LIGHTGBM.format(kind=2, linear=0)[:-15])
    with pytest.raises(ModelError, match="ends before 'end of trees'"):
        import_file(path)


def test_categories_of_catboost_are_refused() -> None:
    with pytest.raises(ModelError, match="asks for a OneHotFeature: categories are hashes"):
        import_file(GOLDEN / "catboost_cat.json")


def test_bits_are_chosen_by_samples() -> None:
    X = EXPECTED["catboost_multi_x"]
    path = GOLDEN / "catboost_multi.json"
    guess = import_file(path)
    assert any("8 bits, a guess (--score-bits; auto with samples)" in note for note in guess.notes)
    chosen = import_file(path, samples=X)
    told = compare(chosen, X)
    assert told is not None and told.disagreements == 0
    table = next(note for note in chosen.notes if note.startswith("bits of a leaf"))
    assert table.split("; ")[1].split(", ")[-1].split(" ")[1] == "0"
    few = import_file(path, samples=X, score_bits="auto:50%")
    assert few.network.n_luts <= chosen.network.n_luts
    for wrong in ("0", "17", "many", "auto:200%"):
        with pytest.raises(ConfigError, match="option score_bits"):
            import_file(path, score_bits=wrong)
    wide = import_file(path, score_bits=16)
    error = compare(wide, X)
    assert error is not None and error.largest_error < 1e-3


# -- laws ----------------------------------------------------------------------------------------

numbers = st.floats(allow_nan=False, width=64)
singles = st.floats(allow_nan=False, width=32)


finite = st.floats(allow_nan=False, allow_infinity=False, width=64)


@given(st.one_of(numbers, singles), finite, st.booleans())
def test_a_cut_is_the_comparison(threshold: float, x: float, strict: bool) -> None:
    with np.errstate(over="ignore"):
        rounded = float(np.float32(x))
    is_left = rounded < threshold if strict else rounded <= threshold
    assert (x >= cut(threshold, strict=strict, precision=FLOAT32)) is not is_left
    is_left = x < threshold if strict else x <= threshold
    assert (x >= cut(threshold, strict=strict, precision=FLOAT64)) is not is_left


@given(singles, st.booleans(), st.integers(-2, 2))
def test_a_cut_holds_next_to_it(threshold: float, strict: bool, steps: int) -> None:
    x = cut(threshold, strict=strict, precision=FLOAT32)
    for _ in range(abs(steps)):
        x = float(np.nextafter(x, np.inf * steps))
    x = float(np.clip(x, -1.7e308, 1.7e308))
    with np.errstate(over="ignore"):
        rounded = float(np.float32(x))
    is_left = rounded < threshold if strict else rounded <= threshold
    assert (x >= cut(threshold, strict=strict, precision=FLOAT32)) is not is_left


@given(st.sets(st.integers(0, 12)), st.lists(st.integers(-3, 15), min_size=1))
def test_joined_intervals_are_a_set(codes: set[int], values: list[int]) -> None:
    cuts = joined((code, code + 1) for code in codes)
    for value in values:
        assert (sum(cut_ <= value for cut_ in cuts) % 2 == 1) is (value in codes)


@given(st.sets(st.integers(-5, 5)), st.integers(-6, 6), st.integers(1, 5), st.booleans())
def test_overruled_answers(cuts: set[int], first: int, width: int, right: bool) -> None:
    before, end = sorted(cuts), first + width
    after = overruled(before, first, end, right=right)
    assert list(after) == sorted(set(after))
    for value in range(-8, 14):
        was = sum(item <= value for item in before) % 2 == 1
        wanted = right if first <= value < end else was
        assert (sum(item <= value for item in after) % 2 == 1) is wanted


# -- against the libraries -----------------------------------------------------------------------


def test_treelites_json_and_checkpoints(tmp_path: Path) -> None:
    treelite = need_module("treelite", "pip install treelite")
    folder = need_folder("fixtures", "trees")
    inputs, margins = np.load(folder / "inputs.npz"), np.load(folder / "margins.npz")
    for name in ("xgb_digits.json", "xgb_missing.json", "xgb_cat.json", "lgb_cat.txt"):
        load = "xgboost" if name.startswith("xgb") else "lightgbm"
        model = getattr(treelite.frontend, f"load_{load}_model")(str(folder / name))
        as_json, checkpoint = tmp_path / "m.json", tmp_path / "m.tl"
        as_json.write_text(model.dump_as_json())
        model.serialize(str(checkpoint))
        for path in (as_json, checkpoint):
            found = margins_of(import_file(path, score_bits=8), inputs[FIXTURES[name]])
            theirs = margins[name.split(".")[0]].reshape(found.shape)
            assert np.abs(found - theirs).max() < 1e-6, path


def test_formats_are_told_by_content() -> None:
    names = {path.name: recognise(Content(path)).name for path in GOLDEN.glob("*.json")}
    assert set(names.values()) == {"catboost"}
    names = {path.name: recognise(Content(path)).name for path in GOLDEN.glob("*.onnx")}
    assert set(names.values()) == {"onnx-trees"}

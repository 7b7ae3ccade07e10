"""Files of trees that are damaged, or made to harm: one kind of error, soon, and nothing run."""

from __future__ import annotations

import io
import json
import time
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_importers_trees import GOLDEN, LIGHTGBM, xgboost_record

from lutgen.errors import LutgenError, ModelError
from lutgen.importers import import_file
from lutgen.importers.trees import skops, ubjson
from lutgen.importers.trees.fields import reals

CONIFER = {
    "n_classes": 2,
    "n_features": 2,
    "init_predict": [0.5],
    "norm": 1,
    "library": "xgboost",
    "splitting_convention": "<",
    "trees": [[{
        "feature": [0, -2, -2], "threshold": [1.5, -2, -2], "value": [0, -0.5, 0.25],
        "children_left": [1, -1, -1], "children_right": [2, -1, -1], "weight": [[1, 0], [], []],
    }]],
}  # fmt: skip
TREELITE = {
    "threshold_type": "float32", "leaf_output_type": "float32", "num_feature": 2,
    "task_type": "kRegressor", "average_tree_output": False, "num_target": 1, "num_class": [1],
    "leaf_vector_shape": [1, 1], "target_id": [0], "class_id": [0], "postprocessor": "identity",
    "base_scores": [0.5],
    "trees": [{"nodes": [
        {"node_id": 0, "split_feature_id": 1, "default_left": True, "comparison_op": "<",
         "node_type": "numerical_test_node", "threshold": 1.5, "left_child": 1, "right_child": 2},
        {"node_id": 1, "leaf_value": -0.5},
        {"node_id": 2, "leaf_value": 0.25},
    ]}],
}  # fmt: skip
FILES: dict[str, tuple[str, bytes]] = {
    "xgboost": ("xgboost", json.dumps(xgboost_record()).encode()),
    "ubj": ("xgboost", (GOLDEN / "xgboost.ubj").read_bytes()),
    "lightgbm": ("lightgbm", (GOLDEN / "lightgbm.txt").read_bytes()),
    "skops": ("skops", (GOLDEN / "boosting.skops").read_bytes()),
    "onnx": ("onnx-trees", (GOLDEN / "onnx_labels.onnx").read_bytes()),
    "onnx 5": ("onnx-trees", (GOLDEN / "onnx_set5.onnx").read_bytes()),
    "conifer": ("conifer", json.dumps(CONIFER).encode()),
    "treelite": ("treelite", json.dumps(TREELITE).encode()),
    "checkpoint": ("treelite", (GOLDEN / "treelite.tl").read_bytes()),
    "catboost": ("catboost", (GOLDEN / "catboost_multi.json").read_bytes()),
    "catboost other": ("catboost", (GOLDEN / "catboost_loss.json").read_bytes()),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


def attempt(folder: Path, format_: str, data: bytes) -> bool:
    """Return whether a file is read; only errors of lutgen's may come, and soon."""
    path = folder / "file"
    path.write_bytes(data)
    start = time.process_time()
    try:
        import_file(path, format_)
    except LutgenError as error:
        assert str(error)
        return False
    finally:
        assert time.process_time() - start < 5
    return True


@pytest.mark.parametrize("name", FILES)
def test_the_files_are_good(name: str, folder: Path) -> None:
    format_, data = FILES[name]
    assert attempt(folder, format_, data)
    (folder / "file").write_bytes(data)
    assert import_file(folder / "file").network.provenance.parameters["format"] == format_


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(FILES)), st.data())
def test_damage_of_bits(folder: Path, name: str, data: st.DataObject) -> None:
    format_, content = FILES[name]
    broken = bytearray(content)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(broken) - 1))
        broken[place] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del broken[data.draw(st.integers(1, len(broken) - 1)) :]
    attempt(folder, format_, bytes(broken))


@pytest.mark.parametrize("name", FILES)
def test_cut_files(name: str, folder: Path) -> None:
    format_, content = FILES[name]
    for end in np.linspace(1, len(content) - 2, 24).astype(int):
        if content[end:].strip():
            attempt(folder, format_, content[:end])
    assert not attempt(folder, format_, content[: len(content) // 5])


HOSTILE = [
    None, [], {}, "", -1, 3, 1 << 62, 10**400, 0.5, float("nan"), float("inf"), True, "x",
    [1, "x"], [[1], [2]], {"a": 1},
]  # fmt: skip


def places_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all values in nested lists and objects."""
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items if isinstance(value, dict | list) else ():
        found += places_of(item, (*path, key)) if isinstance(item, dict | list) else [(*path, key)]
    return found


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(["xgboost", "conifer", "treelite", "catboost", "catboost other"]), st.data())
def test_values_of_other_kinds(folder: Path, name: str, data: st.DataObject) -> None:
    format_, content = FILES[name]
    record = json.loads(content)
    path = data.draw(st.sampled_from(places_of(record)))
    inner = record
    for key in path[:-1]:
        inner = inner[key]
    if data.draw(st.booleans()):
        inner[path[-1]] = data.draw(st.sampled_from(HOSTILE))
    else:
        del inner[path[-1]]
    attempt(folder, format_, json.dumps(record).encode())


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("left_children", [0, -1, -1], "several ways lead to node 0"),
        ("left_children", [7, -1, -1], "leads to node 7"),
        ("split_indices", [9, 0, 0], "asks for feature 9"),
        ("split_conditions", [float("nan"), 1, 2], "threshold that is NaN"),
        ("split_conditions", [0.5, float("inf"), 2], "a leaf is NaN or infinite"),
        ("split_conditions", [0.5, 1], "not of one length"),
    ],
)
def test_trees_that_are_none(folder: Path, key: str, value: list[Any], message: str) -> None:
    record = xgboost_record()
    record["learner"]["gradient_booster"]["model"]["trees"][0][key] = value
    path = folder / "file"
    path.write_text(json.dumps(record))
    with pytest.raises(ModelError, match=message):
        import_file(path)


def test_great_claims_take_no_memory(folder: Path) -> None:
    record = xgboost_record()
    record["learner"]["learner_model_param"]["num_class"] = str(10**9)
    assert not attempt(folder, "xgboost", json.dumps(record).encode())
    record["learner"]["learner_model_param"].update(num_class="0", num_feature=str(10**12))
    assert not attempt(folder, "xgboost", json.dumps(record).encode())
    assert not attempt(folder, "xgboost", b"{" + b"l\x7f\xff\xff\xff" * 3)
    for claim in (b"[$d#l\x7f\xff\xff\xff", b"[$T#L\x7f" + b"\xff" * 7, b"[" * 5000):
        with pytest.raises(ModelError):
            ubjson.read(claim)
    text = LIGHTGBM.format(kind=1, linear=0).replace("num_cat=0", "num_cat=1")
    text = text.replace("threshold=1.5", "threshold=0\ncat_boundaries=0 1000000\ncat_threshold=1")
    assert not attempt(folder, "lightgbm", text.encode())


def test_nothing_that_skops_names_is_run(folder: Path) -> None:
    archive = io.BytesIO()
    node = {"__class__": "system", "__module__": "os", "__loader__": "FunctionNode",
            "content": {"module_path": "os", "function": "system"}}  # fmt: skip
    attack = {"__class__": "RandomForestClassifier", "__module__": "x", "__loader__": "ObjectNode",
              "content": {"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode",
                          "content": {"tree_": node, "__class__": node, "estimators_": node,
                                      "__reduce__": node}}}  # fmt: skip
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr(skops.SCHEMA, json.dumps(attack))
    path = folder / "attack.skops"
    path.write_bytes(archive.getvalue())
    with pytest.raises(ModelError, match="not fitted"):
        import_file(path)


def test_arrays_of_objects_are_refused() -> None:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.array([1, "x"], dtype=object), allow_pickle=True)
    with pytest.raises(ModelError, match="holds objects"):
        skops.parse_npy(stream.getvalue())
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.arange(8))
    with pytest.raises(ModelError, match="does not hold the 8 items"):
        skops.parse_npy(stream.getvalue()[:-1])


def test_numbers_that_are_none_are_read_without_a_warning() -> None:
    signalling = np.array([0x7F800001], dtype=np.uint32).view(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(reals(signalling, "values")).all()

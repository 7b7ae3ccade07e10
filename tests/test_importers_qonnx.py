"""QONNX: sparse layers become tables, as a plain evaluation has them; dense ones are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx_files as write
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from importing import damages, import_bytes, survives
from needed import need_folder

from lutgen.core import CoreConfig, make_core
from lutgen.errors import ModelError
from lutgen.importers import import_file
from lutgen.jobs.importing import compare
from lutgen.model import Argmax, Sum
from lutgen.verify.prove import prove_steps

SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
DOMAIN = "qonnx.custom_op.general"
F = np.float32


def sparse(rng: np.random.Generator, shape: tuple[int, int], fan_in: int) -> np.ndarray:
    """Return weights of few values, each column with so many that are not zero."""
    weights = np.zeros(shape, F)
    for column in range(shape[1]):
        rows = rng.choice(shape[0], fan_in, replace=False)
        weights[rows, column] = rng.choice([-1.5, -1, -0.5, 0.5, 1, 2], fan_in)
    return weights


def parts(seed: int, *, irregular: bool = False) -> dict[str, np.ndarray]:
    """Return the constants of a network of two sparse layers and a head."""
    rng = np.random.default_rng(seed)
    last = sparse(rng, (5, 3), 4) * F(0.5)
    return {
        "s0": F(0.5), "z": F(0), "two": F(2), "three": F(3), "s1": F(0.75), "s2": F(0.25),
        "w0": sparse(rng, (6, 7), 3), "w1": sparse(rng, (7, 5), 4),
        "g": rng.choice([0.5, 1, 1.5], 7).astype(F), "b": rng.choice([-0.5, 0.25], 7).astype(F),
        "m": rng.choice([0, 0.5], 7).astype(F), "v": rng.choice([0.25, 1], 7).astype(F),
        "w2": last * rng.uniform(0.9, 1.1, last.shape).astype(F) if irregular else last,
        "b2": np.array([0.25, -0.5, 0], F),
    }  # fmt: skip


def model(constants: dict[str, np.ndarray]) -> bytes:
    nodes = [
        write.node("Quant", ["x", "s0", "z", "three"], "x0", {"signed": 1, "narrow": 0,
                                                           "rounding_mode": "ROUND"}, DOMAIN),
        write.node("MatMul", ["x0", "w0"], "a0"),
        write.node("BatchNormalization", ["a0", "g", "b", "m", "v"], "a1"),
        write.node("Relu", ["a1"], "a2"),
        write.node("Quant", ["a2", "s1", "z", "two"], "x1", {"signed": 0, "narrow": 0}, DOMAIN),
        write.node("MatMul", ["x1", "w1"], "a3"),
        write.node("BipolarQuant", ["a3", "s2"], "x2", domain=DOMAIN),
        write.node("MatMul", ["x2", "w2"], "a4"),
        write.node("Add", ["a4", "b2"], "a5"),
        write.node("Softmax", ["a5"], "y"),
    ]  # fmt: skip
    return write.model(nodes, constants, {"x": (1, 6)}, {"y": (1, 3)})


def evaluate(c: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """Evaluate the network layer by layer."""
    c = {name: np.asarray(value, np.float64) for name, value in c.items()}
    x0 = np.rint(np.clip(x / 0.5, -4, 3)) * 0.5
    a1 = (x0 @ c["w0"] - c["m"]) / np.sqrt(c["v"] + 1e-5) * c["g"] + c["b"]
    x1 = np.rint(np.clip(np.maximum(a1, 0) / 0.75, 0, 3)) * 0.75
    x2 = np.where(x1 @ c["w1"] >= 0, 0.25, -0.25)
    return np.asarray(x2 @ c["w2"] + c["b2"])


@settings(SHARED, max_examples=15)
@given(seed=st.integers(0, 1 << 30))
def test_sparse_layers_are_tables(seed: int, tmp_path: Path) -> None:
    constants = parts(seed)
    imported = import_bytes(tmp_path, model(constants))
    x = np.random.default_rng(seed).normal(0, 1.5, (300, 6))
    x[::2] = np.round(x[::2] * 8) / 8  # on the edges between levels, too
    wanted = evaluate(constants, x)
    network = imported.network
    assert isinstance(network.head, Argmax) and imported.reference is None
    np.testing.assert_allclose(network.margins(x), wanted, atol=1e-12)
    np.testing.assert_array_equal(network.predict(x), np.round(wanted, 9).argmax(axis=1))
    numbers = import_bytes(tmp_path, model(constants), head="sum").network
    assert isinstance(numbers.head, Sum)
    assert any("Softmax is left out" in note for note in imported.notes)


def test_weights_without_a_common_step_are_rounded_and_compared(tmp_path: Path) -> None:
    constants = parts(3, irregular=True)
    imported = import_bytes(tmp_path, model(constants))
    x = np.random.default_rng(1).normal(0, 1.5, (400, 6))
    assert imported.reference is not None
    assert any("they have no common step" in note for note in imported.notes)
    np.testing.assert_allclose(imported.reference(x), evaluate(constants, x), atol=1e-12)
    compared = compare(imported, x)
    assert compared is not None and 0 < compared.largest_error < 1e-3
    assert compared.disagreements == 0


def test_one_is_proved_down_to_the_chip(tmp_path: Path) -> None:
    network = import_bytes(tmp_path, model(parts(4))).network
    proofs = list(prove_steps(make_core(network, CoreConfig(chip="ice40"))))
    assert proofs and all(proof.record.proved for proof in proofs)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("TFC_1W1A", r"node BipolarQuant_19 .*neuron 0: a neuron of fan-in 784 reads 784 bits; 16"),
        ("qkeras_jettagging", r"node Relu_0 \(Relu\): a neuron of fan-in 16 reads features that"),
        (
            "unsw_nb15-mlp-w2a2",
            r"\(Relu\): a neuron of fan-in \d+ reads features that were not quant",
        ),
    ],
)
def test_dense_networks_are_refused_by_name_and_fan_in(name: str, fault: str) -> None:
    path = need_folder("fixtures", "qonnx") / f"{name}.onnx"
    with pytest.raises(ModelError, match=fault):
        import_file(path)


def with_nodes(*nodes: bytes) -> bytes:
    first = write.node("Quant", ["x", "s0", "z", "three"], "q", {"signed": 1}, DOMAIN)
    return write.model([first, *nodes], parts(0), {"x": (1, 6)}, {"y": (1, 3)})


@pytest.mark.parametrize(
    ("nodes", "fault"),
    [
        ([write.node("Conv", ["q", "w0"], "y")], r"node n_y \(Conv\): it is not read; known are"),
        ([write.node("MatMul", ["q", "nowhere"], "y")], "reads .'nowhere'., which nothing makes"),
        ([write.node("Mul", ["q", "q"], "y")], "it multiplies two values"),
        ([write.node("MatMul", ["q", "w1"], "y")], r"shapes \(1, 6\) and \(7, 5\)"),
        ([write.node("Quant", ["q", "s0"], "y")], r"n_y \(Quant\): its inputs do not fit"),
        ([write.node("Quant", ["x", "s0", "z", "two"], "y")], "quantised in more than one place"),
        ([write.node("Identity", ["x"], "y")], "without having been quantised"),
        ([write.node("Identity", ["w0"], "y")], "does not depend on quantised features"),
        ([], "nothing makes its output y"),
    ],
)
def test_graphs_that_cannot_be_taken(tmp_path: Path, nodes: list[bytes], fault: str) -> None:
    with pytest.raises(ModelError, match=fault):
        import_bytes(tmp_path, with_nodes(*nodes))


def test_steep_features_have_exact_thresholds(tmp_path: Path) -> None:
    told: dict[str, Any] = {"s": F(0.1), "z": F(0), "bits": F(4), "a": F(-0.3), "c": F(0.7)}
    nodes = [
        write.node("Mul", ["x", "a"], "t"),
        write.node("Add", ["t", "c"], "u"),
        write.node("Quant", ["u", "s", "z", "bits"], "y", {"signed": 1, "narrow": 1}, DOMAIN),
    ]
    network = import_bytes(
        tmp_path, write.model(nodes, told, {"x": (1, 2)}, {"y": (1, 2)}), head="sum"
    ).network
    t = network.encoder.threshold
    x = np.concatenate([t, np.nextafter(t, -np.inf), np.linspace(-3, 6, 200)])
    X = np.stack([x, x[::-1]], axis=1)
    a, c, s = (float(told[name]) for name in "acs")
    wanted = np.rint(np.clip((a * X + c) / s, -7, 7)) * s
    np.testing.assert_allclose(network.predict(X), wanted, atol=1e-9)


@settings(SHARED, max_examples=80)
@given(data=st.data())
def test_damage_is_told(data: st.DataObject, tmp_path: Path) -> None:
    survives(tmp_path, data.draw(damages(model(parts(2)))), "m.onnx", "qonnx")

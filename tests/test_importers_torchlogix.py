"""torchlogix: every parametrisation, wiring and head, against its rules written a second time."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from importer_checks import survive_damage, survive_other_arrays, survive_other_values
from needed import need_folder
from numpy.typing import NDArray
from torch_files import saved

from lutgen.errors import ConfigError, ModelError
from lutgen.importers import import_file
from lutgen.importers.torchlogix_layers import lut_tables

Array = NDArray[Any]
DRAW = np.random.default_rng(5)


def entry(weight: Array, inputs: tuple[int, ...], parametrization: str) -> int:
    """Return what a neuron answers, by the definition of its parametrisation."""
    k = len(inputs)
    if parametrization == "raw":
        return int(weight.argmax()) >> (3 - 2 * inputs[0] - inputs[1]) & 1
    if parametrization == "light":
        return int(weight[int("".join(map(str, inputs)), 2)] > 0)
    basis = [1.0]
    for x in inputs:  # [1, A] x [1, B] = [1, B, A, AB]
        basis = [b * f for b in basis for f in (1, 1 - 2 * x)]
    assert len(basis) == 1 << k
    return int(float(np.dot(weight.astype(np.float64), basis)) < 0)


CASES = [("raw", 2), ("warp", 1), ("warp", 2), ("warp", 4), ("light", 2), ("light", 6)]


def parameters(parametrization: str, k: int, *shape: int) -> Array:
    width = 16 if parametrization == "raw" else 1 << k
    return DRAW.normal(size=(*shape, width)).astype(np.float32)


@pytest.mark.parametrize(("parametrization", "k"), CASES)
def test_tables_are_those_of_the_definition(parametrization: str, k: int) -> None:
    weight = parameters(parametrization, k, 6)
    meant = [
        [entry(row, inputs, parametrization) for inputs in itertools.product((0, 1), repeat=k)]
        for row in weight
    ]
    assert np.array_equal(lut_tables(weight, k, parametrization), meant)


def dense(x: Array, weight: Array, wires: Array, parametrization: str) -> Array:
    return np.array(
        [
            [
                entry(weight[n], tuple(row[wires[:, n]].tolist()), parametrization)
                for n in range(len(weight))
            ]
            for row in x
        ]
    )


def two_layers(parametrization: str, k: int) -> dict[str, Array]:
    wires = [DRAW.permutation(12 * k).reshape(k, 12) % m for m in (8, 12)]
    return {
        "0.weight": parameters(parametrization, k, 12),
        "0.connections.indices": wires[0],
        "1.weight": parameters(parametrization, k, 12),
        "1.connections.indices": wires[1],
    }


def bits_of(state: dict[str, Array], x: Array, parametrization: str) -> Array:
    for layer in (0, 1):
        wires = state[f"{layer}.connections.indices"]
        x = dense(x, state[f"{layer}.weight"], wires, parametrization)
    return x


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.pt"


@pytest.mark.parametrize(("parametrization", "k"), CASES)
def test_dense_layers(parametrization: str, k: int, path: Path) -> None:
    state = two_layers(parametrization, k)
    path.write_bytes(saved(state))
    x = DRAW.integers(2, size=(40, 8)).astype(np.uint8)
    network = import_file(
        path, parametrization=parametrization, classes=4, tau=2.5, beta=0.5, n_inputs=8
    ).network
    counts = bits_of(state, x, parametrization).reshape(40, 4, 3).sum(axis=2)
    assert np.allclose(network.margins(x), (counts + 0.5) / 2.5, rtol=1e-15)
    assert np.array_equal(network.predict(x), counts.argmax(axis=1))


def test_tables_cached_for_export_need_no_parametrisation(path: Path) -> None:
    state = two_layers("light", 2)
    for layer in (0, 1):
        bits = (state[f"{layer}.weight"] > 0).astype(int)
        state[f"{layer}._export_lut_ids"] = bits @ (1 << np.arange(3, -1, -1))
    x = DRAW.integers(2, size=(40, 8)).astype(np.uint8)
    path.write_bytes(saved({f"model.{name}": array for name, array in state.items()}))
    network = import_file(path, classes="bits", n_inputs=8).network
    assert np.array_equal(network.predict(x), bits_of(state, x, "light"))


def test_learnable_wiring(path: Path) -> None:
    state = two_layers("warp", 2)
    plain = dict(state)
    for layer, width in ((0, 8), (1, 12)):
        candidates = np.arange(width)[:, None, None].repeat(2, 1).repeat(12, 2)
        weights = DRAW.random((width, 2, 12)).astype(np.float32)
        state[f"{layer}.connections.indices"] = candidates
        state[f"{layer}.connections.weights"] = weights
        plain[f"{layer}.connections.indices"] = weights.argmax(axis=0)
    x = DRAW.integers(2, size=(40, 8)).astype(np.uint8)
    path.write_bytes(saved(state))
    network = import_file(path, classes="bits", parametrization="warp").network
    assert network.n_inputs == 8
    assert np.array_equal(network.predict(x), bits_of(plain, x, "warp"))


@pytest.mark.parametrize("learnt", [False, True])
@pytest.mark.parametrize("shape", [(2,), (4, 2)])
def test_thresholds(shape: tuple[int, ...], learnt: bool, path: Path) -> None:
    state = two_layers("raw", 2)
    levels = np.sort(DRAW.normal(size=shape).astype(np.float32), axis=-1)
    x = np.concatenate(
        [DRAW.normal(size=(40, 4)).astype(np.float32), levels.reshape(-1, 2)[:, :1].repeat(4, 1)]
    )
    told = {"bits.thresholds": levels}
    if learnt:
        told = {"bits.thresholds": levels + 9, "bits.raw_diffs": np.diff(levels, prepend=0)}
        levels = np.cumsum(told["bits.raw_diffs"], axis=-1, dtype=float).astype(np.float32)
    path.write_bytes(saved({**told, **{f"net.{name}": array for name, array in state.items()}}))
    network = import_file(path, classes="bits").network
    bits = (x[:, :, None] > levels).reshape(len(x), 8)
    assert np.array_equal(network.encoder.encode(x).to_dense(), bits)
    assert np.array_equal(network.predict(x), bits_of(state, bits.astype(int), "raw"))
    given = import_file(path, classes="bits", thresholds="0,1").network
    assert np.array_equal(
        given.encoder.encode(x).to_dense(), (x[:, :, None] > [0, 1]).reshape(len(x), 8)
    )


def conv_parameters(parametrization: str, k: int, kernels: int, depth: int) -> list[Array]:
    return [parameters(parametrization, k, k**level, kernels) for level in range(depth - 1, -1, -1)]


def conv_wires(
    shape: tuple[int, int, int], k: int, kernels: int, depth: int, field: int, stride: int, pad: int
) -> list[Array]:
    """Return the indices that torchlogix draws: rows, columns, channels in the padded image."""
    channels, height, width = shape
    leaves = k ** (depth - 1)
    base = np.stack(
        [DRAW.integers(m, size=(k, kernels, leaves)) for m in (field, field, channels)], axis=-1
    )
    rows = np.arange(0, height + 2 * pad - field + 1, stride)
    columns = np.arange(0, width + 2 * pad - field + 1, stride)
    moved = np.array([[r, c, 0] for r in rows for c in columns])
    first = base[:, :, None] + moved[None, None, :, None]
    rest = [np.arange(k ** (depth - level)).reshape(-1, k).T.copy() for level in range(1, depth)]
    return [first, *rest]


def conv(
    x: Array, weights: list[Array], wires: list[Array], parametrization: str, pad: int
) -> Array:
    """Return a convolution of one image, place by place."""
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    kernels, places, leaves = wires[0].shape[1:4]
    out = np.zeros((kernels, places), int)
    for kernel, place in itertools.product(range(kernels), range(places)):
        values = [
            entry(
                weights[0][leaf, kernel],
                tuple(int(padded[c, r, q]) for r, q, c in wires[0][:, kernel, place, leaf]),
                parametrization,
            )
            for leaf in range(leaves)
        ]
        for weight, below in zip(weights[1:], wires[1:], strict=True):
            values = [
                entry(weight[n, kernel], tuple(values[b] for b in below[:, n]), parametrization)
                for n in range(below.shape[1])
            ]
        out[kernel, place] = values[0]
    return out


def pooled(x: Array, size: int, stride: int, pad: int) -> Array:
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    n = [(m + 2 * pad - size) // stride + 1 for m in x.shape[1:]]
    return np.array(
        [
            [
                [
                    image[r * stride : r * stride + size, c * stride : c * stride + size].max()
                    for c in range(n[1])
                ]
                for r in range(n[0])
            ]
            for image in padded
        ]
    )


@pytest.mark.parametrize(
    ("parametrization", "k", "stride", "pad", "pool"),
    [
        ("raw", 2, 1, 1, (2, 2, 0)),
        ("warp", 4, 2, 0, None),
        ("light", 2, 1, 0, (3, 1, 1)),
        ("raw", 2, 1, 2, (2, 2, 1)),
    ],
)
def test_convolutions(
    parametrization: str,
    k: int,
    stride: int,
    pad: int,
    pool: tuple[int, int, int] | None,
    path: Path,
) -> None:
    shape = (2, 5, 6)
    weights = conv_parameters(parametrization, k, 3, 2)
    wires = conv_wires(shape, k, 3, 2, 3, stride, pad)
    images = DRAW.integers(2, size=(6, *shape))
    rows = (5 + 2 * pad - 3) // stride + 1
    meant = [
        conv(image, weights, wires, parametrization, pad).reshape(3, rows, -1) for image in images
    ]
    if pool:
        meant = [pooled(image, *pool) for image in meant]
    width = meant[0].size
    dense_wires = np.stack([DRAW.permutation(width) for _ in range(k)])
    dense_weight = parameters(parametrization, k, width)
    state = {f"0.tree_weights.{level}": weight for level, weight in enumerate(weights)}
    state |= {f"0.connections._indices_L{level}": item for level, item in enumerate(wires)}
    state |= {"3.weight": dense_weight, "3.connections.indices": dense_wires}
    path.write_bytes(saved(state))
    told = {"parametrization": parametrization, "classes": "bits", "padding": pad}
    pooling = ":".join(map(str, pool)) if pool else "none"
    network = import_file(path, pooling=pooling, input_shape="2,5,6", **told).network
    flat = np.array(meant).reshape(6, -1)
    x = images.reshape(6, -1)
    assert np.array_equal(
        network.predict(x), dense(flat, dense_weight, dense_wires, parametrization)
    )
    other = "2:1:0" if pool != (2, 1, 0) else "none"
    with pytest.raises(ModelError, match="input_shape, padding or pooling is another"):
        import_file(path, pooling=other, input_shape="2,5,6", **told)
    with pytest.raises(ModelError, match="input_shape, padding or pooling is another"):
        import_file(path, pooling=pooling, input_shape="2,3,3", **told)


def test_an_image_is_binarised_by_channel(path: Path) -> None:
    weights, wires = conv_parameters("raw", 2, 3, 1), conv_wires((4, 4, 4), 2, 3, 1, 2, 1, 0)
    state = {"0.thresholds": np.array([[0.25, 0.5], [0.1, 0.75]], np.float32)}
    state |= {"1.tree_weights.0": weights[0], "1.connections._indices_L0": wires[0]}
    path.write_bytes(saved(state))
    network = import_file(path, classes="bits", padding=0, input_shape="2,4,4").network
    images = DRAW.random((5, 2, 4, 4)).astype(np.float32)
    bits = images[:, :, None] > state["0.thresholds"][None, :, :, None, None]
    bits = bits.reshape(5, 4, 4, 4).astype(int)
    meant = [conv(image, weights, wires, "raw", 0).ravel() for image in bits]
    assert np.array_equal(network.predict(images.reshape(5, -1)), meant)


# -- circuits ----------------------------------------------------------------------------------

CIRCUIT: dict[str, Any] = {
    "n_inputs": 3,
    "input_shape": [1, 3],
    "outputs": [9, 10],
    "output_shape": [2],
    "gates": [
        {"gate_id": 4, "op": "AND_NOT_A", "in0": 0, "in1": 1, "node_idx": -1},
        {"gate_id": 5, "op": "OR_NOT_B", "in0": 4, "in1": 2, "node_idx": -1},
        {"gate_id": 6, "op": "NOT_B", "in0": 1, "in1": 5, "node_idx": -1},
        {"gate_id": 7, "op": "WIRE", "in0": 2, "in1": -1, "node_idx": -1},
    ],
    "sum_nodes": [
        {"node_id": 9, "input_ids": [4, 4, 0], "tau": 2.0, "beta": 1.5},
        {"node_id": 10, "input_ids": [5, 6, 7], "tau": 2.0, "beta": 0.5},
    ],
}


def circuit(path: Path, **change: Any) -> Path:
    path = path.with_suffix(".json")
    path.write_text(json.dumps(CIRCUIT | change))
    return path


def test_a_circuit_with_its_sums(path: Path) -> None:
    x = np.array(list(itertools.product((0, 1), repeat=3)))
    a = (1 - x[:, 0]) & x[:, 1]
    b = a | (1 - x[:, 2])
    meant = np.stack([(2 * a + x[:, 0] + 1.5) / 2, (b + (1 - b) + x[:, 2] + 0.5) / 2], axis=1)
    imported = import_file(circuit(path))
    assert imported.network.provenance.parameters["format"] == "torchlogix-json"
    assert np.array_equal(imported.network.margins(x), meant)
    named = import_file(circuit(path), classes="no,yes").network
    assert named.predict(x).tolist() == [("no", "yes")[row.argmax()] for row in meant]
    one = import_file(circuit(path, outputs=[10])).network
    assert np.array_equal(one.margins(x)[:, 0], meant[:, 1]) and one.head.kind == "sum"
    bits = import_file(circuit(path, outputs=[5, 1], sum_nodes=[])).network
    assert np.array_equal(bits.predict(x), np.stack([b, x[:, 1]], axis=1))


def test_gates_of_every_kind_and_operands_that_are_not_there(path: Path) -> None:
    x = np.array(list(itertools.product((0, 1), repeat=2)))
    a, b = x.T.astype(bool)
    meant = {
        **{"CONST_FALSE": a & ~a, "CONST_TRUE": a | ~a, "WIRE": a, "NOT": ~a, "AND": a & b},
        **{"OR": a | b, "XOR": a ^ b, "NAND": ~(a & b), "NOR": ~(a | b), "XNOR": a == b},
        **{"AND_NOT_B": a & ~b, "AND_NOT_A": ~a & b, "OR_NOT_B": a | ~b, "OR_NOT_A": ~a | b},
        **{"NOT_A": ~a, "NOT_B": ~b},
    }
    gates = [{"gate_id": 2 + n, "op": op, "in0": 0, "in1": 1} for n, op in enumerate(meant)]
    told: dict[str, Any] = {"n_inputs": 2, "sum_nodes": []}
    whole = import_file(circuit(path, gates=gates, outputs=list(range(2, 18)), **told)).network
    assert np.array_equal(whole.predict(x).T, np.array(list(meant.values())))
    half = [gate | {"in1": -1} for gate in gates]
    halved = import_file(circuit(path, gates=half, outputs=list(range(2, 18)), **told)).network
    assert np.array_equal(halved.predict(x), whole.predict(x * [1, 0]))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"n_inputs": "3"}, "n_inputs is '3'"),
        ({"gates": [{"gate_id": 4, "op": "MUX"}]}, "is no gate of torchlogix"),
        ({"gates": [{"gate_id": 4, "op": "AND", "in0": 0, "in1": 9}]}, "gate 4 reads 9, not bef"),
        ({"gates": [{"gate_id": 1, "op": "AND", "in0": 0, "in1": 0}]}, "gate 1 is there twice"),
        ({"outputs": [9, 4]}, "are sums in part"),
        ({"outputs": []}, "are sums in part, or there are none"),
        ({"outputs": [11, 12]}, "an output reads 11, which is no gate"),
        ({"sum_nodes": [[9]]}, "is no sum of torchlogix"),
        (
            {"sum_nodes": [CIRCUIT["sum_nodes"][0] | {"tau": 1.0}, CIRCUIT["sum_nodes"][1]]},
            "have several tau",
        ),
        (
            {"sum_nodes": [CIRCUIT["sum_nodes"][0] | {"tau": "x"}, CIRCUIT["sum_nodes"][1]]},
            "tau or beta of a sum",
        ),
    ],
)
def test_circuits_that_are_damaged(change: dict[str, Any], fault: str, path: Path) -> None:
    with pytest.raises(ModelError, match=fault):
        import_file(circuit(path, **change))


# -- what is asked for and refused -------------------------------------------------------------


def test_what_shapes_do_not_tell_is_asked_for(path: Path) -> None:
    path.write_bytes(saved(two_layers("warp", 4)))
    with pytest.raises(ConfigError, match="--parametrization"):
        import_file(path, classes=4)
    with pytest.raises(ConfigError, match="--classes"):
        import_file(path, parametrization="warp")
    with pytest.raises(ConfigError, match="one of raw, warp, light"):
        import_file(path, parametrization="cold", classes=4)
    with pytest.raises(ModelError, match="not those of 4-input LUTs parametrised raw"):
        import_file(path, parametrization="raw", classes=4)
    with pytest.raises(ModelError, match="5 classes"):
        import_file(path, parametrization="warp", classes=5)
    notes = import_file(path, parametrization="warp", classes=4).notes
    assert any("--tau, --beta" in note for note in notes)
    state = {"0.tree_weights.0": parameters("raw", 2, 1, 3)}
    state["0.connections._indices_L0"] = conv_wires((2, 4, 4), 2, 3, 1, 2, 1, 0)[0]
    path.write_bytes(saved(state))
    with pytest.raises(ConfigError, match="--input-shape"):
        import_file(path, classes="bits", padding=0)
    with pytest.raises(ConfigError, match="--padding"):
        import_file(path, classes="bits", input_shape="2x4x4")
    with pytest.raises(ConfigError, match="2 values for 1 convolutions"):
        import_file(path, classes="bits", input_shape="2,4,4", padding="0,1")
    with pytest.raises(ConfigError, match="SIZE:STRIDE:PADDING was expected"):
        import_file(path, classes="bits", input_shape="2,4,4", padding=0, pooling="1:2:3:4")


def test_files_without_wiring_are_refused(path: Path) -> None:
    path.write_bytes(saved({"1.weight": parameters("raw", 2, 8)}))
    with pytest.raises(ModelError, match=r"no connections\.indices: .*mid-2026"):
        import_file(path, classes=4)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"0.weight": np.full((12, 16), np.nan, np.float32)}, "weight holds NaN"),
        ({"0.weight": np.zeros((11, 16), np.float32)}, "11 LUTs have wires for 12"),
        ({"1.connections.indices": np.full((2, 12), 12)}, "layer 2 reads place 12 of the 12"),
        ({"1.connections.indices": np.full((2, 12), -1)}, "layer 2 reads place -1"),
        ({"1.connections.indices": np.zeros((2, 12), np.float32)}, "are none"),
        ({"1.connections.indices": np.zeros(12, int)}, "are none"),
        ({"1.connections.weights": np.zeros((3, 2, 12), np.float32)}, "candidates of shape"),
        ({"2.thresholds": np.zeros(3, np.float32)}, "only what comes in can be binarised"),
        ({"in.thresholds": np.array([np.inf], np.float32)}, "a threshold is NaN or infinite"),
        ({"in.thresholds": np.zeros(3, np.float32)}, "no multiple of 3 thresholds"),
    ],
)
def test_tensors_that_do_not_go_together(change: dict[str, Array], fault: str, path: Path) -> None:
    first = {name: array for name, array in change.items() if name.startswith("in.")}
    path.write_bytes(saved({**first, **two_layers("raw", 2), **change}))
    with pytest.raises(ModelError, match=fault):
        import_file(path, classes="bits")


def test_damage(path: Path) -> None:
    survive_damage(path, saved(two_layers("raw", 2)), classes=4)
    survive_other_arrays(path, two_layers("raw", 2), saved, classes=4)
    state = {"0.tree_weights.0": parameters("raw", 2, 1, 3)}
    state["0.connections._indices_L0"] = conv_wires((2, 4, 4), 2, 3, 1, 2, 1, 0)[0]
    survive_damage(path, saved(state), classes="bits", padding=0, input_shape="2,4,4")
    told = {"classes": "bits", "padding": 1, "pooling": 2, "input_shape": "2,4,4"}
    survive_other_arrays(path, state, saved, **told)
    survive_damage(path.with_suffix(".json"), json.dumps(CIRCUIT).encode())
    survive_other_values(path.with_suffix(".json"), CIRCUIT, thresholds="0.5")


# -- networks of the field ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "parametrization"), [("raw", None), ("warp4", "warp"), ("light", "light")]
)
def test_scores_of_trained_networks(name: str, parametrization: str | None) -> None:
    folder = need_folder("fixtures", "torchlogix")
    vectors = np.load(folder / f"tl_{name}_vectors.npz")
    network = import_file(
        folder / f"tl_{name}.pt", parametrization=parametrization, classes=10, tau=8
    ).network
    assert np.array_equal(network.encoder.encode(vectors["x"]).to_dense(), vectors["bits"])
    assert np.array_equal(network.margins(vectors["x"]), vectors["scores"])
    for layer in (1, 2):
        luts = np.flatnonzero(network.layer == layer)
        tables = [network.lut_table(lut) for lut in luts]
        assert np.array_equal(tables, vectors[f"luts{layer - 1}"])


def test_scores_of_a_circuit() -> None:
    folder = need_folder("fixtures", "torchlogix")
    vectors = np.load(folder / "tl_raw_circuit_vectors.npz")
    network = import_file(folder / "tl_raw_circuit.json").network
    assert np.array_equal(network.margins(vectors["bits"]), vectors["scores"])


@pytest.mark.parametrize(
    ("name", "told"),
    [("conv2", {"padding": 1, "pooling": 2}), ("conv4", {"padding": 0, "parametrization": "warp"})],
)
def test_bits_of_convolutions(name: str, told: dict[str, Any]) -> None:
    folder = need_folder("fixtures", "torchlogix")
    vectors = np.load(folder / f"tl_{name}_vectors.npz")
    network = import_file(
        folder / f"tl_{name}.pt", classes="bits", input_shape=(2, 8, 8), **told
    ).network
    x, y = (vectors[key].reshape(20, -1) for key in "xy")
    assert np.array_equal(network.predict(x), y)

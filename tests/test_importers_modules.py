"""from_torch: objects that have what the layers of each package have, without torch."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import lutgen
from lutgen.errors import ConfigError, ModelError

Array = NDArray[Any]


class Tensor:
    """What of a tensor is used: it leaves its graph, then its device, then torch."""

    def __init__(self, values: Any) -> None:
        self._values = np.asarray(values)
        self._steps: list[str] = []

    def detach(self) -> Tensor:
        self._steps.append("detach")
        return self

    def cpu(self) -> Tensor:
        assert self._steps[-1] == "detach"
        self._steps.append("cpu")
        return self

    def numpy(self) -> Array:
        assert self._steps[-2:] == ["detach", "cpu"]
        return self._values

    def __array__(self) -> Array:
        raise RuntimeError("Can't call numpy() on Tensor that requires grad.")


class Sequential:
    def __init__(self, *parts: Any) -> None:
        self._parts = parts

    def children(self) -> Iterator[Any]:
        return iter(self._parts)


class Has:
    """A part that has what it is given, as classes of the packages have."""

    def __init__(self, **has: Any) -> None:
        self.__dict__.update(has)

    def children(self) -> Iterator[Any]:
        return iter(())


def named(name: str, **has: Any) -> Any:
    return type(name, (Has,), {})(**has)


DRAW = np.random.default_rng(4)
X = DRAW.integers(2, size=(80, 8))


def test_difflogic() -> None:
    layers = []
    bits = X
    for width, n in ((8, 20), (20, 12)):
        weights, a, b = DRAW.normal(size=(n, 16)), *DRAW.integers(width, size=(2, n))
        indices = (Tensor(a), Tensor(b))
        layers.append(named("LogicLayer", weights=Tensor(weights), indices=indices, in_dim=width))
        bits = weights.argmax(axis=1) >> (3 - 2 * bits[:, a] - bits[:, b]) & 1
    model = Sequential(named("Flatten"), *layers, named("GroupSum", k=3, tau=2.0, device="cuda"))
    network = lutgen.from_torch(model)
    assert np.array_equal(network.margins(X), bits.reshape(80, 3, 4).sum(axis=2) / 2)
    assert network.provenance.learner == "torch, Sequential"
    labelled = lutgen.from_torch(model, classes=["a", "b", "c"])
    assert set(labelled.predict(X)) <= set("abc")
    with pytest.raises(ConfigError, match="2 classes for a module that tells 3 apart"):
        lutgen.from_torch(model, classes=["a", "b"])


def test_llnn_is_found_inside_of_its_module() -> None:
    w, w_comp, wires = (
        DRAW.normal(size=(6, 8)),
        DRAW.normal(size=(6, 8)),
        DRAW.integers(8, size=(3, 6)),
    )
    layer = named("LUTLayer", w=Tensor(w), w_comp=Tensor(w_comp), indices=Tensor(wires))
    head = named("Aggregation", num_classes=2, tau=10)
    network = lutgen.from_torch(Sequential(Sequential(named("Flatten"), layer, head)))
    address = 4 * X[:, wires[0]] + 2 * X[:, wires[1]] + X[:, wires[2]]
    bits = (w > w_comp)[np.arange(6), address]
    assert np.allclose(network.margins(X), bits.reshape(80, 2, 3).sum(axis=2) / 10, rtol=1e-15)


@pytest.mark.parametrize("learnable", [False, True])
def test_torch_dwn(learnable: bool) -> None:
    luts = DRAW.normal(size=(6, 8))
    weights = DRAW.random((8, 18))
    wires = weights.argmax(axis=0).reshape(6, 3)
    mapping = named("LearnableMapping", weights=Tensor(weights)) if learnable else Tensor(wires)
    layer = named("LUTLayer", luts=Tensor(luts), mapping=mapping, input_size=8, n=3)
    thermometer = named("Thermometer", thresholds=Tensor([[0.25, 0.5]] * 4))
    head = named("GroupSum", k=2, tau=1, randperm=None)
    network = lutgen.from_torch(Sequential(layer, head), thresholds=thermometer)
    x = DRAW.random((80, 4)).astype(np.float32)
    bits = (x[:, :, None] > np.array([0.25, 0.5])).reshape(80, 8)
    address = sum(bits[:, wires[:, slot]].astype(int) << slot for slot in range(3))
    meant = (luts > 0)[np.arange(6), address].reshape(80, 2, 3).sum(axis=2)
    assert np.array_equal(network.margins(x), meant)
    shuffled = named("GroupSum", k=2, tau=1, randperm=Tensor(np.arange(6)))
    with pytest.raises(ModelError, match="permutes its inputs"):
        lutgen.from_torch(Sequential(layer, shuffled))


class Binarization(Has):
    def get_thresholds(self) -> Tensor:
        return Tensor(self.learnt if not self.training else [9.0, 9.0])  # type: ignore[attr-defined]

    def eval(self) -> None:
        self.training = False

    def train(self) -> None:
        self.training = True


def dense(width: int, weight: Array, wires: Array, kind: str = "LightLUTParametrization") -> Any:
    return named(
        "LogicDense",
        weight=Tensor(weight),
        connections=named("FixedDenseConnections", indices=Tensor(wires)),
        parametrization=named(kind),
        in_dim=width,
    )


def test_torchlogix() -> None:
    weight, wires = DRAW.normal(size=(12, 4)), DRAW.integers(8, size=(2, 12))
    binarization = Binarization(thresholds=Tensor([0.0, 0.0]), learnt=[0.25, 0.5], training=True)
    head = named("GroupSum", k=3, tau=2.0, beta=1.0)
    network = lutgen.from_torch(Sequential(binarization, dense(8, weight, wires), head))
    assert binarization.training
    x = DRAW.random((80, 4)).astype(np.float32)
    bits = (x[:, :, None] > np.array([0.25, 0.5])).reshape(80, 8).astype(int)
    out = (weight > 0)[np.arange(12), 2 * bits[:, wires[0]] + bits[:, wires[1]]]
    assert np.array_equal(network.margins(x), (out.reshape(80, 3, 4).sum(axis=2) + 1) / 2)
    learnable = dense(8, weight, wires)
    candidates = np.stack([wires, wires[::-1]])
    learnable.connections = named(
        "LearnableDenseConnections",
        indices=Tensor(candidates),
        weights=Tensor(np.stack([np.ones((2, 12)), np.zeros((2, 12))])),
    )
    assert lutgen.from_torch(Sequential(binarization, learnable, head)).digest == network.digest
    with pytest.raises(ModelError, match="parametrised as Newest"):
        lutgen.from_torch(Sequential(dense(8, weight, wires, "Newest"), head))


def test_a_convolution_with_pooling() -> None:
    weight = DRAW.normal(size=(1, 2, 4))
    base = np.stack([*DRAW.integers(2, size=(2, 2, 2, 1)), np.zeros((2, 2, 1), int)], axis=-1)
    moved = np.array([[r, c, 0] for r in range(3) for c in range(3)])
    indices = base[:, :, None] + moved[None, None, :, None]
    layer = named(
        "LogicConv2d",
        tree_weights=[Tensor(weight[0][None])],
        connections=named("FixedConvConnections", indices=[Tensor(indices)]),
        parametrization=named("WarpLUTParametrization"),
        channels=1,
        in_dim=(4, 4),
        padding=0,
    )
    pool = named("OrPooling2d", kernel_size=(2, 2), stride=1, padding=0)
    network = lutgen.from_torch(Sequential(layer, pool, named("Flatten")))
    images = DRAW.integers(2, size=(30, 4, 4))
    hadamard = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]])
    tables = weight[0] @ hadamard < 0
    first, second = (images[:, indices[j, ..., 0], indices[j, ..., 1]] for j in range(2))
    bits = tables[np.arange(2)[None, :, None, None], 2 * first + second].reshape(30, 2, 3, 3)
    meant = np.maximum.reduce(
        [bits[:, :, r : r + 2, c : c + 2] for r in range(2) for c in range(2)]
    )
    assert np.array_equal(network.predict(images.reshape(30, -1)), meant.reshape(30, -1))
    pool.kernel_size = (2, 3)
    with pytest.raises(ModelError, match="the same both ways"):
        lutgen.from_torch(Sequential(layer, pool))


@pytest.mark.parametrize(
    ("module", "fault"),
    [
        (Sequential(), "Sequential is no layer"),
        (Sequential(named("Linear", weight=Tensor([[1.0]]))), "a Linear is no layer that lutgen"),
        (Sequential(named("ResidualLogicBlock")), "branches"),
        (Sequential(named("GroupSum", k=2)), "no layer of LUTs"),
        (
            Sequential(named("L", weights=Tensor(np.zeros((2, 4))), indices=(0, 0), in_dim=2)),
            "none of difflogic's",
        ),
        (7, "a int is no layer"),
    ],
)
def test_what_lutgen_does_not_know(module: Any, fault: str) -> None:
    with pytest.raises(ModelError, match=fault):
        lutgen.from_torch(module)


def test_torch_is_not_imported() -> None:
    code = "import sys, lutgen; lutgen.from_torch; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)

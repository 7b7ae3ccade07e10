"""Networks that a Python object of torch's holds, told by what its parts have: no import of torch.

The parts of a module are taken in their order, as ``torch.nn.Sequential`` runs them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lutgen.errors import ConfigError, ModelError
from lutgen.importers import difflogic, dwn, llnn
from lutgen.importers.parts import Stage, labels
from lutgen.importers.torchlogix_layers import (
    Binarization,
    Conv,
    Dense,
    GroupSum,
    Part,
    Pool,
    assemble,
    chosen_wires,
)
from lutgen.model import LutNetwork, Provenance

Array = NDArray[Any]

_PASSED_OVER = {"Flatten", "Identity", "Dropout", "DummyBinarization", "STE"}
_BRANCHED = {"ResidualLogicBlock"}
_PARAMETRIZATIONS = {
    "RawLUTParametrization": "raw",
    "WarpLUTParametrization": "warp",
    "LightLUTParametrization": "light",
}


def from_torch(
    module: Any,
    *,
    thresholds: Any = None,
    classes: ArrayLike | int | None = None,
    input_shape: Iterable[int] | None = None,
) -> LutNetwork:
    """Return the network that a trained module computes when it is evaluated.

    Layers of difflogic, torchlogix, torch_dwn and LLNN are known, by what they have; torch itself
    is not imported.

    Parameters
    ----------
    module : object
        A ``torch.nn.Sequential`` of such layers, or a module whose parts run one after another.
    thresholds : object or array-like, optional
        What features are compared with, strictly: a thermometer of torch_dwn's, or an array of
        shape (n_thresholds,) or (n_features, n_thresholds). By default what the module has, or
        features are bits.
    classes : array-like, optional
        Labels; by default the numbers of the classes.
    input_shape : iterable of int, optional
        Channels, height and width, of what a convolution of torchlogix takes; by default as the
        convolution says.

    Returns
    -------
    LutNetwork
        Its scores are those of the module, times and plus what its head says.

    Raises
    ------
    ModelError
        If it has a part that lutgen does not know, or that does not go with the others.

    Examples
    --------
    >>> import lutgen
    >>> network = lutgen.from_torch(model)  # doctest: +SKIP
    >>> network.save("model.npz")  # doctest: +SKIP
    """
    parts: list[Part] = []
    shapes: list[tuple[int, ...]] = []
    widths: list[int] = []
    for part, known in _parts(module):
        if isinstance(known, Conv):
            shapes.append(_shape(part))
        elif isinstance(known, Stage | Dense):
            widths.append(_width(part))
        parts.append(known)
    if parts and isinstance(parts[-1], GroupSum) and classes is not None:
        classes = _labels(classes, parts[-1].k)
    levels = getattr(thresholds, "thresholds", thresholds)
    return assemble(
        parts,
        input_shape=tuple(input_shape) if input_shape is not None else next(iter(shapes), None),
        n_inputs=next(iter(widths), 0) or None,
        classes=None if classes is None else np.asarray(classes),
        thresholds=None if levels is None else _numpy(levels),
        provenance=Provenance(learner=f"torch, {type(module).__name__}"),
    )


def _labels(classes: Any, n_classes: int) -> Array:
    try:
        told = labels(classes)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"classes: {error}") from error
    if told.size != n_classes:
        raise ConfigError(f"{told.size} classes for a module that tells {n_classes} apart")
    return told


def _parts(module: Any) -> Iterator[tuple[Any, Part]]:
    """Yield the parts of a module that compute something, in their order, and what they are."""
    name = type(module).__name__
    if name in _PASSED_OVER:
        return
    if name in _BRANCHED:
        raise ModelError(f"a {name} branches; lutgen takes parts that run one after another")
    if reader := _reader(module):
        yield module, reader(module)
        return
    children = module if isinstance(module, list | tuple) else None
    if children is None and callable(getattr(module, "children", None)):
        children = list(module.children())
    if not children:
        raise ModelError(
            f"a {name} is no layer that lutgen knows; those of difflogic, torchlogix, torch_dwn "
            "and LLNN are"
        )
    for child in children:
        yield from _parts(child)


def _reader(module: Any) -> Callable[[Any], Part] | None:
    """Return what makes a part of a module; None if it is no part."""
    if reader := _BY_NAME.get(type(module).__name__):
        return reader
    for signs, reader in _BY_SIGNS:
        if all(hasattr(module, sign) for sign in signs):
            return reader
    return None


def _difflogic(module: Any) -> Part:
    weights = _numpy(module.weights)
    if weights.ndim != 2 or weights.shape[1] != 16 or len(module.indices) != 2:
        raise ModelError(f"weights of shape {weights.shape} are none of difflogic's")
    a, b = (_numpy(wires).astype(np.int64) for wires in module.indices)
    return difflogic.gate_stage(difflogic.chosen_gates(weights), a, b)


def _llnn(module: Any) -> Part:
    return llnn.lut_stage(*(_numpy(getattr(module, name)) for name in ("w", "w_comp", "indices")))


def _dwn(module: Any) -> Part:
    if hasattr(module.mapping, "weights"):
        return dwn.lut_stage(_numpy(module.luts), None, _numpy(module.mapping.weights))
    return dwn.lut_stage(_numpy(module.luts), _numpy(module.mapping), None)


def _conv(module: Any) -> Part:
    return Conv(
        [_numpy(weight) for weight in module.tree_weights],
        [_numpy(level) for level in module.connections.indices],
        _one(module.padding, "padding"),
        _parametrization(module),
    )


def _dense(module: Any) -> Part:
    wires = _numpy(module.connections.indices)
    if hasattr(module.connections, "weights"):
        wires = chosen_wires(_numpy(module.connections.weights), wires)
    return Dense(_numpy(module.weight), wires, parametrization=_parametrization(module))


def _pool(module: Any) -> Part:
    sizes = (module.kernel_size, module.stride, module.padding)
    return Pool(*(_one(size, "pooling") for size in sizes))


def _group_sum(module: Any) -> Part:
    if getattr(module, "randperm", None) is not None:
        raise ModelError("a GroupSum that permutes its inputs; lutgen takes one that does not")
    n_classes = getattr(module, "k", None) or getattr(module, "num_classes", None)
    tau, beta = float(getattr(module, "tau", 1.0)), float(getattr(module, "beta", 0.0))
    if n_classes is None:
        raise ModelError(f"a {type(module).__name__} that does not say how many classes there are")
    return GroupSum(int(n_classes), tau, beta, padded=hasattr(module, "randperm"))


def _binarization(module: Any) -> Part:
    """Return the thresholds that a binarisation has when it is evaluated."""
    was = getattr(module, "training", False)
    if was and callable(getattr(module, "eval", None)):
        module.eval()
    try:
        return Binarization(_numpy(module.get_thresholds()))
    finally:
        if was and callable(getattr(module, "train", None)):
            module.train()


def _parametrization(module: Any) -> str:
    name = type(module.parametrization).__name__
    if name not in _PARAMETRIZATIONS:
        raise ModelError(f"LUTs that are parametrised as {name}; lutgen knows raw, warp and light")
    return _PARAMETRIZATIONS[name]


def _shape(module: Any) -> tuple[int, ...]:
    """Return channels, height and width of what a convolution takes."""
    return (int(module.channels), *(int(size) for size in np.atleast_1d(module.in_dim)))


def _width(module: Any) -> int:
    """Return how many bits a layer takes; 0 if it does not say."""
    return int(getattr(module, "in_dim", 0) or getattr(module, "input_size", 0))


def _one(value: Any, name: str) -> int:
    """Return a size that is the same in both directions."""
    sizes = set(np.atleast_1d(np.asarray(value)).tolist())
    if len(sizes) != 1:
        raise ModelError(f"a {name} of {value}; lutgen takes one that is the same both ways")
    return int(sizes.pop())


def _numpy(tensor: Any) -> Array:
    """Return a tensor, or what is like one, as an array."""
    for step in ("detach", "cpu", "numpy"):
        if callable(getattr(tensor, step, None)):
            tensor = getattr(tensor, step)()
    return np.asarray(tensor)


_BY_NAME: dict[str, Callable[[Any], Part]] = {
    "GroupSum": _group_sum,
    "Aggregation": _group_sum,
    "OrPooling2d": _pool,
}
_BY_SIGNS: tuple[tuple[tuple[str, ...], Callable[[Any], Part]], ...] = (
    (("weights", "indices", "in_dim"), _difflogic),
    (("weight", "connections", "parametrization"), _dense),
    (("tree_weights", "connections", "parametrization"), _conv),
    (("luts", "mapping"), _dwn),
    (("w", "w_comp", "indices"), _llnn),
    (("thresholds", "get_thresholds"), _binarization),
)
"""What the layers of each package have, and no others."""

"""What torchlogix's networks are made of, and how it becomes stages of LUTs.

Input 0 of a LUT is the highest bit of its address. Convolutions and poolings are unrolled: a LUT
for each node of a tree at each place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import MAX_FAN_IN
from lutgen.encode.encoder import Encoder
from lutgen.errors import ConfigError, ModelError
from lutgen.importers.parts import (
    MOST_LUTS,
    Stage,
    chained,
    check_finite,
    flat_encoder,
    gate_tables,
    group_sum,
    just_above,
)
from lutgen.model import Bits, Head, LutNetwork

Array = NDArray[Any]

PARAMETRIZATIONS = ("raw", "warp", "light")


@dataclass(frozen=True, eq=False)
class Dense:
    """A LogicDense: parameters (neurons, width) and wires (k, neurons), or lut_ids (neurons,)."""

    weight: Array
    wires: Array
    lut_ids: Array | None = None
    parametrization: str | None = None


@dataclass(frozen=True, eq=False)
class Conv:
    """A LogicConv2d: at each level of its trees parameters and wires; see `docs/importers.md`."""

    weights: Sequence[Array]
    indices: Sequence[Array]
    padding: int | None = None
    parametrization: str | None = None


@dataclass(frozen=True)
class Pool:
    """An OrPooling2d."""

    size: int
    stride: int
    padding: int = 0


@dataclass(frozen=True, eq=False)
class Binarization:
    """Thresholds, for all features (t,) or for each (features, t)."""

    thresholds: Array


@dataclass(frozen=True)
class GroupSum:
    """A GroupSum, the last; `padded`: its last groups may be short."""

    k: int
    tau: float = 1.0
    beta: float = 0.0
    padded: bool = False


Part = Stage | Dense | Conv | Pool | Binarization | GroupSum


def lut_tables(weight: Array, k: int, parametrization: str) -> NDArray[np.bool_]:
    """Return truth tables (n, 2^k) of parameters (n, width), input 0 the highest address bit.

    Raises
    ------
    ModelError
        If they do not go with the parametrisation.
    """
    widths = {"raw": 16 if k == 2 else 0, "warp": 1 << k, "light": 1 << k}
    if weight.ndim != 2 or weight.shape[1] != widths[parametrization]:
        raise ModelError(
            f"parameters of shape {weight.shape} are not those of {k}-input LUTs parametrised "
            f"{parametrization}"
        )
    check_finite("a layer's weight", weight)
    if parametrization == "light":
        return weight > 0
    if parametrization == "raw":
        return gate_tables(weight.argmax(axis=1))[:, [0, 2, 1, 3]].astype(bool)
    hadamard = np.ones((1, 1))
    for _ in range(k):
        hadamard = np.block([[hadamard, hadamard], [hadamard, -hadamard]])
    return weight.astype(np.float64) @ hadamard < 0


def chosen_wires(candidates: Array, indices: Array) -> Array:
    """Return the wires (k, neurons) that learnable connections have chosen of their candidates."""
    if candidates.ndim != 3 or candidates.shape != indices.shape or not candidates.size:
        raise ModelError(
            f"candidates of shape {indices.shape} have weights of shape {candidates.shape}"
        )
    best = check_finite("connections.weights", candidates).argmax(axis=0)
    wires: Array = np.take_along_axis(indices, best[None], axis=0)[0]
    return wires


def learnt_thresholds(differences: Array) -> Array:
    """Return the thresholds of a LearnableBinarization at evaluation."""
    return np.cumsum(differences, axis=-1, dtype=np.float64).astype(np.float32)


def _tables(part: Dense | Conv, weight: Array, k: int, told: str | None) -> Array:
    parametrization = told or part.parametrization
    if parametrization is None:
        if k == 2 and weight.shape[-1] == 16:
            parametrization = "raw"
        else:
            raise ConfigError(
                f"LUTs of {k} inputs with {weight.shape[-1]} parameters each may be parametrised "
                "warp or light, and the file does not say which (--parametrization)"
            )
    return lut_tables(weight, k, parametrization)


def _dense(part: Dense, told: str | None) -> Stage:
    wires = _wires(part)
    k = len(wires)
    if not 1 <= k <= MAX_FAN_IN:
        raise ModelError(f"LUTs of {k} inputs; 1 to {MAX_FAN_IN} are possible")
    if part.lut_ids is not None and k <= 4:
        if part.lut_ids.ndim != 1 or part.lut_ids.dtype.kind not in "iu":
            raise ModelError(f"_export_lut_ids of shape {part.lut_ids.shape} are none")
        ids = part.lut_ids.astype(np.int64)
        tables: Array = ids[:, None] >> np.arange((1 << k) - 1, -1, -1) & 1
    else:
        tables = _tables(part, part.weight, k, told)
    if len(tables) != wires.shape[1]:
        raise ModelError(f"{len(tables)} LUTs have wires for {wires.shape[1]}")
    return Stage(wires[::-1].T, tables)


def _conv(
    part: Conv, shape: tuple[int, ...], told: str | None
) -> tuple[list[Stage], tuple[int, ...]]:
    """Return the stages of a convolution, unrolled, and the shape of what comes out."""
    if part.padding is None:
        raise ConfigError("the file does not say how its convolutions are padded (--padding)")
    first = part.indices[0]
    if first.ndim != 5 or first.shape[-1] != 3 or not first.size or first.dtype.kind not in "iu":
        raise ModelError(
            f"a convolution with wires of shape {first.shape}; lutgen takes those of two dimensions"
        )
    k, n_kernels, n_positions, n_nodes, _ = first.shape
    if n_kernels * n_positions * n_nodes > MOST_LUTS:
        raise ModelError("a convolution that is too large to be unrolled")
    rows = len(np.unique(first[0, 0, :, 0, 0]))
    if n_positions % rows:
        raise ModelError(f"{n_positions} places of a convolution do not fill {rows} rows")
    channels, height, width = shape
    row, column, channel = (first[..., axis].astype(np.int64) for axis in range(3))
    row, column = row - part.padding, column - part.padding
    if (channel < 0).any() or (channel >= channels).any():
        raise ModelError(f"a convolution reads channel {channel.max()} of {channels}")
    margin = part.padding
    if (
        min(row.min(), column.min()) < -margin
        or row.max() >= height + margin
        or column.max() >= width + margin
    ):
        raise ModelError(
            f"a convolution reads beyond its input of {height} x {width}, padded by {margin}: "
            "input_shape, padding or pooling is another"
        )
    outside = (row < 0) | (row >= height) | (column < 0) | (column >= width)
    places = np.where(outside, 0, (channel * height + row) * width + column)
    stages = []
    for level, weight in enumerate(part.weights):
        if level:
            below = part.indices[level]
            if below.ndim != 2 or len(below) != k or below.dtype.kind not in "iu":
                raise ModelError(f"level {level} of a convolution has wires of {below.shape}")
            if below.min() < 0 or below.max() >= n_nodes:
                raise ModelError(f"level {level} of a convolution reads what is not below it")
            starts = np.arange(n_kernels * n_positions) * n_nodes
            places = starts[None, :, None] + below[:, None, :]
            n_nodes = below.shape[1]
            outside = np.zeros(places.shape, bool)
        if weight.ndim != 3 or weight.shape[:2] != (n_nodes, n_kernels):
            raise ModelError(f"level {level} of a convolution has weights of {weight.shape}")
        flat = _tables(part, weight.reshape(n_nodes * n_kernels, -1), k, told)
        per_kernel = flat.reshape(n_nodes, n_kernels, -1).transpose(1, 0, 2)
        tables = np.repeat(per_kernel, n_positions, axis=0)  # kernel, position, node
        tables = tables.reshape(-1, 1 << k)
        stages.append(
            _grounded(places.reshape(k, -1)[::-1].T, outside.reshape(k, -1)[::-1].T, tables)
        )
    if n_nodes != 1:
        raise ModelError(f"the trees of a convolution end in {n_nodes} nodes, not in one")
    return stages, (n_kernels, rows, n_positions // rows)


def _grounded(wires: Array, zero: Array, tables: Array) -> Stage:
    """Return LUTs, some of whose inputs are zero."""
    entries = np.arange(tables.shape[1])
    for address_bit in range(wires.shape[1]):
        cleared = tables[:, entries & ~(1 << address_bit)]
        tables = np.where(zero[:, address_bit, None], cleared, tables)
    return Stage(wires, tables)


def _pool(part: Pool, shape: tuple[int, ...]) -> tuple[Stage, tuple[int, ...]]:
    """Return the stage of an or-pooling, and the shape of what comes out."""
    channels, *sizes = shape
    k = part.size**2
    if k > MAX_FAN_IN:
        raise ModelError(f"a pooling of {part.size} x {part.size}; {MAX_FAN_IN} bits are the most")
    height, width = ((n + 2 * part.padding - part.size) // part.stride + 1 for n in sizes)
    if height < 1 or width < 1 or 2 * part.padding > part.size:
        raise ModelError(f"a pooling of {part.size} on {sizes[0]} x {sizes[1]} leaves nothing")
    window = np.arange(part.size)
    row, column = (
        np.clip(np.arange(n)[:, None] * part.stride + window - part.padding, 0, size - 1)
        for n, size in zip((height, width), sizes, strict=True)
    )  # beyond the edge an or may read the edge again
    places = row[:, None, :, None] * sizes[1] + column[None, :, None, :]
    wires = np.arange(channels)[:, None] * sizes[0] * sizes[1] + places.reshape(1, -1, k).repeat(
        channels, axis=0
    ).reshape(channels, -1)
    table = np.arange(1 << k) > 0
    wires = wires.reshape(-1, k)
    return Stage(wires, np.tile(table, (len(wires), 1))), (channels, height, width)


def assemble(
    parts: Sequence[Part],
    *,
    parametrization: str | None = None,
    input_shape: Sequence[int] | None = None,
    n_inputs: int | None = None,
    classes: Array | None = None,
    thresholds: Array | None = None,
    **rest: Any,
) -> LutNetwork:
    """Return the network of a sequence of parts.

    Parameters
    ----------
    input_shape : sequence of int, optional
        Channels, height and width of what comes in, before it is binarised; needed where the first
        part is a convolution.
    n_inputs : int, optional
        Input bits; by default up to the last that is read.
    classes : ndarray, optional
        Labels of the classes; by default their numbers.
    thresholds : ndarray, optional
        Thresholds in place of those of the parts.
    **rest
        Fields of the network, such as its provenance.
    """
    given = [part for part in parts if isinstance(part, Binarization)]
    if len(given) > 1 or (given and parts[0] is not given[0]):
        raise ModelError("only what comes in can be binarised")
    levels = thresholds if thresholds is not None else given[0].thresholds if given else None
    layers = [part for part in parts if not isinstance(part, Binarization)]
    head = layers.pop() if layers and isinstance(layers[-1], GroupSum) else None
    if not layers:
        raise ModelError("it has no layer of LUTs")
    shape: tuple[int, ...] = ()
    if isinstance(layers[0], Conv | Pool):
        encoder, shape = _image_encoder(levels, input_shape)
        n_bits = width = shape[0] * shape[1] * shape[2]
    else:
        read = 1 + int(np.max(_wires(layers[0]), initial=0))
        encoder, n_bits = flat_encoder(levels, n_inputs or read)
        width = n_bits
    stages: list[Stage] = []
    for part in layers:
        if isinstance(part, Stage | Dense):
            if shape and (read := 1 + int(np.max(_wires(part), initial=0))) != width:
                raise ModelError(
                    f"a dense layer reads {read} bits behind convolutions that put out {width}: "
                    "input_shape, padding or pooling is another"
                )
            stages.append(_dense(part, parametrization) if isinstance(part, Dense) else part)
            shape = ()
        elif isinstance(part, Conv) and shape:
            more, shape = _conv(part, shape, parametrization)
            stages += more
        elif isinstance(part, Pool) and shape:
            stage, shape = _pool(part, shape)
            stages.append(stage)
        else:
            raise ModelError(f"a {type(part).__name__} in a place where lutgen knows none")
        width = len(stages[-1].wires)

    def make_head(n_outputs: int) -> Head:
        if not isinstance(head, GroupSum):
            return Bits()
        told = np.arange(head.k) if classes is None else classes
        return group_sum(n_outputs, told, head.tau, head.beta, padded=head.padded)

    return chained(n_bits, stages, make_head, encoder, **rest)


def _wires(part: Part) -> Array:
    """Return what a layer reads; nothing of what reads no places."""
    wires = np.asarray(part.wires) if isinstance(part, Stage | Dense) else np.zeros((0, 0), int)
    if wires.ndim != 2 or wires.dtype.kind not in "iu":
        raise ModelError(f"wires of shape {wires.shape} and type {wires.dtype} are none")
    return wires


def _image_encoder(
    levels: Array | None, shape: Sequence[int] | None
) -> tuple[Encoder | None, tuple[int, ...]]:
    """Return the encoder of an image whose channels become several, and the shape of the bits."""
    if shape is None:
        raise ConfigError(
            "the file does not say what comes in: channels, height and width (--input-shape)"
        )
    channels, height, width = shape
    if levels is None:
        return None, (channels, height, width)
    matrix = np.asarray(levels)
    if matrix.ndim == 1:
        matrix = np.tile(matrix, (channels, 1))
    if matrix.ndim != 2 or len(matrix) != channels:
        raise ModelError(f"thresholds of shape {matrix.shape} for {channels} channels")
    n_levels = matrix.shape[1]
    pixel = np.arange(channels * height * width, dtype=np.int32).reshape(channels, 1, -1)
    feature = np.repeat(pixel, n_levels, axis=1).ravel()
    threshold = np.repeat(just_above(matrix).ravel(), height * width)
    encoder = Encoder("thermometer", channels * height * width, feature, threshold)
    return encoder, (channels * n_levels, height, width)

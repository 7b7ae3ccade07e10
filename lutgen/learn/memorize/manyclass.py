"""Memorization for more than two classes: networks of one bit, side by side, and a code.

Each network tells a set of classes from the rest (Dietterich and Bakiri, "Solving multiclass
learning problems via error-correcting output codes", 1995); a class's score is the number of
networks that say what its code word says. One network for each class is the special case in which
a network speaks for its class alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Bits
from lutgen.encode.encoder import Encoder
from lutgen.errors import ConfigError, DataError
from lutgen.learn import randomness
from lutgen.learn.memorize.training import Parameters, memorize
from lutgen.model import Argmax, LutNetwork

ONE_VS_REST = "one-vs-rest"
MAX_CODE_BITS = 1024

_CODE_STREAM = 5
_TRIES = 200


def code_matrix(spec: str, n_classes: int, seed: int) -> NDArray[np.int32]:
    """Return which networks say yes to each class, shape (n_classes, n_networks), 1 or -1.

    Parameters
    ----------
    spec : str
        ``one-vs-rest``, or ``code:N``: N networks, each of a random half of the classes (rounded
        down), of 200 such codes the one whose closest two words are farthest apart.

    Raises
    ------
    ConfigError
        If `spec` is none of these, or N bits do not tell the classes apart.
    """
    if spec == ONE_VS_REST:
        return 2 * np.eye(n_classes, dtype=np.int32) - 1
    kind, _, bits = spec.partition(":")
    if kind != "code" or not bits.isdecimal() or not 1 <= int(bits) <= MAX_CODE_BITS:
        raise ConfigError(
            f"code must be 'one-vs-rest' or 'code:N' with N 1 to {MAX_CODE_BITS} networks, e.g. "
            f"code:31; got {spec!r}"
        )
    best, best_distance = np.empty((0, 0), dtype=np.int32), 0
    for attempt in range(_TRIES):
        keys = randomness.keys(seed, _CODE_STREAM, attempt, np.arange(int(bits)))
        order = np.argsort(randomness.words(keys, n_classes), axis=1, kind="stable")
        code = np.full((n_classes, int(bits)), -1, dtype=np.int32)
        np.put_along_axis(code.T, order[:, : max(1, n_classes // 2)], 1, axis=1)
        apart = (code[:, None, :] != code[None, :, :]).sum(axis=2)
        distance = int(apart[~np.eye(n_classes, dtype=np.bool_)].min())
        if distance > best_distance:
            best, best_distance = code, distance
    if best_distance == 0:
        raise ConfigError(f"{bits} networks do not tell {n_classes} classes apart: take more")
    return best


def memorize_classes(
    bits: Bits,
    labels: NDArray[np.integer],
    parameters: Parameters,
    *,
    encoder: Encoder,
    classes: NDArray[Any],
    code: str = ONE_VS_REST,
    progress: Callable[[int, int], None] | None = None,
    **options: Any,
) -> LutNetwork:
    """Learn a network for each bit of a code, and put them side by side.

    Parameters
    ----------
    labels : ndarray of shape (n_samples,)
        Class number of each sample.
    code : str
        See :func:`code_matrix`.
    progress : callable, optional
        Called with (networks learnt, networks in all).
    options
        As for :func:`lutgen.learn.memorize.memorize`, which see for the other parameters.

    Raises
    ------
    DataError, ConfigError
        As `memorize` does; also if a class has no sample.
    """
    present = np.bincount(labels, minlength=len(classes))
    if len(present) > len(classes) or (present == 0).any():
        raise DataError("every class needs a training sample, and every class number a label")

    def learn(is_one: NDArray[np.uint8], told: Parameters) -> LutNetwork:
        return memorize(
            bits, is_one[labels], told, encoder=encoder, classes=np.array([0, 1]), **options
        )

    merged = learn_code(learn, parameters, classes, code, progress)
    return with_accuracy(merged, float((merged.class_numbers(bits) == labels).mean()))


def learn_code(
    learn: Callable[[NDArray[np.uint8], Parameters], LutNetwork],
    parameters: Parameters,
    classes: NDArray[Any],
    code: str,
    progress: Callable[[int, int], None] | None = None,
) -> LutNetwork:
    """Learn a network for each bit of a code, and put them side by side.

    Parameters
    ----------
    learn : callable
        Learns one, given which classes it says yes to, dtype uint8, and its parameters.
    """
    words = code_matrix(code, len(classes), parameters.seed)
    networks = []
    for place, column in enumerate(words.T):
        # networks draw other wires, but the same for the same place of a code
        seed = int(randomness.keys(parameters.seed, _CODE_STREAM, _TRIES, place)[0])
        networks.append(learn((column > 0).astype(np.uint8), replace(parameters, seed=seed)))
        if progress is not None:
            progress(place + 1, words.shape[1])
    weights = np.maximum(words, 0) if code == ONE_VS_REST else words
    merged = put_side_by_side(networks, weights, classes)
    told = networks[0].provenance.parameters
    provenance = replace(
        networks[0].provenance,
        parameters={**told, "seed": parameters.seed, "code": code},
        layers=(),
    )
    return replace(merged, provenance=provenance)


def with_accuracy(network: LutNetwork, accuracy: float) -> LutNetwork:
    """Return a network that says what share of its training samples it has right."""
    return replace(network, provenance=replace(network.provenance, train_accuracy=accuracy))


def put_side_by_side(
    networks: list[LutNetwork], weights: NDArray[np.int32], classes: NDArray[Any]
) -> LutNetwork:
    """Return one network whose outputs are those of networks of one k and the same inputs.

    Parameters
    ----------
    weights : ndarray of shape (n_classes, n_networks), dtype=np.int32
        What the output of each network adds to the score of each class; where negative, it
        counts for the class if the output is zero.
    """
    first = networks[0]
    n_inputs, k = first.n_inputs, int(first.fan_in[0])
    layer = np.concatenate([network.layer for network in networks])
    order = np.argsort(layer, kind="stable")
    place = np.empty(order.size, dtype=np.int32)
    place[order] = np.arange(order.size, dtype=np.int32)
    wires, outputs, base = [], [], 0
    for network in networks:
        own = place[base : base + network.n_luts] + n_inputs
        number = np.concatenate([np.arange(n_inputs, dtype=np.int32), own])
        wires.append(number[network.wires].reshape(-1, k))
        outputs.append(number[network.outputs])
        base += network.n_luts
    tables = {
        name: np.concatenate([getattr(net, name).reshape(net.n_luts, -1) for net in networks])
        for name in ("tables", "seen", "tied")
    }
    return LutNetwork(
        n_inputs=n_inputs,
        fan_in=np.full(order.size, k, dtype=np.uint8),
        wires=np.concatenate(wires)[order].reshape(-1).astype(np.int32),
        tables=tables["tables"][order].reshape(-1),
        seen=tables["seen"][order].reshape(-1),
        tied=tables["tied"][order].reshape(-1),
        layer=layer[order],
        outputs=np.concatenate(outputs).astype(np.int32),
        head=Argmax(weights, -np.minimum(weights, 0).sum(axis=1, dtype=np.int32), classes),
        encoder=first.encoder,
    )

"""Chatterjee's memorization: a network of LUTs learnt layer by layer, by counting alone.

"Learning and Memorization" (2018), section 3: every LUT's target is the final label, a layer's
outputs are the next layer's inputs, and the last layer is a single LUT.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import MAX_FAN_IN, Bits, Words, pack
from lutgen.encode.encoder import Encoder
from lutgen.errors import ConfigError, DataError
from lutgen.learn import randomness
from lutgen.learn.counts import CLASSES, Counts, Tables, apply, count_classes
from lutgen.learn.executor import Executor, executor_for
from lutgen.learn.fill import FILLS, Fill
from lutgen.learn.labelled import Labelled
from lutgen.learn.memorize import wiring
from lutgen.learn.memorize.layer import BACKENDS, LearntLayer
from lutgen.learn.parts import Parts
from lutgen.model import Argmax, LutNetwork, Provenance
from lutgen.model.provenance import LayerAccuracy

Progress = Callable[[int, int], None]
Signals = TypeVar("Signals")

MAX_WIDTH = 1 << 20

_FILL_STREAM = 2


@dataclass(frozen=True)
class Parameters:
    """What the learner may be told.

    Parameters
    ----------
    k : int
        Inputs of each LUT, 1 to 16.
    widths : sequence of int
        LUTs in each hidden layer; a last layer of one LUT is added.
    wiring : str
        ``random`` or ``window:W``; see :mod:`lutgen.learn.memorize.wiring`.
    fill : {"random", "zero", "majority", "neighbour"}
        See :class:`lutgen.learn.fill.Fill`.
    seed : int
        Fixes the wires and the random fill.
    cone_only : bool
        Learn only the LUTs that can reach the output: the same predictions in less time.

    Raises
    ------
    ConfigError
        If one of them is out of its range.
    """

    k: int = 8
    widths: tuple[int, ...] = (1024,) * 5
    wiring: str = "random"
    fill: str = "random"
    seed: int = 0
    cone_only: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.k <= MAX_FAN_IN:
            raise ConfigError(f"k must be 1 to {MAX_FAN_IN}, got {self.k}")
        for layer, width in enumerate(self.widths, start=1):
            if not 1 <= width <= MAX_WIDTH:
                raise ConfigError(
                    f"widths: layer {layer} must have 1 to {MAX_WIDTH} LUTs, got {width}"
                )
        if self.fill not in FILLS:
            raise ConfigError(f"fill must be one of {', '.join(FILLS)}, got {self.fill!r}")
        if not 0 <= self.seed < 1 << 64:
            raise ConfigError(f"the seed must be 0 to 2^64 - 1, got {self.seed}")
        wiring.Wiring.parse(self.wiring)


def memorize(
    bits: Bits,
    labels: NDArray[np.integer] | NDArray[np.bool_],
    parameters: Parameters,
    *,
    encoder: Encoder,
    classes: NDArray[Any],
    feature_shape: Sequence[int] = (),
    backend: str = "kernels",
    n_threads: int | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> LutNetwork:
    """Learn a network from encoded samples.

    Parameters
    ----------
    bits : Bits
        Encoded training samples.
    labels : ndarray of shape (n_samples,)
        Class number of each sample, 0 or 1.
    encoder : Encoder
        What made the bits; it is kept in the model.
    classes : ndarray of shape (2,)
        The two labels.
    feature_shape : sequence of int
        Shape of one sample where the features are an image; used by ``window`` wiring.
    backend : {"kernels", "reference"}
        Fast or plain implementation; the model is the same.
    n_threads : int, optional
        Default: all processors that this process may use. The model is the same for any number.
    executor : Executor, optional
        Runs the tasks, instead of threads made for the purpose.
    progress : callable, optional
        Called with (LUTs learnt, LUTs in all) after each layer.

    Raises
    ------
    DataError
        If there are no samples, only one class, or fewer input bits than k.
    ConfigError
        If a layer, or the window, has fewer signals than k.
    """
    target = check_labels(labels, bits.n_samples)
    with executor_for(executor, n_threads) as running:
        signals, learn = BACKENDS[backend](bits.words, target, running)
        return learn_network(
            signals,
            Facts(bits.n_samples, int(target.sum()), _wrong_inputs(bits.words, target)),
            learn,
            parameters,
            encoder=encoder,
            classes=classes,
            feature_shape=feature_shape,
            progress=progress,
        )


@dataclass(frozen=True, eq=False)
class Facts:
    """What is to be known of all samples before the first layer.

    Parameters
    ----------
    n_samples, n_ones : int
        Samples, and those of class 1.
    n_wrong : ndarray of shape (n_inputs,), dtype=np.int64
        Samples whose label each input bit is not.
    """

    n_samples: int
    n_ones: int
    n_wrong: NDArray[np.int64]

    def add(self, other: Facts) -> Facts:
        """Return what is known of both."""
        return Facts(
            self.n_samples + other.n_samples,
            self.n_ones + other.n_ones,
            self.n_wrong + other.n_wrong,
        )


class LearnOne(Protocol[Signals]):
    """Learns one layer from signals, whatever holds them; outputs are the signals of the next."""

    def __call__(
        self, signals: Signals, wires: NDArray[np.int32], fill: Fill
    ) -> LearntLayer[Signals]: ...


def learn_network(
    signals: Signals,
    facts: Facts,
    learn: LearnOne[Signals],
    parameters: Parameters,
    *,
    encoder: Encoder,
    classes: NDArray[Any],
    feature_shape: Sequence[int] = (),
    progress: Progress | None = None,
) -> LutNetwork:
    """Learn layer after layer, from samples wherever they lie; see :func:`memorize`.

    Parameters
    ----------
    signals
        Input bits of the samples.
    learn : callable
        Learns a layer from signals.
    """
    n_inputs, n_samples = facts.n_wrong.size, facts.n_samples
    widths = (*parameters.widths, 1)
    layers = wiring.draw(
        wiring.Wiring.parse(parameters.wiring),
        k=parameters.k,
        widths=widths,
        n_inputs=n_inputs,
        seed=parameters.seed,
        positions=wiring.image_positions(feature_shape, encoder.feature),
    )
    kept = wiring.cones(layers) if parameters.cone_only else [np.arange(width) for width in widths]
    learnt = _learn_layers(signals, facts, parameters, layers, kept, learn, progress)
    rows = [LayerAccuracy.of(0, 1 - facts.n_wrong / n_samples)]
    rows += [
        LayerAccuracy.of(layer, part.n_correct / n_samples)
        for layer, part in enumerate(learnt, start=1)
    ]
    n_luts = [part.n_correct.size for part in learnt]
    return LutNetwork(
        n_inputs=n_inputs,
        fan_in=np.full(sum(n_luts), parameters.k, dtype=np.uint8),
        wires=_number_signals([part.wires for part in learnt], n_inputs),
        tables=_concatenate([part.luts.tables for part in learnt]),
        seen=_concatenate([part.luts.seen for part in learnt]),
        tied=_concatenate([part.luts.tied for part in learnt]),
        layer=np.repeat(np.arange(1, len(n_luts) + 1), n_luts).astype(np.int32),
        outputs=np.array([n_inputs + sum(n_luts) - 1], dtype=np.int32),
        head=Argmax.class_number(classes),
        encoder=encoder,
        provenance=Provenance(
            learner="memorization",
            parameters={**asdict(parameters), "widths": list(widths)},
            n_samples=n_samples,
            train_accuracy=rows[-1].mean,
            layers=tuple(rows),
        ),
    )


@dataclass(frozen=True, eq=False)
class _Layer:
    """What the network keeps of a learnt layer; wires are numbered within the layer before."""

    wires: NDArray[np.int32]
    luts: Tables
    n_correct: NDArray[np.int64]


def _learn_layers(
    signals: Signals,
    facts: Facts,
    parameters: Parameters,
    layers: list[NDArray[np.int32]],
    kept: list[NDArray[np.intp]],
    learn: LearnOne[Signals],
    progress: Progress | None,
) -> list[_Layer]:
    """Learn layer after layer, each on the outputs of the one before."""
    prior = int(2 * facts.n_ones > facts.n_samples)
    learnt: list[_Layer] = []
    n_done, total = 0, sum(keep.size for keep in kept)
    place = np.arange(facts.n_wrong.size)
    for layer, (wires, keep) in enumerate(zip(layers, kept, strict=True), start=1):
        local = place[wires[keep]].astype(np.int32)
        key = randomness.keys(parameters.seed, _FILL_STREAM, layer, keep)
        result = learn(signals, local, Fill(parameters.fill, key, prior))
        learnt.append(_Layer(local, result.luts, result.n_correct))
        signals = result.outputs
        place = np.full(len(wires), -1)
        place[keep] = np.arange(keep.size)
        n_done += keep.size
        if progress is not None:
            progress(n_done, total)
    return learnt


def check_labels(
    labels: NDArray[np.integer] | NDArray[np.bool_], n_samples: int
) -> NDArray[np.uint8]:
    """Return class numbers as uint8; raise :class:`DataError` unless both 0 and 1 occur."""
    if labels.shape != (n_samples,):
        raise DataError(f"{n_samples} samples, but labels of shape {labels.shape}")
    if n_samples == 0:
        raise DataError("there are no training samples (0 rows)")
    if not np.isin(labels, (0, 1)).all():
        raise DataError("class numbers must be 0 or 1 for a network of one output")
    if (labels == labels[0]).all():
        raise DataError(
            f"all {n_samples} training samples are of one class; learning needs both classes"
        )
    return labels.astype(np.uint8)


def _number_signals(wires: list[NDArray[np.int32]], n_inputs: int) -> NDArray[np.int32]:
    """Turn wires numbered within the layer before into signals of the whole network."""
    base, flat = 0, []
    for layer, local in enumerate(wires):
        flat.append((local + base).reshape(-1))
        base = n_inputs if layer == 0 else base + len(wires[layer - 1])
    return np.concatenate(flat).astype(np.int32)


def _concatenate(parts: list[Words]) -> Words:
    return np.concatenate([part.reshape(-1) for part in parts])


def _wrong_inputs(words: Words, target: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Count the samples whose label each input bit is not: layer 0 of the paper's table 1."""
    wrong: NDArray[np.int64] = np.bitwise_count(words ^ pack(target[:, None])[0]).sum(
        axis=1, dtype=np.int64
    )
    return wrong


@dataclass(frozen=True, eq=False)
class Part:
    """Some samples of two classes, as a layer sees them.

    Parameters
    ----------
    signals : ndarray of shape (n_signals, n_words), dtype=np.uint64
    target : ndarray of shape (n_samples,), dtype=np.uint8
    """

    signals: Words
    target: NDArray[np.uint8]

    @classmethod
    def of(cls, labelled: Labelled, is_one: NDArray[np.uint8]) -> Part:
        """Return samples whose classes are told apart by whether they are of some of these."""
        return cls(labelled.bits.words, is_one[labelled.labels])

    def apply(self, tables: Words, wires: NDArray[np.int32], backend: str) -> Part:
        """Return the samples as the next layer sees them."""
        if not self.target.size:
            return Part(np.empty((len(wires), 0), dtype=np.uint64), self.target)
        outputs = apply(tables, self.signals, wires, self.target.size, backend=backend)
        return Part(outputs, self.target)


def memorize_parts(
    parts: Parts[Part],
    parameters: Parameters,
    *,
    encoder: Encoder,
    classes: NDArray[Any],
    feature_shape: Sequence[int] = (),
    backend: str = "kernels",
    executor: Executor,
    progress: Progress | None = None,
) -> LutNetwork:
    """Learn a network from samples that lie in parts; see :func:`memorize`.

    The network is the same for any parts that have the same samples.
    """
    facts = parts.total(_facts, Facts.add, executor)
    if facts.n_ones in (0, facts.n_samples):
        raise DataError(
            f"all {facts.n_samples} training samples are of one class; learning needs both classes"
        )

    def learn(
        signals: Parts[Part], wires: NDArray[np.int32], fill: Fill
    ) -> LearntLayer[Parts[Part]]:
        counts = signals.total(partial(_count, wires=wires, backend=backend), Counts.add, executor)
        luts = counts.decide(fill, backend=backend)
        outputs = signals.derive(Part.apply, [(luts.tables, wires, backend)] * len(signals))
        n_wrong = outputs.total(_count_wrong, np.add, executor)
        return LearntLayer(luts, outputs, facts.n_samples - n_wrong)

    return learn_network(
        parts,
        facts,
        learn,
        parameters,
        encoder=encoder,
        classes=classes,
        feature_shape=feature_shape,
        progress=progress,
    )


def _facts(part: Part, executor: Executor) -> Facts:  # noqa: ARG001 - a task
    wrong = _wrong_inputs(part.signals, part.target)
    return Facts(part.target.size, int(part.target.sum()), wrong)


def _count(
    part: Part,
    executor: Executor,  # noqa: ARG001 - a task
    wires: NDArray[np.int32],
    backend: str,
) -> Counts:
    if not part.target.size:
        return Counts.zeros(CLASSES, *wires.shape)
    return count_classes(part.signals, wires, part.target, backend=backend)


def _count_wrong(part: Part, executor: Executor) -> NDArray[np.int64]:  # noqa: ARG001 - a task
    return _wrong_inputs(part.signals, part.target)

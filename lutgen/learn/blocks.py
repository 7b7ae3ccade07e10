"""From blocks of rows to a network: the way of the estimators, of samples that lie in parts.

Nothing here holds more than a block: labels, weights, splits and thresholds come of counts of each
block, and blocks are encoded where they are. The network is that of the same rows in one matrix.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lutgen.encode.encoder import (
    BIT,
    REFUSE,
    Encoder,
    as_matrix,
    check_binary,
    encoder_of,
    is_by_gain,
)
from lutgen.encode.statistics import Block, Counted
from lutgen.encode.tally import Tally, Wanted, ordered, select, unordered
from lutgen.errors import ConfigError, DataError, LutgenError
from lutgen.learn.boost.numbers import boost_numbers_of_parts
from lutgen.learn.boost.parameters import BoostParameters, BoostProgress
from lutgen.learn.boost.training import boost_parts, checked_weights
from lutgen.learn.executor import Executor, Serial
from lutgen.learn.labelled import Labelled, SampleSet
from lutgen.learn.memorize.manyclass import learn_code, with_accuracy
from lutgen.learn.memorize.training import Parameters, Part, memorize_parts
from lutgen.learn.parts import Parts, answers, firsts
from lutgen.model import LutNetwork

_PARTS = 16  # of numbers, for thresholds
Progress = Callable[[BoostProgress], None]


def make_block(
    X: ArrayLike,
    y: ArrayLike | None,
    weights: ArrayLike | None,
    place: int,
    *,
    missing: str = REFUSE,
) -> Block:
    """Return rows as a block, checked; faults say that they are of part `place`, from 0.

    Raises
    ------
    DataError
        If values are no finite numbers, or labels or weights are not as many as rows.
    """
    try:
        matrix = as_matrix(X, missing=missing == BIT)
        labels = None if y is None else np.asarray(y)
        if labels is not None and labels.ndim == 2 and labels.shape[1] == 1:
            labels = labels[:, 0]
        if labels is not None and len(labels) != len(matrix):
            raise DataError(f"{len(matrix)} rows of samples, but {len(labels)} labels")
        own = None
        if weights is not None:
            own = checked_weights(np.asarray(weights), len(matrix))
        return Block(matrix, labels, own)
    except LutgenError as error:
        raise DataError(f"part {place} (parts and rows are counted from 0): {error}") from error


def boost_blocks(
    blocks: Parts[Block],
    parameters: BoostParameters,
    *,
    encoder: str = "auto",
    missing: str = REFUSE,
    class_weight: Any = None,
    validation_fraction: float = 0.0,
    held: Parts[Block] | None = None,
    feature_shape: Sequence[int] = (),
    executor: Executor,
    progress: Progress | None = None,
) -> tuple[LutNetwork, NDArray[Any]]:
    """Learn any number of classes from blocks of labelled rows.

    Parameters
    ----------
    class_weight : "balanced", dict or None
        Weight of each class, times that of each row.
    validation_fraction : float
        Share of the rows of each class that is set aside, where `held` is not given; 0: none.
    held : Parts of Block, optional
        Rows to watch.

    Returns
    -------
    network : LutNetwork
    classes : ndarray of shape (n_classes,)
        The labels.
    """
    classes = classes_of(blocks)
    text = classes.astype(np.str_) if classes.dtype == object else classes
    counts = np.array(answers(blocks, partial(count_labels, classes=classes)))
    of_class = _class_weights(class_weight, classes, counts.sum(axis=0))
    if held is not None:
        _require_known(held, classes)
    train = blocks
    if held is None and validation_fraction:
        train, held = split(
            blocks,
            counts,
            validation_fraction,
            parameters.seed,
            partial(numbers_of, classes=classes),
        )
    as_numbers = partial(numbers_of, classes=classes)
    fitted = fit(encoder, train, held, missing, as_numbers, classes.size)
    encode = partial(encode_block, encoder=fitted, labels_of=as_numbers, of_class=of_class)
    samples = encoded(train, encode, fitted)
    network = boost_parts(
        samples,
        parameters,
        encoder=fitted,
        classes=text,
        validation=None if held is None else encoded(held, encode, fitted),
        feature_shape=tuple(feature_shape),
        executor=executor,
        progress=progress,
    )
    return network, classes


def boost_blocks_of_numbers(
    blocks: Parts[Block],
    parameters: BoostParameters,
    *,
    loss: str = "squared_error",
    quantile: float = 0.5,
    encoder: str = "auto",
    missing: str = REFUSE,
    validation_fraction: float = 0.0,
    held: Parts[Block] | None = None,
    executor: Executor,
    progress: Progress | None = None,
) -> LutNetwork:
    """Learn numbers, one or several, from blocks of rows; see :func:`boost_blocks`."""
    shapes = answers(blocks, _check_numbers)
    sizes = [n_rows for n_rows, _ in shapes]
    n_scores = {n for n_rows, n in shapes if n_rows}
    if sum(sizes) < 2:
        raise DataError(f"{sum(sizes)} samples are too few to learn from; give two or more")
    if len(n_scores) != 1:
        raise DataError(f"parts have {sorted(n_scores)} numbers a row; give as many in each")
    if held is not None:
        answers(held, _check_numbers)
    train = blocks
    if held is None and validation_fraction:
        counts = np.array(sizes)[:, None]
        train, held = split(
            blocks, counts, validation_fraction, parameters.seed, all_one, stratified=False
        )
    groups_of = None
    if is_by_gain(encoder):
        if n_scores != {1}:
            raise ConfigError(
                f"encoder {encoder!r}: thresholds by gain of several numbers look at the ranks of "
                "all rows at once; of parts use a thermometer by quantile, or one number"
            )
        groups_of = partial(_part_of_numbers, edges=_edges(train))
    fitted = fit(encoder, train, held, missing, groups_of, _PARTS)
    encode = partial(encode_block, encoder=fitted, labels_of=_columns, of_class=None)
    return boost_numbers_of_parts(
        encoded(train, encode, fitted),
        parameters,
        encoder=fitted,
        loss=loss,
        quantile=quantile,
        validation=None if held is None else encoded(held, encode, fitted),
        executor=executor,
        progress=progress,
    )


def memorize_blocks(
    blocks: Parts[Block],
    parameters: Parameters,
    *,
    code: str,
    encoder: str = "auto",
    missing: str = REFUSE,
    feature_shape: Sequence[int] = (),
    executor: Executor,
) -> tuple[LutNetwork, NDArray[Any], SampleSet]:
    """Learn classes by memorization from blocks of labelled rows.

    Returns
    -------
    network : LutNetwork
    classes : ndarray of shape (n_classes,)
        The labels.
    samples : SampleSet
        The rows, encoded.
    """
    classes = classes_of(blocks)
    text = classes.astype(np.str_) if classes.dtype == object else classes
    as_numbers = partial(numbers_of, classes=classes)
    fitted = fit(encoder, blocks, None, missing, as_numbers, classes.size)
    encode = partial(encode_block, encoder=fitted, labels_of=as_numbers, of_class=None)
    samples = encoded(blocks, encode, fitted)

    def learn(is_one: NDArray[np.uint8], told: Parameters) -> LutNetwork:
        return memorize_parts(
            samples.parts.derive(Part.of, [(is_one,)] * len(blocks)),
            told,
            encoder=fitted,
            classes=text if classes.size == 2 else np.array([0, 1]),
            feature_shape=tuple(feature_shape),
            executor=executor,
        )

    if classes.size == 2:
        return learn(np.array([0, 1], dtype=np.uint8), parameters), classes, samples
    merged = learn_code(learn, parameters, text, code)
    right = sum(samples.ask(partial(_n_right, network=merged)))
    return with_accuracy(merged, right / samples.n_samples), classes, samples


def _n_right(samples: Labelled, network: LutNetwork) -> int:
    if not samples.labels.size:
        return 0
    return int((network.class_numbers(samples.bits) == samples.labels).sum())


def fit(
    spec: str,
    train: Parts[Block],
    held: Parts[Block] | None,
    missing: str,
    groups_of: Callable[[NDArray[Any]], NDArray[np.integer]] | None,
    n_classes: int,
) -> Encoder:
    """Fit an encoder on blocks; it has seen what is only watched, too."""
    if missing not in (REFUSE, BIT):
        raise ConfigError(f"missing must be {REFUSE} or {BIT}, got {missing!r}")
    widths = {n for n_rows, n in answers(train, _shape) if n_rows}
    if len(widths) > 1:
        raise DataError(f"parts have {sorted(widths)} columns; give the same columns in each")
    known = Counted(_asker(train), groups_of, n_classes)
    if spec in ("binary", "binary:") and not known.is_binary:
        answers(train, _check_binary)
    encoder = encoder_of(spec, known, is_labelled=groups_of is not None)
    if held is not None:
        encoder = encoder.knowing(Counted(_asker(held)))
    return encoder


def encoded(
    blocks: Parts[Block], encode: Callable[[Block], Labelled], encoder: Encoder
) -> SampleSet:
    """Return the samples that blocks become, encoded where they are."""
    parts = blocks.derive(encode, [()] * len(blocks))
    return SampleSet(parts, answers(parts, _n_samples), encoder.n_bits)


def encode_block(
    block: Block,
    encoder: Encoder,
    labels_of: Callable[[NDArray[Any]], NDArray[Any]],
    of_class: NDArray[np.float64] | None,
) -> Labelled:
    """Return a block as the booster takes it."""
    assert block.labels is not None
    labels, weights = labels_of(block.labels), block.weights
    if of_class is not None:
        weights = of_class[labels] if weights is None else weights * of_class[labels]
    return Labelled(encoder.encode(block.matrix), labels, weights)


@dataclass(frozen=True, eq=False)
class _Draw:
    """Sets rows aside: those of the smallest words that are drawn for the rows of their class."""

    seed: int
    group_of: Callable[[NDArray[Any]], NDArray[np.integer]]

    def words(self, block: Block, first: int) -> NDArray[np.uint64]:
        stream = np.random.PCG64(self.seed).advance(first)
        words: NDArray[np.uint64] = stream.random_raw(len(block.matrix))
        return words

    def count(self, block: Block, first: int, wanted: Wanted) -> Tally:
        found = Tally.of(np.empty(0, dtype=np.uint64))
        words, group = self.words(block, first), self.group_of(_labels(block))
        for number, prefixes in enumerate(wanted.prefixes):
            if prefixes is not None:
                found = found.add(wanted.count(number, words[group == number]))
        return found

    def take(
        self,
        block: Block,
        first: int,
        most: NDArray[np.uint64],
        is_any: NDArray[np.bool_],
        aside: bool,
    ) -> Block:
        group = self.group_of(_labels(block))
        is_aside = is_any[group] & (self.words(block, first) <= most[group])
        return block.take(np.flatnonzero(is_aside == aside))


def split(
    blocks: Parts[Block],
    counts: NDArray[np.int64],
    share: float,
    seed: int,
    group_of: Callable[[NDArray[Any]], NDArray[np.integer]],
    *,
    stratified: bool = True,
) -> tuple[Parts[Block], Parts[Block]]:
    """Part rows into those that are learnt from and those set aside.

    They are the rows that :func:`lutgen.datasets.split.split_rows` names.

    Parameters
    ----------
    counts : ndarray of shape (n_parts, n_groups)
        Rows of each part and group.
    group_of : callable
        Makes group numbers of labels.
    """
    sizes = counts.sum(axis=1).tolist()
    n = sum(sizes)
    if not 0 < share < 1:
        raise ConfigError(f"the share to set aside must lie between 0 and 1, got {share:g}")
    own = [
        min(round(share * size), size - 1) if stratified else round(share * size)
        for size in counts.sum(axis=0).tolist()
    ]
    if not sum(own) or sum(own) == n:
        raise DataError(
            f"{n} samples are too few to set {100 * share:g} % aside; give more, or another share"
        )
    draw = _Draw(seed, group_of)
    each = firsts(sizes)[:-1]
    ranks = [np.array([size] if size else [], dtype=np.int64) for size in own]

    def count(wanted: Wanted) -> Tally:
        counted = blocks.lazily(partial(draw.count, wanted=wanted), [(first,) for first in each])
        return counted.total(_itself, Tally.add, Serial())

    found = select(count, ranks)
    is_any = np.array(own) > 0
    most = np.array([keys[0] if keys.size else 0 for keys in found], dtype=np.uint64)
    kept, aside = (
        blocks.lazily(draw.take, [(first, most, is_any, aside) for first in each])
        for aside in (False, True)
    )
    return kept, aside


def _itself(tally: Tally, executor: Executor) -> Tally:  # noqa: ARG001 - a task
    return tally


def _asker(blocks: Parts[Block]) -> Any:
    def ask(question: Callable[[Block], Any], add: Callable[[Any, Any], Any]) -> Any:
        return blocks.total(_Question(question), add, Serial())

    return ask


class _Question:
    def __init__(self, question: Callable[[Block], Any]) -> None:
        self._question = question

    def __call__(self, block: Block, executor: Executor) -> Any:  # noqa: ARG002 - a task
        return self._question(block)


def _labels(block: Block) -> NDArray[Any]:
    assert block.labels is not None
    return block.labels


def _shape(block: Block) -> tuple[int, ...]:
    return block.matrix.shape


def _n_samples(part: Labelled) -> int:
    return part.bits.n_samples


def _check_binary(block: Block) -> None:
    check_binary(block.matrix, missing=True)


def _distinct_labels(block: Block) -> NDArray[Any]:
    labels = _labels(block)
    if labels.ndim != 1:
        raise DataError(f"labels must be a vector, got shape {labels.shape}")
    if labels.dtype.kind == "f":
        bad = ~np.isfinite(labels) | (labels != np.rint(labels))
        if bad.any():
            row = int(bad.argmax())
            raise DataError(
                f"the label of row {row} of its part is {labels[row]}: labels are whole numbers or "
                "texts, none missing; numbers are learnt by the regressor"
            )
    if labels.dtype == object and not all(isinstance(label, str) for label in labels):
        odd = next(label for label in labels if not isinstance(label, str))
        raise DataError(f"labels are numbers or texts, none missing; found {odd!r} among texts")
    return np.unique(labels)


def classes_of(blocks: Parts[Block]) -> NDArray[Any]:
    """Return the labels of all blocks, ascending."""
    found = [own for own in answers(blocks, _distinct_labels) if own.size]
    if not found:
        raise DataError("there are no training samples (0 rows)")
    kinds = {"text" if own.dtype.kind in "UOT" else "number" for own in found}
    if len(kinds) > 1:
        raise DataError("some parts have texts as labels, others numbers; give one kind")
    classes: NDArray[Any] = np.unique(np.concatenate(found))
    if classes.size < 2:
        raise DataError(
            f"all samples are of one class, {classes[0]}; learning needs two classes or more"
        )
    return classes


def numbers_of(labels: NDArray[Any], classes: NDArray[Any]) -> NDArray[np.intp]:
    """Return the class number of each label."""
    return np.searchsorted(classes, labels)


def count_labels(block: Block, classes: NDArray[Any]) -> NDArray[np.int64]:
    """Return how many rows each class has."""
    return np.bincount(numbers_of(_labels(block), classes), minlength=classes.size)


def _require_known(held: Parts[Block], classes: NDArray[Any]) -> None:
    """Refuse labels of samples to watch that none of the training samples has."""
    for own in answers(held, _distinct_labels):
        unknown = own[~np.isin(own, classes)]
        if unknown.size:
            raise DataError(
                f"the samples to watch have the label {unknown.tolist()[0]!r}, which no training "
                f"sample has; the training labels are {', '.join(map(str, classes[:8].tolist()))}"
            )


def _class_weights(
    class_weight: Any, classes: NDArray[Any], counts: NDArray[np.int64]
) -> NDArray[np.float64] | None:
    """Return the weight of each class."""
    if class_weight is None:
        return None
    if isinstance(class_weight, str):
        if class_weight != "balanced":
            raise ConfigError(
                "class_weight must be balanced, a weight for each label, or None; got "
                f"{class_weight!r}"
            )
        return np.asarray(counts.sum() / (classes.size * counts.astype(np.float64)))
    known = classes.tolist()
    unknown = [label for label in class_weight if label not in known]
    if unknown:
        raise ConfigError(f"class_weight: no sample has the label {unknown[0]!r}")
    return np.array([float(class_weight.get(label, 1)) for label in known])


def _check_numbers(block: Block) -> tuple[int, int]:
    """Return rows, and numbers of a row."""
    labels = _labels(block)
    if labels.dtype.kind not in "biuf":
        raise DataError(f"the numbers to learn must be numbers, got {labels.dtype}")
    numbers = _columns(labels).T
    if not np.isfinite(numbers).all():
        row = int((~np.isfinite(numbers)).any(axis=1).argmax())
        raise DataError(
            f"the number to learn of row {row} of its part is {labels[row]}; all must be finite"
        )
    return numbers.shape


def _columns(labels: NDArray[Any]) -> NDArray[np.float64]:
    """Return numbers as a row for each score."""
    if labels.ndim == 1:
        labels = labels[:, None]
    return np.ascontiguousarray(labels.astype(np.float64).T)


def all_one(labels: NDArray[Any]) -> NDArray[np.intp]:
    """Return the group of each row, where all are one."""
    return np.zeros(len(labels), dtype=np.intp)


def _edges(blocks: Parts[Block]) -> NDArray[np.float64]:
    """Return what parts numbers into sixteenths, as np.quantile has it."""
    n = sum(n_rows for n_rows, _ in answers(blocks, _shape))
    at = (n - 1) * (np.arange(1, _PARTS) / _PARTS)
    low = np.floor(at)
    ranks = np.concatenate([low, np.minimum(low + 1, n - 1)]).astype(np.int64) + 1
    keys = select(
        lambda wanted: blocks.total(
            _Question(partial(_count_numbers, wanted=wanted)), Tally.add, Serial()
        ),
        [ranks],
    )[0]
    below, above = unordered(keys).reshape(2, -1)
    share, step = at - low, above - below
    edges: NDArray[np.float64] = np.where(
        share >= 0.5, above - step * (1 - share), below + step * share
    )
    return edges


def _count_numbers(block: Block, wanted: Wanted) -> Tally:
    return wanted.count(0, ordered(_labels(block).reshape(-1)))


def _part_of_numbers(labels: NDArray[Any], edges: NDArray[np.float64]) -> NDArray[np.intp]:
    return np.searchsorted(edges, labels.astype(np.float64).reshape(-1), side="right")

"""Learn a network from a data set: by memorization or by boosting, with where it came from."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.chips.chip import Chip
from lutgen.datasets.load import Dataset
from lutgen.datasets.split import split_rows
from lutgen.datasets.tasks import REGRESSION, require_two_classes
from lutgen.encode.encoder import BIT, REFUSE, Encoder, fit_encoder
from lutgen.encode.window import Window, parse_window
from lutgen.errors import ConfigError, DataError
from lutgen.jobs.progress import SILENT, Count, Progress
from lutgen.jobs.samples import class_numbers, origin, share_right
from lutgen.jobs.window import choose_window
from lutgen.learn.boost import BoostParameters, BoostProgress, Interrupted, boost_numbers
from lutgen.learn.boost import boost as learn_boosted
from lutgen.learn.boost.monotone import directions_of
from lutgen.learn.boost.numbers import LOSSES, encoder_of_numbers
from lutgen.learn.boost.training import Held
from lutgen.learn.memorize import Parameters
from lutgen.learn.memorize import memorize as learn_memorized
from lutgen.model import LutNetwork, Source


def memorize(
    dataset: Dataset,
    source: Source,
    parameters: Parameters,
    *,
    encoder: str | None = None,
    threads: int | None = None,
    chip: Chip | None = None,
    progress: Progress = SILENT,
) -> LutNetwork:
    """Learn two classes by memorization.

    Parameters
    ----------
    source : Source
        Where the data set is from, for the record.
    encoder : str, optional
        Features to bits; by default the data set's own.
    chip : Chip, optional
        Family and device: choose the largest window that its router takes.

    Raises
    ------
    DataError
        If there are not two classes.
    ConfigError
        If the parameters do not go with the data, or no window would do.
    """
    require_two_classes(dataset)
    fitted = fit_encoder(
        encoder or dataset.encoder, dataset.X_train, dataset.y_train, missing=missing_of(source)
    )
    require_test_part(fitted, dataset)
    chosen = ""
    if chip is not None:
        found = choose_window(parameters, fitted, dataset.feature_shape, chip)
        parameters = dataclasses.replace(parameters, wiring=found.wiring)
        chosen = found.why
    classes, numbers = np.unique(dataset.y_train, return_inverse=True)
    with counting_luts(progress) as count:
        network = learn_memorized(
            fitted.encode(dataset.X_train),
            numbers,
            parameters,
            encoder=fitted,
            classes=classes,
            feature_shape=dataset.feature_shape,
            n_threads=threads,
            progress=count,
        )
    return with_origin(network, dataset, source, wiring_chosen=chosen)


def boost(
    dataset: Dataset,
    source: Source,
    parameters: BoostParameters,
    *,
    encoder: str | None = None,
    window: str | None = None,
    validation: float = 0.0,
    start: LutNetwork | None = None,
    balanced: bool = False,
    monotone: Mapping[str, int] | None = None,
    loss: str = LOSSES[0],
    quantile: float = 0.5,
    threads: int | None = None,
    progress: Progress = SILENT,
) -> LutNetwork:
    """Learn any number of classes by boosting, or numbers where that is the source's task.

    Parameters
    ----------
    source : Source
        Where the data set is from, for the record.
    encoder : str, optional
        Features to bits; by default the data set's own.
    window : str, optional
        What is made of samples that are windows of series (see `windows_each` of the data set); see
        :meth:`lutgen.encode.window.Window.fit`.
    validation : float
        Share of the training samples, drawn with the seed, that is only watched. Of windows: of the
        series, or the last ones where there is one series, as windows that overlap are alike.
    start : LutNetwork, optional
        Go on with this network; it brings its encoder along.
    balanced : bool
        Weigh samples so that all classes count as much.
    monotone : mapping of str to int, optional
        1 where the score may only rise with a feature, by name or number, -1 fall.
    loss, quantile
        Of numbers; see :func:`lutgen.learn.boost.numbers.boost_numbers`.

    Raises
    ------
    Interrupted
        On Ctrl-C, with what has been learnt, and what it was learnt from recorded, too.
    ConfigError
        If the parameters do not go with the data, or both `encoder` and `start` are given.
    """
    if start is not None and encoder is not None:
        raise ConfigError("the model to go on with has an encoder already; name no other")
    if start is not None:
        _require_same_features(start, dataset.feature_names)
    is_regression = source.task == REGRESSION
    if is_regression and (start is not None or balanced):
        raise ConfigError("numbers have no classes to balance, and are learnt from the beginning")
    X, y = dataset.X_train, dataset.y_train
    classes = np.unique(y) if start is None else start.classes
    aside = None
    if validation:
        kept, rest = _held_out(dataset, window, validation, parameters.seed, is_regression)
        aside = X[rest], y[rest]
        X, y = X[kept], y[kept]
    fit = encoder_of_numbers if is_regression else fit_encoder
    if start is None:
        made = None if window is None else Window.fit(window, X, dataset.channels)
        if made is not None:
            progress.say(f"window: {made.describe()} (--window {made.length}:KINDS:FORMAT)")
        fitted = fit(encoder or dataset.encoder, X, y, missing=missing_of(source), window=made)
    else:
        fitted = start.encoder.seeing(X) if start.encoder.seen else start.encoder
    if aside is not None and fitted.seen:
        fitted = fitted.seeing(aside[0])
    require_test_part(fitted, dataset)
    names = dataset.feature_names
    directions = directions_of(monotone, fitted.n_features, names) if monotone else None

    def learnt(tell: Callable[[BoostProgress], None]) -> LutNetwork:
        bits = fitted.encode(X, names=names)
        held = None if aside is None else fitted.encode(aside[0], names=names)
        if is_regression:
            return boost_numbers(
                bits,
                y,
                parameters,
                encoder=fitted,
                loss=loss,
                quantile=quantile,
                validation=None if held is None or aside is None else (held, aside[1]),
                monotone=directions,
                n_threads=threads,
                progress=tell,
            )
        numbers = _numbers(classes, y) if start is None else class_numbers(start, dataset.name, y)
        watched: Held | None = None
        weights = None
        if balanced:
            of_class = len(y) / np.maximum(np.bincount(numbers, minlength=len(classes)), 1)
            weights = of_class[numbers] / len(classes)
        if held is not None and aside is not None:
            held_numbers = _numbers(classes, aside[1])
            of_held = of_class[held_numbers] / len(classes) if balanced else None
            watched = held, held_numbers, of_held
        return learn_boosted(
            bits,
            numbers,
            parameters,
            encoder=fitted,
            classes=classes,
            sample_weight=weights,
            validation=watched,
            monotone=directions,
            feature_shape=dataset.feature_shape,
            start=start,
            n_threads=threads,
            progress=tell,
        )

    try:
        with counting_luts(progress) as count:
            network = learnt(lambda now: count(now.n_done, now.n_total, describe_progress(now)))
    except Interrupted as stop:
        raise Interrupted(with_origin(stop.network, dataset, source)) from stop
    return with_origin(network, dataset, source)


@contextmanager
def counting_luts(progress: Progress) -> Iterator[Count]:
    """Count LUTs; until the first is learnt, say what it waits for, if for more than itself."""
    from lutgen.learn.compiled import is_kept  # noqa: PLC0415 - loads numba

    with progress.count("learning", "LUTs") as count:
        if not is_kept():
            count(0, 0, "compiling kernels, once (lutgen doctor --prepare)")
        yield count


def _held_out(
    dataset: Dataset, window: str | None, share: float, seed: int, is_regression: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows to learn from, and those that are only watched."""
    y = dataset.y_train
    if window is None:
        return split_rows(y, share, seed, stratified=not is_regression)
    if each := dataset.windows_each:
        parts = split_rows(y[::each], share, seed, stratified=not is_regression)
        kept, rest = ((part[:, None] * each + np.arange(each)).reshape(-1) for part in parts)
        return kept, rest
    kept, rest = split_rows(y, share, None)
    apart = max(len(kept) - parse_window(window)[0] + 1, 0)  # windows that reach into the others
    if not apart:
        raise DataError(f"{dataset.name}: too few windows to hold {100 * share:g} % out")
    return kept[:apart], rest


def require_test_part(encoder: Encoder, dataset: Dataset) -> None:
    """Refuse samples for testing that the model could not be asked about, before it is learnt."""
    try:
        encoder.checked(dataset.X_test, names=dataset.feature_names)
    except DataError as error:
        raise DataError(
            f"{dataset.name}, test part: {error}; or part the samples otherwise (--split-seed, "
            "--test-fraction)"
        ) from error


def missing_of(source: Source) -> str:
    """Return what the encoder makes of missing values; rows that were left out have none."""
    return BIT if source.missing == BIT else REFUSE


def _require_same_features(start: LutNetwork, names: Sequence[str]) -> None:
    """Raise :class:`ConfigError` unless features have the names that a network's have, if any."""
    if start.feature_names and names and tuple(names) != start.feature_names:
        raise ConfigError(
            f"the model to go on with has the features {', '.join(start.feature_names[:8])}, the "
            f"data {', '.join(names[:8])}; give the same in the same order"
        )


def with_origin(
    network: LutNetwork, dataset: Dataset, source: Source, *, wiring_chosen: str = ""
) -> LutNetwork:
    """Return a network that says what samples it was learnt from, and how it does on the test."""
    provenance = dataclasses.replace(
        network.provenance,
        data=dataset.name,
        task=source.task or "",
        split=dataset.split,
        source=origin(source, dataset),
        wiring_chosen=wiring_chosen,
        test_accuracy=share_right(network, dataset.X_test, dataset.y_test),
    )
    return dataclasses.replace(
        network,
        provenance=provenance,
        feature_names=dataset.feature_names or network.feature_names,
        categories=dataset.categories or network.categories,
    )


def describe_progress(now: BoostProgress) -> str:
    """Return the accuracies so far, for the progress bar."""
    text = f"trying {now.trial}: " if now.trial else ""
    text += f"train {now.train_accuracy:.4f}"
    if now.validation_accuracy is not None:
        text += f", validation {now.validation_accuracy:.4f}"
    return text


def _numbers(classes: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.searchsorted(classes, y)

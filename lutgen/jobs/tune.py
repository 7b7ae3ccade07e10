"""Choose a booster's parameters by cross-validation and by LUTs of a chip; learn the chosen model.

The folder gets ``model.npz``, ``tune.json`` with all trials, so that a search that was interrupted
goes on where it was, and ``tune.svg``.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from lutgen.core import CoreConfig
from lutgen.datasets.load import Dataset
from lutgen.datasets.tasks import REGRESSION
from lutgen.encode.encoder import fit_encoder
from lutgen.errors import DataError, MismatchError
from lutgen.files import ensure_writable, write_atomic
from lutgen.jobs.learn import missing_of, require_test_part, with_origin
from lutgen.jobs.progress import SILENT, Progress
from lutgen.learn.estimators.boosted import Boosted
from lutgen.learn.estimators.boosting import BoostedLutClassifier
from lutgen.learn.estimators.regression import BoostedLutRegressor
from lutgen.model import LutNetwork, Source
from lutgen.records.tune import TUNE_FILE, SearchRecord, Trial, TuneRecord
from lutgen.report.pictures import draw_tuning
from lutgen.tune.search import BoostedLutSearch, shuffled_folds
from lutgen.tune.space import Space
from lutgen.version import __version__

MODEL_FILE, PICTURE_FILE = "model.npz", "tune.svg"
_SECONDS_A_WRITE = 2.0


@dataclass(frozen=True)
class TuneOptions:
    """How to search, and what for.

    Parameters
    ----------
    core : CoreConfig
        What the hardware is to be; it counts with encoder and head.
    space : Space
        What is tried.
    max_luts : int, optional
        The most LUTs that it may take.
    min_accuracy : float, optional
        Choose the smallest model that is as good; of numbers by R².
    fixed : mapping
        Parameters of the estimator that are not searched.
    folds : int
        Parts that are held out in turn.
    finalists : int
        Candidates that are learnt in full.
    seed : int
        Fixes what is drawn.
    """

    core: CoreConfig
    space: Space = field(default_factory=Space)
    max_luts: int | None = None
    min_accuracy: float | None = None
    fixed: Mapping[str, Any] = field(default_factory=dict)
    folds: int = 5
    finalists: int = 10
    seed: int = 0


def tune(
    dataset: Dataset,
    source: Source,
    options: TuneOptions,
    folder: Path,
    *,
    threads: int | None = None,
    force: bool = False,
    progress: Progress = SILENT,
) -> tuple[LutNetwork, TuneRecord]:
    """Search, choose, and learn the chosen model from all training samples.

    Parameters
    ----------
    source : Source
        Where the data set is from, for the record.
    folder : Path
        Gets model, record and picture. A record of the same search is gone on with.
    force : bool
        Begin anew whatever the folder holds.

    Raises
    ------
    DataError
        If the folder holds a record of another search, or a damaged one.
    MismatchError
        If no model meets what is asked for; the record is written.
    ConfigError
        If an option is out of its range.
    """
    path = folder / TUNE_FILE
    of_numbers = source.task == REGRESSION
    missing = missing_of(source)
    require_test_part(fit_encoder("auto", dataset.X_train, missing=missing), dataset)
    estimator = _estimator(dataset, options, of_numbers, missing, threads)
    record = _Kept.begin(path, _search(dataset, source, options, estimator), force=force)
    ensure_writable(path)
    searching = BoostedLutSearch(
        estimator,
        replace(options.space, own_encoder=dataset.encoder),
        core=options.core,
        max_luts=options.max_luts,
        min_score=options.min_accuracy,
        n_finalists=options.finalists,
        cv=shuffled_folds(options.folds, options.seed, stratified=not of_numbers),
    )
    asked = {"max_luts": options.max_luts, "min_accuracy": options.min_accuracy}
    try:
        with progress.count("searching", "trials") as count:
            searching.fit(
                dataset.X_train,
                dataset.y_train,
                known=record.trials,
                keep=record.add,
                progress=count,
            )
    except MismatchError:
        done = record.done(candidates=tuple(searching.candidates_), **asked)
        _write(done, folder)
        raise
    finally:
        record.write()
    if left_out := searching.left_out_:
        progress.say(
            f"{len(left_out)} combination(s) do not go with the samples and were left out, the "
            f"first, {left_out[0][0]}: {left_out[0][1]}"
        )
    network = with_origin(searching.best_estimator_.network_, dataset, source)
    network = replace(network, provenance=replace(
        network.provenance, validation_accuracy=searching.best_score_
    ))  # fmt: skip
    done = record.done(
        candidates=tuple(searching.candidates_),
        chosen=searching.best_index_,
        metric=network.provenance.metric,
        test_accuracy=network.provenance.test_accuracy,
        **asked,
    )
    network.save(folder / MODEL_FILE)
    _write(done, folder)
    return network, done


class _Kept:
    """The record of a search, written as trials come in."""

    def __init__(self, path: Path, record: TuneRecord) -> None:
        self._path, self._record = path, record
        self.trials: list[Trial] = [*record.trials]
        self._n_written, self._written = len(self.trials), time.monotonic()

    @classmethod
    def begin(cls, path: Path, search: SearchRecord, *, force: bool) -> _Kept:
        """Go on with the record that is there, if it is of the same search.

        Raises
        ------
        DataError
            If it is of another, or damaged.
        """
        if force or not path.exists():
            return cls(path, TuneRecord(search=search))
        record = TuneRecord.read(path)
        fresh = TuneRecord(search=search)
        search = TuneRecord.from_json(fresh.to_json()).search  # as it is when it has been read
        told = [item.name for item in fields(SearchRecord)]
        other = [name for name in told if getattr(record.search, name) != getattr(search, name)]
        if other:
            parts = ", ".join(_told_apart(record.search, search, name) for name in other)
            raise DataError(
                f"{path} is of another search ({parts}); name another folder (-o), or begin anew "
                "with --force"
            )
        return cls(path, TuneRecord(search=search, trials=record.trials))

    def add(self, trial: Trial) -> None:
        """Keep a trial; every few seconds all are written."""
        self.trials.append(trial)
        if time.monotonic() - self._written > _SECONDS_A_WRITE:
            self.write()

    def write(self) -> None:
        """Write what is not written yet."""
        if len(self.trials) > self._n_written:
            self.done().write(self._path)
            self._n_written, self._written = len(self.trials), time.monotonic()

    def done(self, **found: Any) -> TuneRecord:
        """Return the record, with what was found."""
        return replace(self._record, trials=tuple(self.trials), **found)


def _told_apart(before: SearchRecord, now: SearchRecord, name: str) -> str:
    """Return in words how two searches differ in a field."""
    was, is_now = getattr(before, name), getattr(now, name)
    if name == "samples":
        return "other training samples"
    if isinstance(was, dict) and isinstance(is_now, dict):
        names = sorted(key for key in {*was, *is_now} if was.get(key) != is_now.get(key))
        return ", ".join(f"{key} {was.get(key)!r}, now {is_now.get(key)!r}" for key in names)
    return f"{name} {was!r}, now {is_now!r}"


def _write(record: TuneRecord, folder: Path) -> None:
    write_atomic(folder / PICTURE_FILE, draw_tuning(record))
    record.write(folder / TUNE_FILE)


def _estimator(
    dataset: Dataset, options: TuneOptions, of_numbers: bool, missing: str, threads: int | None
) -> Boosted:
    told: dict[str, Any] = {
        **options.fixed, "missing": missing, "random_state": options.seed, "n_jobs": threads
    }  # fmt: skip
    if of_numbers:
        return BoostedLutRegressor(**told)
    return BoostedLutClassifier(**told, feature_shape=tuple(dataset.feature_shape))


def _search(
    dataset: Dataset, source: Source, options: TuneOptions, estimator: Boosted
) -> SearchRecord:
    """Return what trials depend on."""
    digest = hashlib.sha256()
    for part in (dataset.X_train, dataset.y_train):
        digest.update(f"{part.dtype} {part.shape} ".encode())
        plain = part.astype(str) if part.dtype.kind == "O" else part
        digest.update(np.ascontiguousarray(plain).tobytes())
    told = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in estimator.get_params().items()
        if name not in ("random_state", "n_jobs", "patience")
    }
    core = {item.name: _plain(getattr(options.core, item.name)) for item in fields(CoreConfig)}
    return SearchRecord(
        lutgen=__version__,
        data=dataset.name,
        task=source.task or "",
        samples=digest.hexdigest(),
        estimator=type(estimator).__name__,
        fixed=told,
        core=core,
        folds=options.folds,
        seed=options.seed,
    )


def _plain(value: Any) -> Any:
    """Return a field of a core's configuration as plain JSON: formats as they are spelt."""
    if isinstance(value, Mapping):
        return {str(key): str(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [str(item) for item in value]
    return value if isinstance(value, str | int | float | bool) else str(value)

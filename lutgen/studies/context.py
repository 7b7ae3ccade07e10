"""What a study runs in: its settings, its data, and its cells, which are kept as they finish.

A cell is the smallest piece of work: one network, one method. It is named, computed once, and
written at once; a run that was interrupted goes on after the last finished cell.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from lutgen.datasets.load import Dataset, load_dataset
from lutgen.errors import DataError
from lutgen.files import read_json, write_json
from lutgen.studies.problem import Problem, make_problem
from lutgen.version import __version__

Progress = Callable[[int, int, str], None]
Cell = Callable[[], Any]


def no_progress(_done: int, _total: int, _name: str) -> None:
    """Show nothing."""


@dataclass(frozen=True)
class Settings:
    """How a study is run.

    Parameters
    ----------
    quick : bool
        A small version: fewer settings and samples, for a look; its numbers are not the study's.
    n_seeds : int
        Runs of whatever is random, seeds 0 to n_seeds - 1.
    n_threads : int or None
        Threads of the learners; None: all.
    data_dir : Path or None
        Folder that holds the data sets' folders; None: as `load_dataset`.
    """

    quick: bool = False
    n_seeds: int = 1
    n_threads: int | None = None
    data_dir: Path | None = None

    def record(self) -> dict[str, Any]:
        """Return what a result depends on."""
        return {"quick": self.quick, "seeds": self.n_seeds}


@dataclass(eq=False)
class Context:
    """Settings, cells and data of one run of a study.

    Parameters
    ----------
    settings : Settings
    path : Path
        JSON file that the cells are kept in.
    progress : callable
        Called with (cells done, cells in all, name of the cell that is being computed).
    """

    settings: Settings
    path: Path
    progress: Progress = no_progress
    _kept: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._kept = _read_cells(self.path)
        # the data are large and the tasks many: the last of each is kept
        self.dataset = lru_cache(maxsize=1)(self._load)
        self.problem = lru_cache(maxsize=1)(self._make_problem)

    @property
    def quick(self) -> bool:
        """Whether this is the small version."""
        return self.settings.quick

    @property
    def seeds(self) -> range:
        """Seeds to run with."""
        return range(self.settings.n_seeds)

    def compute(self, cells: Mapping[str, Cell]) -> dict[str, Any]:
        """Return the value of each cell, computing and keeping those that are missing.

        Parameters
        ----------
        cells : mapping
            By name (which must tell all that the value depends on, but quick), a function of no
            arguments that returns plain JSON.
        """
        values = {}
        for done, (name, cell) in enumerate(cells.items()):
            self.progress(done, len(cells), name)
            if name not in self._kept:
                began = time.perf_counter()
                value = json.loads(json.dumps(cell()))  # as it will be read another time
                seconds = time.perf_counter() - began
                self._kept[name] = {"value": value, "seconds": round(seconds, 3)}
                write_json(self.path, {"version": __version__, "cells": self._kept})
            values[name] = self._kept[name]["value"]
        self.progress(len(cells), len(cells), "")
        return values

    def seconds(self) -> float:
        """Return the time that all cells took together, those of earlier runs included."""
        return float(sum(cell["seconds"] for cell in self._kept.values()))

    def _load(self, name: str) -> Dataset:
        folder = self.settings.data_dir
        inside = None if folder is None else folder / name
        return load_dataset(name, data_dir=inside if inside and inside.is_dir() else folder)

    def _make_problem(
        self, name: str, task: str, n_train: int | None = None, n_validation: int = 0
    ) -> Problem:
        """Return two classes of a named data set as bits; see :func:`make_problem`."""
        return make_problem(
            self.dataset(name), task, n_train, self.settings.n_threads, n_validation
        )


def _read_cells(path: Path) -> dict[str, dict[str, Any]]:
    """Return the cells of an earlier run of this version of lutgen."""
    if not path.exists():
        return {}
    record = read_json(path)
    if not isinstance(record, dict) or not isinstance(record.get("cells"), dict):
        raise DataError(f"{path}: not the cells of a study; delete it, or run with --force")
    return dict(record["cells"]) if record.get("version") == __version__ else {}

"""``tune.json``: a search for a model's parameters, each trial of it, and what was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from lutgen.records.reading import AtLeastOne, AtMostOne, CompactRecord, Fraction, Problems, Seed

TUNE_FILE = "tune.json"


@dataclass(frozen=True, kw_only=True)
class Point:
    """A network of so many LUTs a class or number.

    Parameters
    ----------
    score : float or None
        On the samples held out: accuracy, of numbers R² (D²); None where none were.
    luts : int or None
        What it takes of the chip; None where nobody counted.
    """

    size: AtLeastOne
    score: AtMostOne | None = None
    luts: int | None = None


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A network that was learnt to compare parameters, and those of fewer LUTs on the way to it.

    Parameters
    ----------
    parameters : dict
        The estimator's, but for the number of LUTs.
    fold : int or None
        The part that was held out; None: nothing was.
    refitted : bool
        Whether it was learnt as the model is to be; otherwise grown alone, without refits.
    n_samples : int
        Learnt from.
    points : tuple of Point
        By size, ascending.
    digest : str
        Of the network.
    """

    parameters: dict[str, Any]
    fold: int | None = None
    refitted: bool
    n_samples: AtLeastOne
    points: tuple[Point, ...]
    digest: str

    def problems(self) -> Problems:
        """Yield what does not go together."""
        sizes = [point.size for point in self.points]
        if not sizes or sizes != sorted(set(sizes)):
            yield "points", "must be one or more, their sizes ascending"
        elif self.fold is not None and any(point.score is None for point in self.points):
            yield "points", "must have scores, as a part was held out"
        elif self.fold is None and self.points[-1].luts is None:
            yield "points", "must have the LUTs, as nothing was held out"

    @property
    def size(self) -> int:
        """LUTs of each class or number, of the network itself."""
        return self.points[-1].size


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Parameters that may be chosen.

    Parameters
    ----------
    parameters : dict
        The estimator's.
    scores : tuple of float
        On each part, held out in turn.
    luts : int
        What the network learnt from all samples takes of the chip.
    digest : str
        Of that network.
    """

    DERIVED: ClassVar = ("score",)

    parameters: dict[str, Any]
    scores: tuple[AtMostOne, ...]
    luts: int
    digest: str

    def problems(self) -> Problems:
        """Yield what does not go together."""
        if not self.scores:
            yield "scores", "must be one or more"

    @property
    def score(self) -> float:
        """The mean over the parts."""
        return sum(self.scores) / len(self.scores)

    @property
    def standard_error(self) -> float:
        """Of that mean; 0 of one part."""
        n, mean = len(self.scores), self.score
        squares = sum((score - mean) ** 2 for score in self.scores)
        return float((squares / n / max(1, n - 1)) ** 0.5)


@dataclass(frozen=True, kw_only=True)
class SearchRecord:
    """What trials depend on: they are of use to a search that says the same.

    Parameters
    ----------
    data, task, samples : str
        Data set, task, digest of the samples to learn from.
    estimator : str
        What learns.
    fixed : dict
        Its parameters that are not searched.
    core : dict
        What the hardware is to be.
    folds : int
        Parts that are held out in turn.
    """

    lutgen: str
    data: str
    task: str = ""
    samples: str
    estimator: str
    fixed: dict[str, Any] = field(default_factory=dict)
    core: dict[str, Any] = field(default_factory=dict)
    folds: AtLeastOne
    seed: Seed


@dataclass(frozen=True, kw_only=True)
class TuneRecord(CompactRecord):
    """A search, as far as it has come.

    Parameters
    ----------
    max_luts, min_accuracy : int and float, or None
        What was asked for.
    candidates : tuple of Candidate
        Learnt in full; empty until the end.
    chosen : int or None
        Which of them was taken.
    metric : str
        What scores are where they are no shares of right answers: "R²" or "D²".
    test_accuracy : float or None
        Of the model, which no choice went by; None without a test part.
    """

    MEND: ClassVar[str] = "name another folder (-o), or begin anew with --force"

    DERIVED: ClassVar = ("front",)

    search: SearchRecord
    max_luts: int | None = None
    min_accuracy: Fraction | None = None
    trials: tuple[Trial, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    chosen: int | None = None
    metric: str = ""
    test_accuracy: AtMostOne | None = None

    def problems(self) -> Problems:
        """Yield what does not go together."""
        if self.chosen is not None and self.chosen >= len(self.candidates):
            yield "chosen", f"must be one of {len(self.candidates)} candidates, from 0"

    @property
    def front(self) -> tuple[int, ...]:
        """The candidates that no other beats with as few LUTs, the smallest first."""
        return front(self.candidates)


def front(candidates: Sequence[Candidate]) -> tuple[int, ...]:
    """Return the places of candidates that no other beats with as few LUTs, the smallest first."""
    places = range(len(candidates))
    best, kept = -float("inf"), []
    for i in sorted(places, key=lambda i: (candidates[i].luts, -candidates[i].score)):
        if candidates[i].score > best:
            best = candidates[i].score
            kept.append(i)
    return tuple(kept)

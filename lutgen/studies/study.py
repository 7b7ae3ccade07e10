"""What a study is, and what comes of it: rows (ours beside theirs), verdicts, numbers to draw."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from lutgen.errors import DataError

if TYPE_CHECKING:
    from lutgen.studies.context import Context

MEMORIZATION = "Chatterjee, Learning and Memorization, 2018"
KRUEGER = "Krueger et al., Deep Nets Don't Learn via Memorization, 2017"
POST = "On Neural Network Memorization, 2021"
YU = "Yu et al., Generalizability of Memorization Neural Networks, 2024"


@dataclass(frozen=True)
class Row:
    """One measured number beside the paper's.

    Parameters
    ----------
    name : str
        What was measured.
    ours : float or None
        Mean over the runs; None where it was not measured, and `note` says why.
    theirs : float or None
        The paper's number; None where the paper has none.
    std : float or None
        Standard deviation over the runs; None for a single run.
    n_runs : int
        Runs (seeds) that `ours` is the mean of.
    note : str
        What must be known to read the number.
    """

    name: str
    ours: float | None
    theirs: float | None = None
    std: float | None = None
    n_runs: int = 1
    note: str = ""

    @classmethod
    def of(
        cls, name: str, values: Iterable[float], theirs: float | None = None, note: str = ""
    ) -> Row:
        """Return the row of several runs: their mean and their spread."""
        runs = list(values)
        std = statistics.stdev(runs) if len(runs) > 1 else None
        return cls(name, statistics.fmean(runs), theirs, std, len(runs), note)

    @property
    def difference(self) -> float | None:
        """Ours less theirs."""
        if self.ours is None or self.theirs is None:
            return None
        return self.ours - self.theirs


@dataclass(frozen=True)
class Verdict:
    """A claim, whether it holds here (None: it could not be decided), and the figures for it."""

    claim: str
    holds: bool | None
    figures: str

    def describe(self) -> str:
        """Return the verdict in a line."""
        word = {True: "reached", False: "NOT reached", None: "open"}[self.holds]
        return f"{word}: {self.claim} ({self.figures})"


@dataclass(frozen=True)
class Result:
    """What a run of a study found; plain numbers and text, so that it survives JSON unchanged.

    Parameters
    ----------
    rows : tuple of Row
    verdicts : tuple of Verdict
    notes : tuple of str
        What must be known to read the rows: what was left out, how it differs from the paper.
    series : mapping
        Numbers that the pictures are drawn from; plain JSON.
    """

    rows: tuple[Row, ...]
    verdicts: tuple[Verdict, ...] = ()
    notes: tuple[str, ...] = ()
    series: Mapping[str, Any] = field(default_factory=dict)

    def to_record(self) -> dict[str, Any]:
        """Return the result as plain JSON."""
        record = asdict(self)
        record = {k: list(v) if isinstance(v, tuple) else v for k, v in record.items()}
        for row, line in zip(self.rows, record["rows"], strict=True):
            line["difference"] = row.difference
        return record

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Result:
        """Undo :meth:`to_record`.

        Raises
        ------
        DataError
            If the record is not one.
        """
        try:
            rows = [{k: v for k, v in row.items() if k != "difference"} for row in record["rows"]]
            return cls(
                tuple(Row(**row) for row in rows),
                tuple(Verdict(**verdict) for verdict in record["verdicts"]),
                tuple(record["notes"]),
                dict(record["series"]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(f"not a study's result ({error!r}); run it again: --force") from error


@dataclass(frozen=True)
class Study:
    """An experiment of a paper.

    Parameters
    ----------
    name : str
        What `lutgen reproduce` calls it.
    title : str
        One line.
    source : str
        Paper, and the table, figure or section in it.
    run : callable
        Measures; takes a :class:`lutgen.studies.context.Context`, returns a :class:`Result`.
    draw : callable
        Takes a result, returns SVG text by the picture's name.
    n_seeds : int
        Seeds of the full study, where the user does not say.
    """

    name: str
    title: str
    source: str
    run: Callable[[Context], Result]
    draw: Callable[[Result], dict[str, str]] = lambda _: {}
    n_seeds: int = 1


def within(rows: Sequence[Row], limit: float, claim: str) -> Verdict:
    """Return the verdict that every row that has a number of theirs differs by at most `limit`."""
    compared = [row for row in rows if row.difference is not None]
    if not compared:
        return Verdict(claim, None, "nothing to compare")
    worst = max(compared, key=lambda row: abs(row.difference or 0.0))
    missed = sum(abs(row.difference or 0.0) > limit for row in compared)
    figures = f"{len(compared) - missed} of {len(compared)} within {limit:g}; farthest: "
    return Verdict(claim, missed == 0, figures + f"{worst.name}, {worst.difference:+.4f}")

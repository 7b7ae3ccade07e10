"""What ``evaluate`` and ``optimise`` print as JSON: accuracies, and sizes before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lutgen.records.reading import Fraction, Problems, Record

EVALUATION_FILE = "evaluation.json"


@dataclass(frozen=True)
class CalibrationPart:
    """Answers of about one probability: how many, their mean probability, and the share right."""

    n_samples: int
    probability: Fraction
    right: Fraction


@dataclass(frozen=True)
class Example:
    """A sample: its features, its label, and what the model answers."""

    features: tuple[float | None, ...]
    label: str
    answer: str


@dataclass(frozen=True, kw_only=True)
class EvaluationRecord(Record):
    """A model's accuracy on labelled samples.

    Parameters
    ----------
    digest : str
        The model; "" where a file does not say.
    data, part : str
        Data set, and which part of it.
    split : str
        How the data set was parted, in words; "" if all of it was taken.
    confusion : tuple of tuple of int
        Number of samples by true class (rows) and predicted class, in the order of `classes`.
    calibration_error : float or None
        How far the probability of the answer lies from the share of right answers, in the mean
        over 15 parts; None of a model without a temperature, which boosted ones have.
    calibration : tuple of CalibrationPart
        These parts, but for empty ones.
    feature_shape : tuple of int
        Shape of a sample: rows and columns of an image; empty where nobody said.
    examples : tuple of Example
        A few samples, for the report; None stands for a feature that is missing.
    """

    MEND: ClassVar[str] = "write it anew with: lutgen evaluate MODEL -o FOLDER"
    DERIVED: ClassVar = ("accuracy",)

    digest: str = ""
    data: str
    part: str
    n_samples: int
    n_correct: int
    classes: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    split: str = ""
    calibration_error: float | None = None
    calibration: tuple[CalibrationPart, ...] = ()
    feature_shape: tuple[int, ...] = ()
    examples: tuple[Example, ...] = ()

    def problems(self) -> Problems:
        """Yield what does not go together."""
        n = len(self.classes)
        if len(self.confusion) != n or any(len(row) != n for row in self.confusion):
            yield "confusion", f"must have {n} rows of {n} numbers, as there are {n} classes"
        elif sum(map(sum, self.confusion)) != self.n_samples:
            yield "confusion", f"must add up to the {self.n_samples} samples"

    @property
    def accuracy(self) -> float:
        """Share of the samples that are answered rightly."""
        return self.n_correct / self.n_samples if self.n_samples else 0.0


@dataclass(frozen=True, kw_only=True)
class NumbersRecord(Record):
    """How far a model's answers lie from the numbers of samples.

    Parameters
    ----------
    digest, data, part, split
        As of :class:`EvaluationRecord`.
    r2 : float
        Share of the squared distance from the mean that is gone, a mean over the numbers.
    mean_absolute_error, root_mean_squared_error : tuple of float
        Of each number.
    """

    MEND: ClassVar[str] = EvaluationRecord.MEND

    digest: str = ""
    data: str
    part: str
    n_samples: int
    r2: float
    mean_absolute_error: tuple[float, ...]
    root_mean_squared_error: tuple[float, ...]
    split: str = ""


@dataclass(frozen=True)
class TrialRecord:
    """A policy, and the accuracy on held-out samples without and with it."""

    policy: str
    accuracy_before: Fraction
    accuracy_after: Fraction


@dataclass(frozen=True, kw_only=True)
class ValidationRecord:
    """The trial that decided, and on what: so many samples, held out as a share by a seed."""

    data: str
    n_samples: int
    share: Fraction
    seed: int
    policy: str
    accuracy_before: Fraction
    accuracy_after: Fraction


@dataclass(frozen=True)
class SizeChange:
    """LUTs in the cone and their inputs, before and after."""

    luts_before: int
    luts_after: int
    inputs_before: int
    inputs_after: int


@dataclass(frozen=True)
class CellsChange:
    """Cells of the hardware by what they are, before and after."""

    before: dict[str, int]
    after: dict[str, int]


@dataclass(frozen=True)
class AccuracyChange:
    """Accuracy on the test part, before and after; None without a test part."""

    before: Fraction | None
    after: Fraction | None


@dataclass(frozen=True, kw_only=True)
class OptimisedSizes(Record):
    """What a smaller model's provenance keeps of :class:`OptimisationRecord`."""

    network: SizeChange
    chip: str
    cells: CellsChange
    test_accuracy: AccuracyChange


@dataclass(frozen=True, kw_only=True)
class OptimisationRecord(Record):
    """A smaller model, and the one that it was made of.

    Parameters
    ----------
    digest, original : str
        Digests of the smaller model, and of the one before.
    validation : ValidationRecord
        What decided.
    trials : tuple of TrialRecord
        The policies that were tried; the last one was taken.
    network : SizeChange
        LUTs in the cone, and their inputs.
    chip : str
        What `cells` are of.
    cells : CellsChange
        Primitives of the hardware, by what they are.
    test_accuracy : AccuracyChange
        It took no part in the choice.
    """

    DERIVED: ClassVar = ("gained",)

    digest: str
    original: str
    policy: str
    validation: ValidationRecord
    trials: tuple[TrialRecord, ...]
    network: SizeChange
    chip: str
    cells: CellsChange
    test_accuracy: AccuracyChange

    @property
    def gained(self) -> bool:
        """Whether the hardware takes fewer primitives than before."""
        return sum(self.cells.after.values()) < sum(self.cells.before.values())

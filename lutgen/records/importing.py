"""What ``lutgen import --json`` prints of a network that came in."""

from __future__ import annotations

from dataclasses import dataclass

from lutgen.records.reading import Record


@dataclass(frozen=True, kw_only=True)
class Compared(Record):
    """An imported network beside its original, on samples of the user.

    Parameters
    ----------
    n_samples : int
    disagreements : int
        Samples whose answer differs; of numbers, none are counted.
    largest_error : float
        Largest difference of a margin from the original's.
    """

    n_samples: int
    disagreements: int
    largest_error: float

    def describe(self) -> str:
        """Return it in words."""
        return (
            f"{self.disagreements} of {self.n_samples} samples answered otherwise than by the "
            f"original; margins differ by {self.largest_error:.3g} at most"
        )


@dataclass(frozen=True, kw_only=True)
class ImportRecord(Record):
    """A network that came in.

    Parameters
    ----------
    format, title : str
        Of the format.
    sha256 : str
        Of the file.
    notes : tuple of str
        What was taken for granted, and what is not exact.
    compared : Compared or None
        None where no samples were given.
    """

    format: str
    title: str
    sha256: str
    notes: tuple[str, ...] = ()
    compared: Compared | None = None

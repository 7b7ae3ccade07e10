"""What ``emit`` prints as JSON: the files that it wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lutgen.records.reading import Record


@dataclass(frozen=True, kw_only=True)
class FormsRecord(Record):
    """A core written in several forms.

    Parameters
    ----------
    files, bytes : dict of str to str, and to int
        File and its size, by form.
    ands : dict of str to int
        Number of ANDs, of the forms that consist of them.
    """

    MEND: ClassVar[str] = "write it anew with: lutgen emit"

    files: dict[str, str]
    bytes: dict[str, int]
    ands: dict[str, int]
    latency_cycles: int

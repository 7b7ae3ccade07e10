"""``kit.json``: what a kit is of, and the files that it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lutgen.records.reading import AtLeastOne, Positive, Record

KIT_FILE = "kit.json"


@dataclass(frozen=True, kw_only=True)
class KitRecord(Record):
    """A core exported for a user's own design.

    Parameters
    ----------
    module, top : str
        The core's module, and that of the shell around it.
    shell, language : str
        What is around the core, and the language of the user's design.
    target : str
        Chip family.
    digest, core_id : str
        Of the model's function, and of the core.
    latency_cycles : int
        Of the core, without the shell.
    clock_mhz : float
        What the constraints ask for.
    n_vectors : int
        Samples of the test bench.
    vectors : str
        What these are.
    files : tuple of str
        Paths below the kit's folder.
    """

    MEND: ClassVar[str] = "write it anew with: lutgen export"

    lutgen: str
    module: str
    top: str
    shell: str
    language: str
    target: str
    digest: str
    core_id: str
    latency_cycles: int
    clock_mhz: Positive
    n_vectors: AtLeastOne
    vectors: str
    files: tuple[str, ...]

"""What the folder of a build tells: ``build.json``, and what stands beside it.

The record itself is the report's JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lutgen.errors import DataError
from lutgen.records.build import (
    BUILD_FILE,
    PINS_FILE,
    PLACEMENT_FILE,
    BuildRecord,
    PinsCheck,
    PinsRecord,
    PlacementRecord,
)


@dataclass(frozen=True)
class BuildReport:
    """All that the folder of a build tells.

    Parameters
    ----------
    placement : PlacementRecord or None
        None where the vendor's tool is to place and route.
    checks : tuple of PinsCheck
        Simulations of the board, pins to pins, against the model.
    """

    build: BuildRecord
    placement: PlacementRecord | None
    checks: tuple[PinsCheck, ...]


def read_build(folder: Path) -> BuildReport:
    """Read what the folder of a build tells.

    Raises
    ------
    DataError
        If there is no ``build.json``, or a file is damaged or foreign; the message names the file
        and the fields.
    """
    if not (folder / BUILD_FILE).is_file():
        raise DataError(
            f"{folder} has no {BUILD_FILE}; make one with: lutgen build MODEL --board BOARD"
        )
    build = BuildRecord.read(folder / BUILD_FILE)
    return BuildReport(
        build=build,
        placement=PlacementRecord.read(folder / PLACEMENT_FILE) if build.seeds else None,
        checks=_checks(folder, build.digest),
    )


def _checks(folder: Path, digest: str) -> tuple[PinsCheck, ...]:
    """Return the simulations, if there are any and they are of this model."""
    if not (folder / PINS_FILE).is_file():
        return ()
    record = PinsRecord.read(folder / PINS_FILE)
    return record.checks if record.digest == digest else ()

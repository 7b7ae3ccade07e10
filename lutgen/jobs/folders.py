"""Where a job leaves its files: the folder that it was given, or one that is gone afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def working_folder(folder: Path | str | None) -> Iterator[Path]:
    """Yield a folder to write to; for None a temporary one, which is removed at the end."""
    if folder is not None:
        yield Path(folder)
        return
    with tempfile.TemporaryDirectory(prefix="lutgen-") as name:
        yield Path(name)

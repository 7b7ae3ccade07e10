"""What every format's tests do alike."""

from __future__ import annotations

import contextlib
import random
import time
from pathlib import Path
from typing import Any

from lutgen.errors import LutgenError
from lutgen.importers import import_file

SECONDS = 5.0
"""What reading a damaged file may take, on a machine that does much else."""


def survive_damage(path: Path, data: bytes, *, n_times: int = 60, **options: Any) -> None:
    """Read a file cut short, with bits flipped and with parts repeated: errors of lutgen's, soon.

    Parameters
    ----------
    path : Path
        Where the damaged files are written; the suffix may matter.
    data : bytes
        A file that is whole.
    """
    draw = random.Random(len(data))
    for number in range(n_times):
        damaged = bytearray(data)
        place = draw.randrange(len(data))
        if number % 3 == 0:
            del damaged[place:]
        elif number % 3 == 1:
            for _ in range(1 + number % 4):
                damaged[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        else:
            end = min(len(data), place + draw.randrange(1, 64))
            damaged[place:place] = data[place:end]
        path.write_bytes(damaged or b"\0")
        start = time.perf_counter()
        with contextlib.suppress(LutgenError):
            import_file(path, **options)
        assert time.perf_counter() - start < SECONDS

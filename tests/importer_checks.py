"""What every format's tests do alike."""

from __future__ import annotations

import contextlib
import json
import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import LutgenError
from lutgen.importers import import_file

SECONDS = 5.0
"""Of the processor that reading a damaged file may take."""


def survive_damage(path: Path, data: bytes, *, n_times: int = 36, **options: Any) -> None:
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
        start = time.process_time()
        with contextlib.suppress(LutgenError):
            import_file(path, **options)
        assert time.process_time() - start < SECONDS


def survive_other_arrays(
    path: Path,
    arrays: Mapping[str, Any],
    save: Callable[[dict[str, Any]], bytes],
    *,
    n_times: int = 40,
    **options: Any,
) -> None:
    """Read files whose arrays are missing, renamed, of other shapes, types and numbers.

    Parameters
    ----------
    arrays : mapping
        Those of a file that is whole.
    save : callable
        Makes the file's bytes of arrays.
    """
    draw = np.random.default_rng(len(arrays))
    for _ in range(n_times):
        made = dict(arrays)
        name = str(draw.choice(list(made)))
        kind = draw.integers(4)
        if kind == 0:
            del made[name]
        elif kind == 1:
            made[str(draw.choice(list(arrays))) + str(draw.choice(["", "x", "7"]))] = made[name]
        else:
            made[name] = _other(draw, np.asarray(made[name]))
        path.write_bytes(save(made))
        start = time.process_time()
        with contextlib.suppress(LutgenError):
            import_file(path, **options)
        assert time.process_time() - start < SECONDS


def _other(draw: np.random.Generator, array: NDArray[Any]) -> NDArray[Any]:
    """Return another array in the place of one."""
    shape = tuple(draw.integers(0, 5, size=draw.integers(5)).tolist())
    return [
        lambda: draw.normal(size=shape).astype(draw.choice(["<f4", "<f8", "<f2"])),
        lambda: draw.integers(-3, 20, size=shape).astype(draw.choice(["<i8", "i1"])),
        array.T.copy,
        lambda: array[:1] if array.ndim else array.reshape(1, 1),
        lambda: array.astype(draw.choice(["<f4", "<i8", "?"])),
        lambda: np.full_like(array, draw.choice([-1, 127, 0])),
        lambda: np.full(array.shape, draw.choice([np.nan, np.inf, 1e30]), np.float32),
    ][draw.integers(7)]()


def survive_other_values(path: Path, told: Any, *, n_times: int = 80, **options: Any) -> None:
    """Read JSON whose values are of other types, here and there."""
    draw = random.Random(7)
    values = [None, -1, 0, 1, 99, 10**30, 1.5, "a", [], {}, True, float("nan")]
    for _ in range(n_times):
        made = json.loads(json.dumps(told))
        inner = made
        while True:
            places = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
            place = draw.choice(places)
            if isinstance(inner[place], dict | list) and inner[place] and draw.random() < 0.7:
                inner = inner[place]
                continue
            inner[place] = draw.choice(values)
            break
        path.write_text(json.dumps(made))
        with contextlib.suppress(LutgenError):
            import_file(path, **options)

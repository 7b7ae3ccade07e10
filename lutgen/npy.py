"""Arrays in NumPy's file format (``.npy``), read with distrust.

NumPy's own parser evaluates the header as Python and allocates what it claims; this one knows the
one form that NumPy has ever written, and gives a view of the bytes that are there.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import DataError

MAGIC = b"\x93NUMPY"
_MOST_HEADER = 512
_HEADER = re.compile(
    rb"\x93NUMPY(?:\x01\x00..|[\x02\x03]\x00....)"
    rb"\{'descr': '([<>|][biufSU]\d{1,4})', 'fortran_order': (True|False), "
    rb"'shape': \((\d{1,12}(?:, \d{1,12}){0,31},?|)\), \} *\n",
    re.DOTALL,
)


def parse_npy(data: bytes) -> NDArray[Any]:
    """Return the array of a ``.npy`` file: numbers or texts, any shape; read only.

    Raises
    ------
    DataError
        If it is none, or does not hold as many items as it claims; the message goes on after the
        file's name.
    """
    header = _HEADER.match(data[:_MOST_HEADER])
    if header is None:
        raise DataError("is no array of plain numbers")
    dtype = np.dtype(header[1].decode())
    shape = tuple(int(size) for size in header[3].split(b",") if size.strip())
    n_items = math.prod(shape)
    if n_items * dtype.itemsize != len(data) - header.end() or not dtype.itemsize:
        raise DataError(f"does not hold the {n_items} items that it claims")
    order = "F" if header[2] == b"True" else "C"
    values: NDArray[Any] = np.frombuffer(data, dtype=dtype, offset=header.end())
    return values.reshape(shape, order=order)  # type: ignore[call-overload,no-any-return]

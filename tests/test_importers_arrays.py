"""Arrays that others saved: those of any shape come out equal, and no claim is believed."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lutgen.errors import DataError, ModelError
from lutgen.importers.arrays import names, read_arrays
from lutgen.importers.content import Content
from lutgen.npy import parse_npy

ARRAYS: dict[str, NDArray[Any]] = {
    "cube": np.arange(24, dtype=np.int64).reshape(2, 3, 4),
    "number": np.array(2.5),
    "columns": np.asfortranarray(np.arange(6, dtype=">f4").reshape(2, 3)),
    "none": np.zeros((0, 3), np.uint8),
    "texts": np.array(["a", "bc"]),
    "bits": np.array([True, False]),
}


def npy(array: NDArray[Any]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_come_out_equal(save: Any, tmp_path: Path) -> None:
    save(tmp_path / "a.npz", **ARRAYS)
    content = Content(tmp_path / "a.npz")
    assert names(content) == set(ARRAYS)
    found = read_arrays(content)
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype and found[name].shape == array.shape, name
        assert np.array_equal(found[name], array), name
    assert set(read_arrays(content, ["cube", "other"])) == {"cube"}
    (tmp_path / "a.npy").write_bytes(npy(ARRAYS["cube"]))
    assert np.array_equal(read_arrays(Content(tmp_path / "a.npy"))["array"], ARRAYS["cube"])


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (npy(ARRAYS["cube"])[:-1], "does not hold the 24 items"),
        (npy(ARRAYS["cube"]) + b"x", "does not hold the 24 items"),
        (npy(ARRAYS["cube"]).replace(b"(2, 3, 4)", b"(2, 3, 9)"), "does not hold the 54 items"),
        (npy(ARRAYS["cube"]).replace(b"(2, 3, 4)", b"(2, 3,-4)"), "no array of plain numbers"),
        (npy(ARRAYS["cube"]).replace(b"'<i8'", b"'|O8'"), "no array of plain numbers"),
        (npy(ARRAYS["none"]).replace(b"'|u1'", b"'|S0'"), "does not hold"),
        (npy(np.zeros(2, [("a", "u1")])), "no array of plain numbers"),
        (b"\x93NUMPY\x01\x00\xff\xff" + b"{" * 70_000, "no array of plain numbers"),
        (
            b"\x93NUMPY\x01\x00vv{'descr': '<i8', 'fortran_order': False, 'shape': (" + b"1" * 400,
            "no array of plain numbers",
        ),
        (b"", "no array of plain numbers"),
    ],
)
def test_what_is_claimed_is_not_believed(data: bytes, fault: str) -> None:
    with pytest.raises(DataError, match=fault):
        parse_npy(data)


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"{number}.npy", npy(np.zeros(40 << 20, np.uint8)))
    with pytest.raises(ModelError, match=r"more than [\d,]+ bytes, many times what the file has"):
        read_arrays(Content(path))


def test_a_false_size_of_a_member_is_found(tmp_path: Path) -> None:
    path = tmp_path / "false.npz"
    np.savez_compressed(path, cube=ARRAYS["cube"])
    data = path.read_bytes()
    size = len(npy(ARRAYS["cube"]))
    path.write_bytes(data.replace(struct.pack("<I", size), struct.pack("<I", 9)))
    with pytest.raises(ModelError):
        read_arrays(Content(path))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0), bit=st.integers(0, 7), end=st.integers(1))
def test_damage_is_an_error_or_other_numbers(
    place: int, bit: int, end: int, tmp_path: Path
) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, **ARRAYS)  # type: ignore[arg-type]
    data = bytearray(path.read_bytes())
    data[place % len(data)] ^= 1 << bit
    for damaged in (data, data[: 1 + end % len(data)]):
        path.write_bytes(damaged)
        try:
            read_arrays(Content(path))
        except ModelError:
            continue

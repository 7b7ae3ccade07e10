import gzip
from pathlib import Path

import numpy as np
import pytest

from lutgen.datasets.idx import read_idx
from lutgen.errors import DataError

IMAGES = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
PLAIN = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4]) + IMAGES.tobytes()
ZIPPED = gzip.compress(PLAIN, mtime=0)


@pytest.mark.parametrize("content", [PLAIN, ZIPPED])
def test_reads_zipped_and_plain_files(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "images"
    path.write_bytes(content)
    assert np.array_equal(read_idx(path, 3), IMAGES)


@pytest.mark.parametrize("content", [PLAIN, ZIPPED])
def test_every_truncation_is_an_error_that_names_the_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "images.gz"
    for n_bytes in range(len(content)):
        path.write_bytes(content[:n_bytes])
        with pytest.raises(DataError, match=r"images\.gz"):
            read_idx(path, 3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "starts with nothing instead of 00 00 08 03"),
        (PLAIN + b"\0", "its header says 24 bytes, there are more"),
        (PLAIN[:-1], "its header says 24 bytes, there are only 23"),
        (b"\0\0\x08\x01" + PLAIN[4:], "starts with 00 00 08 01 instead of 00 00 08 03"),
        (b"\0\0\x0d\x03" + PLAIN[4:], "not an IDX file of unsigned bytes in 3 dimension"),
        (PLAIN[:4] + b"\xff" * 12 + PLAIN[16:], "its header says .4294967295, 4294967295"),
        (
            gzip.compress(PLAIN[:4] + b"\xff" * 12, mtime=0),
            "its header says .4294967295, 4294967295",
        ),
        (ZIPPED[:-6] + b"\0" * 6, "truncated or damaged"),
        (b"<html>not found</html>", "starts with 3c 68 74 6d"),
    ],
)
def test_damaged_and_foreign_files_are_refused(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "images.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_idx(path, 3)


def test_flipped_bits_of_a_zipped_file_never_pass_unseen(tmp_path: Path) -> None:
    path = tmp_path / "images.gz"
    for bit in range(8 * len(ZIPPED)):
        flipped = bytearray(ZIPPED)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        try:
            same = np.array_equal(read_idx(path, 3), IMAGES)
        except DataError:
            continue
        assert same  # the header of gzip has bits that say nothing about the content


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot read .*none\.gz: No such file"):
        read_idx(tmp_path / "none.gz", 3)
    with pytest.raises(DataError, match="Is a directory"):
        read_idx(tmp_path, 3)

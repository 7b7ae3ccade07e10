"""Users' tables, in text and in all other forms that are read: damaged, foreign, packed."""

from __future__ import annotations

import bz2
import csv
import functools
import gzip
import io
import lzma
import zipfile
from random import Random
from typing import Any

import numpy as np

from fuzz.models import scratch
from fuzz.mutations import change_archive, change_array, mutate
from fuzz.target import Target
from lutgen.datasets import text_table
from lutgen.datasets.columns import Known
from lutgen.datasets.table import NUMBER, TableOptions, is_missing
from lutgen.datasets.tables import load_features, load_samples
from lutgen.errors import ConfigError, DataError

REFUSALS = (DataError, ConfigError)
WORDS = [
    *(b",", b";", b"\t", b" ", b"\n", b"\r\n", b"\r", b'"', b'""', b"#", b"\0", b"\xef\xbb\xbf"),
    *(
        b"nan",
        b"inf",
        b"-inf",
        b"?",
        b"NA",
        b"1e400",
        b"1_0",
        b"0x10",
        b"True",
        b"1,5",
        b"\xff\xfe",
    ),
    *(
        b"label",
        b"class",
        b"y",
        b"id",
        b"\xe2\x80\xa8",
        b"\x85",
        b"\x1c",
        b"+1",
        b"1.",
        b".5",
        b"-",
    ),
    *(b"@relation", b"@attribute", b"@data", b"{0 1}", b"%", b"'", b"\\"),
]
SMALL = b"a,b,label\n1,2.5,x\n3,-4,y\n5,6e1,x\n0,1,y\n"


@functools.cache
def table_files() -> list[bytes]:
    """Return a table in every form that is read."""
    X, y = np.array([[1, 2.5], [3, -4], [5, 60], [0, 1]]), np.array([0, 1, 0, 1])
    found = [
        SMALL,
        b"1;2,5;x\r\n3;4,25;y\r\n",
        b"# made by hand\n# a b y\n1 2 0\n3 4 1\n",
        b'"a","b ""c""",class\n" 1",2,"p,q"\n3,4,\n',
        SMALL.decode().encode("utf-16"),
        b"@relation r\n@attribute a numeric\n@attribute b {u,'v w'}\n@attribute c {0,1}\n"
        b"@data\n1,u,0\n{0 3, 1 'v w'}\n?,u,1\n",
        b"\0\0\x08\x03\0\0\0\2\0\0\0\2\0\0\0\2" + bytes(range(8)),
        *(_npy(array) for array in (np.column_stack([X, y]), X.astype("<f4"), y)),
        *map(_npz, ({"X": X, "y": y}, {"x_train": X, "y_train": y, "x_test": X, "y_test": y})),
        _npz({"X": np.arange(16, dtype="u1").reshape(4, 2, 2), "y": np.array([*"pqpq"])}),
        *(pack(SMALL) for pack in (gzip.compress, bz2.compress, lzma.compress)),
        _zip({"t.csv": SMALL}),
    ]  # fmt: skip
    return found + _arrow_files(X, y)


def _arrow_files(X: np.ndarray, y: np.ndarray) -> list[bytes]:
    import pyarrow as pa
    from pyarrow import feather, ipc, parquet

    columns = {"a": X[:, 0], "b": [1, None, 3, 4], "c": ["u", "v", "u", "v"], "label": y}
    table = pa.table(columns)
    streams = [io.BytesIO() for _ in range(4)]
    parquet.write_table(table, streams[0])
    feather.write_feather(table, streams[1], compression="uncompressed")
    feather.write_feather(table.select(["a", "label"]), streams[2], compression="lz4")
    with ipc.new_stream(streams[3], table.schema) as writer:
        writer.write_table(table)
    return [stream.getvalue() for stream in streams]


def _npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def _npz(arrays: dict[str, Any]) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def _zip(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


# -- any file ----------------------------------------------------------------------------------


def make_text(rng: Random) -> bytes:
    """Return a table in text with bytes changed."""
    texts = table_files()[:6]
    return mutate(rng, rng.choice(texts), texts, WORDS)


def make_binary(rng: Random) -> bytes:
    """Return a file of another form changed: NumPy's, IDX, Arrow's, Parquet, packed ones."""
    files = table_files()
    data = rng.choice(files[6:])
    kind = rng.randrange(12)
    if kind == 0:  # all that is packed may hold anything
        inner = make_text(rng) if rng.random() < 0.5 else mutate(rng, rng.choice(files), files)
        for _ in range(rng.choice((1, 1, 2, 6))):
            pack = rng.choice((gzip.compress, bz2.compress, lzma.compress, _zipped))
            inner = pack(inner)
        return inner
    if kind == 1 and rng.random() < 0.02:  # zeros take hardly any room, packed
        size = rng.choice((1 << 16, 1 << 20, 1 << 23))
        content = rng.choice((b"0,1\n", b"\0", b"1 ", b"\x93NUMPY")) * (size // 4)
        return rng.choice((gzip.compress, bz2.compress, _zipped))(content[:size])
    if data.startswith(b"PK") and kind < 9:
        return change_archive(rng, data, lambda r, _, content: change_array(r, content), files)
    if data.startswith(b"\x93NUMPY") and kind < 8:
        return change_array(rng, data)
    return mutate(rng, data, files, WORDS)


def _zipped(data: bytes) -> bytes:
    return _zip({"t.csv": data})


def make_large(rng: Random) -> bytes:
    """Return up to a megabyte of something short again and again; some of it packed."""
    words = (
        *WORDS,
        b"0,",
        b"1\n",
        b"0,1\n",
        b'"a" ',
        b"a,b\n",
        b"12",
        b"@attribute a {0}\n",
        b"{}\n",
    )
    parts = []
    for _ in range(rng.randrange(1, 4)):
        word = b"".join(rng.choice(words) for _ in range(rng.randrange(1, 4)))
        size = rng.choice((10, 1000, 1 << 18, 1 << 20))
        parts.append((word * (size // len(word)))[: 1 << 20] + rng.choice((b"", b"\n", b"1\n")))
    if rng.random() < 0.3:
        row = rng.choice((b"1,2.5,x\n3,4,y\n", b"0,1\n2,0\n", b"1;2,5;a b\n"))
        parts = [row * (rng.choice((100, 1 << 16, 1 << 20)) // len(row))]
    data = b"".join(parts)[: 1 << 20]
    if rng.random() < 0.2:
        data = rng.choice((gzip.compress, _zipped))(data)
    return data


OPTIONS = (
    *(TableOptions(), TableOptions(missing="drop"), TableOptions(label_index=1)),
    *(TableOptions(header="no", label="2"), TableOptions(header="yes", encoding="latin-1")),
    TableOptions(decimal="comma", delimiter=";"),
)
KNOWN = Known(("a", "b"), 2, "label", 3)


def check_file(data: bytes) -> None:
    """Read a file as every command does; what is read is finite and of one length."""
    path = scratch() / "table.csv"
    path.write_bytes(data)
    options = OPTIONS[sum(data[:64]) % len(OPTIONS)]
    told: list[str] = []
    try:
        X = load_features(path, KNOWN, say=told.append)
        assert X.shape[1] == 2 and np.isfinite(X).all()
    except REFUSALS:
        pass
    train, test = load_samples(path, options, say=told.append)
    for samples in (train, test):
        if samples is not None:
            X, y = samples.X, samples.y
            assert X.ndim == 2 and X.shape[0] == len(y) and X.dtype in (np.uint8, np.float64)
            assert np.isfinite(X).all(), "a value that is none"
            assert y.dtype.kind in "biufU"
            if y.dtype.kind in "fU":
                assert not any(is_missing(str(label)) for label in y.tolist()), "a missing label"
            assert not samples.names or len(samples.names) == X.shape[1]
            assert np.prod(samples.feature_shape) == X.shape[1]
    assert all(line.strip() for line in told)


# -- text against Python's own reader ---------------------------------------------------------

CELLS = [
    *("0", "1", "-2.5", "1e3", ".5", "5.", "+7", "1e-400", "1e308", "00", "-0", "0.1"),
    *("9007199254740993", "123456789"),
]
ODD = [
    *["nan", "inf", "1e400", "1_0", "0x1", "x", "?", "1,5", "٣", "True", "#1", "-", "1e"],
    *("", " 3", "4 ", '"', "a b", "\t2"),
]
LABELS = ("a", "b", "1", "0", "x,y", 'q"', "ä", "1.0", "true", " c")


def make_rows(rng: Random) -> dict[str, Any]:
    """Return rows of cells, and how they are written."""
    width, height = rng.randrange(2, 5), rng.randrange(1, 7)
    odd = rng.random() < 0.3
    rows = [
        [*(rng.choice(CELLS) for _ in range(width - 1)), rng.choice(LABELS)] for _ in range(height)
    ]
    if odd:
        row = rng.choice(rows)
        row[rng.randrange(width)] = rng.choice(ODD)
    header = [f"c{i}" for i in range(width - 1)] + ["label"] if rng.random() < 0.5 else None
    return {
        "rows": rows,
        "header": header,
        "delimiter": rng.choice((",", ",", ";", "\t", "|")),
        "end": rng.choice(("\n", "\r\n")),
        "quoting": rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)),
        "blank": rng.random() < 0.2,
        "last": rng.random() < 0.8,
        "encoding": rng.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16")),
    }


def _text(value: dict[str, Any]) -> str:
    stream = io.StringIO()
    writer = csv.writer(
        stream,
        delimiter=value["delimiter"],
        lineterminator=value["end"],
        quoting=value["quoting"],
    )
    for row in [*([value["header"]] if value["header"] else []), *value["rows"]]:
        writer.writerow(row)
        if value["blank"]:
            stream.write(value["end"])
    text = stream.getvalue()
    return text if value["last"] else text.removesuffix(value["end"])


def check_rows(value: dict[str, Any]) -> None:
    """Read a table in text; numbers are what float() says, and labels what was written."""
    if not value["header"] and value["rows"][0][0].startswith("#"):
        return  # a remark
    path = scratch() / "rows.csv"
    path.write_bytes(_text(value).encode(value["encoding"]))
    options = TableOptions(
        label_index=len(value["rows"][0]),
        header="yes" if value["header"] else "no",
        delimiter="tab" if value["delimiter"] == "\t" else value["delimiter"],
        decimal="point",
        keep=tuple(str(i + 1) for i in range(len(value["rows"][0]) - 1)),
    )
    samples, _ = load_samples(path, options)
    if samples.categories:
        return
    wanted = [[_float(cell) for cell in row[:-1]] for row in value["rows"]]
    np.testing.assert_array_equal(samples.X, np.array(wanted, dtype=float))
    labels = [row[-1].strip() for row in value["rows"]]
    if samples.y.dtype.kind == "U":
        assert [str(label) for label in samples.y.tolist()] == labels or _are_truths(labels)
    else:
        assert [float(y) for y in samples.y] == [_float(label) for label in labels]
    assert samples.names == (tuple(value["header"][:-1]) if value["header"] else ())


def _are_truths(labels: list[str]) -> bool:
    return any(label.lower() in ("true", "false") for label in labels)


def _float(cell: str) -> float:
    text = cell.strip()
    if text.lower() in ("true", "false"):
        return float(text.lower() == "true")
    assert NUMBER.fullmatch(text), f"{cell!r} was read as a number"
    return float(text)


# -- the fast reader against the plain one -----------------------------------------------------


def make_twice(rng: Random) -> bytes:
    """Return a table in text, more often well formed."""
    if rng.random() < 0.5:
        value = make_rows(rng)
        return _text(value | {"encoding": "utf-8"}).encode()
    return make_text(rng)


def check_twice(data: bytes) -> None:
    """Read a text by the reader for large files and by the plain one: they say the same."""
    assert text_table._LARGE > 1 << 16
    plain = _columns(data)
    large = text_table._LARGE
    text_table._LARGE = 0  # type: ignore[misc]
    try:
        fast = _columns(data)
    finally:
        text_table._LARGE = large  # type: ignore[misc]
    if isinstance(plain, DataError | ConfigError):
        assert isinstance(fast, DataError | ConfigError), f"refused: {plain}; but read fast"
        raise plain
    assert not isinstance(fast, DataError | ConfigError), f"read; but fast: {fast}"
    assert plain == fast, "the readers differ"


def _columns(data: bytes) -> Any:
    try:
        table = text_table.read_text("t", data)
        return table.names, [(c.texts, _told(c.numbers)) for c in table.columns]
    except REFUSALS as error:
        return error


def _told(numbers: np.ndarray) -> list[str]:
    return [repr(number) for number in numbers.tolist()]


TARGETS = [
    Target(
        "tables-text", make_text, check_file, REFUSALS, seeds=lambda: table_files()[:6], share=1
    ),
    Target(
        "tables-binary", make_binary, check_file, REFUSALS, seeds=lambda: table_files()[6:], share=1
    ),
    Target("tables-large", make_large, check_file, REFUSALS, share=0.03),
    Target("tables-rows", make_rows, check_rows, REFUSALS, share=1),
    Target("tables-fast", make_twice, check_twice, REFUSALS, share=1),
]

"""Learning in chunks gives what learning at once gives, and keeps to the memory it is given."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from lutgen.datasets.chunks import open_chunks
from lutgen.encode.statistics import Block
from lutgen.errors import ConfigError, DataError, OutputError
from lutgen.jobs import larger, learn
from lutgen.jobs.progress import Count
from lutgen.jobs.samples import load_source
from lutgen.learn import compiled
from lutgen.learn.blocks import boost_blocks, split
from lutgen.learn.boost import BoostParameters
from lutgen.learn.estimators.boosting import BoostedLutClassifier
from lutgen.learn.executor import Serial, Threads
from lutgen.learn.parts import Here
from lutgen.learn.spilled import Spilled
from lutgen.model import LutNetwork, Source

N = 1500


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    X = np.round(random.normal(size=(N, 5)), 4)
    return X, (X[:, 0] * X[:, 1] > 0).astype(int) + (X[:, 2] > 1.2)


@pytest.fixture(scope="module")
def files(rows: tuple[np.ndarray, np.ndarray], tmp_path_factory: Any) -> Path:
    """One table as a file, in parts with small groups of rows, and as an array."""
    X, y = rows
    folder = tmp_path_factory.mktemp("tables")
    columns = {f"f{i}": X[:, i] for i in range(5)} | {"label": y}
    parquet.write_table(pa.table(columns), folder / "whole.parquet")
    for part, (first, end) in enumerate([(0, 500), (500, 501), (501, 501), (501, N)]):
        own = {name: values[first:end] for name, values in columns.items()}
        parquet.write_table(pa.table(own), folder / f"part{part}.parquet", row_group_size=130)
    np.save(folder / "table.npy", np.column_stack([X, y]))
    return folder


def parameters(**told: Any) -> BoostParameters:
    return BoostParameters(**{"luts_per_class": 3, "criterion": "absolute", "seed": 2} | told)


def assert_same(one: LutNetwork, other: LutNetwork) -> None:
    a, b = one.provenance, other.provenance
    assert one.digest == other.digest and one.seen.tobytes() == other.seen.tobytes()
    assert (a.history, a.feature_gain, a.test_accuracy, a.split) == (
        b.history, b.feature_gain, b.test_accuracy, b.split,
    )  # fmt: skip


@pytest.mark.parametrize("pattern", ["part*.parquet", "table.npy"])
def test_chunks_learn_what_the_whole_learns(
    files: Path, pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source(str(files / "whole.parquet"))
    told = parameters(luts_per_class=4, layers=2, patience=3)
    whole = learn.boost(load_source(source), source, told, validation=0.2, threads=1)
    monkeypatch.setattr(larger, "rows_a_chunk", lambda memory, n_columns: 270)
    heard: list[str] = []

    class Heard(type(larger.SILENT)):  # type: ignore[misc]
        def say(self, text: str) -> None:
            heard.append(text)

    found = larger.boost(
        Source(str(files / pattern)), told, memory="1GB", validation=0.2, threads=2,
        progress=Heard(),
    )  # fmt: skip
    assert_same(found, whole)
    assert "1,500 rows of 5 features; labels: " in heard[0]
    assert "chunks of 270 rows at most" in heard[1]
    assert found.feature_names == (() if pattern == "table.npy" else whole.feature_names)


@pytest.mark.parametrize("kept", [True, False])
def test_what_the_first_lut_waits_for_is_said(
    files: Path, kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "is_kept", lambda: kept)
    heard: list[tuple[int, int, str]] = []

    class Counted(type(larger.SILENT)):  # type: ignore[misc]
        @contextmanager
        def count(self, what: str, unit: str) -> Iterator[Count]:
            assert (what, unit) == ("learning", "LUTs")
            yield lambda done, total, remark="": heard.append((done, total, remark))

    source = Source(str(files / "part*.parquet"))
    larger.boost(source, parameters(), memory="1GB", threads=1, progress=Counted())
    compiling = (0, 0, "compiling kernels, once (lutgen doctor --prepare)")
    assert (heard[0] == compiling) == (not kept)
    assert heard[-1][0] == heard[-1][1] > 0 and heard.count(compiling) == (not kept)


def test_numbers_in_chunks(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source(str(files / "whole.parquet"), task="regression", label="f4")
    told = parameters(criterion="auto", leaf_bits=3, max_weight=64, refits=0)
    whole = learn.boost(load_source(source), source, told, threads=1)
    monkeypatch.setattr(larger, "rows_a_chunk", lambda memory, n_columns: 200)
    pattern = Source(str(files / "part*.parquet"), task="regression", label="f4")
    found = larger.boost(pattern, told, memory="1GB")
    assert found.digest == whole.digest and found.provenance.history == whole.provenance.history
    assert found.provenance.test_accuracy == pytest.approx(whole.provenance.test_accuracy)


@pytest.mark.parametrize("n_workers", [1, 3])
@pytest.mark.parametrize("criterion", ["absolute", "newton"])
def test_parts_in_memory_and_in_files(
    rows: tuple[np.ndarray, np.ndarray], tmp_path: Path, n_workers: int, criterion: str
) -> None:
    """Every option of the booster; and files are gone with what they held."""
    X, y = rows
    images = np.where(np.arange(N)[:, None] % 7 == 0, X > 1, X > 0)
    images = np.column_stack([images, X[:, :4] > 0.5]).astype(np.uint8)
    weights = 1.0 + np.arange(N) % 4
    told: dict[str, Any] = {
        "luts_per_class": 4, "layers": 2, "refits": 1, "interactions": 3, "k": 3, "shift": 1,
        "mirror": True, "criterion": criterion, "search_samples": 300,
    }  # fmt: skip
    if criterion == "newton":
        told |= {"leaf_bits": 2, "max_weight": 4}
    whole = BoostedLutClassifier(
        **told, feature_shape=(3, 3), class_weight={2: 3}, random_state=5, n_jobs=1
    ).fit(images, y, weights)
    edges = [0, 1, 700, 700, 1466]
    cut = [np.split(values, edges) for values in (images, y, weights)]
    blocks = [Block(*part) for part in zip(*cut, strict=True)]
    with Threads(n_workers) as executor:
        for parts in (Here(blocks), Spilled(tmp_path, [lambda: iter(blocks)], len(blocks))):
            found, classes = boost_blocks(
                parts, BoostParameters(**told, seed=5), feature_shape=(3, 3),
                class_weight={2: 3}, executor=executor,
            )  # fmt: skip
            assert found.digest == whole.network_.digest
            assert found.provenance == whole.network_.provenance
            assert classes.tolist() == [0, 1, 2]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_takes_nothing_is_named(tmp_path: Path) -> None:
    parts = Spilled(tmp_path / "none", [lambda: iter([np.arange(3)])], 1)
    with pytest.raises(OutputError, match=r"bits in .*none: No such file .*by TMPDIR"):
        parts.derive(lambda item: item, [()])


def test_a_part_that_votes_wrongly_shows(
    rows: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is drawn goes by the number of a row among all: of its part alone, it is another."""
    from lutgen.learn.boost import part

    X, y = rows
    whole = BoostedLutClassifier(luts_per_class=3, criterion="absolute", random_state=5).fit(X, y)
    real = part.Part.__init__
    monkeypatch.setattr(
        part.Part,
        "__init__",
        lambda self, samples, n, first, *rest: real(self, samples, n, 0, *rest),
    )
    blocks = [Block(X[:700], y[:700]), Block(X[700:], y[700:])]
    told = BoostParameters(luts_per_class=3, criterion="absolute", seed=5)
    found, _ = boost_blocks(Here(blocks), told, executor=Serial())
    assert found.digest != whole.network_.digest


@pytest.mark.parametrize("stratified", [True, False])
def test_rows_set_aside_are_those_of_a_split_of_the_whole(stratified: bool) -> None:
    from lutgen.datasets.split import split_rows

    y = np.random.default_rng(0).integers(0, 3, 400) ** 2
    X = np.arange(400)[:, None]
    group = np.searchsorted(np.unique(y), y) if stratified else np.zeros(400, dtype=int)
    parts = [(X[own], y[own], group[own]) for own in np.split(np.arange(400), [0, 13, 200, 390])]
    counts = np.array([np.bincount(own, minlength=group.max() + 1) for _, _, own in parts])
    blocks = Here([Block(matrix, own) for matrix, _, own in parts])
    both = split(blocks, counts, 0.17, 9, lambda labels: labels, stratified=stratified)
    expected = split_rows(y, 0.17, 9, stratified=stratified)
    for found, wanted in zip(both, expected, strict=True):
        got = np.concatenate([block.matrix[:, 0] for block in found.items])
        np.testing.assert_array_equal(got, wanted)


def test_memory_is_said_with_its_unit() -> None:
    assert larger.parse_bytes("2GB") == 2 * 10**9
    assert larger.parse_bytes(" 512.5 mb ") == 512_500_000
    for text in ("2", "GB", "2 GiB", "-1GB"):
        with pytest.raises(ConfigError, match="memory must be a number with its unit, as in 2GB"):
            larger.parse_bytes(text)
    assert larger.rows_a_chunk(10**12, 50) == 1 << 20
    with pytest.raises(ConfigError, match="400 MB is too little memory for 1000 columns; 661 MB"):
        larger.rows_a_chunk(4 * 10**8, 1000)


def test_what_cannot_be_read_in_chunks_is_said(files: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no file is called .*none\*"):
        open_chunks(str(tmp_path / "none*"))
    (tmp_path / "a.csv").write_text("1,2\n")
    with pytest.raises(DataError, match=r"read in chunks from .parquet or .npy files"):
        open_chunks(str(tmp_path / "a.csv"))
    (tmp_path / "b.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(DataError, match="not a whole Parquet file"):
        open_chunks(str(tmp_path / "b.parquet"))
    with pytest.raises(ConfigError, match="has no column 'size' for the labels"):
        open_chunks(str(files / "whole.parquet"), label="size")
    parquet.write_table(pa.table({"a": ["x"], "y": [1]}), tmp_path / "c.parquet")
    with pytest.raises(DataError, match="column a is of type string; tables that are read in"):
        list(open_chunks(str(tmp_path / "c.parquet")).read(10))
    parquet.write_table(pa.table({"b": [1.0], "y": [1]}), tmp_path / "d.parquet")
    with pytest.raises(DataError, match=r"its columns are not those of .*c.parquet"):
        parquet.write_table(pa.table({"a": [1.0], "y": [1]}), tmp_path / "c.parquet")
        list(open_chunks(str(tmp_path / "[cd].parquet")).read(10))
    for told, option in (
        ({"task": "even-odd"}, "--task even-odd"),
        ({"missing": "drop"}, "--missing drop"),
        ({"test_data": "x.csv"}, "--test-data"),
    ):
        with pytest.raises(ConfigError, match=f"{option} does not go with data that is read in"):
            larger.boost(Source(str(files / "whole.parquet"), **told), parameters(), memory="1GB")

"""Files read in blocks give what they give as a whole, and faults name the same places."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lutgen.datasets.columns import Known
from lutgen.datasets.streams import feature_blocks
from lutgen.datasets.table import TableOptions
from lutgen.datasets.tables import load_features
from lutgen.errors import DataError
from lutgen.jobs.predict import predict, predict_to
from lutgen.learn.estimators.boosting import BoostedLutClassifier
from lutgen.model import LutNetwork

NAMES = ("a", "b", "c")
KNOWN = Known(NAMES, 3, "kind", 4)
X = np.round(np.random.default_rng(3).normal(size=(500, 3)), 3)


def write(path: Path, kind: str) -> tuple[Path, TableOptions]:
    rows = [",".join(map(str, row)) for row in X.tolist()]
    options = TableOptions()
    if kind == "plain":
        path.write_text("".join(f"{row}\n" for row in rows))
    elif kind == "named, in another order, with texts of several lines and no end":
        text = "c,a,note,b\r\n" + "\r\n".join(
            f'{c},{a},"{"#" * (i % 2)}one\n""two"", {i}",{b}'
            for i, (a, b, c) in enumerate(X.tolist())
        )
        path.write_text(text, newline="")
    elif kind == "semicolons, decimal commas, and the labels":
        lines = ["a;b;c;kind", *(row.replace(",", ";").replace(".", ",") + ";x" for row in rows)]
        path.write_text("\n".join(lines))
        options = TableOptions(label="kind")
    elif kind == "npy":
        np.save(path.with_suffix(".npy"), X)
        return path.with_suffix(".npy"), options
    else:
        import pyarrow as pa
        from pyarrow import parquet

        table = pa.table({"b": X[:, 1], "kind": ["x"] * 500, "a": X[:, 0], "c": X[:, 2]})
        parquet.write_table(table, path, row_group_size=70)
    return path, options


@pytest.mark.parametrize("block_bytes", [90, 1000, 1 << 20])
@pytest.mark.parametrize(
    "kind",
    [
        "plain",
        "named, in another order, with texts of several lines and no end",
        "semicolons, decimal commas, and the labels",
        "npy",
        "parquet",
    ],
)
def test_blocks_are_the_whole(tmp_path: Path, kind: str, block_bytes: int) -> None:
    path, options = write(tmp_path / "samples", kind)
    told: dict[bool, list[str]] = {True: [], False: []}
    blocks = list(
        feature_blocks(path, KNOWN, options, say=told[True].append, block_bytes=block_bytes)
    )
    whole = load_features(path, KNOWN, options, say=told[False].append)
    np.testing.assert_array_equal(np.concatenate(blocks), whole)
    np.testing.assert_array_equal(whole, X)
    assert told[True] == told[False]
    assert (len(blocks) > 3) == (block_bytes < 1 << 20)


def test_faults_name_the_line(tmp_path: Path) -> None:
    path, _ = write(tmp_path / "samples", "plain")
    lines = path.read_text().splitlines()
    lines[321] = "0.5,oops,1"
    for head, line in (([], 322), (["a,b,c"], 323)):
        path.write_text("\n".join([*head, *lines]))
        for block_bytes in (200, 1 << 20):
            with pytest.raises(DataError, match=rf"line {line}, column 2.*'oops'"):
                list(feature_blocks(path, KNOWN, block_bytes=block_bytes))
    lines[321] = "0.5,1"
    path.write_text("\n".join(lines))
    with pytest.raises(DataError, match="line 322"):
        list(feature_blocks(path, KNOWN, block_bytes=200))


@pytest.fixture(scope="module")
def network() -> LutNetwork:
    y = (X[:, 0] > X[:, 1]).astype(int)
    model = BoostedLutClassifier(k=3, luts_per_class=4, criterion="absolute", random_state=0)
    return model.fit(X, y).network_


def test_answers_are_written_in_order_or_not_at_all(tmp_path: Path, network: LutNetwork) -> None:
    path, _ = write(tmp_path / "samples", "plain")
    out = tmp_path / "answers.txt"
    assert predict_to(network, path, out, block_bytes=300) == 500
    assert out.read_text().split() == [str(label) for label in predict(network, path)]
    before = out.read_bytes()
    with path.open("a") as stream:
        stream.write("1,2,nan\n")
    with pytest.raises(DataError, match="line 501"):
        predict_to(network, path, out, block_bytes=300)
    assert out.read_bytes() == before
    assert sorted(item.name for item in tmp_path.iterdir()) == ["answers.txt", "samples"]


def test_what_is_no_plain_table_is_read_whole(tmp_path: Path) -> None:
    import gzip

    path, _ = write(tmp_path / "samples", "plain")
    packed: Any = tmp_path / "packed"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    remark = tmp_path / "remark"
    remark.write_text("# of 2020\n" + path.read_text())
    wide = tmp_path / "wide"
    wide.write_bytes(path.read_text().encode("utf-16"))
    for other in (packed, remark, wide):
        [block] = feature_blocks(other, KNOWN, block_bytes=100)
        np.testing.assert_array_equal(block, X)

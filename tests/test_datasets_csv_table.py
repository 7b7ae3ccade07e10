from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lutgen.datasets.csv_table import CsvTable, read_csv
from lutgen.errors import ConfigError, DataError


def read(folder: Path, text: str | bytes, label: str | None = None) -> CsvTable:
    path = folder / "t.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_csv(path, labelled=True, label=label)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("1,2,0\n3,4,1\n", None),
        ("a,b,class\n1,2,0\n3,4,1\n", None),
        ("7,8,class\n1,2,0\n3,4,1\n", None),  # a header told by its label alone
        ("7,8,9x\n1,2,0\n3,4,1", None),
        ("class,a,b\n0,1,2\n1,3,4\n", "class"),
        ("a,class,b\n1,0,2\n3,1,4\n", "2"),
        ("0,1,2\n1,3,4\n", "1"),
        ("1;2;0\n\n3;4;1\n", None),
        ("1\t2\t0\r\n3\t4\t1\r\n", None),
        ("\ufeffa, b ,class\n 1, 2.0 ,0\n3e0,+4,1\n", None),
        ('"a","b","the class"\n"1","2","0"\n3,4,1\n', "the class"),
    ],
)
def test_headers_label_columns_and_delimiters_are_found(
    tmp_path: Path, text: str, label: str | None
) -> None:
    table = read(tmp_path, text, label)
    assert table.X.tolist() == [[1, 2], [3, 4]]
    assert table.y is not None and table.y.dtype == np.int64 and table.y.tolist() == [0, 1]


def test_labels_may_be_words(tmp_path: Path) -> None:
    table = read(tmp_path, "5.1,setosa\n4.9,virginica\n")
    assert table.y is not None and table.y.tolist() == ["setosa", "virginica"]
    assert table.X.tolist() == [[5.1], [4.9]]


def test_a_table_without_labels(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n3,4\n")
    table = read_csv(path, labelled=False)
    assert table.y is None and table.X.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("text", "label", "message"),
    [
        ("", None, r"t\.csv: empty"),
        ("\n\n", None, r"t\.csv: empty"),
        ("a,b,c\n", None, "no samples, only a header"),
        ("1\n2\n", None, "one column only"),
        ("a,b,c\n1,2,0\n1,x,1\n", None, r"line 3, column 2 \(b\): 'x' is not a finite number"),
        ("1,2,0\n1,,1\n", None, "line 2, column 2: '' is not a finite number"),
        ("1,2,0\n\n1,nan,1\n", None, "line 3, column 2: 'nan' is not a finite"),
        ("0,1,2\n0,1,inf\n", "1", "line 2, column 3: 'inf' is not a finite"),
        ("5,x,0\n1,2,1\n", None, "line 1, column 2: 'x' is not a finite number"),
        ("1,2,0\n1,2\n", None, "line 2: 2 columns instead of 3 as before"),
        ("1,2,0\n1,2,\n", None, "line 2, column 3: no label"),
        (b"1,2,0\n\xff\xfe,2,1\n", None, "not text in UTF-8"),
        ('1,2,0\n1,"2,1\n', None, "after line 1: unexpected end of data"),
    ],
)
def test_faults_name_line_and_column(
    tmp_path: Path, text: str | bytes, label: str | None, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        read(tmp_path, text, label)


@pytest.mark.parametrize("label", ["d", "0", "4", "-1"])
def test_an_unknown_label_column_lists_the_names(tmp_path: Path, label: str) -> None:
    with pytest.raises(ConfigError, match=r"no column .*\(a, b, c\) or a number from 1 to 3"):
        read(tmp_path, "a,b,c\n1,2,0\n", label)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot read .*none\.csv: No such file"):
        read_csv(tmp_path / "none.csv", labelled=True)


finite = st.floats(allow_nan=False, allow_infinity=False)
tables = st.integers(1, 4).flatmap(
    lambda n: st.lists(
        st.tuples(st.lists(finite, min_size=n, max_size=n), st.sampled_from(["no", 'y,"s"', "ä"])),
        min_size=1,
        max_size=8,
    )
)


@settings(max_examples=50)
@given(tables, st.booleans())
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[list[float], str]], header: bool
) -> None:
    names = [f"f{i}" for i in range(len(rows[0][0]))]
    lines = [",".join([*names, "label"])] if header else []
    for numbers, label in rows:
        quoted = '"' + label.replace('"', '""') + '"'
        lines.append(",".join([*map(repr, numbers), quoted]))
    table = read(tmp_path_factory.mktemp("csv"), "\n".join(lines) + "\n")
    assert table.X.tolist() == [numbers for numbers, _ in rows]
    assert table.y is not None and table.y.tolist() == [label for _, label in rows]

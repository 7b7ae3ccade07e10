import csv
import io
import time
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lutgen.datasets import text_table
from lutgen.datasets.table import Table, TableOptions
from lutgen.datasets.text_table import read_text
from lutgen.errors import ConfigError, DataError


def read(
    text: str | bytes, *, known: Sequence[str] = (), labelled: bool = True, **options: object
) -> tuple[Table, list[str]]:
    said: list[str] = []
    content = text.encode() if isinstance(text, str) else text
    table = read_text(
        "t.csv",
        content,
        TableOptions(**options),  # type: ignore[arg-type]
        known=known,
        labelled=labelled,
        say=said.append,
    )
    return table, said


def cells(table: Table) -> list[list[str]]:
    return [list(row) for row in zip(*(column.texts for column in table.columns), strict=True)]


WANTED = [["1.5", "2", "no"], ["-3", "4e0", "yes"]]


@pytest.mark.parametrize(
    "text",
    [
        "a,b,c\n1.5,2,no\n-3,4e0,yes\n",
        "a,b,c\r\n1.5,2,no\r\n\r\n-3,4e0,yes\r\n",
        "a;b;c\n1.5;2;no\n-3;4e0;yes",
        "a;b;c\n1,5;2;no\n-3;4e0;yes",
        'a,b,c\n"1,5",2,no\n-3,4e0,yes\n',
        "a\tb\tc\n1.5\t2\tno\n-3\t4e0\tyes\n",
        "a|b|c\n1.5|2|no\n-3|4e0|yes\n",
        "a b  c\n 1.5 2 no\n-3   4e0\tyes\n",
        '"a" "b" "c"\n1.5 2 "no"\n-3 4e0 yes\n',
        "# a b c\n1.5 2 no\n-3 4e0 yes\n",
        "# made by hand\n# for a test\na, b ,c\n1.5,2,no\n-3, 4e0 ,yes\n",
        "\ufeffa,b,c\n1.5,2,no\n-3,4e0,yes\n",
        '"a","b","c"\n"1.5","2","no"\n-3,4e0,yes\n',
    ],
)
def test_tables_are_read_however_they_are_parted(text: str) -> None:
    table, _ = read(text)
    assert table.names == ("a", "b", "c")
    assert cells(table) == WANTED
    assert table.columns[0].numbers.tolist() == [1.5, -3]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_is_recognised(encoding: str) -> None:
    table, _ = read("größe,kind\n1,ä\n2,ö\n".encode(encoding))
    assert table.names == ("größe", "kind") and table.columns[1].texts == ["ä", "ö"]


def test_other_encodings_are_named() -> None:
    content = "a,kind\n1,ä\n2,ö\n".encode("latin-1")
    with pytest.raises(DataError, match=r"line 2: not text in UTF-8 .*--encoding latin-1"):
        read(content)
    assert read(content, encoding="latin-1")[0].columns[1].texts == ["ä", "ö"]
    with pytest.raises(ConfigError, match="--encoding 'klingon': there is no such"):
        read(content, encoding="klingon")


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("0,1,2\n3,7,big\n6,4,big\n", True),
        ("1,2,3\n3,7,1\n", True),
        (",0,1,2\n0,3,7,1\n1,5,2,0\n", True),  # as pandas writes it
        ("0,1,class\n3,7,1\n", True),
        ("0,1,class\n3,7,setosa\n", True),
        ("0,1\n9,9\n1,1\n", False),  # a truth value and its label
        ("0,1,1\n3,7,1\n", False),
        ("0,1,2,x\n3,7,1,y\n6,6,6,x\n", False),
        ("1,3,5\n3,7,1\n", False),
        ("7,8,class\n1,2,0\n", True),  # told by its label alone
        ("class,a,7\n0,1,2\n", True),
        ("5,x,0\n1,2,1\n", False),  # rather a fault in the first sample
        ("a,2019,2020,y\n1,2,3,4\n", True),
        ("5.1,setosa\n4.9,virginica\n", False),
        ("red,small,yes\nblue,large,no\n", True),
    ],
)
def test_headers_are_told_and_what_is_a_guess_is_said(text: str, header: bool) -> None:
    table, said = read(text)
    assert bool(table.names) == header
    (line,) = said
    assert ("--header no" if header else "--header yes") in line
    assert read(text, header="no")[0].n_rows == text.count("\n")
    assert read(text, header="yes")[0].n_rows == text.count("\n") - 1


def test_a_header_of_two_numbers_is_told_by_what_is_below() -> None:
    assert read("0,1\n9,9\n1,1\n", labelled=False)[0].n_rows == 2
    assert read("0,1\n1,0\n1,1\n", labelled=False)[0].n_rows == 3
    assert read("1,0\n0,1\n", known=("0", "1"), labelled=False)[0].n_rows == 2
    assert read("5,7\n9,9\n", known=("5", "7"))[0].names == ("5", "7")
    assert read("0,1,2\n3,7,1\n")[0].numbered
    assert not read("a,b,c\n3,7,1\n")[0].numbered


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"t\.csv: empty"),
        ("\n\n", r"t\.csv: empty"),
        ("a,b,c\n", "no samples, only a header"),
        ("1,2,0\n1,2\n", "line 2: 2 columns instead of 3 as before .*--delimiter"),
        ("1 2 0\n\n1 2\n", "line 3: 2 columns instead of 3"),
        ('1,2,0\n1,"2,1\n', "after line 1: unexpected end of data"),
        (b"1,2\n3\x00,4\n", "line 2: a zero byte"),
    ],
)
def test_faults_name_the_line(text: str | bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(text)


@given(
    st.sampled_from(["a,b,y\n1,2,0\n3,4,1\n", "1 2 0\n3 4 1\n", '"a";"b"\n1,5;x\n', "# x.\r1\n"]),
    st.lists(
        st.tuples(st.integers(0, 20), st.sampled_from([*',;\t "\n\r\0#1a.é', ""])), max_size=4
    ),
)
def test_whatever_comes_in_is_read_or_refused(text: str, changes: list[tuple[int, str]]) -> None:
    for place, character in changes:
        text = text[:place] + character + text[place + (not character) :]
    try:
        table, _ = read(text)
    except DataError as error:
        assert str(error).startswith("t.csv")
    else:
        assert len({len(column.texts) for column in table.columns}) == 1


def test_places_are_lines_of_the_file() -> None:
    table, _ = read('# x\na,b\n\n1,"two\nlines"\n\n3,4\n')
    assert [table.place(row) for row in (0, 1)] == ["line 4", "line 7"]


@pytest.mark.parametrize("remark", ["#1,2,3", "# 1,2,3", "# made by x\n#7,8,9"])
def test_a_remark_is_no_sample(remark: str) -> None:
    table, _ = read(f"{remark}\n4,5,6\n1,5,7\n", header="no")
    assert cells(table) == [["4", "5", "6"], ["1", "5", "7"]] and table.names == ()
    assert table.place(0) == f"line {remark.count('#') + 1}"
    named, _ = read("#a,b,y\n4,5,6\n1,5,7\n")
    assert named.names == ("a", "b", "y") and named.n_rows == 2 and named.place(1) == "line 3"


def test_many_remarks_take_time_in_proportion() -> None:
    start = time.process_time()
    table, _ = read("#\n" * 1_000_000 + "1,2\n3,4\n")
    assert time.process_time() - start < 5
    assert table.place(1) == "line 1000002"


def test_options_that_make_no_sense_are_refused() -> None:
    for option in ({"header": "maybe"}, {"decimal": ";"}, {"delimiter": "ab"}):
        with pytest.raises(ConfigError, match=f"--{next(iter(option))}"):
            read("a,b\n1,2\n", **option)


def test_guesses_can_be_overridden() -> None:
    assert read("a,b\n1;2,3\n4;5,6\n", delimiter=",")[0].columns[0].texts == ["1;2", "4;5"]
    table, said = read("a;b\n1,234;2\n", decimal="point")
    assert not said and np.isnan(table.columns[0].numbers[0])
    assert any("--decimal point" in line for line in read("a;b\n1,234;2\n")[1])
    assert read("1*2\n3*4\n", delimiter="*")[0].n_rows == 2


rows = st.integers(2, 4).flatmap(
    lambda n: st.lists(
        st.lists(
            st.sampled_from(["1", "-2.5", "inf", "x y", 'q"t', "é", "a,b", ""]),
            min_size=n,
            max_size=n,
        ),
        min_size=2,
        max_size=6,
    )
)


@settings(max_examples=60)
@given(rows, st.sampled_from(",;\t|"), st.booleans())
def test_what_is_written_is_read_slowly_and_fast(
    table: list[list[str]], delimiter: str, header: bool
) -> None:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(table)
    option = {"header": "yes" if header else "no", "delimiter": delimiter, "decimal": "point"}
    assert cells(read(stream.getvalue(), **option)[0]) == table[header:]
    pytest.importorskip("pyarrow", reason="the fast reader is pyarrow's")
    head = list(enumerate(table, 1))
    fast = text_table._read_fast(stream.getvalue(), delimiter, head, header=header, comma=False)
    assert fast is not None
    assert [list(row) for row in zip(*(c.texts for c in fast), strict=True)] == table[header:]
    slow = read(stream.getvalue(), **option)[0].columns
    for a, b in zip(fast, slow, strict=True):
        assert np.array_equal(a.numbers, b.numbers, equal_nan=True)


def test_columns_of_numbers_are_read_as_such_until_a_cell_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("pyarrow", reason="the fast reader is pyarrow's")
    monkeypatch.setattr(text_table, "_LARGE", 0)
    rows = [f"{i}.50,0{i % 3},{i}" for i in range(30)]
    for wrong in ("", "?", "x", "inf", "1_0", "+5"):
        for cell, place in ((wrong, 25), (wrong, 1), ("7", 25)):
            lines = [*rows]
            lines[place] = f"1.5,{cell},3"
            found, _ = read("\n".join(["a,b,c", *lines, ""]))
            with monkeypatch.context() as slowly:
                slowly.setattr(text_table, "_LARGE", 1 << 30)
                slow, _ = read("\n".join(["a,b,c", *lines, ""]))
            for a, b in zip(found.columns, slow.columns, strict=True):
                assert a.texts == b.texts
                finite = np.isfinite(a.numbers)
                assert np.array_equal(finite, np.isfinite(b.numbers))
                assert np.array_equal(a.numbers[finite], b.numbers[finite])


def test_large_files_are_read_fast_and_their_faults_named(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyarrow", reason="the fast reader is pyarrow's")
    monkeypatch.setattr(text_table, "_LARGE", 0)
    table, _ = read("a,b,c\n1,2,no\n\n 3 ,True,no\n")
    assert [column.numbers.tolist() for column in table.columns[:2]] == [[1, 3], [2, 1]]
    assert isinstance(table.columns[0], text_table._ArrowColumn)
    assert table.place(1) == "line 4"
    infinite, _ = read("a,b\n1,no\ninf,yes\n")
    assert np.array_equal(infinite.columns[0].numbers, [1, np.nan], equal_nan=True)
    with pytest.raises(DataError, match="line 3: 2 columns instead of 3"):
        read("a,b,c\n1,2,no\n3,4\n")
    with pytest.raises(DataError, match="only a header"):
        read("a,b,c\n")

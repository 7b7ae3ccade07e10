from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lutgen.datasets.columns import Chosen, Known, choose_columns
from lutgen.datasets.table import Table, TableOptions, TextColumn, number_names
from lutgen.errors import ConfigError, DataError


def table(header: str, *rows: str) -> Table:
    names = tuple(header.split(",")) if header else ()
    cells = zip(*(row.split(",") for row in rows), strict=True)
    columns = tuple(TextColumn(column) for column in cells)
    return Table("t.csv", names, columns, lambda row: f"line {row + 2}", number_names(names))


def choose(
    what: Table, known: Known | None = None, *, labelled: bool = True, **options: Any
) -> tuple[Chosen, list[str]]:
    said: list[str] = []
    chosen = choose_columns(
        what, TableOptions(**options), labelled=labelled, known=known, say=said.append
    )
    return chosen, said


ROWS = ("5,0,7", "6,1,2", "5,1,9")


@pytest.mark.parametrize(
    ("header", "options", "place", "why"),
    [
        ("a,b,c", {}, 3, "the last one"),
        ("", {}, 3, "the last one"),
        ("a,Label,c", {}, 2, "by its name"),
        ("CLASS,b,c", {}, 1, "by its name"),
        ("a,target,c", {}, 2, "by its name"),
        ("y,b,c", {}, 1, "by its name"),
        ("y,x,c", {}, 3, "the last one"),
        ("X,class,y", {}, 2, "by its name"),
        ("a,class,y", {"label": "y"}, 3, ""),
        ("a,b,c", {"label": "b"}, 2, ""),
        ("a,b,c", {"label": "1"}, 1, ""),
        ("3,1,2", {"label": "1"}, 2, ""),  # a name first
        ("3,1,2", {"label_index": 1}, 1, ""),
        ("", {"label_index": 2}, 2, ""),
    ],
)
def test_the_column_of_labels_is_found_and_said(
    header: str, options: dict[str, Any], place: int, why: str
) -> None:
    chosen, said = choose(table(header, *ROWS), **options)
    assert chosen.label_index == place and chosen.X.shape == (3, 2)
    assert chosen.label == (header.split(",")[place - 1] if header else "")
    assert [line for line in said if "labels: column" in line] == (
        [] if options else [line for line in said if f"column {place}" in line and why in line]
    )


@pytest.mark.parametrize("header", ["label,b,class", "y,Target,c", "label,b,Label"])
def test_two_candidates_are_refused_with_their_names(header: str) -> None:
    with pytest.raises(ConfigError, match=r"column 1 \(\w+\) and column \d \(\w+\) may each be"):
        choose(table(header, *ROWS))


@pytest.mark.parametrize("options", [{"label": "d"}, {"label": "4"}, {"label_index": 9}])
def test_a_column_of_labels_that_is_not_there_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"no column .* a name of the header \(a, b, c\) or a n"):
        choose(table("a,b,c", *ROWS), **options)
    with pytest.raises(ConfigError, match="--label and --label-index say the same"):
        choose(table("a,b,c", *ROWS), label="a", label_index=1)


@pytest.mark.parametrize(
    ("name", "values", "left_out"),
    [
        ("", [0, 1, 2, 3], True),
        ("", [7, 3, 9, 1], True),
        ("Unnamed: 0", [1, 2, 3, 4], True),
        ("id", [12, 11, 14, 13], True),
        ("", [7, 3, 3, 1], False),
        ("", [0.5, 1, 2, 3], False),
        ("age", [0, 1, 2, 3], False),
        ("age", list(range(10)), True),
        ("age", list(range(100, 110))[::-1], True),
        ("age", [*range(9), 10], False),
    ],
)
def test_columns_that_only_count_the_rows_are_left_out(
    name: str, values: list[Any], left_out: bool
) -> None:
    rows = [f"{value},{i % 3},{i % 2}" for i, value in enumerate(values)]
    chosen, said = choose(table(f"{name},b,y", *rows))
    assert chosen.X.shape[1] == 2 - left_out
    assert any("only counts the rows" in line and "--keep" in line for line in said) == left_out
    for keep in (name or "1", "1"):
        kept, said = choose(table(f"{name},b,y", *rows), keep=(keep,))
        assert kept.X.shape[1] == 2 and not any("counts" in line for line in said)
    with pytest.raises(ConfigError, match="no column 'zz' to keep"):
        choose(table(f"{name},b,y", *rows), keep=("zz",))


def test_the_only_feature_is_kept_whatever_it_counts() -> None:
    chosen, _ = choose(table("id,y", *(f"{i},{i % 2}" for i in range(20))))
    assert chosen.X.shape == (20, 1)


@pytest.mark.parametrize("text", ["", "NaN", "?", "NA", "n/a", "null"])
def test_missing_labels_and_features_are_refused_or_left_out(text: str) -> None:
    for row, what in ((f"1,2,{text}", r"\(c\): no label"), (f"1,{text},0", r"\(b\): .* missing")):
        rows = ("1,2,0", "3,4,1", row, row)
        with pytest.raises(DataError, match=rf"t\.csv, line 4, column \d {what}.* 1 other row;"):
            choose(table("a,b,c", *rows))
        chosen, said = choose(table("a,b,c", *rows), missing="drop")
        assert chosen.X.tolist() == [[1, 2], [3, 4]] and chosen.y is not None
        assert chosen.y.tolist() == [0, 1]
        assert "2 of 4 rows left out (--missing drop)" in said[-1]
    with pytest.raises(DataError, match="missing in every row"):
        choose(table("a,b,c", f"1,{text},0"), missing="drop")


def test_what_is_no_number_is_refused_where_it_stands() -> None:
    with pytest.raises(DataError, match=r"line 3, column 2 \(b\): 'x' is not a finite number; rep"):
        choose(table("a,b,c", "1,2,0", "3,x,1"), missing="drop")
    with pytest.raises(DataError, match=r"column 2: 'inf' is not a finite number"):
        choose(table("", "1,inf,0", "3,4,1"))
    with pytest.raises(DataError, match=r"'red' is not .*no cell of this column is a number"):
        choose(table("a,b,c", "1,red,0", "3,blue,1"))


KNOWN = Known(("a", "b"), 2, "kind", 3)


@given(st.permutations(["a", "b", "kind", "extra"]))
def test_features_of_a_model_are_found_by_their_names(order: list[str]) -> None:
    cells = {"a": 1, "b": 2, "kind": 0, "extra": 9}
    row = ",".join(str(cells[name]) for name in order)
    for labelled in (True, False):
        chosen, said = choose(table(",".join(order), row, row), KNOWN, labelled=labelled)
        assert chosen.X.tolist() == [[1, 2], [1, 2]] and chosen.names == ("a", "b")
        assert any("left out: " in line and "extra" in line for line in said)
    assert (chosen.y is None) and not chosen.label


def test_features_that_are_missing_or_cannot_be_told_are_refused() -> None:
    with pytest.raises(DataError, match="1 of the model's 2 features missing: b; found a, c"):
        choose(table("a,c,kind", *ROWS), KNOWN)
    with pytest.raises(DataError, match="1 of the model's 2 features missing: b"):
        choose(table("a,kind", "1,0", "2,1"), KNOWN, labelled=False)
    with pytest.raises(DataError, match=r"The last one, column 2 \(b\), is a feature of the model"):
        choose(table("a,b", "1,0", "2,1"), KNOWN)
    with pytest.raises(DataError, match="3 columns, but the model takes 2 features; in training"):
        choose(table("", *ROWS), KNOWN, labelled=False)


def test_columns_without_names_are_taken_in_their_order_and_that_is_said() -> None:
    for header in ("", "0,1"):
        chosen, said = choose(table(header, "1,2", "3,4"), KNOWN, labelled=False)
        assert chosen.X.tolist() == [[1, 2], [3, 4]] and "in their order (a, b)" in said[-1]
    chosen, said = choose(table("b,a", "1,2"), Known((), 2), labelled=False)
    assert chosen.X.tolist() == [[1, 2]] and "in their order (b, a)" in said[-1]
    numbered = Known(("0", "1"), 2)
    chosen, said = choose(table("b,a", "1,2"), numbered, labelled=False)
    assert chosen.X.tolist() == [[1, 2]] and "the model's features have no names" in said[-1]
    chosen, said = choose(table("1,0", "1,2"), numbered, labelled=False)
    assert chosen.X.tolist() == [[2, 1]]
    rows = (f"{i},{i % 3},{i % 5}" for i in range(12))
    chosen, said = choose(table("", *rows), Known((), 2), labelled=False)
    assert chosen.X.shape == (12, 2) and "only counts the rows" in said[0]
    first, _ = choose(table("", "0,5,6", "1,7,8"), Known((), 2, "", 1))
    assert first.y is not None and first.y.tolist() == [0, 1] and np.all(first.X >= 5)


def test_names_that_come_twice_are_told_apart_by_their_order() -> None:
    chosen, said = choose(table("a,a,,y", "1,2,3,0", "4,5,6,1"))
    assert chosen.names == ("a", "a (2)", "column 3") and "told apart by their order" in said[0]


COLOURS = ("3,red,0", "4,blue,1", "5,red,1", "6,red,0")


def test_columns_of_texts_become_a_feature_for_each_value() -> None:
    chosen, said = choose(table("a,colour,y", *COLOURS))
    assert chosen.names == ("a", "colour=blue", "colour=red")
    assert chosen.X.tolist() == [[3, 0, 1], [4, 1, 0], [5, 0, 1], [6, 0, 1]]
    assert chosen.categories == {"colour": ("blue", "red")}
    assert "column 2 (colour) holds texts: a feature of 0 and 1 for each of its 2" in said[-1]
    known = Known(chosen.names, 3, "y", 3, chosen.categories)
    assert known.columns == ("a", "colour")
    again, _ = choose(table("y,colour,a", "1,blue,9"), known)
    assert again.X.tolist() == [[9, 1, 0]] and again.names == chosen.names
    by_place, said = choose(table("", "9,red", "8,blue"), known, labelled=False)
    assert by_place.X.tolist() == [[9, 0, 1], [8, 1, 0]] and "order (a, colour)" in said[-1]
    with pytest.raises(DataError, match=r"'green' is none of the values in training, blue, red"):
        choose(table("a,colour", "1,green"), known, labelled=False)
    with pytest.raises(DataError, match="1 of the model's 2 features missing: colour"):
        choose(table("a,color", "1,red"), known, labelled=False)
    with pytest.raises(
        DataError, match=r"column 2 \(colour\): '\?' is not .* the value is missing"
    ):
        choose(table("a,colour", "1,?"), known, labelled=False)


def test_texts_without_names_and_texts_that_are_no_categories() -> None:
    chosen, _ = choose(table("", *COLOURS))
    assert chosen.names == ("column 1", "column 2=blue", "column 2=red")
    rows = [f"{i % 7},name {i},{i % 2}" for i in range(40)]
    with pytest.raises(DataError, match=r"has not a few values only .* leave the column out"):
        choose(table("a,b,y", *rows))
    with pytest.raises(DataError, match="'red' is not a finite number"):
        choose(table("a,b,y", "1,2,0", "2,red,1", "3,3,1"))

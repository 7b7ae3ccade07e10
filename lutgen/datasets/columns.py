"""Which column of a table holds the labels, which are features, and their values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.datasets.labels import labels_of
from lutgen.datasets.table import (
    BIT,
    DROP,
    Column,
    Table,
    TableOptions,
    is_missing,
    number_names,
)
from lutgen.errors import ConfigError, DataError

Say = Callable[[str], None]

LABEL_NAMES = ("label", "class", "target")
_INDEX_NAME = re.compile(r"|unnamed: ?\d+|index|idx|id|row|row[ _.]?(id|no|nr|number|names?)|nr|no")
MAX_CATEGORIES = 64
NO_VALUE = "?"
"""What a missing value is called among the values of a column of texts."""
_MANY_ROWS = 10  # rows from which on a column of any name that counts them is no chance


@dataclass(frozen=True)
class Known:
    """What a model knows of the table that it was learnt from.

    Parameters
    ----------
    features : tuple of str
        Names of its features, in their order; empty if they have none.
    n_features : int
    label : str
        Name of the column of labels; "" if it has none.
    label_index : int or None
        Its place, from 1.
    categories : mapping of str to tuple of str
        Values of the columns of texts; each value is a feature, called ``column=value``.
    missing : bool
        Whether it takes features that are missing, or some of them.
    length : int
        Steps of a window, where the model's samples are windows of a series and the features here
        are its channels; else 0.
    """

    features: tuple[str, ...]
    n_features: int
    label: str = ""
    label_index: int | None = None
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    missing: bool = False
    length: int = 0

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that the features are from; empty if they have none."""
        if not self.categories:
            return self.features
        found: list[str] = []
        rest = self.features
        while rest:
            name = next(
                (
                    column
                    for column, values in self.categories.items()
                    if rest[: len(values)] == category_names(column, values)
                ),
                None,
            )
            found.append(rest[0] if name is None else name)
            rest = rest[1 if name is None else len(self.categories[name]) :]
        return tuple(found)

    @property
    def n_columns(self) -> int:
        """Number of these columns."""
        return len(self.columns) or self.n_features


def category_names(column: str, values: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the features that a column of texts becomes, one a value."""
    return tuple(f"{column}={value}" for value in values)


@dataclass(frozen=True, eq=False)
class Chosen:
    """Features and labels of a table.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features), dtype=np.float64
        NaN where a value is missing.
    y : ndarray of shape (n_rows,) or None
    names : tuple of str
        A name for each feature; empty if the table has none.
    label : str
        Name of the column of labels; "" if it has none.
    label_index : int or None
        Its place, from 1.
    categories : mapping of str to tuple of str
        Values of the columns of texts; each value is a feature of 0 and 1.
    """

    X: NDArray[np.float64]
    y: NDArray[Any] | None
    names: tuple[str, ...]
    label: str = ""
    label_index: int | None = None
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def choose_columns(
    table: Table,
    options: TableOptions,
    *,
    labelled: bool,
    known: Known | None = None,
    say: Say | None = None,
) -> Chosen:
    """Take features and labels out of a table, and say what was guessed.

    Parameters
    ----------
    known : Known, optional
        The model that the samples are for: its features are found by their names.

    Raises
    ------
    ConfigError
        If an option names a column that is not there, or two columns may be the labels.
    DataError
        If a feature of the model is missing, or a cell is no number; row and column are named.
    """
    tell = say or (lambda _: None)
    names = _distinct(table, tell)
    label = _label_column(table, names, options, known, labelled=labelled, tell=tell)
    kept = _kept(table, names, options)
    others = [i for i in range(len(table.columns)) if i != label]
    if known is not None:
        features = _features_of(table, names, others, known, label, kept, tell)
    else:
        features = _without_counting(table, names, others, kept, tell)
    if not features:
        raise DataError(f"{table.path}: no column of features besides {table.title(others[0])}"
                        if others else f"{table.path}: one column only; needs features and a "
                        "label, parted by commas")  # fmt: skip
    if known is not None and known.missing and options.missing != DROP:
        options = replace(options, missing=BIT)
    categories = _categories(table, features, options, known, tell)
    rows = _complete_rows(table, features, label, categories, options, tell)
    blocks: list[NDArray[Any]] = []
    chosen: list[str] = []
    for i in features:
        own = names[i] if names else f"column {i + 1}"
        if values := categories.get(i):
            texts = _values(table.columns[i], values)
            blocks += [texts == value for value in values]
            chosen += category_names(own, values)
        else:
            blocks.append(table.columns[i].numbers)
            chosen.append(own)
    X = np.column_stack(blocks).astype(np.float64, copy=False)
    y = None
    if label is not None:
        column = table.columns[label]
        y = labels_of(column) if rows is None else labels_of(_Rows(column.texts, rows))
    if rows is not None:
        X = X[rows]
    if known is not None and known.categories:
        chosen = list(known.features)
    by_name = {
        (names[i] if names else f"column {i + 1}"): values for i, values in categories.items()
    }
    return Chosen(
        X,
        y,
        tuple(chosen) if names or categories else (),
        names[label] if names and label is not None else "",
        None if label is None else label + 1,
        by_name,
    )


def _categories(
    table: Table,
    features: Sequence[int],
    options: TableOptions,
    known: Known | None,
    tell: Say,
) -> dict[int, tuple[str, ...]]:
    """Return the values of the columns of texts, by column; of a model, those that it knows."""
    if known is not None:
        columns = known.columns or [""] * len(features)
        return {
            i: known.categories[name]
            for i, name in zip(features, columns, strict=True)
            if name in known.categories
        }
    found = {}
    for i in features:
        if np.isfinite(table.columns[i].numbers).any():
            continue
        texts = table.columns[i].texts
        values = sorted({text for text in texts if not is_missing(text)})
        if values and options.missing == BIT and any(map(is_missing, texts)):
            values.append(NO_VALUE)
        few = 2 * len(values) <= len(texts) or len(values) < min(len(texts), _MANY_ROWS)
        if values and few and len(values) <= MAX_CATEGORIES:
            found[i] = tuple(values)
            tell(
                f"{table.path}: {table.title(i)} holds texts: a feature of 0 and 1 for each of "
                f"its {len(values)} values ({_listed(values)}); leave the column out of the file "
                "if it tells nothing"
            )
    return found


def _values(column: Column, values: Sequence[str]) -> NDArray[np.str_]:
    """Return the cells of a column of texts; missing ones by their name if it is a value."""
    if NO_VALUE not in values:
        return np.array(column.texts)
    return np.array([NO_VALUE if is_missing(text) else text for text in column.texts])


class _Rows:
    """Some cells of a column."""

    def __init__(self, texts: Sequence[str], rows: NDArray[np.intp]) -> None:
        self.texts = [texts[row] for row in rows]

    @property
    def numbers(self) -> NDArray[np.float64]:
        """Not asked for."""
        raise AssertionError("labels are read as texts")


def _distinct(table: Table, tell: Say) -> tuple[str, ...]:
    """Return the names of all columns, made different where they are not."""
    seen: dict[str, int] = {}
    result, twice = [], []
    for place, name in enumerate(table.names, 1):
        own = name or f"column {place}"
        seen[own] = seen.get(own, 0) + 1
        if seen[own] > 1:
            twice.append(own)
            own = f"{own} ({seen[own]})"
        result.append(own)
    if twice:
        tell(
            f"{table.path}: {_listed(list(dict.fromkeys(twice)))} name(s) several columns, which "
            "are told apart by their order alone; give each a name of its own"
        )
    return tuple(result)


def _label_column(
    table: Table,
    names: tuple[str, ...],
    options: TableOptions,
    known: Known | None,
    *,
    labelled: bool,
    tell: Say,
) -> int | None:
    """Return the place of the labels, from 0, and say which it is; None if there are none."""
    n = len(table.columns)
    asked = options.label is not None or options.label_index is not None
    if not labelled and not asked:
        return None
    if labelled and n < 2:
        raise DataError(
            f"{table.path}: one column only; needs features and a label, parted by commas, "
            "semicolons, tabs or spaces; --delimiter names another character"
        )
    if asked:
        if options.label is not None and options.label_index is not None:
            raise ConfigError("--label and --label-index say the same; give one of them")
        found, why = _asked_for(table, names, options), ""
    elif known is not None and known.label and known.label in names:
        found, why = names.index(known.label), "as in training"
    elif known is not None and not names and known.label_index and n == known.n_columns + 1:
        found, why = min(known.label_index, n) - 1, "as in training"
    else:
        found, why = _guess_label(table, names)
    if known is not None and names and not asked and names[found] in known.columns:
        raise DataError(
            f"{table.path}: which column holds the labels? The last one, {table.title(found)}, is "
            "a feature of the model; name it with --label"
        )
    if not asked:
        tell(f"{table.path}: labels: {table.title(found)}, {why}; --label NAME takes another")
    return found


def _asked_for(table: Table, names: tuple[str, ...], options: TableOptions) -> int:
    n, label = len(table.columns), options.label
    if label is not None and label in names:
        return names.index(label)
    place = options.label_index
    if label is not None and label.isdecimal() and len(label) < 10:
        place = int(label)
    if place is not None and 1 <= place <= n:
        return place - 1
    wanted = repr(label) if label is not None else options.label_index
    header = f"a name of the header ({_listed(names)})" if names else "no name, without a header,"
    raise ConfigError(
        f"{table.path} has no column {wanted} for the labels; give {header} or a number from 1 "
        f"to {n}"
    )


def _guess_label(table: Table, names: tuple[str, ...]) -> tuple[int, str]:
    lower = [name.lower() for name in names]
    wanted = LABEL_NAMES if "x" in lower else (*LABEL_NAMES, "y")
    found = [i for i, name in enumerate(lower) if name in wanted]
    if len(found) > 1:
        raise ConfigError(
            f"{table.path}: {' and '.join(table.title(i) for i in found)} may each be the labels; "
            f"choose with --label {names[found[0]]}"
        )
    if found:
        return found[0], "by its name"
    return len(table.columns) - 1, "the last one"


def _kept(table: Table, names: tuple[str, ...], options: TableOptions) -> set[int]:
    kept = set()
    for name in options.keep:
        if name in names:
            kept.add(names.index(name))
        elif name.isdecimal() and len(name) < 10 and 1 <= int(name) <= len(table.columns):
            kept.add(int(name) - 1)
        else:
            raise ConfigError(
                f"{table.path} has no column {name!r} to keep; give a name"
                f"{f' ({_listed(names)})' if names else ''} or a place from 1 to "
                f"{len(table.columns)}"
            )
    return kept


def _without_counting(
    table: Table, names: tuple[str, ...], others: Sequence[int], kept: set[int], tell: Say
) -> list[int]:
    """Return the features: all but the columns that only count the rows."""
    counting = [i for i in others if i not in kept and _counts_rows(table, names, i)]
    if len(counting) == len(others):
        return list(others)
    for i in counting:
        keep = names[i] if names and table.names[i] else str(i + 1)
        tell(
            f"{table.path}: {table.title(i)} only counts the rows and is left out; "
            f"--keep {_quoted(keep)} keeps it"
        )
    return [i for i in others if i not in counting]


def _counts_rows(table: Table, names: tuple[str, ...], column: int) -> bool:
    """Whether a column holds each of some whole numbers once, without a gap.

    Of a column without a name, or called as counts are, gaps are allowed: rows were taken out.
    """
    values = table.columns[column].numbers
    n = values.size
    if np.unique(values[:_MANY_ROWS]).size < min(n, _MANY_ROWS):
        return False  # most columns end here
    if n < 3 or not np.isfinite(values).all() or (values != np.rint(values)).any():
        return False
    low, high = values.min(), values.max()
    is_named_so = bool(names) and bool(_INDEX_NAME.fullmatch(table.names[column].lower()))
    if low < 0 or (high - low != n - 1 and not is_named_so):
        return False
    return (is_named_so or n >= _MANY_ROWS) and np.unique(values).size == n


def _features_of(
    table: Table,
    names: tuple[str, ...],
    others: list[int],
    known: Known,
    label: int | None,
    kept: set[int],
    tell: Say,
) -> list[int]:
    """Return the columns of a model's features, in the model's order."""
    places = {name: i for i, name in enumerate(names)}
    if known.columns and names:
        lacking = [name for name in known.columns if name not in places]
        if label is not None and names[label] in known.columns:
            lacking.append(names[label])
        if not lacking:
            found = [places[name] for name in known.columns]
            extra = [names[i] for i in others if i not in found]
            if extra:
                tell(f"{table.path}: not features of the model, left out: {_listed(extra)}")
            if found != sorted(found):
                tell(f"{table.path}: columns put in the model's order, by their names")
            return found
        if not table.numbered and not number_names(known.columns):
            found_here = [names[i] for i in others]
            raise DataError(
                f"{table.path}: {len(lacking)} of the model's {known.n_columns} features "
                f"missing: {_listed(lacking)}; found {_listed(found_here)}; columns are matched "
                "by their names"
            )
    features = others
    if len(others) > known.n_columns:
        features = _without_counting(table, names, others, kept, tell)
    if len(features) != known.n_columns:
        raise DataError(
            f"{table.path}: {len(features)} columns, but the model takes {known.n_columns} "
            f"features{_width_hint(len(features), known, label)}"
        )
    found_names = tuple(names[i] for i in features) if names else ()
    if found_names != known.columns:
        own = known.columns and not number_names(known.columns)
        which = "the table's columns have" if own else "the model's features have"
        tell(
            f"{table.path}: {which} no names; they are taken in their order "
            f"({_listed(known.columns or names)})"
        )
    return features


def _width_hint(n_found: int, known: Known, label: int | None) -> str:
    if label is not None or n_found <= known.n_columns:
        return ""
    if known.label_index is None:
        return "; if one is the label, name it with --label, and it is left out"
    name = f" ({known.label})" if known.label else ""
    return (
        f"; in training, column {known.label_index}{name} held the labels: "
        f"--label {known.label or known.label_index} leaves it out"
    )


def _complete_rows(
    table: Table,
    features: Sequence[int],
    label: int | None,
    categories: Mapping[int, tuple[str, ...]],
    options: TableOptions,
    tell: Say,
) -> NDArray[np.intp] | None:
    """Return the rows to take, None for all; refuse cells that are no numbers or are missing."""
    n_rows = table.n_rows
    absent = np.zeros(n_rows, dtype=np.bool_)
    n_label = 0
    if label is not None:
        texts = table.columns[label].texts
        absent |= np.array([is_missing(text) for text in texts], dtype=np.bool_)
        n_label = int(absent.sum())
        if n_label and options.missing != DROP:
            row = int(np.argmax(absent))
            raise DataError(
                f"{table.path}, {table.place(row)}, {table.title(label)}: no label ({texts[row]!r})"
                f"{_so_many(n_label)}; fill it in, or leave such rows out with --missing drop"
            )
    for i in features:
        values = categories.get(i)
        bad = (
            ~np.isfinite(table.columns[i].numbers)
            if values is None
            else ~np.isin(_values(table.columns[i], values), values)
        )
        if bad.any():
            absent |= _missing_cells(table, i, bad, values, options, labelled=label is not None)
    if not absent.any():
        return None
    if absent.all():
        raise DataError(f"{table.path}: something is missing in every row")
    tell(
        f"{table.path}: {int(absent.sum())} of {n_rows} rows left out (--missing drop): {n_label} "
        f"without a label, {int(absent.sum()) - n_label} without a feature"
    )
    return np.flatnonzero(~absent)


def _missing_cells(
    table: Table,
    column: int,
    bad: NDArray[np.bool_],
    values: tuple[str, ...] | None,
    options: TableOptions,
    *,
    labelled: bool,
) -> NDArray[np.bool_]:
    """Return in which rows a feature is missing; raise for what is neither that nor a number."""
    texts = table.columns[column].texts
    rows = np.flatnonzero(bad).tolist()
    absent = [row for row in rows if is_missing(texts[row])]
    wrong = next((row for row in rows if not is_missing(texts[row])), None)
    if wrong is not None:
        text = texts[wrong]
        n_wrong = len(rows) - len(absent)
        if values is not None:
            raise DataError(
                f"{table.path}, {table.place(wrong)}, {table.title(column)}: {text!r} is none of "
                f"the values in training, {_listed(values)}{_so_many(n_wrong)}; replace it, or "
                "drop the row"
            )
        advice = "replace it, or drop the row"
        if n_wrong > 1 and n_wrong + len(absent) == len(texts):
            advice = (
                f"no cell of this column is a number, and it has not a few values only "
                f"(up to {MAX_CATEGORIES}, on several rows each): leave the column out of the file"
            )
        raise DataError(
            f"{table.path}, {table.place(wrong)}, {table.title(column)}: {text!r} is not a finite "
            f"number{_so_many(n_wrong)}; {advice}"
        )
    if options.missing == BIT and values is None:
        return np.zeros_like(bad)  # NaN tells so
    if options.missing != DROP:
        row = absent[0]
        raise DataError(
            f"{table.path}, {table.place(row)}, {table.title(column)}: {texts[row]!r} is not a "
            f"finite number, the value is missing{_so_many(len(absent))}; fill it in, or leave "
            f"such rows out{_OR_BITS if labelled else ''}"
        )
    return bad


_OR_BITS = " with --missing drop; a model that is trained with --missing bit takes them"


def _so_many(n: int) -> str:
    return f", as in {n - 1} other row{'' if n == 2 else 's'}" if n > 1 else ""


def _listed(names: Sequence[str], most: int = 8) -> str:
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")


def _quoted(text: str) -> str:
    return text if re.fullmatch(r"[\w.-]+", text) else f'"{text}"'

"""Records: what is written is read again; whatever else a file holds is named, field by field."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import random_network

from lutgen.errors import DataError
from lutgen.records.build import BuildRecord, PinsRecord, PlacementRecord
from lutgen.records.checks import Check, SimulationRecord
from lutgen.records.core import CoreRecord
from lutgen.records.fmax import FmaxRecord
from lutgen.records.learnt import EvaluationRecord, OptimisationRecord
from lutgen.records.model import ModelRecord
from lutgen.records.mutation import MutationRecord
from lutgen.records.proof import EqualityRecord, ProofRecord
from lutgen.records.reading import AtLeastOne, Fraction, Limit, Record, hints, to_json
from lutgen.records.synthesis import SynthesisRecord
from lutgen.text import printable

RECORDS: list[Any] = [
    CoreRecord, SimulationRecord, ProofRecord, MutationRecord, SynthesisRecord, BuildRecord,
    PlacementRecord, PinsRecord, FmaxRecord, ModelRecord, EvaluationRecord, OptimisationRecord,
]  # fmt: skip
TEXT = st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=6)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=3,
)


def values(kind: Any, limit: Limit | None = None) -> st.SearchStrategy[Any]:
    """Return any value of a type of records."""
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        found = values(args[0], args[1])
    elif origin in (Union, types.UnionType):
        (inner,) = (item for item in args if item is not type(None))
        found = st.none() | values(inner, limit)
    elif origin is Literal:
        found = st.sampled_from(args)
    elif origin is tuple and args[-1] is Ellipsis:
        found = st.lists(values(args[0]), max_size=2).map(tuple)
    elif origin is tuple:
        found = st.tuples(*map(values, args))
    elif origin in (dict, Mapping):
        keys = st.sampled_from(["encoder", "core", "head"])
        found = st.dictionaries(keys, values(args[1]), max_size=2)
    elif is_dataclass(kind):
        found = records(kind)
    elif kind in (int, float):
        numbers = st.integers(0, 99) if kind is int else st.floats(0, 1)
        found = numbers.filter(limit.fits if limit else lambda _: True)
    else:
        found = {str: TEXT, bool: st.booleans(), Any: PLAIN}[kind]
    return found


def records(kind: Any) -> st.SearchStrategy[Any]:
    parts = {item.name: values(hints(kind)[item.name]) for item in fields(kind)}
    if rest := getattr(kind, "REST", ""):
        parts[rest] = st.dictionaries(TEXT.map("told {}".format), PLAIN, max_size=2)
    if kind is EvaluationRecord:  # square, and adding up
        sizes = {"n_samples": st.just(0), "n_correct": st.just(0)}
        empty = st.builds(kind, **{**parts, **sizes, "confusion": st.just(())})
        return empty.map(lambda item: replace(item, confusion=_zeros(len(item.classes))))
    return st.builds(kind, **parts).filter(
        lambda record: not any(getattr(record, "problems", tuple)())
    )


def _zeros(n: int) -> tuple[tuple[int, ...], ...]:
    return ((0,) * n,) * n


@pytest.mark.parametrize("kind", RECORDS)
@settings(deadline=None, max_examples=15)
@given(data=st.data())
def test_what_is_written_is_read_again(kind: Any, data: st.DataObject) -> None:
    record = data.draw(records(kind))
    text = json.dumps(record.to_json(), allow_nan=False)
    assert kind.from_json(json.loads(text)) == record


def test_files_hold_the_same(tmp_path: Path) -> None:
    record = PlacementRecord(columns=3, rows=2, row_0="top")
    record.write(tmp_path / "placement.json")
    assert (tmp_path / "placement.json").read_text().count("\n") == 1
    assert PlacementRecord.read(tmp_path / "placement.json") == record
    checks = SimulationRecord(digest="ab", checks=(Check("netlist", 3, 3),))
    checks.write(tmp_path / "simulate.json")
    assert SimulationRecord.read(tmp_path / "simulate.json") == checks
    assert json.loads((tmp_path / "simulate.json").read_text())["checks"][0]["passed"] is True


def has_required(kind: Any) -> bool:
    return any(item.default is item.default_factory is MISSING for item in fields(kind))


def spots(value: Any, kind: Any, path: str = "") -> list[tuple[list[Any], str]]:
    """Return the way to each field of a record that has no default, and how messages call it."""
    found: list[tuple[list[Any], str]] = []
    for item in fields(kind):
        where = f"{path}.{item.name}" if path else item.name
        inner = hints(kind)[item.name]
        if (
            item.default is MISSING
            and item.default_factory is MISSING
            and type(None) not in get_args(inner)
        ):
            found.append(([item.name], where))
        if is_dataclass(inner):
            found += [
                ([item.name, *way], name) for way, name in spots(value[item.name], inner, where)
            ]
    return found


@pytest.mark.parametrize("kind", [kind for kind in RECORDS if has_required(kind)])
@settings(deadline=None, max_examples=10)
@given(data=st.data())
def test_a_field_that_is_damaged_or_lost_is_named(kind: Any, data: st.DataObject) -> None:
    right = data.draw(records(kind)).to_json()
    places = spots(right, kind)
    way, name = data.draw(st.sampled_from(places))
    for is_lost in (False, True):
        record = json.loads(json.dumps(right))
        inside = record
        for step in way[:-1]:
            inside = inside[step]
        if is_lost:
            del inside[way[-1]]
        else:
            inside[way[-1]] = float("nan")
        with pytest.raises(DataError) as caught:
            kind.from_json(record, "file.json")
        assert str(caught.value).startswith(f"file.json: {name} ")
        assert ("is missing" if is_lost else "found NaN") in str(caught.value)
        assert str(caught.value).endswith(kind.MEND)


@dataclass(frozen=True)
class Part:
    share: Fraction
    n: AtLeastOne = 1


@dataclass(frozen=True, kw_only=True)
class Whole(Record):
    name: str
    parts: tuple[Part, ...] = ()
    pair: tuple[int, str] | None = None
    told: Any = None
    is_new: bool = False


def test_all_faults_come_at_once_with_their_places() -> None:
    damaged = {"name": 5, "parts": [{"share": 2}, 7, {"share": 0.5, "n": 0}], "pair": [1],
               "is_new": 1}  # fmt: skip
    with pytest.raises(DataError) as caught:
        Whole.from_json(damaged, "a.json")
    assert str(caught.value) == (
        "a.json: name must be a text, found 5; parts[0].share must be a number from 0 to 1, found "
        "2; parts[1] must be an object, found 7; parts[2].n must be a whole number of 1 or more, "
        "below 2^53, found 0; pair must be a list of 2 values, found a list; is_new must be true "
        "or false, found 1; write it anew"
    )
    many = {"name": "", "parts": [{"share": i} for i in range(2, 40)]}
    with pytest.raises(DataError, match=r"and 30 more faults; write it anew") as caught:
        Whole.from_json(many)
    assert len(str(caught.value)) < 700


def test_what_is_not_known_is_passed_over_and_null_is_the_default() -> None:
    record = Whole.from_json({"name": "a", "parts": None, "is_new": None, "colour": "red"})
    assert record == Whole(name="a")


def test_a_record_of_another_version_is_named_as_such() -> None:
    with pytest.raises(DataError, match=r"name is missing \(lutgen 0\.0\.7 wrote it, this is "):
        Whole.from_json({"lutgen": "0.0.7"})


def test_texts_are_harmless_wherever_they_stand() -> None:
    assert printable("a\x1b[2Jb\nc\u202e") == "a\\x1b[2Jb\\nc\\u202e"
    record = Whole.from_json({"name": "\x07", "told": {"\x1b": ["\n"]}})
    assert (record.name, record.told) == ("\\x07", {"\\x1b": ["\\n"]})
    deep: Any = []
    for _ in range(60):
        deep = [deep]
    with pytest.raises(DataError, match="no more than 32 levels deep"):
        Whole.from_json({"name": "", "told": deep})
    with pytest.raises(DataError, match="share must be a number from 0 to 1, found 1000"):
        Whole.from_json({"name": "", "parts": [{"share": 10**400}]})


def test_what_an_old_folder_lacks_does_not_matter() -> None:
    proof = EqualityRecord(name="a = b", n_outputs=2, n_proved=1, n_points=0, n_points_proved=0)
    assert not proof.proved and proof.n_open == 1
    assert to_json(proof)["n_open"] == 1
    assert ProofRecord.from_json({"proofs": [to_json(proof)]}).n_proved == 0


def test_the_record_of_a_model_is_flat_and_read_again() -> None:
    network = random_network(np.random.default_rng(0), 8, [4, 1], 3)
    record = ModelRecord.of(network)
    assert record.digest == network.digest and record.fan_in == (3,)
    assert ModelRecord.from_json(record.to_json()) == record
    told = {**record.to_json()["training"], "k": 6, "temperature": 0.5, "widths": [4, 1]}
    training = ModelRecord.from_json({**record.to_json(), "training": told}).training
    assert (training.k, training.widths) == (6, (4, 1))
    assert training.parameters["temperature"] == 0.5 and to_json(training) == told

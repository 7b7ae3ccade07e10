"""Pickles of strangers: plain data comes out, and nothing that a file names is ever run."""

from __future__ import annotations

import collections
import os
import pickle
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lutgen.errors import ModelError
from lutgen.importers import pickled
from lutgen.importers.pickled import Array, Instance, UnknownNameError, instance, load, numpy_names

PLAIN: dict[Any, Any] = {
    "text": "ä",
    "numbers": [1, -(1 << 70), 2.5, True, None],
    ("a", 1): (b"bytes", (), {"inner": []}),
}


class Gate:
    def __init__(self) -> None:
        self.inputs = np.arange(3)


def resolve(module: str, name: str) -> pickled.Maker | None:
    if (module, name) == ("collections", "OrderedDict"):
        return pickled.ordered_dict
    if name == "Gate":
        return instance("Gate")
    return numpy_names(module, name)


@pytest.mark.parametrize("protocol", range(6))
def test_plain_data_comes_out_as_it_went_in(protocol: int) -> None:
    if protocol < 3:  # no bytes yet: they are a call of _codecs.encode
        assert load(pickle.dumps(b"\0\xff", protocol), resolve) == b"\0\xff"
    assert load(pickle.dumps(PLAIN, protocol), resolve) == PLAIN
    ordered = collections.OrderedDict([("b", 1), ("a", 2)])
    assert list(load(pickle.dumps(ordered, protocol), resolve).items()) == list(ordered.items())


@pytest.mark.parametrize("protocol", range(2, 5))
@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype="<i8").reshape(2, 3),
        np.asfortranarray(np.arange(6, dtype=">f4").reshape(2, 3)),
        np.array([True, False]),
        np.zeros((0, 4), np.uint8),
    ],
)
def test_arrays_come_out_equal(protocol: int, array: np.ndarray) -> None:
    found = load(pickle.dumps(array, protocol), resolve)
    assert isinstance(found, Array)
    assert found.values.dtype == array.dtype
    assert np.array_equal(found.values, array)
    assert load(pickle.dumps(np.float64(2.5), protocol), resolve) == 2.5


def test_objects_are_their_attributes() -> None:
    found = load(pickle.dumps([Gate(), Gate()]), resolve)
    assert all(isinstance(item, Instance) and item.name == "Gate" for item in found)
    assert found[0].state["inputs"].values.tolist() == [0, 1, 2]


class Runs:
    """What runs a command when it is unpickled."""

    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> Any:
        return self.call[0], self.call[1:]


def text(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()[:-1]


def hostile(trace: Path) -> dict[str, bytes]:
    touch = f"touch {trace}"
    return {
        "reduce": pickle.dumps(Runs(os.system, touch)),
        "reduce, protocol 0": pickle.dumps(Runs(os.system, touch), 0),
        "eval": pickle.dumps(Runs(eval, f"__import__('os').system({touch!r})")),
        "nested": pickle.dumps({"a": [Runs(os.system, touch)]}),
        "getattr chain": pickle.dumps(Runs(getattr, dict, "mro")),
        "dotted name": b"\x80\x04\x8c\x05numpy\x8c\x0edtype.__init__\x93.",
        "underscored name": b"\x80\x04\x8c\x05numpy\x8c\x09__dict__x\x93.",
        "inst": text("(S'" + touch + "'", "ios", "system", "."),
        "obj": b"(cos\nsystem\nS'" + touch.encode() + b"'\no.",
        "inst of a known name": text("(icollections", "OrderedDict", "."),
        "newobj_ex": b"\x80\x04ccollections\nOrderedDict\n)}\x92.",
        "extension": b"\x80\x02\x82\x01.",
        "extension of four bytes": b"\x80\x02\x84\x01\x00\x00\x00.",
        "persistent": b"Pos.system\n.",
        "persistent of the stack": b"\x80\x02X\x01\x00\x00\x00aQ.",
        "setstate of a function": b"ccollections\nOrderedDict\n}b.",
        "setstate of a list": b"]}b.",
        "call of a text": b"S'os.system'\n(t" + b"R.",
        "call of an instance": b"\x80\x02cm\nGate\n)\x81)R.",
        "buffer": b"\x80\x05\x97.",
        "set": b"\x80\x04\x8f.",
        "protocol of tomorrow": b"\x80\xff.",
        "no pickle": b"MZ\x90\0",
        "nothing": b"",
        "stop alone": b".",
        "no mark": b"t.",
        "mark left": b"(N.",
        "memo that is not there": b"h\x07.",
        "text of a false length": b"\x80\x02X\xff\xff\xff\x7fabc.",
        "bytes of a false length": b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7fabc.",
        "number of a false length": b"\x80\x02\x8b\xff\xff\xff\x7f\x01.",
        "number of many digits": b"I" + b"9" * 100_000 + b"\n.",
        "array of false size": pickle.dumps(np.zeros(4)).replace(b"K\x04\x85", b"K\x05\x85"),
        "array of objects": pickle.dumps(np.array([Gate()], dtype=object)),
        "append to a text": b"S'a'\nNa.",
    }


def test_no_hostile_file_does_anything(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    start = time.process_time()
    for name, data in hostile(trace).items():
        with pytest.raises(ModelError):
            print(name, load(data, resolve))
    assert time.process_time() - start < 1
    assert not trace.exists()


def test_the_name_is_told() -> None:
    with pytest.raises(UnknownNameError, match=r"it names posix\.system, .*nothing was run"):
        load(pickle.dumps(os.system), resolve)


def shared_tuples(depth: int, end: bytes) -> bytes:
    """Return a pickle of a tuple of two equal tuples of two … : 2^depth leaves, few bytes."""
    return b"\x80\x02)" + b"q\x00h\x00\x86" * depth + end


def test_bombs_stay_small(monkeypatch: pytest.MonkeyPatch) -> None:
    start = time.process_time()
    tracemalloc.start()
    for data in (
        shared_tuples(60, b"."),
        b"]" * 10_000 + b"a" * 9_999 + b".",  # 10,000 deep
        b"}" + b"(" * 10_000 + b".",
    ):
        try:
            load(data, resolve)
        except ModelError:
            continue
    with pytest.raises(ModelError, match="keys are no plain values"):
        load(b"\x80\x02}" + shared_tuples(60, b"Ns.")[2:], resolve)
    monkeypatch.setattr(pickled, "MOST_OPERATIONS", 1 << 12)
    with pytest.raises(ModelError, match="more than 4,096 operations"):
        load(b"N0" * (pickled.MOST_OPERATIONS // 2) + b"N.", resolve)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 << 20
    assert time.process_time() - start < 10


@given(
    place=st.integers(0, 400),
    bit=st.integers(0, 7),
    end=st.integers(1, 401),
    protocol=st.integers(0, 4),
)
def test_damage_is_an_error_or_other_data(place: int, bit: int, end: int, protocol: int) -> None:
    data = bytearray(pickle.dumps([PLAIN, np.arange(4), Gate()], protocol))
    data[place % len(data)] ^= 1 << bit
    for damaged in (bytes(data), bytes(data[: end % len(data)])):
        try:
            load(damaged, resolve)
        except ModelError:
            continue

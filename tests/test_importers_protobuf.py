"""Protocol Buffers' wire format and ONNX files: what stands in them, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx_files as write
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lutgen.errors import ModelError
from lutgen.importers.content import Content
from lutgen.importers.onnx_file import is_onnx, operators, read_graph
from lutgen.importers.protobuf import Message

SMALL = write.model(
    [write.node("Gather", ["x", "w"], "y", {"axis": 1, "mode": "linear"}, "mine")],
    {"w": np.arange(6, dtype=np.float32).reshape(2, 3), "n": np.array([-5, 1 << 40])},
    {"x": (1, 4), "w": (2, 3)},
    {"y": (1, 3)},
)


def content(tmp_path: Path, data: bytes) -> Content:
    (tmp_path / "model.onnx").write_bytes(data)
    return Content(tmp_path / "model.onnx")


@given(st.lists(st.integers(-(1 << 63), (1 << 63) - 1), max_size=9), st.booleans())
def test_whole_numbers_come_back(numbers: list[int], packed: bool) -> None:
    if packed:
        data = write.field(3, b"".join(write.varint(n % (1 << 64)) for n in numbers))
    else:
        data = b"".join(write.field(3, n) for n in numbers)
    message = Message.whole(data + write.field(4, "other") + write.field(5000, "far"))
    assert message.integers(3) == numbers
    assert message.text(4) == "other"
    assert not message.has(5000) and not message.has(1)


def test_floats_come_back_packed_and_one_by_one() -> None:
    data = b"\x25\x00\x00\x80\x3f" + write.field(4, np.array([2.0, 3.0], "<f4").tobytes())
    assert Message.whole(data).floats(4).tolist() == [1.0, 2.0, 3.0]
    assert Message.whole(data).float(4) == 1.0
    with pytest.raises(ModelError, match="ends within a number"):
        Message.whole(write.field(4, b"abc")).floats(4)


def test_a_graph_is_what_was_written(tmp_path: Path) -> None:
    file = content(tmp_path, SMALL)
    assert is_onnx(file) and operators(file) == {"Gather"}
    graph = read_graph(file)
    (node,) = graph.nodes
    assert (node.op, node.domain, node.inputs, node.outputs) == (
        "Gather", "mine", ("x", "w"), ("y",),
    )  # fmt: skip
    assert node.attributes == {"axis": 1, "mode": "linear"}
    assert graph.constants["w"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert graph.constants["n"].tolist() == [-5, 1 << 40]
    assert graph.inputs == {"x": (1, 4)} and graph.outputs == {"y": (1, 3)}


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        (write.field(14, 1), "stored in another file, which is not opened"),
        (write.field(13, "location"), "stored in another file, which is not opened"),
        (write.field(1, 1 << 40), "has 0 numbers"),
        (write.field(2, 16), "is of type 16"),
    ],
)
def test_tensors_that_are_not_read_are_named(tmp_path: Path, part: bytes, fault: str) -> None:
    hostile = write.field(2, 1) + write.field(8, "w") + part
    data = write.field(7, write.field(5, hostile))
    with pytest.raises(ModelError, match=f"the tensor 'w'.*{fault}"):
        read_graph(content(tmp_path, data))


@settings(max_examples=200)
@given(place=st.integers(0, len(SMALL) - 1), flip=st.integers(1, 255), cut=st.booleans())
def test_damage_is_told(
    tmp_path_factory: pytest.TempPathFactory, place: int, flip: int, cut: bool
) -> None:
    data = bytearray(SMALL)
    data[place] ^= flip
    file = content(tmp_path_factory.getbasetemp(), bytes(data[: place + 1] if cut else data))
    try:
        read_graph(file)
    except ModelError as error:
        assert str(error)
    assert isinstance(operators(file), set)


def test_a_number_that_does_not_end_and_a_length_that_is_not_there() -> None:
    with pytest.raises(ModelError, match="does not end"):
        Message.whole(b"\x08" + b"\xff" * 20)
    with pytest.raises(ModelError, match="which are not there"):
        Message.whole(write.field(1, "text")[:-1])
    with pytest.raises(ModelError, match="no kind 3 of field"):
        Message.whole(b"\x0b")

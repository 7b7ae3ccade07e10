"""Inputs made of good ones: bytes flipped, cut and spliced; parts of JSON and of archives changed.

All that is drawn comes from the generator that is given.
"""

from __future__ import annotations

import copy
import io
import struct
import zipfile
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

INTERESTING = (0, 1, 2, 7, 8, 63, 64, 127, 128, 255, 256, 32767, 65535, 2**31 - 1, 2**31, 2**32 - 1)
MAX_BYTES = 1 << 20
NUMBERS: tuple[Any, ...] = (
    *(0, 1, -1, 2, 16, 17, 255, 256, 2**31 - 1, 2**31, 2**32, 2**53 + 1, 2**63, -(2**63), 10**30),
    *(0.0, -0.0, 0.5, -1.5, 1e308, -1e308, 5e-324, 1e400, -1e400, float("nan")),
)
VALUES: tuple[Any, ...] = (
    *NUMBERS,
    *(None, True, False, "", "0", "1", "x", "\0", "\ud800", "é" * 3, "a" * 5000, "../../x"),
    *("\x1b[31m", [], {}, [[]], [None], [0, "0"], {"": None}, {"kind": {}}, [1] * 1000),
)


def mutate(
    rng: Random, data: bytes, others: Sequence[bytes] = (), words: Sequence[bytes] = ()
) -> bytes:
    """Return bytes with one to four changes.

    Parameters
    ----------
    others : sequence of bytes
        Files to take parts of.
    words : sequence of bytes
        What means something in the format.
    """
    found = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        _change(rng, found, others, words)
        del found[MAX_BYTES:]
    return bytes(found)


def _change(rng: Random, data: bytearray, others: Sequence[bytes], words: Sequence[bytes]) -> None:
    n = len(data)
    at = rng.randrange(n + 1)
    length = min(n - at, rng.choice((1, 1, 2, 4, 8, rng.randrange(64), rng.randrange(n + 1))))
    kind = rng.randrange(10)
    if kind == 0 and at < n:
        data[at] ^= 1 << rng.randrange(8)
    elif kind == 1 and at < n:
        data[at] = rng.randrange(256)
    elif kind == 2:
        del data[at : at + length]
    elif kind == 3:
        data[at:at] = data[at : at + length] * rng.choice((1, 1, 2, 30))
    elif kind == 4:
        del data[at:]
    elif kind == 5:
        size = rng.choice("BHIQ")
        number = rng.choice(INTERESTING) & ((1 << 8 * struct.calcsize(size)) - 1)
        data[at : at + struct.calcsize(size)] = struct.pack(rng.choice("<>") + size, number)
    elif kind == 6:
        data[at:at] = rng.randbytes(rng.randrange(1, 20))
    elif kind == 7 and others:
        other = rng.choice(others)
        start = rng.randrange(len(other) + 1)
        data[at : at + length] = other[start : start + rng.randrange(200)]
    elif kind == 8 and n:
        to = rng.randrange(n)
        data[at : at + length], data[to : to + length] = (
            data[to : to + length], data[at : at + length],
        )  # fmt: skip
    elif words:
        data[at : at + rng.choice((0, length))] = rng.choice(words)


def change_json(rng: Random, value: Any, times: int = 1) -> Any:
    """Return plain JSON with some parts replaced, taken away, doubled or exchanged."""
    value = copy.deepcopy(value)
    for _ in range(times):
        holders = [node for node in _nodes(value) if node]
        if not holders:
            return rng.choice(VALUES)
        holder = rng.choice(holders)
        key = rng.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        kind = rng.randrange(8)
        if kind == 0:
            del holder[key]
        elif kind == 1 and isinstance(holder, list):
            holder.insert(key, copy.deepcopy(holder[rng.randrange(len(holder))]))
        elif kind == 1:
            holder[rng.choice((f"{key}2", "", "0", str(key).upper()))] = holder[key]
        elif kind == 2:
            other = rng.choice(holders)
            place = rng.choice(list(other) if isinstance(other, dict) else range(len(other)))
            holder[key] = copy.deepcopy(other[place])
        elif kind == 3 and isinstance(holder[key], int | float):
            holder[key] = rng.choice((*NUMBERS, holder[key] + 1, holder[key] - 1))
        elif kind == 4 and isinstance(holder[key], str):
            text = holder[key].encode("utf-8", "surrogatepass")
            holder[key] = mutate(rng, text, (text,)).decode("latin-1")
        elif kind == 5:
            holder[key] = [holder[key]] if rng.random() < 0.5 else {"a": holder[key]}
        else:
            holder[key] = copy.deepcopy(rng.choice(VALUES))
    return value


def _nodes(value: Any) -> list[Any]:
    """Return all lists and objects of plain JSON."""
    found, rest = [], [value]
    while rest:
        node = rest.pop()
        if isinstance(node, dict | list):
            found.append(node)
            rest += node.values() if isinstance(node, dict) else node
    return found


Change = Callable[[Random, str, bytes], bytes]


def change_archive(rng: Random, data: bytes, change: Change, others: Sequence[bytes] = ()) -> bytes:
    """Return a zip archive with members changed, left out, doubled, renamed or lied about.

    Parameters
    ----------
    change : callable
        Takes the generator, a member's name and its contents, and returns other contents.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    for _ in range(rng.choice((1, 1, 2, 3))):
        at = rng.randrange(len(members))
        name, content = members[at]
        kind = rng.randrange(16)
        if kind == 0 and len(members) > 1:
            del members[at]
        elif kind == 1:
            members[at] = (rng.choice([other for other, _ in members]), content)
        elif kind == 2:
            members.append((f"../{name}", content) if rng.random() < 0.5 else members[at])
        elif kind == 3:
            members[at] = (name, members[rng.randrange(len(members))][1])
        else:
            members[at] = (name, change(rng, name, content))
    stream = io.BytesIO()
    kinds = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]
    if rng.random() < 0.03:
        kinds.append(zipfile.ZIP_BZIP2)
    written: set[str] = set()
    with zipfile.ZipFile(stream, "w", rng.choice(kinds)) as archive:
        for name, content in members:
            if name not in written:  # zipfile warns of it
                archive.writestr(zipfile.ZipInfo(name), content, rng.choice(kinds))
            written.add(name)
    result = stream.getvalue()
    if rng.random() < 0.1:  # sizes, offsets and methods in the directory
        start = result.rfind(b"PK\x01\x02") if rng.random() < 0.5 else result.find(b"PK\x01\x02")
        tail = bytearray(result)
        at = start + rng.choice((4, 6, 8, 10, 16, 20, 24, 28, 30, 32, 42))
        struct.pack_into("<H", tail, at, rng.choice(INTERESTING) & 0xFFFF)
        result = bytes(tail)
    return mutate(rng, result, others) if rng.random() < 0.05 else result


def change_array(rng: Random, data: bytes) -> bytes:
    """Return a ``.npy`` with its type, its shape or some of its items changed."""
    end = data.find(b"\n") + 1
    head, body = data[:end], bytearray(data[end:])
    kind = rng.randrange(6)
    if kind == 0 and body:
        item = rng.choice((1, 2, 4, 8))
        at = rng.randrange(len(body)) // item * item
        number = rng.choice((*INTERESTING, rng.getrandbits(64))) & ((1 << 8 * item) - 1)
        body[at : at + item] = number.to_bytes(item, "little")
    elif kind == 1:
        body = body[: rng.randrange(len(body) + 1)]
    elif kind == 2:
        body += body[: rng.randrange(len(body) + 1)]
    elif kind == 3:
        types = (
            b"<i4",
            b"<f8",
            b"<u8",
            b"|u1",
            b"<U3",
            b"|S2",
            b"|b1",
            b"|O",
            b"<f2",
            b">i4",
            b"<M8[s]",
            b"<c16",
        )
        for old in (b"<i4", b"<f8", b"<u8", b"|u1", b"<i8"):
            head = head.replace(old, rng.choice(types))
    elif kind == 4:
        start = head.find(b"(")
        shapes = (
            b"()",
            b"(0,)",
            b"(1, 1)",
            b"(99999999999,)",
            b"(-1,)",
            b"(2, 0)",
            b"(3,)",
            b"(1, 2, 3)",
        )
        if start > 0:
            head = head[:start] + rng.choice(shapes) + head[head.find(b")") + 1 :]
    else:
        return mutate(rng, data)
    return bytes(head) + bytes(body)

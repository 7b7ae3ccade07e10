"""ALIR: every operation against a plain evaluation in fractions, files of alkaid, damage."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from importing import damages, import_bytes, survives
from needed import need_folder

from lutgen.core import CoreConfig, make_core
from lutgen.errors import ConfigError, ModelError
from lutgen.importers import import_file, luts
from lutgen.model import Argmax, Sum
from lutgen.verify.prove import prove_encoder, prove_steps

SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def program(
    ops: Sequence[Any],
    outputs: Sequence[int],
    n_inputs: int = 2,
    tables: Any = None,
    shifts: Sequence[int] | None = None,
    **told: Any,
) -> dict[str, Any]:
    """Return a file of ALIR."""
    n = len(outputs)
    model = [
        [n_inputs, n], list(shifts or [0] * n_inputs), list(outputs), told.pop("out", [0] * n),
        told.pop("negative", [False] * n), [[*op, 0, 0] for op in ops], 1, 1, tables,
    ]  # fmt: skip
    return {"model": model, "meta": "ALIRModel", "spec_version": 4, **told}


def kif(interval: Sequence[float]) -> tuple[int, int, int]:
    """Return sign, integer and fractional bits of the smallest format of an interval."""
    low, high, step = interval
    i = next(i for i in range(-80, 80) if -(2.0**i) <= low and high <= 2.0**i - step)
    return int(low < 0), i, -round(math.log2(step))


def cut(value: Fraction, interval: Sequence[float]) -> Fraction:
    """Wrap and truncate to the format of an interval."""
    k, i, f = kif(interval)
    b, step = k + i + f, Fraction(2) ** -f
    bias = (1 << b >> 1) * k
    return step * ((value // step + bias) % (1 << b) - bias)


def evaluate(  # noqa: PLR0912 - a branch an operation
    file: dict[str, Any], x: Sequence[float]
) -> list[Fraction]:
    """Evaluate a file as its specification says, one operation after the other."""
    _, shifts, indices, out, negative, ops, _, _, tables = file["model"]
    two = Fraction(2)
    buf: list[Fraction] = []
    for reads, code, data, interval, *_ in ops:
        v = [buf[read] for read in reads]
        step = Fraction(interval[2])
        match code:
            case -1:
                value = cut(Fraction(x[data[0]]) * two ** shifts[data[0]], interval)
            case -2:
                value = -v[0]
            case 0 | 1:
                value = v[0] + (1 - 2 * code) * v[1] * two ** data[0]
            case 2:
                value = cut(max(v[0], Fraction(0)), interval)
            case 3:
                value = cut(v[0] * two ** data[0], interval)
            case 4:
                value = v[0] + data[0] * two ** -data[1]
            case 5:
                value = data[0] * step
            case 6:
                own = ops[reads[2]][3]
                above = v[2] < 0 if own[0] < 0 else v[2] >= two ** (kif(own)[1] - 1)
                value = cut(v[0] if above else v[1] * two ** data[0], interval)
            case 7:
                value = v[0] * v[1]
            case 8:
                own = ops[reads[0]][3]
                value = tables[data[0]]["table"][round((v[0] - Fraction(own[0])) / own[2])] * step
            case 9:
                own = ops[reads[0]][3]
                mask, code_ = (1 << sum(kif(own))) - 1, int(v[0] / Fraction(own[2]))
                inverted = ~code_ if interval[0] < 0 else ~code_ & mask
                whole = [inverted, int(code_ & mask != 0), int(code_ & mask == mask)][data[0]]
                value = whole * step
            case 10:
                b = v[1] * two ** data[0]
                fine = min(Fraction(ops[reads[0]][3][2]), ops[reads[1]][3][2] * two ** data[0])
                p, q = int(v[0] / fine), int(b / fine)
                value = [p & q, p | q, p ^ q][data[1]] * fine
            case _:
                value = sum(
                    (
                        (1 if data[2 * j] else -1) * n * two ** data[2 * j + 1]
                        for j, n in enumerate(v)
                    ),
                    Fraction(0),
                )
        buf.append(value)
    return [
        (buf[index] if index >= 0 else Fraction(0)) * two**shift * (-1 if minus else 1)
        for index, shift, minus in zip(indices, out, negative, strict=True)
    ]


def interval(width: int, signed: bool, exponent: int) -> list[float]:
    """Return the interval of a format."""
    least = -(1 << width >> 1) if signed else 0
    step = 2.0**exponent
    return [least * step, (least + (1 << width) - 1) * step, step]


@st.composite
def programs(draw: st.DrawFn) -> dict[str, Any]:
    """Programs of every operation, of a few bits each."""

    def some(low: int, high: int) -> int:
        return draw(st.integers(low, high))

    def format_() -> list[float]:
        return interval(some(2, 4), draw(st.booleans()), some(-2, 1))

    ops: list[Any] = [[[], -1, [j], format_()] for j in range(2)]
    tables: list[Any] = []
    for _ in range(some(1, 6)):
        own = format_()
        a, b, c = (some(0, len(ops) - 1) for _ in range(3))
        shift = some(-2, 2)
        ops.append([[a], 3, [shift], own])  # narrow again
        a = len(ops) - 1
        match draw(st.sampled_from([-2, 0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11])):
            case -2:
                ops.append([[a], -2, [], own])
            case 0 | 1 as code:
                ops.append([[a, b], code, [shift], own])
            case 2:
                ops.append([[b], 2, [], interval(some(1, 4), False, some(-2, 1))])
            case 4:
                ops.append([[a], 4, [some(-9, 9), some(-1, 2)], own])
            case 5:
                ops.append([[], 5, [some(-5, 5)], own])
            case 6:
                ops.append([[a, b, some(0, 1)], 6, [shift], own])
            case 7:
                ops.append([[a, some(0, 1)], 7, [], own])
            case 8:
                n = round((own[1] - own[0]) / own[2]) + 1
                tables.append({"spec": {}, "table": [some(-9, 9) for _ in range(n)]})
                ops.append([[a], 8, [len(tables) - 1], format_()])
            case 9:
                kind = some(0, 2)
                ops.append([[a], 9, [kind], own if kind == 0 else [0.0, own[2], own[2]]])
            case 10:
                read = some(0, 1)
                fine = min(own[2], ops[read][3][2] * 2.0**shift)
                ops.append([[a, read], 10, [shift, some(0, 2)], interval(12, True, 0)])
                ops[-1][3] = [-2048 * fine, 2047 * fine, fine]
            case _:
                terms = [a, b, c]
                data = [d for _ in terms for d in (some(0, 1), some(-1, 1))]
                ops.append([terms, 11, data, own])
        ops.append([[len(ops) - 1], 3, [0], format_()])
    outputs = [len(ops) - 1, len(ops) - 2, some(-1, len(ops) - 1)]
    return program(
        ops, outputs, tables=tables or None, shifts=[some(-1, 1), 0],
        out=[some(-1, 1) for _ in range(3)], negative=[draw(st.booleans()) for _ in range(3)],
    )  # fmt: skip


@settings(SHARED, max_examples=50)
@given(file=programs(), seed=st.integers(0, 1 << 30))
def test_every_operation_is_exact(file: dict[str, Any], seed: int, tmp_path: Path) -> None:
    network = import_bytes(tmp_path, json.dumps(file), "p.json").network
    x = np.random.default_rng(seed).uniform(-12, 12, size=(40, 2))
    x[::2] = np.round(x[::2] * 4) / 4
    wanted = [[float(value) for value in evaluate(file, row)] for row in x.tolist()]
    np.testing.assert_array_equal(network.predict(x), wanted)


@pytest.mark.parametrize("name", ["alir_hgqdense.json", "alir_hgqlut.json.gz"])
def test_files_of_alkaid_give_their_numbers(name: str) -> None:
    folder = need_folder("fixtures", "alkaid")
    vectors = np.load(folder / f"{name.partition('.')[0]}_vectors.npz")
    network = import_file(folder / name).network
    assert isinstance(network.head, Sum)
    np.testing.assert_array_equal(network.predict(vectors["x"]), vectors["out"])


def test_a_small_file_is_evaluated_and_proved() -> None:
    path = need_folder("fixtures", "alkaid") / "alir_small.json"
    network = import_file(path).network
    file = json.loads(path.read_text())
    x = np.random.default_rng(0).uniform(-9, 9, size=(200, 4))
    wanted = [[float(value) for value in evaluate(file, row)] for row in x.tolist()]
    np.testing.assert_array_equal(network.predict(x), wanted)
    core = make_core(network, CoreConfig(input_format="auto", chip="ice40"))
    assert {str(item) for item in core.interface.formats} == {"s4:scale=0.5"}
    proofs = [*prove_encoder(core), *prove_steps(core)]
    assert len(proofs) > 3 and all(proof.record.proved for proof in proofs)
    inside = np.floor(x.clip(-4, 3.9) * 2) / 2
    np.testing.assert_array_equal(core.interface.predict(inside), network.predict(inside))


SMALL = program(
    [
        [[], -1, [0], [-4, 3.5, 0.5]],
        [[], -1, [1], [-4, 3.5, 0.5]],
        [[0, 1], 0, [1], [-12, 10.5, 0.5]],
        [[0], 8, [0], [0, 3, 1]],
        [[2, 3], 7, [], [-36, 31.5, 0.5]],
    ],
    [4, 2],
    tables=[{"table": [j % 4 for j in range(16)]}],
)


def changed(**parts: Any) -> dict[str, Any]:
    """Return the small file with parts of its model exchanged."""
    names = ("shape", "shifts", "outputs", "out", "negative", "ops", "c", "a", "tables")
    model = [parts.get(name, old) for name, old in zip(names, SMALL["model"], strict=True)]
    return {**SMALL, "model": model}


def with_op(number: int, **parts: Any) -> dict[str, Any]:
    ops = [list(op) for op in SMALL["model"][5]]
    for name, value in parts.items():
        ops[number][("reads", "code", "data", "interval").index(name)] = value
    return changed(ops=ops)


@pytest.mark.parametrize(
    ("file", "fault"),
    [
        ({**SMALL, "spec_version": 3}, "version 3; version 4 of ALIRModel is read"),
        ({**SMALL, "meta": "DAISModel"}, "it is DAISModel of version 4"),
        (with_op(2, reads=[0, 2]), "operation 2: what it reads must lie in 0 to 1, got 2"),
        (with_op(2, code=12), "operation 2, code 12: it is of no known kind"),
        (with_op(2, data=[1000]), "operation 2, code 0: a shift must lie in -256 to 256"),
        (with_op(2, data=[]), "it reads 2 numbers and 0 data"),
        (with_op(0, data=[2]), "operation 0: there is no feature"),
        (with_op(0, interval=[-4, 3.5, 0.3]), "operation 0: an interval .*: its step is no power"),
        (with_op(0, interval=[-4, "a", 0.5]), "operation 0: its interval is"),
        (with_op(0, interval=[-(2.0**80), 0, 0.5]), "beyond 64 bits"),
        (with_op(3, data=[1]), "operation 3, code 8: the number of a table must lie in 0 to 0"),
        (changed(tables=[{"table": [0] * 9}]), "table 0 has 9 entries, for numbers from -8"),
        (changed(outputs=[4, 9]), "an output must lie in -1 to 4, got 9"),
        (changed(out=[0, 40]), "its answers take more than 24 bits"),
        (changed(shifts=[0]), "inp_shifts must be a list of 2"),
        (changed(ops=[[[], 5, [1], [1, 1, 1], 0, 0]] * 5), "it reads no feature"),
    ],
)
def test_files_that_cannot_be_taken(tmp_path: Path, file: Any, fault: str) -> None:
    with pytest.raises(ModelError, match=fault):
        import_bytes(tmp_path, json.dumps(file))


def test_products_without_end_are_refused_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = interval(60, True, 0)
    ops = [[[], -1, [0], wide], *([[0, j], 7, [], wide] for j in range(1))]
    with pytest.raises(ModelError, match="more than 64 bits"):
        import_bytes(tmp_path, json.dumps(program(ops, [1], 1)))
    ops = [[[], -1, [j], interval(32, False, 0)] for j in range(2000)]
    ops += [[[j, j + 1], 7, [], wide] for j in range(1999)]
    monkeypatch.setattr(luts, "MAX_LUTS", 1 << 15)
    with pytest.raises(ModelError, match="becomes more than 32,768 LUTs"):
        import_bytes(tmp_path, json.dumps(program(ops, [3000], 2000)))


def test_the_head_is_chosen(tmp_path: Path) -> None:
    text = json.dumps(SMALL)
    imported = import_bytes(tmp_path, text)
    assert "--head argmax" in imported.notes[1]
    classes = import_bytes(tmp_path, text, head="argmax").network
    assert isinstance(classes.head, Argmax)
    x = np.random.default_rng(2).uniform(-5, 5, (200, 2))
    numbers = imported.network.predict(x)
    np.testing.assert_array_equal(classes.predict(x), numbers.argmax(axis=1))
    np.testing.assert_array_equal(classes.margins(x), numbers)
    with pytest.raises(ConfigError, match="must be sum or argmax"):
        import_bytes(tmp_path, text, head="max")


@settings(SHARED, max_examples=120)
@given(data=st.data(), packed=st.booleans())
def test_damage_is_told(data: st.DataObject, packed: bool, tmp_path: Path) -> None:
    sound = json.dumps(SMALL).encode()
    damaged = data.draw(damages(gzip.compress(sound) if packed else sound))
    survives(tmp_path, damaged, "p.json", "alir")

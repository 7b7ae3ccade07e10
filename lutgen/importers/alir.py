"""ALIR, alkaid's files of fixed-point dataflow (HGQ2, HGQ-LUT, and what else it traces), version 4.

Every operation is exact: numbers are as wide as their range, and are cut where the file says so.
The features are numbers, of which the network reads bits; so a number beyond the range that an
input has goes round, as it does in alkaid.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lutgen.encode.encoder import CODE, Encoder
from lutgen.encode.seen import SeenValues
from lutgen.errors import ModelError
from lutgen.importers import numbers
from lutgen.importers.content import Content
from lutgen.importers.format import Format, Imported, Option, Request
from lutgen.importers.luts import LutBuilder
from lutgen.importers.numbers import Number
from lutgen.model import Argmax, Head, Sum
from lutgen.model.head import MAX_WEIGHT
from lutgen.netlist.ir import CONST0, CONST1

VERSION = 4
_META = ("ALIRModel", "DAISModel")
_INPUT = -1
_MAX_OPS = 1 << 20
_MAX_EXPONENT = 256
_MAX_SCORE_BITS = 24


@dataclass(frozen=True)
class _Format:
    """A fixed-point format, the smallest that holds an interval (k, i, f in alkaid)."""

    signed: bool
    width: int
    exponent: int

    @classmethod
    def of(cls, interval: Sequence[float]) -> _Format:
        """Return that of [least, largest, step]."""
        least, largest, step = interval
        if step <= 0 or math.frexp(step)[0] != 0.5 or least > largest:
            raise ModelError(f"an interval {list(interval)}: its step is no power of two")
        exponent = math.frexp(step)[1] - 1
        codes = [math.floor(least / step), math.ceil(largest / step)]
        if abs(exponent) > _MAX_EXPONENT or max(map(abs, codes)) >> numbers.MAX_WIDTH:
            raise ModelError(f"an interval {list(interval)}, beyond {numbers.MAX_WIDTH} bits")
        return cls(least < 0, numbers.width_of(min(codes[0], 0), max(codes[1], 0)), exponent)


@dataclass(frozen=True)
class _Op:
    reads: tuple[int, ...]
    code: int
    data: tuple[int, ...]
    interval: tuple[float, float, float]
    format: _Format


@dataclass(frozen=True)
class _Program:
    n_inputs: int
    input_shifts: tuple[int, ...]
    outputs: tuple[tuple[int, int, bool], ...]  # op or -1, shift, whether negative
    ops: tuple[_Op, ...]
    tables: tuple[tuple[int, ...], ...]


def recognises(content: Content) -> bool:
    """Return whether a file is JSON that says to be ALIR, or DAIS, its older name."""
    return isinstance(content.json, dict) and content.json.get("meta") in _META


def read(request: Request) -> Imported:
    """Read a program; see :class:`~lutgen.importers.format.Format`."""
    told = request.content.json
    if not isinstance(told, dict) or told.get("meta") not in _META:
        raise ModelError("it is no JSON whose meta is ALIRModel")
    if told["meta"] != _META[0] or told.get("spec_version") != VERSION:
        raise ModelError(
            f"it is {told['meta']} of version {told.get('spec_version')!r}; version {VERSION} of "
            f"{_META[0]} is read (alkaid convert OLD NEW --flavor json)"
        )
    program = _parse(told.get("model"))
    encoder = _encoder(program)
    luts = LutBuilder(encoder.n_bits)
    made = _run(luts, program)
    bits, weights, exponent = _bits_of(program, made)
    head, is_argmax = _head(weights, exponent, request.options.get("head"))
    network = luts.network(bits, head, encoder=encoder)
    low, high = _range(program)
    notes = [f"features beyond {low:g} to {high:g} go round in the model, as they do in alkaid"]
    if not is_argmax:
        notes.append("the answer is its numbers; --head argmax answers the largest one")
    return Imported(network, tuple(notes))


# -- the file ------------------------------------------------------------------------------------


def _whole(value: Any, least: int, largest: int, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        raise ModelError(f"{what} must be a whole number, got {str(value)[:40]}")
    if not least <= value <= largest:
        raise ModelError(f"{what} must lie in {least} to {largest}, got {value}")
    return int(value)


def _list(value: Any, what: str, n_items: int | None = None) -> list[Any]:
    if not isinstance(value, list) or (n_items is not None and len(value) != n_items):
        raise ModelError(
            f"{what} must be a list" + (f" of {n_items}" if n_items is not None else "")
        )
    return value


def _parse(model: Any) -> _Program:
    parts = _list(model, "model")
    if len(parts) not in (8, 9):
        raise ModelError(f"model has {len(parts)} parts; 8 or 9 are known")
    shape = [_whole(n, 1, 1 << 20, "a size") for n in _list(parts[0], "shape", 2)]
    shifts = [
        _whole(n, -_MAX_EXPONENT, _MAX_EXPONENT, "a shift")
        for n in _list(parts[1], "inp_shifts", shape[0])
    ]
    listed = _list(parts[5], "ops")
    if len(listed) > _MAX_OPS:
        raise ModelError(f"{len(listed):,} operations; {_MAX_OPS:,} is the most")
    tables = [] if len(parts) < 9 or parts[8] is None else _list(parts[8], "tables")
    outputs = zip(*(_list(parts[2 + j], f"part {2 + j}", shape[1]) for j in range(3)), strict=True)
    return _Program(
        n_inputs=shape[0],
        input_shifts=tuple(shifts),
        outputs=tuple(
            (
                _whole(op, -1, len(listed) - 1, "an output"),
                _whole(shift, -_MAX_EXPONENT, _MAX_EXPONENT, "a shift"),
                bool(minus),
            )
            for op, shift, minus in outputs
        ),
        ops=tuple(_parse_op(number, op) for number, op in enumerate(listed)),
        tables=tuple(_parse_table(number, table) for number, table in enumerate(tables)),
    )


def _parse_op(number: int, op: Any) -> _Op:
    try:
        parts = _list(op, "it", 6)
        interval = tuple(
            float(end) if isinstance(end, int | float) and abs(end) < 2.0**300 else math.nan
            for end in _list(parts[3], "its interval", 3)
        )
        if not all(map(math.isfinite, interval)):
            raise ModelError(f"its interval is {str(parts[3])[:60]}")
        return _Op(
            reads=tuple(
                _whole(n, 0, number - 1, "what it reads") for n in _list(parts[0], "reads")
            ),
            code=_whole(parts[1], -(1 << 15), 1 << 15, "its code"),
            data=tuple(_whole(n, -(1 << 63), 1 << 63, "its data") for n in _list(parts[2], "data")),
            interval=(interval[0], interval[1], interval[2]),
            format=_Format.of(interval),
        )
    except ModelError as error:
        raise ModelError(f"operation {number}: {error}") from error


def _parse_table(number: int, table: Any) -> tuple[int, ...]:
    values = table.get("table") if isinstance(table, dict) else table
    what = f"an entry of table {number}"
    return tuple(_whole(value, -(1 << 31), 1 << 31, what) for value in _list(values, what))


# -- features ------------------------------------------------------------------------------------


def _inputs(program: _Program) -> list[tuple[int, _Op, int]]:
    """Return the operations that take a feature: their number, they, and the feature."""
    found = []
    for number, op in enumerate(program.ops):
        if op.code == _INPUT:
            if len(op.data) != 1 or not 0 <= op.data[0] < program.n_inputs:
                raise ModelError(f"operation {number}: there is no feature {list(op.data)[:2]}")
            found.append((number, op, op.data[0]))
    return found


def _encoder(program: _Program) -> Encoder:
    """Return the bits of the features that the program reads."""
    features: list[int] = []
    weights: list[float] = []
    for _, op, feature in _inputs(program):
        first = op.format.exponent - program.input_shifts[feature]
        features += [feature] * op.format.width
        weights += [2.0 ** (first + place) for place in range(op.format.width)]
    if not features:
        raise ModelError("it reads no feature")
    low, high = _range(program)
    n_features = program.n_inputs
    seen = SeenValues.of_range(np.full(n_features, low), np.full(n_features, high), len(features))
    feature_array = np.array(features, dtype=np.int32)
    return Encoder(CODE, n_features, feature_array, np.array(weights), seen)


def _range(program: _Program) -> tuple[float, float]:
    """Return the numbers that the widest of the inputs takes without going round."""
    ends = []
    for _, op, feature in _inputs(program):
        step = 2.0 ** (op.format.exponent - program.input_shifts[feature])
        least = -(1 << op.format.width >> 1) if op.format.signed else 0
        ends += [step * least, step * (least + (1 << op.format.width) - 1)]
    return min(ends), max(ends)


# -- operations ----------------------------------------------------------------------------------


def _run(luts: LutBuilder, program: _Program) -> list[Number]:
    """Return the number that each operation makes."""
    made: list[Number] = []
    place = 0
    for number, op in enumerate(program.ops):
        try:
            if op.code == _INPUT:
                nets = luts.inputs[place : place + op.format.width]
                place += op.format.width
                made.append(numbers.of_bits(nets, op.format.exponent, signed=op.format.signed))
            else:
                made.append(_make(luts, program, op, [made[read] for read in op.reads]))
        except ModelError as error:
            raise ModelError(f"operation {number}, code {op.code}: {error}") from error
    return made


def _make(luts: LutBuilder, program: _Program, op: _Op, reads: list[Number]) -> Number:
    known = _OPERATIONS.get(op.code)
    if known is None:
        raise ModelError("it is of no known kind")
    n_reads, n_data, make = known
    if (n_reads is not None and len(reads) != n_reads) or len(op.data) < n_data:
        raise ModelError(f"it reads {len(reads)} numbers and {len(op.data)} data")
    return make(luts, program, op, reads)


def _to_format(a: Number, format_: _Format) -> Number:
    return numbers.wrap(a, format_.exponent, format_.width, signed=format_.signed)


_Make = Callable[[LutBuilder, _Program, _Op, list[Number]], Number]


def _shift(op: _Op, place: int = 0) -> int:
    return _whole(op.data[place], -_MAX_EXPONENT, _MAX_EXPONENT, "a shift")


def _add(luts: LutBuilder, _: _Program, op: _Op, reads: list[Number]) -> Number:
    return numbers.add(luts, reads[0], reads[1].times_two_to(_shift(op)), minus=op.code == 1)


def _negative(luts: LutBuilder, _: _Program, __: _Op, reads: list[Number]) -> Number:
    return numbers.negative(luts, reads[0])


def _relu(luts: LutBuilder, _: _Program, op: _Op, reads: list[Number]) -> Number:
    return _to_format(numbers.relu(luts, reads[0]), op.format)


def _quantise(_: LutBuilder, __: _Program, op: _Op, reads: list[Number]) -> Number:
    return _to_format(reads[0].times_two_to(_shift(op)), op.format)


def _add_constant(luts: LutBuilder, _: _Program, op: _Op, reads: list[Number]) -> Number:
    return numbers.add(luts, reads[0], numbers.constant(op.data[0], -_shift(op, 1)))


def _constant(_: LutBuilder, __: _Program, op: _Op, ___: list[Number]) -> Number:
    return numbers.constant(op.data[0], op.format.exponent)


def _choose(luts: LutBuilder, program: _Program, op: _Op, reads: list[Number]) -> Number:
    """Choose by the highest bit that the format of the condition has."""
    a, b, condition = reads
    format_ = program.ops[op.reads[2]].format
    own = _to_format(condition, format_)
    select = own.bit(format_.width - 1) if format_.width else CONST0
    return _to_format(numbers.choose(luts, select, a, b.times_two_to(_shift(op))), op.format)


def _multiply(luts: LutBuilder, _: _Program, __: _Op, reads: list[Number]) -> Number:
    return numbers.multiply(luts, *reads)


def _look_up(luts: LutBuilder, program: _Program, op: _Op, reads: list[Number]) -> Number:
    """Look up: entry 0 is that of the least number of what is read, as its interval says."""
    number = _whole(op.data[0], 0, len(program.tables) - 1, "the number of a table")
    table = program.tables[number]
    source = program.ops[op.reads[0]]
    if source.format.exponent != reads[0].exponent:
        reads = [_to_format(reads[0], source.format)]
    first = round(source.interval[0] / source.interval[2])
    if reads[0].least < first or reads[0].largest - first >= len(table):
        raise ModelError(
            f"table {number} has {len(table)} entries, for numbers from {first}; codes "
            f"{reads[0].least} to {reads[0].largest} are looked up in it"
        )
    return numbers.look_up(luts, reads[0], lambda code: table[code - first], op.format.exponent)


def _unary(luts: LutBuilder, program: _Program, op: _Op, reads: list[Number]) -> Number:
    """Complement all bits, or tell whether any or all are one, within the format read."""
    format_ = program.ops[op.reads[0]].format
    own = _to_format(reads[0], format_)
    bits = [own.bit(place) for place in range(format_.width)]
    match op.data[0]:
        case 0:
            inverted = [luts.invert(net) for net in bits]
            return numbers.of_bits(inverted, format_.exponent, signed=op.format.signed)
        case 1:
            net = luts.any_of((net, True) for net in bits)
        case 2:
            net = luts.all_of((net, True) for net in bits)
        case other:
            raise ModelError(f"it is of kind {other}; 0, 1 and 2 are known")
    return numbers.of_bits([net], op.format.exponent, signed=False)


def _binary(luts: LutBuilder, _: _Program, op: _Op, reads: list[Number]) -> Number:
    kind = _whole(op.data[1], 0, len(numbers.BITWISE) - 1, "its kind")
    a, b = reads[0], reads[1].times_two_to(_shift(op))
    return numbers.bitwise(luts, numbers.BITWISE[kind], a, b)


def _sum(luts: LutBuilder, _: _Program, op: _Op, reads: list[Number]) -> Number:
    if len(op.data) < 2 * len(reads) or not reads:
        raise ModelError(f"{len(reads)} terms, but {len(op.data)} signs and shifts")
    total = numbers.constant(0, reads[0].exponent)
    for term, number in enumerate(reads):
        own = number.times_two_to(_shift(op, 2 * term + 1))
        total = numbers.add(luts, total, own, minus=not op.data[2 * term])
    return total


_OPERATIONS: Mapping[int, tuple[int | None, int, _Make]] = {
    -2: (1, 0, _negative), 0: (2, 1, _add), 1: (2, 1, _add), 2: (1, 0, _relu),
    3: (1, 1, _quantise), 4: (1, 2, _add_constant), 5: (0, 1, _constant), 6: (3, 1, _choose),
    7: (2, 0, _multiply), 8: (1, 1, _look_up), 9: (1, 1, _unary), 10: (2, 2, _binary),
    11: (None, 0, _sum),
}  # fmt: skip


# -- answers -------------------------------------------------------------------------------------


def _bits_of(
    program: _Program, made: Sequence[Number]
) -> tuple[list[int], list[dict[int, int]], int]:
    """Return the nets that answers are made of; what each counts, by net; and their exponent."""
    answers: list[tuple[Number, bool]] = []
    for op, shift, minus in program.outputs:
        own = made[op] if op >= 0 else numbers.constant(0, 0)
        answers.append((own.times_two_to(shift), minus))
    exponent = min((a.exponent for a, _ in answers if a.nets), default=0)
    weights: list[dict[int, int]] = []
    for number, minus in answers:
        own_weights: dict[int, int] = {}
        for place, net in enumerate(number.nets):
            is_sign = number.least < 0 and place == len(number.nets) - 1
            weight = 1 << place + number.exponent - exponent
            if weight >> _MAX_SCORE_BITS:
                raise ModelError(f"its answers take more than {_MAX_SCORE_BITS} bits")
            own_weights[net] = own_weights.get(net, 0) + (-weight if is_sign != minus else weight)
        weights.append(own_weights)
    nets = sorted({net for own in weights for net in own} - {CONST0, CONST1})
    copies = {net: _copies(own.get(net, 0) for own in weights) for net in nets}
    return [net for net in nets for _ in range(copies[net])] or [CONST0], weights, exponent


def _copies(weights: Any) -> int:
    """Return how many outputs a net takes, so that none counts more than a head allows."""
    return max(-(-abs(weight) // MAX_WEIGHT) for weight in weights) or 1


def _head(weights: list[dict[int, int]], exponent: int, asked: str | None) -> tuple[Head, bool]:
    nets = sorted({net for own in weights for net in own} - {CONST0, CONST1})
    columns = []
    for net in nets:
        counts = [own.get(net, 0) for own in weights]
        n_copies = _copies(counts)
        for copy in range(n_copies):
            # as even as whole numbers can be
            columns.append([(c * (copy + 1)) // n_copies - (c * copy) // n_copies for c in counts])
    matrix = np.array(columns or [[0] * len(weights)], dtype=np.int64).T
    bias = [own.get(CONST1, 0) for own in weights]
    scale = math.ldexp(1.0, exponent)
    if asked == "argmax":
        if len(weights) < 2:
            raise ModelError("it answers one number, of which none is the largest (--head)")
        return Argmax.votes(matrix, bias, scale=scale), True
    return Sum.of(matrix, bias, scale=scale), False


def _head_name(value: Any) -> str:
    if value not in ("sum", "argmax"):
        raise ValueError(f"must be sum or argmax, got {value!r}")
    return str(value)


FORMATS = (
    Format(
        "alir",
        "ALIR 4, what alkaid traces (HGQ2, HGQ-LUT)",
        recognises,
        read,
        (
            Option(
                "head",
                "argmax: the answer is the class of the largest number; without it the numbers",
                _head_name,
            ),
        ),
    ),
)

"""Bitwise expressions of a few operands, as C and Verilog spell them, become truth tables.

``~``, ``&``, ``^``, ``|`` and parentheses, constants, casts of C; each operand is a bit: a name, or
a name and an index.
"""

from __future__ import annotations

import re
from functools import lru_cache

from lutgen.bits import MAX_FAN_IN
from lutgen.errors import ModelError

_MOST_TOKENS = 400
_CAST = re.compile(r"\((?:const )?(?:unsigned )?(?:char|short|int|long|long long|bool)\)")
_TOKEN = re.compile(
    r"\s*(?:(?P<operand>[A-Za-z_]\w*(?:\[\d+\])?)|(?P<bit>1'b[01]|0(?:LL|ULL|L|U)?\b)"
    r"|(?P<sign>[~!&|^()]))"
)
_ONE = {"1'b1"}


def truth_table(expression: str) -> tuple[tuple[str, ...], int]:
    """Return the operands of an expression and its truth table.

    Returns
    -------
    operands : tuple of str
        Each once, in the order in which they first appear.
    table : int
        Bit p is the value where operand j is bit j of p.

    Raises
    ------
    ModelError
        If it is no such expression.
    """
    tokens = _tokens(_CAST.sub("", expression))
    operands = tuple(dict.fromkeys(text for kind, text in tokens if kind == "operand"))
    if len(operands) > MAX_FAN_IN:
        raise ModelError(
            f"{_short(expression)} has {len(operands)} operands; {MAX_FAN_IN} is the most"
        )
    shape = " ".join(
        f"#{operands.index(text)}" if kind == "operand" else text for kind, text in tokens
    )
    try:
        return operands, _evaluate(shape, len(operands))
    except (IndexError, ValueError, RecursionError) as error:
        raise ModelError(f"{_short(expression)} is no expression of bits") from error


def _tokens(expression: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    place, end = 0, len(expression.rstrip())
    while place < end:
        found = _TOKEN.match(expression, place)
        if found is None or len(tokens) == _MOST_TOKENS:
            raise ModelError(f"{_short(expression)} is no expression of bits")
        kind = str(found.lastgroup)
        tokens.append((kind, found[kind]))
        place = found.end()
    return tokens


@lru_cache(maxsize=4096)
def _evaluate(shape: str, n_operands: int) -> int:
    """Return the table of an expression whose operands are numbered: few forms, many uses."""
    n_entries = 1 << n_operands
    ones = (1 << n_entries) - 1
    columns = [
        sum(1 << entry for entry in range(n_entries) if entry >> operand & 1)
        for operand in range(n_operands)
    ]
    tokens = shape.split()[::-1]

    def unit() -> int:
        token = tokens.pop()
        if token in "~!":
            return ones ^ unit()
        if token == "(":
            value = level(0)
            if tokens.pop() != ")":
                raise ValueError(shape)
            return value
        if token.startswith("#"):
            return columns[int(token[1:])]
        if token in "&|^)":
            raise ValueError(shape)
        return ones if token in _ONE else 0

    def level(rank: int) -> int:
        if rank == 3:
            return unit()
        value = level(rank + 1)
        while tokens and tokens[-1] == "|^&"[rank]:
            tokens.pop()
            other = level(rank + 1)
            value = (value | other, value ^ other, value & other)[rank]
        return value

    value = level(0)
    if tokens:
        raise ValueError(shape)
    return value


def _short(expression: str) -> str:
    return repr(expression.strip()[:60])

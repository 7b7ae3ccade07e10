"""Vectors of 512 bits for kernels: what numba's own types do not have.

LLVM makes of them the widest instructions that the processor has, several where it has none so
wide. A kernel loads vectors from flat arrays, at the place of their first item; items are words, or
halves of words, the low one first.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import llvmlite.binding
import numba.extending
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import models, register_model

from lutgen.bits import Words

WORDS, HALVES = 8, 16
"""Words of a vector, and half words."""

intrinsic: Any = numba.extending.intrinsic

_WORD = ir.IntType(64)
_LLVM = ir.VectorType(_WORD, WORDS)
_LANES = range(WORDS)
_INT32 = ir.IntType(32)
_HALVES = ir.VectorType(_INT32, HALVES)


@cache
def counts_bits() -> bool:
    """Return whether this processor counts the ones of a whole vector by an instruction."""
    return bool(llvmlite.binding.get_host_cpu_features().get("avx512vpopcntdq"))


def aligned(*shape: int) -> Words:
    """Return room that begins where a vector does, so that loads touch one line of the cache."""
    n_words = int(np.prod(shape))
    words = np.empty(n_words + WORDS, dtype=np.uint64)
    first = -(words.ctypes.data // 8) % WORDS
    return words[first : first + n_words].reshape(shape)


class Vector(types.Type):
    """Numba's type of a vector."""

    def __init__(self) -> None:
        super().__init__(name="Vector")


vector = Vector()


@register_model(Vector)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, front: Any) -> None:
        super().__init__(manager, front, _LLVM)


def _pointer(context: Any, builder: Any, kind: Any, words: Any, place: Any) -> Any:
    data = context.make_array(kind)(context, builder, words).data
    return builder.bitcast(builder.gep(data, [place]), _LLVM.as_pointer())


@intrinsic
def load(typing: Any, words: Any, place: Any) -> Any:
    """Return the vector at a place of flat words."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_pointer(context, builder, signature.args[0], *arguments), align=8)

    return vector(words, types.uint64), generate


@intrinsic
def store(typing: Any, words: Any, place: Any, value: Any) -> Any:
    """Write a vector to a place of flat words."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _pointer(context, builder, signature.args[0], *arguments[:2])
        builder.store(arguments[2], pointer, align=8)
        return context.get_dummy_value()

    return types.void(words, types.uint64, vector), generate


def _operation(name: str, n_operands: int) -> Any:
    """Return an operation of LLVM's on vectors."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return getattr(builder, name)(*arguments)

    if n_operands == 1:

        @intrinsic
        def unary(typing: Any, x: Any) -> Any:
            return vector(vector), generate

        return unary

    @intrinsic
    def binary(typing: Any, x: Any, y: Any) -> Any:
        return vector(vector, vector), generate

    return binary


both = _operation("and_", 2)
either = _operation("or_", 2)
xor = _operation("xor", 2)
plus = _operation("add", 2)
minus = _operation("sub", 2)
complement = _operation("not_", 1)


@intrinsic
def zero(typing: Any) -> Any:
    """Return a vector of zeros."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return ir.Constant(_LLVM, [0] * WORDS)

    return vector(), generate


def _function(name: str, result: Any, front: Any) -> Any:
    """Return a function of LLVM's of one vector."""

    @intrinsic
    def function(typing: Any, x: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            kind = ir.FunctionType(result, [_LLVM])
            return builder.call(
                cgutils.get_or_insert_function(builder.module, kind, name), arguments
            )

        return front(vector), generate

    return function


popcounts = _function("llvm.ctpop.v8i64", _LLVM, vector)
"""The ones of each word."""

total = _function("llvm.vector.reduce.add.v8i64", _WORD, types.int64)
"""The sum of the words."""


@intrinsic
def plus_where(typing: Any, x: Any, where: Any, number: Any) -> Any:
    """Add a number to half word i where bit i is one."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x, where, number = arguments
        bits = builder.trunc(where, ir.IntType(HALVES))
        mask = builder.bitcast(bits, ir.VectorType(ir.IntType(1), HALVES))
        one = builder.insert_element(ir.Constant(_HALVES, ir.Undefined), number, _INT32(0))
        first = ir.Constant(_HALVES, [0] * HALVES)
        added = builder.select(mask, builder.shuffle_vector(one, one, first), first)
        return builder.bitcast(builder.add(builder.bitcast(x, _HALVES), added), _LLVM)

    return vector(vector, types.uint64, types.int32), generate


@intrinsic
def butterflies(typing: Any, x: Any) -> Any:
    """Return the Walsh-Hadamard transform of the eight words."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        value = arguments[0]
        for half in (1, 2, 4):
            of_low = [builder_lane & ~half for builder_lane in _LANES]
            low, high = (
                builder.shuffle_vector(
                    value, value, ir.Constant(ir.VectorType(_INT32, WORDS), [i | j for i in of_low])
                )
                for j in (0, half)
            )
            is_high = ir.Constant(
                ir.VectorType(ir.IntType(1), WORDS), [bool(i & half) for i in _LANES]
            )
            value = builder.select(is_high, builder.sub(low, high), builder.add(low, high))
        return value

    return vector(vector), generate

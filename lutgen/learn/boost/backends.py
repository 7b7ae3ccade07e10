"""Which implementation of a step runs: the plain one, or the fast one that equals it."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from lutgen.learn.boost import reference
from lutgen.learn.boost.step import BoostStep


def _load_kernels() -> BoostStep:
    from lutgen.learn.boost import kernels  # noqa: PLC0415 - loads numba

    return cast(BoostStep, kernels)


def _load_reference() -> BoostStep:
    return cast(BoostStep, reference)


BACKENDS: dict[str, Callable[[], BoostStep]] = {
    "kernels": _load_kernels,
    "reference": _load_reference,
}

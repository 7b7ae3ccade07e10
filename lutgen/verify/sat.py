"""The SAT solver: truth tables go in as clauses, questions about pairs of nodes come out answered.

Variables are numbered by the caller from 1; a literal is a variable or, negative, its complement.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from lutgen.errors import ToolError
from lutgen.netlist.tables import cofactor, insert, ones

Cube = tuple[tuple[int, bool], ...]
"""A product of literals: (input, value), ascending."""


class Solver:
    """An incremental solver with a limit on the conflicts of each question (CaDiCaL)."""

    def __init__(self) -> None:
        try:
            from pysat.solvers import Cadical195  # noqa: PLC0415
        except ImportError as error:
            raise ToolError(
                "the SAT solver is not installed; pip install 'lutgen[flow]' (or python-sat)"
            ) from error
        self._solver = Cadical195()

    def add(self, clause: Iterable[int]) -> None:
        """Add a clause."""
        self._solver.add_clause(list(clause))

    def add_table(self, table: int, output: int, inputs: Sequence[int]) -> None:
        """Add clauses that make a variable the value of a truth table of some literals."""
        k = len(inputs)
        for value, part in ((True, table), (False, table ^ ones(k))):
            for cube in cover(part, k):
                clause = [-inputs[j] if positive else inputs[j] for j, positive in cube]
                self._solver.add_clause([*clause, output if value else -output])

    def solve(self, assumptions: Sequence[int], max_conflicts: int) -> bool | None:
        """Return whether the clauses can be satisfied; None if the conflicts ran out."""
        self._solver.conf_budget(max_conflicts)
        answer: bool | None = self._solver.solve_limited(assumptions=list(assumptions))
        return answer

    def model(self) -> set[int]:
        """Return the literals that are true in the solution just found."""
        return set(self._solver.get_model() or ())

    def close(self) -> None:
        """Free the solver's memory."""
        self._solver.delete()


@lru_cache(maxsize=1 << 14)
def cover(table: int, k: int) -> tuple[Cube, ...]:
    """Return an irredundant sum of products of a table.

    S. Minato, "Fast generation of irredundant sum-of-products forms from binary decision
    diagrams", SASIMI 1992.
    """
    return tuple(_isop(table, table, k)[0])


def _isop(lower: int, upper: int, k: int) -> tuple[list[Cube], int]:
    """Return cubes between two tables over k inputs, and the table of what they cover."""
    if lower == 0:
        return [], 0
    if upper == ones(k):
        return [()], upper
    j = k - 1
    low0, low1 = cofactor(lower, k, j, 0), cofactor(lower, k, j, 1)
    up0, up1 = cofactor(upper, k, j, 0), cofactor(upper, k, j, 1)
    cubes0, covered0 = _isop(low0 & ~up1, up0, j)
    cubes1, covered1 = _isop(low1 & ~up0, up1, j)
    rest, covered = _isop(low0 & ~covered0 | low1 & ~covered1, up0 & up1, j)
    cubes = [(*cube, (j, False)) for cube in cubes0] + [(*cube, (j, True)) for cube in cubes1]
    return cubes + rest, insert(covered, j, j) | covered0 | covered1 << (1 << j)

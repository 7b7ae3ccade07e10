"""Which candidate is taken: the smallest that is good enough, the best that is small enough."""

from __future__ import annotations

from collections.abc import Sequence

from lutgen.errors import MismatchError
from lutgen.records.tune import Candidate, front


def choose(
    candidates: Sequence[Candidate],
    max_luts: int | None = None,
    min_score: float | None = None,
    *,
    frugal: bool = False,
) -> int:
    """Return the candidate that is taken.

    With a least score it is the smallest that has it; otherwise the best.

    Parameters
    ----------
    max_luts : int, optional
        Take none that takes more.
    min_score : float, optional
        Take none whose score is less.
    frugal : bool
        Where no least score is given, take the smallest whose score lies within a standard error
        of the best one's (Breiman et al., "Classification and Regression Trees", 1984).

    Raises
    ------
    MismatchError
        If none meets what is asked for; the message says what there is.
    """
    best_first = front(candidates)
    within = [i for i in best_first if max_luts is None or candidates[i].luts <= max_luts]
    if not within:
        least = candidates[best_first[0]]
        raise MismatchError(
            f"no network found takes {max_luts:,} LUTs or fewer: the smallest takes "
            f"{least.luts:,} (score {least.score:.4f}); allow more LUTs, an encoder of fewer bits, "
            "or fewer LUTs a class"
        )
    best = candidates[within[-1]]
    least_score = min_score
    if least_score is None:
        least_score = best.score - (best.standard_error if frugal else 0.0)
    enough = [i for i in within if candidates[i].score >= least_score]
    if not enough:
        limit = "" if max_luts is None else f" in {max_luts:,} LUTs"
        raise MismatchError(
            f"no network found has a score of {min_score:g} or more{limit}: the best has "
            f"{best.score:.4f} with {best.luts:,} LUTs; ask for less, or allow more LUTs"
        )
    return enough[0]

"""From an ensemble to what is imported: how many bits leaves get, and what is to be said of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import LutgenError, ModelError
from lutgen.importers.content import Content
from lutgen.importers.format import Format, Imported, Option, Request
from lutgen.importers.trees.ensemble import Ensemble
from lutgen.importers.trees.network import doubled, network_of
from lutgen.importers.trees.quantise import MAX_BITS, Whole, exactly, in_bits

AUTO = "auto"
KEEP, REFUSE = "keep", "refuse"
_GUESS = 8
_TOLERANCE = 1 / 256  # of the range of margins, within which numbers count as equal
# What Python and NumPy raise where a value is of another type than the format says.
_NOT_AS_MEANT = (
    AttributeError,
    IndexError,
    KeyError,
    MemoryError,
    OverflowError,
    TypeError,
    ValueError,
)
_SMALL = 5000  # nodes up to which the networks of all widths are made, for their LUTs


@dataclass(frozen=True)
class ScoreBits:
    """How many bits a leaf gets: a number; or as few as keep to a share of disagreements."""

    n_bits: int | None = None
    share: float = 0.0

    @classmethod
    def parse(cls, value: Any) -> ScoreBits:
        """Read ``8``, ``auto`` or ``auto:1%``."""
        text = str(value).strip().lower()
        kind, _, share = text.partition(":")
        if kind == AUTO:
            percent = share.removesuffix("%")
            part = float(percent or 0) / (100 if share.endswith("%") else 1)
            if not 0 <= part < 1:
                raise ValueError(f"the share of disagreements must be in [0, 1), got {share!r}")
            return cls(share=part)
        if not text.isdecimal() or not 1 <= int(text) <= MAX_BITS:
            raise ValueError(f"must be 1 to {MAX_BITS}, auto, or e.g. auto:1%; got {value!r}")
        return cls(int(text))

    def __str__(self) -> str:
        if self.n_bits is not None:
            return str(self.n_bits)
        return AUTO + (f":{100 * self.share:g}%" if self.share else "")


def _missing(value: Any) -> str:
    if value not in (KEEP, REFUSE):
        raise ValueError(f"must be {KEEP} or {REFUSE}, got {value!r}")
    return str(value)


def _iterations(value: Any) -> int:
    if not str(value).isdecimal() or int(value) < 1:
        raise ValueError(f"must be a whole number of 1 or more, got {value!r}")
    return int(value)


SCORE_BITS = Option(
    "score_bits",
    "bits of a leaf, 1 to 16; auto: as few as change no answer of the samples (--data), auto:1%: "
    f"as change one in a hundred. By default exact if leaves are whole, else auto, or {_GUESS} "
    "without samples.",
    ScoreBits.parse,
)
MISSING_VALUES = Option(
    "missing_values",
    f"{KEEP} (default): NaN goes where the trees send it; {REFUSE}: there is none, which can save "
    "comparators.",
    _missing,
)
ITERATIONS = Option("iterations", "boosting rounds to take, from the first on; all.", _iterations)
OPTIONS = (SCORE_BITS, MISSING_VALUES)


def tree_format(
    name: str,
    title: str,
    recognises: Callable[[Content], bool],
    read: Callable[..., Ensemble],
    options: tuple[Option, ...] = (),
) -> Format:
    """Return a format whose files hold an ensemble.

    Parameters
    ----------
    read : callable
        Takes the content, and `options` by name.
    options : tuple of Option
        What has to be said beside those that all ensembles take.
    """
    own = [option.name for option in options]

    def read_network(request: Request) -> Imported:
        if not recognises(request.content):
            raise ModelError(f"it is damaged, or not of this kind ({title})")
        told = {name: value for name, value in request.options.items() if name in own}
        try:
            ensemble = read(request.content, **told)
        except LutgenError:
            raise
        except _NOT_AS_MEANT as error:
            raise ModelError(f"it is damaged, or not as it must be ({title}): {error}") from error
        return imported(ensemble, request.options, request.samples)

    return Format(name, title, recognises, read_network, (*OPTIONS, *options))


def imported(
    ensemble: Ensemble, options: Mapping[str, Any], samples: NDArray[Any] | None = None
) -> Imported:
    """Return an ensemble as a network.

    Parameters
    ----------
    options : mapping
        ``score_bits`` and ``missing_values``, as the options have them.
    samples : ndarray of shape (n_samples, n_features), optional
        Samples to choose bits by.
    """
    missing = ensemble.takes_missing and options.get(MISSING_VALUES.name, KEEP) == KEEP
    whole, notes = _chosen(ensemble, options.get(SCORE_BITS.name), samples, missing=missing)
    network = network_of(ensemble, whole, missing=missing)
    notes = [*ensemble.notes, *notes]
    if missing and (n_twice := doubled(network.encoder)):
        notes.append(
            f"{n_twice} comparators are there twice, as missing values part at them; where there "
            f"are none, --missing-values {REFUSE} saves them"
        )
    return Imported(network, tuple(notes), None if whole.is_exact else _reference(ensemble))


def _reference(ensemble: Ensemble) -> Callable[[NDArray[Any]], NDArray[np.float64]]:
    """Return the margins of the original; of two classes, those of the first are the least 0."""

    def margins(X: NDArray[Any]) -> NDArray[np.float64]:
        found = ensemble.margins(X)
        if not ensemble.is_binary:
            return found
        first = np.nextafter(0.0, -1.0) if ensemble.ties_to_second else 0.0
        return np.concatenate([np.full_like(found, first), found], axis=1)

    return margins


def _chosen(
    ensemble: Ensemble,
    asked: ScoreBits | None,
    samples: NDArray[Any] | None,
    *,
    missing: bool,
) -> tuple[Whole, list[str]]:
    """Return leaves as whole numbers, and notes on what was chosen and lost."""
    if asked is None and (whole := exactly(ensemble)):
        return whole, []
    if asked is None:
        asked = ScoreBits(_GUESS if samples is None else None)
        guess = ", a guess (--score-bits; auto with samples)" if samples is None else ""
    else:
        guess = ""
    if asked.n_bits is not None:
        whole = in_bits(ensemble, asked.n_bits)
        if whole.is_exact:
            return whole, []
        return whole, [f"leaves have {asked.n_bits} bits{guess}: {_bound(ensemble, whole)}"]
    if samples is None:
        whole = exactly(ensemble)
        if whole:
            return whole, []
        whole = in_bits(ensemble, _GUESS)
        return whole, [
            f"leaves have {_GUESS} bits, a guess, as there are no samples to choose by (--data): "
            + _bound(ensemble, whole)
        ]
    return _by_samples(ensemble, asked, samples, missing=missing)


def _bound(ensemble: Ensemble, whole: Whole) -> str:
    """Return by how much margins can be wrong: half a unit a tree, and half for the bias."""
    n_trees = np.zeros(ensemble.n_scores)
    for tree in ensemble.trees:
        n_trees[list(tree.scores)] += 1
    return f"a margin is wrong by {(n_trees.max() + 1) / 2 * whole.scale:.2g} at most"


def _by_samples(
    ensemble: Ensemble, asked: ScoreBits, samples: NDArray[Any], *, missing: bool
) -> tuple[Whole, list[str]]:
    tried = []
    for n_bits, whole, n_wrong in _tried(ensemble, ensemble.leaves(samples)):
        tried.append((n_bits, whole, n_wrong))
        if n_wrong <= asked.share * len(samples):
            break
    n_bits, whole, n_wrong = tried[-1]
    classes = ensemble.classes is not None
    what = "answers" if classes else f"numbers by {_TOLERANCE:.2%} of their range"
    of_all = f"of the {len(samples):,} samples' {what}"
    kept = n_wrong <= asked.share * len(samples)
    rule = f"the fewest that change no more than {asked.share:.2%} " if kept else "and change more "
    notes = [f"leaves have {n_bits} bits, {rule}{of_all}"]
    if is_small := sum(tree.n_nodes for tree in ensemble.trees) <= _SMALL:
        sizes = [network_of(ensemble, item, missing=missing).n_luts for _, item, _ in tried]
    rows = [
        f"{bits}: {wrong}" + (f" ({sizes[row]} LUTs)" if is_small else "")
        for row, (bits, _, wrong) in enumerate(tried)
    ]
    notes.append("bits of a leaf: answers changed; " + ", ".join(rows))
    if not whole.is_exact:
        notes.append(_bound(ensemble, whole))
    return whole, notes


def _tried(ensemble: Ensemble, nodes: NDArray[np.int32]) -> Iterator[tuple[int, Whole, int]]:
    """Yield bits, leaves of so many bits, and how many of the samples they change."""
    theirs = ensemble.margins_of(nodes)
    for n_bits in range(1, MAX_BITS + 1):
        whole = in_bits(ensemble, n_bits)
        ours = whole.scores(ensemble, nodes) * whole.scale + whole.offset
        yield n_bits, whole, int(np.count_nonzero(_differs(ensemble, theirs, ours)))


def _differs(
    ensemble: Ensemble, theirs: NDArray[np.float64], ours: NDArray[Any]
) -> NDArray[np.bool_]:
    if ensemble.classes is None:
        if not len(theirs):
            return np.zeros(0, dtype=bool)
        span = theirs.max(axis=0) - theirs.min(axis=0)
        return np.asarray((np.abs(theirs - ours) > _TOLERANCE * span).any(axis=1))
    if not ensemble.is_binary:
        return np.asarray(theirs.argmax(axis=1) != ours.argmax(axis=1))
    if ensemble.ties_to_second:
        return np.asarray((theirs[:, 0] >= 0) != (ours[:, 0] >= 0))
    return np.asarray((theirs[:, 0] > 0) != (ours[:, 0] > 0))

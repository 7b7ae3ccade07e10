"""A part of the training samples as the booster works on it, and all parts together.

A part has the samples, which stay as they are, and what follows from them and from the LUTs so far:
votes and residuals. The learner tells of changes and asks questions; changes go along with the next
question. A part that has not seen earlier ones, as it was made anew where a worker of a cluster was
lost, says so and is told all of them: so what it has beyond the samples can be lost at any time.
"""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Words, pack
from lutgen.encode.tally import Keys, Tally, Wanted
from lutgen.learn.boost import places
from lutgen.learn.boost.backends import BACKENDS
from lutgen.learn.boost.leaves import Lut
from lutgen.learn.boost.losses import Distance, Loss
from lutgen.learn.boost.network import Round
from lutgen.learn.boost.step import Drawn, Samples, Weighed
from lutgen.learn.counts import Counts
from lutgen.learn.executor import Executor, Serial
from lutgen.learn.labelled import Labelled, SampleSet, Weighing
from lutgen.learn.parts import Parts

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Begin:
    """Votes become those that the loss starts from."""

    loss: Loss


@dataclass(frozen=True, eq=False)
class Vote:
    """The votes of a round's LUTs are added, or (sign -1) taken back."""

    luts: Round
    sign: int


@dataclass(frozen=True, eq=False)
class Close:
    """The outputs of the LUTs of a layer become signals."""

    luts: list[Lut]


@dataclass(frozen=True)
class Show:
    """From now on, only one of the shares of the views is looked at."""

    n_shares: int
    turn: int


Change = Begin | Vote | Close | Show


@dataclass(frozen=True, eq=False)
class Asked:
    """What to count for one score: the tables of some LUTs, perhaps of the curvature, too."""

    score: int
    wires: NDArray[np.int32]
    curved: bool


@dataclass(frozen=True, eq=False)
class Likely:
    """A draw of places that are each as likely; see :func:`.places.likely`."""

    score: int
    key: int
    bound: int | None
    signals: NDArray[np.int32] | None = None


class Part:
    """A part of the samples, with what the learner has made of it.

    Parameters
    ----------
    samples : Samples
        Without rows, they are only watched.
    n_samples : int
    first, n_whole : int
        Number of the part's first sample among all, and of all.
    backend : str
    """

    def __init__(
        self, samples: Samples, n_samples: int, first: int, n_whole: int, backend: str
    ) -> None:
        self.samples, self.n_samples, self.backend = samples, n_samples, backend
        self._made_of = samples, n_samples, first, n_whole, backend
        n_views, n_own = len(samples.views), samples.signals.shape[1] * 64
        n_all = -(-n_whole // 64) * 64
        self.ids = [range(v * n_all + first, v * n_all + first + n_own) for v in range(n_views)]
        n_words = samples.signals.shape[1]
        self._words = range(first // 64, first // 64 + n_words), -(-n_whole // 64)
        self._seen: places.Seen | None = None
        self.n_seen = 0  # changes
        self.votes = self.residual = np.empty((0, 0), dtype=np.int32)
        self._is_fresh = False  # the residual
        self._curvature: dict[int, NDArray[np.int32]] = {}
        self._lock = threading.RLock()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _lock=threading.RLock())

    def bare(self) -> Part:
        """Return the part as it was made: what can be sent while this one changes."""
        return Part(*self._made_of)

    def catch_up(self, since: int, changes: Sequence[Change], executor: Executor) -> bool:
        """Make changes that were not made yet; return whether none is lacking between.

        Parameters
        ----------
        since : int
            Number of the first of these changes.
        """
        with self._lock:
            if self.n_seen < since:
                return False
            for change in changes[self.n_seen - since :]:
                self._make(change, executor)
                self.n_seen += 1
            return True

    def _make(self, change: Change, executor: Executor) -> None:
        samples = self.samples
        self._is_fresh = False
        self._curvature = {}
        if isinstance(change, Begin):
            self.loss = change.loss
            self.votes = np.repeat(change.loss.prior[:, None], samples.weights.size, axis=1)
        elif isinstance(change, Vote):
            pairs = [
                (lut, self.votes[c]) for lut, c in zip(change.luts, self.loss.groups, strict=True)
            ]
            places.vote(
                self._step, samples.signals, samples.views, pairs, change.sign, executor
            )  # fmt: skip
        elif isinstance(change, Show):
            n_views = len(samples.views)
            self._seen = places.share_of_views(
                n_views, change.n_shares, change.turn, *self._words
            )  # fmt: skip
        elif change.luts:
            outputs = self._outputs(change.luts, executor)
            transpose = self._step.transpose if samples.rows.shape[1] else None
            self.samples = samples.with_signals(outputs, transpose)

    @property
    def _step(self) -> Any:
        return BACKENDS[self.backend]()

    def _outputs(self, luts: list[Lut], executor: Executor) -> Words:
        """Return the value of each LUT at every place, shape (n_luts, n_places / 64)."""
        samples = self.samples

        def output(lut: Lut) -> Words:
            votes = np.zeros(samples.weights.size, dtype=np.int32)
            places.vote(
                self._step, samples.signals, samples.views, [(lut, votes)], 1, Serial()
            )  # fmt: skip
            levels = (votes // lut.weight + lut.leaf.centre) // 2
            return pack((levels[:, None] >> np.arange(lut.leaf.bits)) & 1 == 1)

        return np.concatenate(executor.map(output, luts))

    def _find_residuals(self, executor: Executor) -> NDArray[np.int32]:
        with self._lock:
            if not self._is_fresh:
                if self.residual.shape != self.votes.shape:
                    self.residual = np.empty_like(self.votes)
                if self.votes.size:
                    self.loss.find_residuals(
                        self._step, self.samples, self.votes, self.residual, executor, self._seen
                    )
                self._is_fresh = True
        return self.residual

    def _find_curvature(self, score: int, residual: NDArray[np.int32]) -> NDArray[np.int32]:
        curvature = self._curvature.get(score)
        if curvature is None:
            curvature = np.empty_like(residual)
            self.loss.find_curvature(residual, self.samples.weights, curvature)
            self._curvature[score] = curvature
        return curvature

    # what a learner may ask

    def weight(self, executor: Executor) -> NDArray[np.int64]:  # noqa: ARG002 - a question
        """Return the weight of all places, and the places of some weight."""
        weights = self.samples.weights
        return np.array([weights.sum(dtype=np.int64), np.count_nonzero(weights)])

    def class_weights(self, executor: Executor, n_classes: int) -> NDArray[np.int64]:  # noqa: ARG002
        """Return the weight of each class's places."""
        samples = self.samples
        weights = np.bincount(samples.labels, weights=samples.weights, minlength=n_classes)
        return weights.astype(np.int64)

    def sizes(self, executor: Executor) -> NDArray[np.object_]:
        """Return the sum of the sizes of each score's residuals."""
        n_words = self.samples.signals.shape[1]
        residual = self._find_residuals(executor)
        found = places.sizes(self._step, residual, executor, n_words, self._seen)
        return np.array(found, dtype=object)

    def draw(
        self, executor: Executor, draws: Sequence[places.Draw]
    ) -> list[list[tuple[NDArray[np.int64], Drawn]]]:
        """Return the numbers of what is drawn, and the samples; a list of one, as lists add up."""
        residual = self._find_residuals(executor)
        found = []
        for request in draws:
            own = residual[request.score]
            at = places.draw(self._step, own, request, self.ids, executor, self._seen)
            if request.signals is None:
                drawn = self._step.gather(self.samples, own, at, executor)
            else:
                negative = (own[at] < 0).astype(np.uint8)
                rows = self._step.rows(self.samples, at, request.signals)
                rows[:-1] ^= np.negative(negative.astype(np.uint64))[:, None]
                drawn = Drawn(rows, negative, request.signals.size)
            found.append((self._numbers(at), drawn))
        return [found]

    def weigh(
        self, executor: Executor, draws: Sequence[Likely], is_all: bool
    ) -> list[list[tuple[NDArray[np.int64], Weighed]]]:
        """Return the samples that searches by Newton's gain look at, as :meth:`draw` does.

        Their numbers among all come first; gradients and curvatures have the unit 1.

        Parameters
        ----------
        is_all : bool
            There is no other part: rows need not be brought together.
        """
        residual = self._find_residuals(executor)
        found = []
        for request in draws:
            own = residual[request.score]
            curvature = self._find_curvature(request.score, own)
            weights = self.samples.weights
            at = places.likely(weights, request.key, request.bound, self.ids, self._seen)
            rows, where, n_signals = self.samples.rows, at, self.samples.n_signals
            if request.signals is not None:
                rows = self._step.rows(self.samples, at, request.signals)[:-1]
                where, n_signals = np.arange(at.size), request.signals.size
            elif not is_all:
                rows, where = rows[at], np.arange(at.size)
            weighed = Weighed(rows, where, own[at], curvature[at], n_signals, 1.0)
            found.append((self._numbers(at), weighed))
        return [found]

    def count(self, executor: Executor, asked: Sequence[Asked]) -> Sums:
        """Count tables; for each score those of the residuals, and of the curvature or nothing."""
        residual = self._find_residuals(executor)
        found: list[Counts | None] = []
        for request in asked:
            own = residual[request.score]
            found.append(self._count(own, request.wires, executor))
            curved = None
            if request.curved:
                values = self._find_curvature(request.score, own)
                curved = self._count(values, request.wires, executor)
                self._curvature.pop(request.score, None)
            found.append(curved)
        return Sums(found)

    def _count(
        self, values: NDArray[np.int32], wires: NDArray[np.int32], executor: Executor
    ) -> Counts:
        return places.count(self.samples, values, wires, executor, self.backend, self._seen)

    def tally(self, executor: Executor) -> NDArray[np.object_]:
        """Return what the loss tells how good the scores are by."""
        samples = self.samples
        return self.loss.tally(
            self._step, self.votes, samples.labels, samples.weights, self.n_samples, executor
        )

    def entry_keys(
        self,
        executor: Executor,  # noqa: ARG002 - a question
        wanted: Wanted,
        score: int,
        wires: NDArray[np.int32],
    ) -> Tally:
        """Count what samples lack at each entry of a LUT; see :meth:`.Loss.keys`."""
        assert isinstance(self.loss, Distance)
        return wanted.count(0, *self.loss.keys(self.samples, self.votes, score, wires))

    def label_keys(self, executor: Executor, wanted: Wanted) -> Tally:  # noqa: ARG002 - a question
        """Count the labels of each score."""
        assert isinstance(self.loss, Distance)
        found = Tally.of(np.empty(0, dtype=np.uint64))
        for score in range(len(self.votes)):
            keys = self.loss.label_keys(self.samples.labels[score, : self.n_samples])
            weights = self.samples.weights[: self.n_samples]
            found = found.add(wanted.count(score, keys[weights > 0], weights[weights > 0]))
        return found

    def constants(self, executor: Executor, values: Keys) -> NDArray[np.object_]:  # noqa: ARG002
        """Return how far constants lie below and above the labels of each score, in all."""
        assert isinstance(self.loss, Distance)
        n = self.n_samples
        return self.loss.distances(self.samples.labels[:, :n], self.samples.weights[:n], values)

    def _numbers(self, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the numbers that places have among those of all samples."""
        n_own = len(self.ids[0])
        if len(self.ids) == 1 or not n_own:
            return at + self.ids[0].start
        view, place = np.divmod(at, n_own)
        numbers: NDArray[np.int64] = place + np.array([own.start for own in self.ids])[view]
        return numbers


@dataclass(frozen=True, eq=False)
class Layout:
    """How parts are made of labelled samples, the same for all.

    Parameters
    ----------
    views : ndarray of shape (n_views, n_signals), dtype=np.int32
        See :func:`lutgen.learn.boost.views.image_views`.
    weighing : Weighing
        Of all samples.
    unit : int
        The whole weight of the heaviest one.
    encode : callable or None
        Makes labels of the numbers to answer.
    is_watched : bool
        The samples are only watched, not learnt from.
    order : ndarray of shape (n_signals,), dtype=np.int32, optional
        See :meth:`.Samples.make`.
    """

    views: NDArray[np.int32]
    weighing: Weighing
    unit: int
    backend: str
    encode: Callable[[NDArray[np.float64]], NDArray[np.int32]] | None = None
    is_watched: bool = False
    order: NDArray[np.int32] | None = None

    def make(self, labelled: Labelled, first: int, n_whole: int) -> Part:
        """Return the part of some samples, the first of all `n_whole` is number `first`."""
        transpose = None if self.is_watched else BACKENDS[self.backend]().transpose
        labels = labelled.labels if self.encode is None else self.encode(labelled.labels)
        weights = self.weighing.whole(labelled, self.unit)
        samples = Samples.make(
            labelled.bits, labels, weights, self.views, transpose, self.order
        )  # fmt: skip
        return Part(samples, labelled.bits.n_samples, first, n_whole, self.backend)

    def team(self, samples: SampleSet) -> Team:
        """Return the parts of a set of samples, at work."""
        each = [(first, samples.n_samples) for first in samples.firsts]
        return Team(samples.parts.derive(self.make, each))


@dataclass(frozen=True, eq=False)
class Sums:
    """Counts of several LUTs, or nothing, one after another; those of parts add up."""

    items: list[Counts | None]

    def __add__(self, other: Sums) -> Sums:
        pairs = zip(self.items, other.items, strict=True)
        return Sums([None if a is None or b is None else a.add(b) for a, b in pairs])


class Behind:
    """The answer of a part that does not know of changes before those that it was told."""


class _Told(Generic[Answer]):
    """A question to a part, with the changes that have come since the last one."""

    def __init__(
        self, question: Callable[[Part, Executor], Answer], since: int, changes: list[Change]
    ) -> None:
        self._question, self._since, self._changes = question, since, changes

    def __call__(self, part: Part, executor: Executor) -> Answer | Behind:
        if not part.catch_up(self._since, self._changes, executor):
            return Behind()
        return self._question(part, executor)


def _add(add: Callable[[Any, Any], Any], one: Any, other: Any) -> Any:
    if isinstance(one, Behind) or isinstance(other, Behind):
        return Behind()
    return add(one, other)


class Team:
    """All parts of some samples, told of changes with the next question."""

    def __init__(self, parts: Parts[Part]) -> None:
        self._parts, self._changes, self._n_told = parts, list[Change](), 0

    @property
    def at_hand(self) -> bool:
        """Whether questions cost nothing but the work."""
        return self._parts.at_hand

    def __len__(self) -> int:
        return len(self._parts)

    def tell(self, change: Change) -> None:
        """Change all parts, before the next question."""
        self._changes.append(change)

    def ask(
        self,
        question: Callable[..., Answer],
        executor: Executor,
        add: Callable[[Answer, Answer], Answer] = operator.add,
        **arguments: Any,
    ) -> Answer:
        """Return the answers of all parts, added up.

        Parameters
        ----------
        question : callable
            A method of :class:`Part`; `arguments` are its own.
        """
        bound = partial(question, **arguments) if arguments else question
        n_changes = len(self._changes)
        for since in (self._n_told, 0):
            told = _Told(bound, since, self._changes[since:])
            found = self._parts.total(told, partial(_add, add), executor)
            if not isinstance(found, Behind):
                self._n_told = n_changes
                answer: Answer = found
                return answer
        raise AssertionError("parts that were told everything are behind")

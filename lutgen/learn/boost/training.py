"""Boosting of LUTs by counting: any number of classes, learned wires.

Each class has a group of LUTs; the score of a class is the number of its LUTs that give one. If
every sample counts with a *weight*, the majority rule of memorization is the best step of +-1
against a loss: with g = [y = c] - p_c, the residual of class c under the softmax of the scores,
the table that lowers the loss most is the sign of the sum of g at each entry, and the sum of the
absolute values says how good the wires are (Friedman, "Greedy function approximation", 2001, with
steps of a fixed size). Newton's criterion takes the curvature of the loss into account, and the
entries of a LUT may have several levels: see :mod:`lutgen.learn.boost.parameters`. LUTs are added
a round at a time, one for each class; in the refits, each is taken out, learnt anew with all
others in place, and put back.

Scores are integers, so residuals come from a table and are integers, too: sums are exact, and the
model does not depend on the number of threads or the order of work.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lutgen.bits import Bits
from lutgen.encode.encoder import Encoder
from lutgen.errors import ConfigError, DataError
from lutgen.learn.boost.choice import (
    Choice,
    choose,
    fold_rows,
    n_folds,
    trial_parameters,
)
from lutgen.learn.boost.learner import Learner
from lutgen.learn.boost.leaves import Leaf
from lutgen.learn.boost.losses import Softmax
from lutgen.learn.boost.monotone import Directions, directions_of_signals, monotone_fault
from lutgen.learn.boost.network import Round, build_network, classes_head, feature_gain, take_apart
from lutgen.learn.boost.parameters import ABSOLUTE, AUTO, NEWTON, BoostParameters, BoostProgress
from lutgen.learn.boost.part import Layout, Part, Team
from lutgen.learn.boost.patches import Patches
from lutgen.learn.boost.popcount import Counter
from lutgen.learn.boost.step import WEIGHT_UNIT
from lutgen.learn.boost.views import image_views
from lutgen.learn.executor import Executor, executor_for
from lutgen.learn.labelled import Labelled, SampleSet, class_sizes
from lutgen.model import LutNetwork, Provenance

Held = tuple[Bits, NDArray[Any]] | tuple[Bits, NDArray[Any], ArrayLike | None]
"""Samples held out: encoded, with their labels or numbers, and perhaps weights."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C while learning: who catches it has the best network that there was by then.

    Parameters
    ----------
    network : LutNetwork
        Its provenance says that it was interrupted.
    """

    def __init__(self, network: LutNetwork) -> None:
        super().__init__(f"learning was interrupted after {network.n_luts} LUTs")
        self.network = network


def boost(
    bits: Bits,
    labels: NDArray[np.integer],
    parameters: BoostParameters,
    *,
    encoder: Encoder,
    classes: NDArray[Any],
    sample_weight: ArrayLike | None = None,
    validation: Held | None = None,
    feature_shape: Sequence[int] = (),
    start: LutNetwork | None = None,
    monotone: Directions | None = None,
    backend: str = "kernels",
    n_threads: int | None = None,
    executor: Executor | None = None,
    progress: Callable[[BoostProgress], None] | None = None,
) -> LutNetwork:
    """Learn a network from encoded samples.

    Parameters
    ----------
    bits : Bits
        Encoded training samples.
    labels : ndarray of shape (n_samples,)
        Class number of each sample, 0 to n_classes - 1.
    encoder : Encoder
        What made the bits; it is kept in the model.
    classes : ndarray of shape (n_classes,)
        The labels.
    sample_weight : array-like of shape (n_samples,), optional
        What each sample counts; finite, not negative. Default: all the same.
    validation : (Bits, ndarray) or (Bits, ndarray, ndarray), optional
        Samples, class numbers and weights (default: all the same) to watch the accuracy on, for
        `patience` and for the criterion.
    feature_shape : sequence of int
        Shape of one sample where the features are an image; used by `shift`, `warp`,
        `mirror` and `patch`.
    start : LutNetwork, optional
        A network that :func:`boost` made, on the same bits and classes: it grows to
        `luts_per_class`, and the refits are of all of it.
    monotone : ndarray of shape (n_features,), optional
        1 where the score of class 1 of two may only rise with a feature, -1 fall, 0 either; that it
        does is looked up in every table.
    backend : {"kernels", "reference"}
        Fast or plain implementation; the model is the same.
    n_threads : int, optional
        Default: all processors that this process may use. The model is the same for any number.
    executor : Executor, optional
        Runs the tasks, instead of threads made for the purpose.
    progress : callable, optional
        Called with a :class:`BoostProgress` after each round.

    Returns
    -------
    LutNetwork
        One layer, or as many as asked for; in each, the LUTs of a class stand together, and each
        adds one to the score of its class. Two classes: the LUTs are those of class 1, and it
        wins with more than half.

    Raises
    ------
    DataError
        If there are no samples, a class has no sample of any weight, weights are negative or not
        finite, or there are fewer input bits than k.
    ConfigError
        If `shift`, `warp`, `mirror` or `patch` is asked for samples that are no images, `patience`
        without validation samples, or `start` is not a network that can be gone on with.
    Interrupted
        On Ctrl-C, with what has been learnt; before the first round is over, and while criteria
        are tried, a KeyboardInterrupt.
    """
    _check_labels(labels, bits.n_samples, classes)
    samples = samples_here(bits, labels, sample_weight)
    with executor_for(executor, n_threads) as running:
        return boost_parts(
            samples,
            parameters,
            encoder=encoder,
            classes=classes,
            validation=held_here(validation),
            feature_shape=feature_shape,
            start=start,
            monotone=monotone,
            backend=backend,
            executor=running,
            progress=progress,
        )


def boost_parts(
    samples: SampleSet,
    parameters: BoostParameters,
    *,
    encoder: Encoder,
    classes: NDArray[Any],
    validation: SampleSet | None = None,
    feature_shape: Sequence[int] = (),
    start: LutNetwork | None = None,
    monotone: Directions | None = None,
    backend: str = "kernels",
    executor: Executor,
    progress: Callable[[BoostProgress], None] | None = None,
) -> LutNetwork:
    """Learn a network from samples that lie in parts, wherever these are; see :func:`boost`.

    The network is the same for any parts that have the same samples in the same order.
    """
    check_request(samples.n_signals, parameters, validation is not None)
    _check_classes(samples, classes)
    views = image_views(
        encoder, feature_shape, parameters.shift, parameters.mirror, parameters.warp
    )
    patches = None
    if parameters.patch:
        patches = Patches(encoder, feature_shape, parameters.patch, parameters.k)
    if parameters.views_a_round and any(first % 64 for first in samples.firsts):
        raise ConfigError(
            "views_a_round needs parts of samples that are multiples of 64, all but the last: part "
            "them otherwise, or leave it at 0"
        )
    n_classes = len(classes)
    counter = Counter.of(samples.n_signals, parameters.popcount)
    counted = counter.counted(samples)
    watched = None if validation is None else counter.counted(validation)
    if counter.digits:
        views = np.arange(counted.n_signals, dtype=np.int32)[None, :]
    directions = directions_of_signals(encoder, monotone, n_classes, parameters, len(views))
    old: list[Round] = []
    if start is not None:
        if monotone is not None:
            raise ConfigError("monotone: what a network to start from adds may break it")
        if parameters.layers > 1 or parameters.popcount:
            raise ConfigError(
                "a network to start from goes on in one layer: layers must be 1, popcount off"
            )
        leaf = Leaf(parameters.leaf_bits, parameters.max_weight)
        old, prior = take_apart(start, parameters.k, leaf, samples.n_signals, classes)
    weighing = samples.weighing()

    def learner_of(
        told: BoostParameters,
        own: SampleSet,
        watched: SampleSet | None,
        heard: Callable[[BoostProgress], None] | None,
    ) -> Learner:
        order = None if patches is None else patches.order
        team = Layout(views, weighing, WEIGHT_UNIT, backend, order=order).team(own)
        loss = Softmax(n_classes, told.effective_temperature)
        if start is not None:
            loss.prior = prior
        elif told.criterion == NEWTON:
            loss.start_from_shares(team.ask(Part.class_weights, executor, n_classes=n_classes))
        return Learner(
            team,
            own.n_samples,
            len(views),
            own.n_signals,
            loss,
            None if watched is None else watched_team(watched, backend),
            told,
            backend,
            executor,
            heard,
            directions,
            patches,
        )

    choice = Choice(parameters.criterion, "")
    if parameters.criterion == AUTO:
        choice = _choose(counted, parameters, n_classes, watched, start, learner_of, progress)
        parameters = replace(parameters, criterion=choice.criterion)
    learner = learner_of(parameters, counted, watched, progress)

    def network(interrupted: bool) -> LutNetwork:
        provenance = provenance_of(learner, encoder, len(counter.digits), parameters, interrupted)
        why = choice.why and f"{choice.criterion}: {choice.why}"
        return build_network(
            learner.result,
            counter,
            encoder,
            classes_head(learner.loss.prior, classes),
            replace(provenance, criterion_chosen=why),
            learner.groups,
        )

    found = run(learner, old, network)
    check_monotone(found, monotone)
    if not (parameters.patience and parameters.refit_on_all and validation):
        return found
    n_luts_a_round = len(learner.groups) * parameters.leaf_bits
    told = again(parameters, found, n_luts_a_round)
    together = samples.followed_by(validation)

    def learn() -> LutNetwork:
        return boost_parts(
            together,
            told,
            encoder=encoder,
            classes=classes,
            feature_shape=feature_shape,
            start=start,
            monotone=monotone,
            backend=backend,
            executor=executor,
            progress=progress,
        )

    return with_growth(learn, found, told.luts_per_class)


def check_monotone(network: LutNetwork, monotone: Directions | None) -> None:
    """Make sure, by a look at every table, that a network keeps to the directions of features."""
    fault = "" if monotone is None else monotone_fault(network, monotone)
    assert not fault, fault


def again(parameters: BoostParameters, found: LutNetwork, n_luts_a_round: int) -> BoostParameters:
    """Return how to learn as many LUTs anew as early stopping kept."""
    return replace(
        parameters,
        luts_per_class=found.n_luts // n_luts_a_round,
        layers=min(parameters.layers, found.n_luts // n_luts_a_round),
        temperature=parameters.effective_temperature,
        patience=0,
    )


def held_here(validation: Held | None) -> SampleSet | None:
    """Return samples held out as parts have them."""
    if validation is None:
        return None
    bits, labels, weights = (*validation, None)[:3]
    return samples_here(bits, labels, weights)


def samples_here(bits: Bits, labels: NDArray[Any], sample_weight: ArrayLike | None) -> SampleSet:
    """Return samples in memory as parts have them, their weights checked."""
    weights = None if sample_weight is None else checked_weights(sample_weight, bits.n_samples)
    return SampleSet.here(Labelled(bits, labels, weights))


def with_growth(learn: Callable[[], LutNetwork], found: LutNetwork, n_rounds: int) -> LutNetwork:
    """Return the network of all samples, with what validation told of the one before.

    Parameters
    ----------
    learn : callable
        Learns it. Where that is interrupted, the one before is what there is.
    """
    try:
        network = learn()
    except KeyboardInterrupt as stop:
        known = replace(found.provenance, interrupted=True)
        raise Interrupted(replace(found, provenance=known)) from stop
    before, after = found.provenance, network.provenance
    told = before.parameters["patience"]
    ended = (
        f"{n_rounds} LUTs a class or number ({found.n_luts} in all) were best on samples held out, "
        f"{before.validation_accuracy:.4f}; as many learnt anew from all {after.n_samples} samples"
    )
    provenance = replace(
        after,
        parameters={**after.parameters, "patience": told},
        validation_accuracy=before.validation_accuracy,
        history=before.history,
        criterion_chosen=before.criterion_chosen,
        growth_ended=ended,
    )
    return replace(network, provenance=provenance)


def watched_team(
    validation: SampleSet,
    backend: str,
    encode: Callable[[NDArray[np.float64]], NDArray[np.int32]] | None = None,
) -> Team:
    """Return samples held out as the learner watches them."""
    weighing = validation.weighing()
    if weighing.is_nothing:
        raise DataError("the validation samples are all of weight zero, or there are none")
    itself = np.arange(validation.n_signals, dtype=np.int32)[None, :]
    layout = Layout(itself, weighing, WEIGHT_UNIT, backend, encode, is_watched=True)
    return layout.team(validation)


def run(learner: Learner, start: list[Round], network: Callable[[bool], LutNetwork]) -> LutNetwork:
    """Let a learner learn; where it is interrupted, raise with what there is by then.

    Parameters
    ----------
    network : callable
        Makes the network of what has been learnt; takes whether that was interrupted.
    """
    try:
        learner.run(start)
    except KeyboardInterrupt as stop:
        if not learner.result:
            raise
        raise Interrupted(network(True)) from stop
    return network(False)


def provenance_of(
    learner: Learner,
    encoder: Encoder,
    n_digits: int,
    parameters: BoostParameters,
    interrupted: bool,
) -> Provenance:
    """Return how a network came to be that is the best of a learner's."""
    best = learner.best_record
    return Provenance(
        learner="boosting",
        parameters={**asdict(parameters), "temperature": parameters.effective_temperature},
        n_samples=learner.n_samples,
        train_accuracy=best.train_accuracy,
        validation_accuracy=best.validation_accuracy,
        history=tuple(learner.history),
        interrupted=interrupted,
        feature_gain=feature_gain(learner.result, encoder, n_digits),
    )


def _choose(
    samples: SampleSet,
    parameters: BoostParameters,
    n_classes: int,
    validation: SampleSet | None,
    start: LutNetwork | None,
    learner_of: Callable[..., Learner],
    progress: Callable[[BoostProgress], None] | None,
) -> Choice:
    """Choose the criterion: by the validation samples, or by fifths of the training samples."""
    if parameters.leaf_bits > 1:
        return Choice(NEWTON, "leaves of several bits have steps")
    if parameters.wire_fraction < 1:
        return Choice(NEWTON, "wires are searched among some of the signals")
    if start is not None:
        told = start.provenance.parameters.get("criterion", ABSOLUTE)
        return Choice(NEWTON if told == NEWTON else ABSOLUTE, "as the network to start from")
    parts = [(samples, validation)] if validation is not None else _folds_of(samples, n_classes)
    n_held_out = sum(watched.n_samples for _, watched in parts)
    trials = trial_parameters(parameters, n_classes if n_classes > 2 else 1, samples.n_signals)

    def accuracy(trial: BoostParameters) -> float:
        def heard(now: BoostProgress) -> None:
            if progress is not None:
                progress(replace(now, trial=trial.criterion))

        n_right = 0.0
        for kept, watched in parts:
            learner = learner_of(trial, kept, watched, heard)
            learner.run([])
            share = learner.history[-1].validation_accuracy or 0.0
            n_right += share * watched.n_samples
        return n_right / n_held_out

    return choose(trials, n_held_out, accuracy)


def _folds_of(samples: SampleSet, n_classes: int) -> list[tuple[SampleSet, SampleSet]]:
    """Return what to learn from and what to hold out, in turn."""
    of_class = samples.ask(partial(class_sizes, n_classes=n_classes))
    before = np.cumsum([np.zeros_like(of_class[0]), *of_class[:-1]], axis=0)
    found = []
    for fold in range(n_folds(samples.n_samples)):
        kept, aside = (
            samples.take(fold_rows, [(own, fold, is_aside) for own in before])
            for is_aside in (False, True)
        )
        if aside.n_samples and not (aside.weighing().is_nothing or kept.weighing().is_nothing):
            found.append((kept, aside))
    return found


def check_request(n_signals: int, parameters: BoostParameters, is_watched: bool) -> None:
    """Raise a fault of the user's where parameters do not go with the samples."""
    if parameters.patience and not is_watched:
        raise ConfigError("patience needs validation samples: set some aside, or patience to 0")
    if n_signals < parameters.k:
        raise DataError(
            f"the samples have {n_signals} input bits, LUTs of k={parameters.k} need at "
            f"least {parameters.k}: use a smaller k, or an encoder with more bits a feature"
        )


def _check_labels(labels: NDArray[np.integer], n_samples: int, classes: NDArray[Any]) -> None:
    """Refuse labels that are no class numbers of the samples."""
    if labels.shape != (n_samples,):
        raise DataError(f"{n_samples} samples, but labels of shape {labels.shape}")
    if n_samples == 0:
        raise DataError("there are no training samples (0 rows)")
    if len(classes) < 2:
        raise DataError(f"all {n_samples} training samples are of one class; learning needs two")
    if labels.min() < 0 or labels.max() >= len(classes):
        raise DataError(
            f"class numbers must be 0 to {len(classes) - 1}, found {labels.min()} to {labels.max()}"
        )


def _check_classes(samples: SampleSet, classes: NDArray[Any]) -> None:
    """Refuse classes that no sample of any weight is of."""
    of_class = samples.class_counts(len(classes)).sum(axis=0)
    if (of_class == 0).any():
        empty = classes[int((of_class == 0).argmax())]
        raise DataError(
            f"class {empty} has no training samples, or all of weight zero: leave the class out, "
            "or give its samples a weight"
        )


def checked_weights(sample_weight: ArrayLike | None, n_samples: int) -> NDArray[np.float64]:
    """Return the weight of each sample; refuse those that are negative or not finite."""
    weights = np.ones(n_samples) if sample_weight is None else np.asarray(sample_weight, float)
    if weights.shape != (n_samples,):
        raise DataError(f"{n_samples} samples, but sample weights of shape {weights.shape}")
    bad = ~(np.isfinite(weights) & (weights >= 0))
    if bad.any():
        raise DataError(
            f"sample weights must be finite and not negative: that of row {bad.argmax()} is "
            f"{weights[bad.argmax()]:g}, {int(bad.sum())} such weight(s)"
        )
    return weights

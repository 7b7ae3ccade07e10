"""From an ensemble to a network: comparators, codes and tables of trees, and the head."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lutgen.encode.encoder import Encoder
from lutgen.errors import ModelError
from lutgen.importers.trees.ensemble import Ensemble, Question, Tree
from lutgen.importers.trees.logic import (
    ALWAYS,
    Literal,
    Luts,
    Node,
    Table,
    Votes,
    added,
    encode,
    joined,
)
from lutgen.importers.trees.quantise import Whole
from lutgen.model import ZERO, Argmax, Head, LutNetwork, Sum
from lutgen.model.head import MAX_WEIGHT

Comparator = tuple[int, float, bool]
"""Feature, cut, and what is answered to NaN."""


def network_of(ensemble: Ensemble, whole: Whole, *, missing: bool) -> LutNetwork:
    """Return the network of an ensemble whose leaves are whole numbers.

    Parameters
    ----------
    missing : bool
        Whether features may be NaN.
    """
    comparators = sorted(
        {item for question in ensemble.questions for item in _comparators(question, missing)}
    ) or [(0, 0.0, False)]
    places = {item: place for place, item in enumerate(comparators)}
    luts = Luts(len(comparators))
    literals = [_answer(luts, question, places, missing) for question in ensemble.questions]
    votes = Votes(ensemble.n_scores)
    tables: dict[int, list[Table]] = {}
    for tree, leaves in zip(ensemble.trees, whole.leaves, strict=True):
        node, vectors = _merged(tree, leaves, literals)
        bits = int(sum(int(column.max()).bit_length() for column in vectors.T))
        code = encode(luts, node, bits)
        for score, column in zip(tree.scores, vectors.T, strict=True):
            numbers = tuple(column[list(code.leaves)].tolist())
            tables.setdefault(score, []).append(Table(code.literals, numbers))
    for score, of_score in sorted(tables.items()):
        for table in added(of_score):
            votes.add_table(luts, score, table)
    encoder = Encoder(
        "thermometer",
        ensemble.n_features,
        np.array([feature for feature, _, _ in comparators], dtype=np.int32),
        np.array([cut for _, cut, _ in comparators], dtype=np.float64),
        missing=np.array([at_nan for _, _, at_nan in comparators]) if missing else None,
    )
    return _assembled(ensemble, whole, luts, votes, encoder)


def _comparators(question: Question, missing: bool) -> list[Comparator]:
    """Return the comparators that answer a question: yes if an odd number of them pass."""
    found = []
    for place, cut in enumerate(question.cuts):
        at_nan = missing and question.missing and place == 0
        if cut == -np.inf:  # all numbers pass
            if missing and not at_nan:
                found.append((question.feature, np.inf, True))
        elif cut < np.inf or at_nan:
            found.append((question.feature, cut, at_nan))
    if missing and question.missing and not question.cuts:
        found.append((question.feature, np.inf, True))
    return found


def _answer(
    luts: Luts, question: Question, places: dict[Comparator, int], missing: bool
) -> Literal:
    literals: list[Literal] = []
    if question.cuts and question.cuts[0] == -np.inf:
        if question.missing or not missing:
            literals.append(ALWAYS)
        else:
            literals.append((places[question.feature, np.inf, True], True))
        question = question._replace(cuts=question.cuts[1:], missing=False)
    own = [(places[item], False) for item in _comparators(question, missing)]
    return luts.odd([*literals, *own]) if literals or len(own) != 1 else own[0]


def _merged(
    tree: Tree, leaves: NDArray[np.int64], literals: Sequence[Literal]
) -> tuple[Node, NDArray[np.int64]]:
    """Return a tree with splits of equal sides left out, and the different leaves by number."""
    numbers: dict[tuple[int, ...], int] = {}
    made: list[Node] = [0] * tree.n_nodes
    for node in range(tree.n_nodes - 1, -1, -1):
        question = int(tree.question[node])
        if question < 0:
            vector = tuple(leaves[node].tolist())
            made[node] = numbers.setdefault(vector, len(numbers))
        else:
            sides = made[tree.left[node]], made[tree.right[node]]
            made[node] = joined(literals[question], *sides)
    return made[0], np.array(list(numbers), dtype=np.int64)


def _assembled(
    ensemble: Ensemble, whole: Whole, luts: Luts, votes: Votes, encoder: Encoder
) -> LutNetwork:
    signals = sorted(signal for signal, of_it in votes.weights.items() if any(of_it.values()))
    order, depth = _by_depth(luts)
    outputs, columns = [], []
    for signal in signals:
        rest = np.array([votes.weights[signal].get(s, 0) for s in range(ensemble.n_scores)])
        while rest.any():  # in parts where a weight is too large
            part = np.clip(rest, -MAX_WEIGHT, MAX_WEIGHT)
            outputs.append(order[signal])
            columns.append(part)
            rest = rest - part
    weights = np.array(columns, dtype=np.int64).T if outputs else np.zeros((ensemble.n_scores, 1))
    bias = whole.bias + np.array(votes.bias, dtype=np.int64)
    placed = sorted(range(len(luts.luts)), key=lambda lut: order[luts.n_inputs + lut])
    return LutNetwork.from_luts(
        luts.n_inputs,
        [(tuple(order[net] for net in luts.luts[lut][0]), luts.luts[lut][1]) for lut in placed],
        outputs=outputs or [ZERO],
        head=_head(ensemble, whole, weights.astype(np.int64), bias),
        encoder=encoder,
        layers=[depth[luts.n_inputs + lut] for lut in placed] or None,
        feature_names=ensemble.feature_names,
    )


def _by_depth(luts: Luts) -> tuple[list[int], list[int]]:
    """Return the number that each signal gets when LUTs come layer by layer, and its layer."""
    depth = [0] * luts.n_inputs
    for reads, _ in luts.luts:
        depth.append(1 + max(depth[net] for net in reads))
    placed = sorted(range(len(depth)), key=depth.__getitem__)  # stable: inputs first
    order = [0] * len(depth)
    for number, signal in enumerate(placed):
        order[signal] = number
    return order, depth


def _head(
    ensemble: Ensemble, whole: Whole, weights: NDArray[np.int64], bias: NDArray[np.int64]
) -> Head:
    scale, offset = whole.scale, whole.offset
    if max(np.abs(bias).max(), np.abs(weights).max()) > np.iinfo(np.int32).max:
        raise ModelError("the scores take more than 31 bits; take fewer for a leaf (--score-bits)")
    if ensemble.classes is None:
        return Sum.of(weights, bias, scale=scale, offset=offset)
    if not ensemble.is_binary:
        return Argmax.votes(weights, bias, classes=ensemble.classes, scale=scale, offset=offset)
    # the second class wins where score * scale + offset > 0, or >= 0
    zero = -offset / scale
    least = np.ceil(zero) - 1 if ensemble.ties_to_second else np.floor(zero)
    if abs(least) > np.iinfo(np.int32).max:
        raise ModelError("the scores take more than 31 bits; take fewer for a leaf (--score-bits)")
    return Argmax.votes(
        np.concatenate([np.zeros_like(weights), weights]),
        np.array([int(least), int(bias[0])]),
        classes=ensemble.classes,
        scale=scale,
        offset=offset,
    )


def doubled(encoder: Encoder) -> int:
    """Return how many comparators differ from another in what they answer to NaN alone."""
    return encoder.n_bits - len(
        set(zip(encoder.feature.tolist(), encoder.threshold.tolist(), strict=True))
    )

from typing import Any

import numpy as np
import pytest

from lutgen.datasets.load import Dataset
from lutgen.datasets.tasks import apply_task, require_two_classes
from lutgen.errors import ConfigError, DataError

FLOWERS = ["iris-setosa", "iris-virginica", "rose"]


def dataset(train: list[Any], test: list[Any]) -> Dataset:
    """Return samples whose only feature is their place; test places start at 100."""
    return Dataset(
        name="mine",
        X_train=np.arange(len(train))[:, None],
        y_train=np.array(train),
        X_test=100 + np.arange(len(test))[:, None],
        y_test=np.array(test),
        feature_shape=(1,),
        encoder="auto",
        split="by hand",
    )


DIGITS = dataset([*range(10), *range(10)], list(range(10)))


@pytest.mark.parametrize(
    ("task", "ones"),
    [
        ("ge5", {5, 6, 7, 8, 9}),
        ("ge9", {9}),
        ("odd", {1, 3, 5, 7, 9}),
        ("in:0,2,4", {0, 2, 4}),
        ("in: 7", {7}),
    ],
)
def test_labels_become_classes_0_and_1(task: str, ones: set[int]) -> None:
    result = apply_task(DIGITS, task)
    assert result.y_train.tolist() == [int(label in ones) for label in DIGITS.y_train]
    assert result.y_test.tolist() == [int(label in ones) for label in DIGITS.y_test]
    assert np.array_equal(result.X_train, DIGITS.X_train)
    assert (result.name, result.encoder) == (DIGITS.name, DIGITS.encoder)


def test_negative_labels_have_a_sign_and_a_parity() -> None:
    signed = dataset([-3, -2, -1, 1], [-3, 2])
    assert apply_task(signed, "odd").y_train.tolist() == [1, 0, 1, 1]
    assert apply_task(signed, "ge-1").y_train.tolist() == [0, 0, 1, 1]
    assert apply_task(signed, "pair:-3--1").y_train.tolist() == [-3, -1]


def test_a_pair_keeps_only_its_samples_and_their_labels() -> None:
    result = apply_task(DIGITS, "pair:8-3")
    assert result.y_train.tolist() == [3, 8, 3, 8] and result.y_test.tolist() == [3, 8]
    assert result.X_train[:, 0].tolist() == [3, 8, 13, 18]
    assert result.X_test[:, 0].tolist() == [103, 108]


def test_labels_may_be_strings_with_hyphens() -> None:
    flowers = dataset(FLOWERS * 2, FLOWERS)
    pair = apply_task(flowers, "pair:iris-setosa-iris-virginica")
    assert pair.y_test.tolist() == FLOWERS[:2]
    assert apply_task(flowers, "in:rose").y_test.tolist() == [0, 0, 1]


@pytest.mark.parametrize("labels", [[0, 1], ["no", "yes"], [-1, 1], [False, True]])
def test_two_labels_need_no_task(labels: list[Any]) -> None:
    two = dataset(labels * 3, labels)
    assert apply_task(two, None) is two


@pytest.mark.parametrize("task", ["", "5", "ge", "geX", "ge1.5", "even", "pair", "GE5", "mod:3"])
def test_an_unknown_task_lists_those_there_are(task: str) -> None:
    with pytest.raises(ConfigError, match=r"unknown task .*; there are ge5 .* odd .* pair:3-8 "):
        apply_task(DIGITS, task)


@pytest.mark.parametrize("task", ["pair:", "pair:3", "pair:3-3"])
def test_a_pair_needs_two_labels(task: str) -> None:
    with pytest.raises(ConfigError, match="two labels"):
        apply_task(DIGITS, task)


@pytest.mark.parametrize(
    ("data", "task", "message"),
    [
        (dataset([1, 1], [1]), None, "mine: there is one class only, 1 to train on"),
        (dataset([], []), None, "mine: there are no samples to train on"),
        (DIGITS, "pair:3-11", "there is no label '11'; there are 0, 1, 2"),
        (DIGITS, "in:0,x", "there is no label 'x'; there are 0, 1"),
        (DIGITS, "in:", "there is no label ''; there are"),
        (DIGITS, "ge0", "task 'ge0' on mine: there is one class only, 1 to train on"),
        (DIGITS, "ge10", "there is one class only, 0 to train on"),
        (DIGITS, "in:0,1,2,3,4,5,6,7,8,9", "one class only, 1"),
        (dataset([0, 0], [0, 1]), None, "mine: there is one class only, 0 to train on"),
        (dataset([2], [3, 8]), "pair:3-8", "there are no samples to train on"),
        (dataset([3, 8], [2]), "pair:3-8", "there are no samples to test with"),
        (dataset(FLOWERS, FLOWERS), "odd", "task odd needs numbers for labels, here they are iris"),
        (dataset(FLOWERS, FLOWERS), "ge5", "task ge5 needs numbers for labels"),
        (dataset([False, True], [True]), "odd", "needs numbers for labels"),
    ],
)
def test_labels_that_do_not_make_two_classes_are_refused(
    data: Dataset, task: str | None, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        apply_task(data, task)


def test_labels_stay_as_they_are_without_a_task() -> None:
    assert apply_task(DIGITS, None) is DIGITS


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (list(range(10)), r"mine has 10 label\(s\), 0, 1, .*; choose a task: ge5.*lutgen boost"),
        ([1], r"mine has 1 label\(s\), 1, where two"),
        (list(range(50)), r"has 50 label\(s\), 0, 1, .* 11, …, where two"),
    ],
)
def test_a_learner_of_two_classes_asks_for_a_task(labels: list[Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        require_two_classes(dataset(labels, labels))
    require_two_classes(dataset([3, 4], [3, 3]))

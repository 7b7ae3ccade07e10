from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lutgen.datasets.labels import match_labels, parse_labels
from lutgen.model.head import canonical_label


@pytest.mark.parametrize(
    ("texts", "labels"),
    [
        (["1", "1.0", "2"], [1, 1, 2]),
        (["+1", "-0", "1e2", "3."], [1, 0, 100, 3]),
        (["0.5", "1", ".5"], [0.5, 1.0, 0.5]),
        (["10", "9"], [10, 9]),
        (["01", "2"], ["01", "2"]),
        (["0", "00"], ["0", "00"]),
        (["true", "False", "TRUE"], [True, False, True]),
        (["true", "1"], ["True", "1"]),
        (["true", "True", "maybe"], ["True", "True", "maybe"]),
        (["1", "x"], ["1", "x"]),
        (["1_0", "2"], ["1_0", "2"]),
        (["inf", "1"], ["inf", "1"]),
        (["1e999", "1"], ["1e999", "1"]),
        (["9007199254740993", "9007199254740992"], [9007199254740993, 9007199254740992]),
        (["99999999999999999999", "1"], ["99999999999999999999", "1"]),
    ],
)
def test_labels_are_what_all_of_them_are(texts: list[str], labels: list[Any]) -> None:
    found = parse_labels(texts).tolist()
    assert found == labels and list(map(type, found)) == list(map(type, labels))


@pytest.mark.parametrize(
    ("labels", "classes", "numbers"),
    [
        ([0.0, 1.0, 2.0], [0, 1], [0, 1, -1]),
        ([0, 1], ["0", "1", "X"], [0, 1]),
        ([1.5, 1], ["1.5", "1.0"], [0, 1]),
        ([1], ["1", "1.0"], [0]),
        (["01", "1"], [1, 2], [-1, 0]),
        ([1], ["01", "2"], [-1]),
        ([True, False], [0, 1], [-1, -1]),
        ([1, 0], [False, True], [-1, -1]),
        ([True, False], ["False", "True", "maybe"], [1, 0]),
        (["true", "maybe"], [False, True], [1, -1]),
        (["a", "b"], ["b", "a"], [1, 0]),
        ([], [0, 1], []),
    ],
)
def test_labels_are_matched_by_what_they_mean(
    labels: list[Any], classes: list[Any], numbers: list[int]
) -> None:
    assert match_labels(np.array(labels), np.array(classes)).tolist() == numbers


@given(st.lists(st.sampled_from(["0", "1", "1.0", "01", "true", "True", "b", "2.5"]), min_size=1))
def test_labels_of_one_table_match_its_own_classes(texts: list[str]) -> None:
    labels = parse_labels(texts)
    classes = np.unique(labels)
    assert len({canonical_label(label) for label in classes.tolist()}) == classes.size
    assert np.array_equal(classes[match_labels(labels, classes)], labels)

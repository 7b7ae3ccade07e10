import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lutgen.datasets.split import split_rows
from lutgen.errors import ConfigError, DataError

LABELS = np.array([0] * 60 + [1] * 30 + [2] * 10)


@given(
    st.lists(st.sampled_from("abc"), min_size=8, max_size=80),
    st.floats(0.2, 0.8),
    st.one_of(st.none(), st.integers(0, 2**40)),
    st.booleans(),
)
def test_both_parts_ascend_and_hold_every_row_once(
    labels: list[str], share: float, seed: int | None, stratified: bool
) -> None:
    kept, aside = split_rows(labels, share, seed, stratified=stratified)
    assert sorted([*kept, *aside]) == list(range(len(labels)))
    assert (np.diff(kept) > 0).all() and (np.diff(aside) > 0).all()
    again = split_rows(labels, share, seed, stratified=stratified)
    assert np.array_equal(again[1], aside)
    if seed is not None and stratified:
        assert {labels[i] for i in kept} == set(labels)


def test_each_class_gives_its_share() -> None:
    for share in (0.2, 20):
        _, aside = split_rows(LABELS, share, 5)
        assert np.bincount(LABELS[aside]).tolist() == [12, 6, 2]


def test_without_a_seed_the_last_rows_are_set_aside() -> None:
    assert split_rows(LABELS, 7, None)[1].tolist() == list(range(93, 100))
    assert split_rows(LABELS, 0.25, None)[1].tolist() == list(range(75, 100))


def test_an_unstratified_draw_has_the_size_asked_for_and_depends_on_the_seed() -> None:
    draws = [split_rows(LABELS, 33, seed, stratified=False)[1] for seed in range(4)]
    assert {rows.size for rows in draws} == {33}
    assert len({rows.tobytes() for rows in draws}) == 4


@pytest.mark.parametrize(
    ("share", "seed", "message"),
    [
        (-0.1, 0, "a share below 1 or a whole number, got -0.1"),
        (2.5, 0, "a share below 1 or a whole number, got 2.5"),
        (float("nan"), 0, "a share below 1 or a whole number, got nan"),
        (0.1, -1, "must not be negative, got -1"),
    ],
)
def test_shares_and_seeds_that_make_no_sense_are_refused(
    share: float, seed: int, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        split_rows(LABELS, share, seed)


@pytest.mark.parametrize(
    ("labels", "share", "seed", "message"),
    [
        ([0, 1], 0.4, 0, "2 samples are too few to set 40 % of each class aside"),
        ([0, 1], 2, None, "2 samples are too few to set 2 rows aside"),
        ([0, 1], 3, None, "2 samples are too few to set 3 rows aside"),
        ([], 0.5, 0, "0 samples are too few"),
    ],
)
def test_too_few_rows_are_refused(
    labels: list[int], share: float, seed: int | None, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        split_rows(labels, share, seed)

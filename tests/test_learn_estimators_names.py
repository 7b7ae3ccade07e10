"""Names of features, from data frames into estimators and their models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lutgen.errors import ConfigError, DataError
from lutgen.learn.estimators.boosting import BoostedLutClassifier
from lutgen.learn.estimators.memorization import MemorizationClassifier

pa = pytest.importorskip("pyarrow", reason="its tables are the data frames here")


class Frame(dict[str, np.ndarray]):
    """As much of a data frame of pandas as the model asks for."""

    @property
    def columns(self) -> list[str]:
        return list(self)

    def __getitem__(self, names: Any) -> Any:
        return Frame({name: self.get(name) for name in names})

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.column_stack(list(self.values()))


RNG = np.random.default_rng(0)
A, B = RNG.integers(0, 100, (2, 60))
Y = (A >= 50).astype(int)


@pytest.mark.parametrize(
    "estimator",
    [
        MemorizationClassifier(k=2, widths=(8,), random_state=0),
        BoostedLutClassifier(k=2, luts_per_class=3, random_wires=2, random_state=0),
    ],
)
def test_names_go_into_the_model_and_a_permutation_is_refused_or_undone(estimator: Any) -> None:
    estimator.fit(pa.table({"a": A, "b": B}), Y)
    assert estimator.feature_names_in_.tolist() == ["a", "b"]
    network = estimator.network_
    assert network.feature_names == ("a", "b")
    expected = network.predict(np.column_stack([A, B]))
    assert np.array_equal(network.predict(Frame(b=B, a=A)), expected)
    table = pa.table({"b": B, "other": A, "a": A})
    assert np.array_equal(network.predict(table), expected)
    with pytest.raises(DataError, match="1 of the 2 features are not among the columns: a; found"):
        network.predict(Frame(b=B, c=A))
    with pytest.raises(ValueError, match="feature names should match"):
        estimator.predict(pa.table({"b": B, "a": A}))
    estimator.fit(np.column_stack([A, B]), Y)
    assert not hasattr(estimator, "feature_names_in_") and estimator.network_.feature_names == ()


def test_a_warm_start_goes_on_with_the_same_names() -> None:
    estimator = BoostedLutClassifier(
        k=2, luts_per_class=3, random_wires=2, random_state=0, warm_start=True
    )
    estimator.fit(pa.table({"a": A, "b": B}), Y)
    with pytest.raises(ConfigError, match="warm_start: the network's features have other names"):
        estimator.fit(pa.table({"b": B, "a": A}), Y)

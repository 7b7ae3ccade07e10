"""Learning on a Dask cluster is learning: the same network, whatever happens to the workers."""

import contextlib
import os
import re
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from needed import need_module

from lutgen.errors import ConfigError, DataError, ToolError
from lutgen.jobs import larger
from lutgen.learn.boost import BoostParameters
from lutgen.learn.estimators.boosting import BoostedLutClassifier as Local
from lutgen.learn.estimators.memorization import MemorizationClassifier as LocalMemorization
from lutgen.learn.estimators.regression import BoostedLutRegressor as LocalRegressor

need_module("distributed", "dask[array,dataframe,distributed]")

import dask.array as da
import dask.dataframe as dd
import dask.distributed
import pandas as pd
from dask.distributed import Client, LocalCluster
from distributed.protocol import deserialize, serialize

from lutgen.dask import BoostedLutClassifier, BoostedLutRegressor, MemorizationClassifier, train
from lutgen.encode.encoder import fit_encoder
from lutgen.learn.boost.losses import Softmax
from lutgen.learn.boost.part import Begin, Close, Layout, Part, Team
from lutgen.learn.executor import Serial
from lutgen.learn.labelled import Labelled, SampleSet
from lutgen.learn.parts import Here
from lutgen.model import LutNetwork, Source

N = 2600
CHUNKS = (700, 0, 37, 963, 1, 300, 99, 100, 200, 200)  # more than one task adds up


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    own = LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0")
    yield own
    with contextlib.suppress(KeyError):  # its list of workers, if one was killed; all have ended
        own.close()


@pytest.fixture(scope="module")
def client(cluster: LocalCluster) -> Iterator[Client]:
    with Client(cluster) as own:
        yield own


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    """Samples of three classes; the first chunk has none of class 2."""
    random = np.random.default_rng(0)
    X = random.normal(size=(N, 6))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    y[700:] += (X[700:, 2] > 1) & (y[700:] == 1)
    return X, y


def parted(values: np.ndarray, chunks: tuple[int, ...] = CHUNKS) -> Any:
    return da.from_array(values, chunks=(chunks, *values.shape[1:]))


def assert_same(one: Any, other: Any) -> None:
    """The same function, care masks, gains and history."""
    a, b = one.network_, other.network_
    assert a.digest == b.digest and a.provenance == b.provenance
    assert a.seen.tobytes() == b.seen.tobytes() and a.tied.tobytes() == b.tied.tobytes()


TOLD: dict[str, Any] = {
    "luts_per_class": 3,
    "criterion": "absolute",
    "refits": 0,
    "random_state": 3,
}


def test_any_number_of_workers_learns_the_local_network(
    cluster: LocalCluster, client: Client, rows: tuple[np.ndarray, np.ndarray]
) -> None:
    X, y = rows
    local = Local(**TOLD).fit(X, y)
    for n_workers in (1, 2, 4):
        cluster.scale(n_workers)
        client.wait_for_workers(n_workers)
        model = BoostedLutClassifier(**TOLD).fit(parted(X), parted(y))
        assert_same(model, local)
    cluster.scale(2)
    assert (model.predict(parted(X)).compute() == local.predict(X)).all()
    shares = model.predict_proba(parted(X))
    assert shares.shape == (N, 3)
    np.testing.assert_array_equal(shares.compute(), local.predict_proba(X))


def test_a_worker_that_is_killed_does_not_show(
    client: Client, rows: tuple[np.ndarray, np.ndarray]
) -> None:
    X, y = rows
    told = TOLD | {"layers": 2, "luts_per_class": 4}
    killed = []

    def kill(now: Any) -> None:
        if now.n_done == 9:  # in the second layer: votes and new signals are lost
            killed.append(next(iter(client.run(os.getpid).values())))
            os.kill(killed[0], signal.SIGKILL)

    model = BoostedLutClassifier(**told).fit(parted(X), parted(y), progress=kill)
    assert killed
    assert_same(model, Local(**told).fit(X, y))


def test_a_part_that_is_behind_is_told_everything(rows: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = rows
    encoder = fit_encoder("auto", X)
    labelled = Labelled(encoder.encode(X), y)
    samples = SampleSet.here(labelled)
    layout = Layout(np.arange(encoder.n_bits)[None, :], samples.weighing(), 1, "reference")
    fresh = layout.make(labelled, 0, N)
    assert not fresh.catch_up(1, [], Serial())
    parts = Here([fresh])
    team = Team(parts)
    team.tell(Begin(Softmax(3, 1.0)))
    sizes = team.ask(Part.sizes, Serial()).tolist()
    team.tell(Close([]))
    parts.items[0] = layout.make(labelled, 0, N)  # as where a worker was lost
    assert team.ask(Part.sizes, Serial()).tolist() == sizes
    sent = deserialize(*serialize(fresh))  # to another worker, or to the disk
    assert (fresh.n_seen, sent.n_seen) == (1, 0)
    parts.items[0] = sent
    assert team.ask(Part.sizes, Serial()).tolist() == sizes


def test_two_fits_at_once(
    cluster: LocalCluster, client: Client, rows: tuple[np.ndarray, np.ndarray]
) -> None:
    X, y = rows

    def fit(seed: int) -> Any:
        with Client(cluster, set_as_default=False) as own:
            model = BoostedLutClassifier(**TOLD | {"random_state": seed})
            model.client = own
            return model.fit(parted(X, (1300, 1300)), parted(y, (1300, 1300)))

    with ThreadPoolExecutor(2) as threads:
        for seed, model in zip((5, 6), threads.map(fit, (5, 6)), strict=True):
            assert_same(model, Local(**TOLD | {"random_state": seed}).fit(X, y))


def test_frames_with_weights_and_samples_to_watch(
    client: Client, rows: tuple[np.ndarray, np.ndarray]
) -> None:
    X, y = rows
    frame = pd.DataFrame(X, columns=[f"f{i}" for i in range(6)])
    frame.iloc[5:900:7, 2] = np.nan
    frame["label"] = np.array(["no", "yes", "very"])[y]
    frame["weight"] = 1.0 + np.arange(N) % 3
    told = {"luts_per_class": 4, "leaf_bits": 2, "encoder": "gain:25", "missing": "bit",
            "patience": 2, "random_state": 1}  # fmt: skip
    parts = dd.from_pandas(frame, npartitions=3)
    model = BoostedLutClassifier(**told, class_weight="balanced").fit(
        parts[[f"f{i}" for i in range(6)]], parts["label"], parts["weight"]
    )
    features = frame[[f"f{i}" for i in range(6)]]
    local = Local(**told, class_weight="balanced").fit(features, frame["label"], frame["weight"])
    assert_same(model, local)
    assert model.network_.feature_names == tuple(features.columns)
    answers = model.predict(parts[list(features.columns)]).compute()
    assert (answers.to_numpy() == local.predict(features)).all()
    watched = parted(X[:500], (500,)), parted(y[:500], (500,))
    network = train(
        None, {"luts_per_class": 3, "patience": 1, "criterion": "newton"},
        parted(X), parted(y), eval_set=[watched],
    )  # fmt: skip
    assert network.provenance.n_samples == N
    assert network.provenance.validation_accuracy == pytest.approx(
        (network.predict(X[:500]) == y[:500]).mean()
    )


def test_numbers(client: Client, rows: tuple[np.ndarray, np.ndarray]) -> None:
    X, _ = rows
    y = np.column_stack([X[:, 0] * 3, np.exp(X[:, 1])])
    told: dict[str, Any] = {"luts_per_output": 2, "refits": 0, "random_state": 4}
    both = BoostedLutRegressor(**told).fit(parted(X), parted(y))
    local = LocalRegressor(**told).fit(X, y)
    assert_same(both, local)
    np.testing.assert_array_equal(both.predict(parted(X)).compute(), local.predict(X))
    told |= {"loss": "quantile", "quantile": 0.3, "encoder": "thermometer:4:gain"}
    one = BoostedLutRegressor(**told).fit(parted(X, (N,)), parted(y[:, 0], (N,)))
    assert_same(one, LocalRegressor(**told).fit(X, y[:, 0]))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_memorization(client: Client, rows: tuple[np.ndarray, np.ndarray], n_classes: int) -> None:
    X, y = rows[0], np.minimum(rows[1], n_classes - 1)
    told: dict[str, Any] = {"k": 4, "widths": (12, 7), "code": "code:3", "random_state": 3}
    chunks = (700, 0, N - 700)
    model = MemorizationClassifier(**told).fit(parted(X, chunks), parted(y, chunks))
    local = LocalMemorization(**told).fit(X, y)
    assert_same(model, local)
    np.testing.assert_array_equal(model.margins_, local.margins_)
    assert (model.predict(parted(X)).compute() == local.predict(X)).all()
    with pytest.raises(ConfigError, match="takes neither sample_weight nor eval_set"):
        model.fit(parted(X), parted(y), parted(X[:, 0]))


def test_files_that_workers_read(
    cluster: LocalCluster, rows: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    X, y = rows
    table = np.column_stack([X, y])
    for part, (first, end) in enumerate([(0, 700), (700, 701), (701, N)]):
        np.save(tmp_path / f"part{part}.npy", table[first:end])
    np.save(tmp_path / "whole.npy", table)
    told = BoostParameters(luts_per_class=3, criterion="absolute", refits=0, seed=3)
    found = larger.boost(
        Source(str(tmp_path / "part*.npy")), told, scheduler=cluster.scheduler_address
    )
    whole = larger.boost(Source(str(tmp_path / "whole.npy")), told, memory="1GB")
    assert found.digest == whole.digest and found.provenance.history == whole.provenance.history
    assert found.provenance.test_accuracy == whole.provenance.test_accuracy
    with pytest.raises(ToolError, match=r"there is no Dask scheduler at tcp://127\.0\.0\.1:1 "):
        larger.boost(Source(str(tmp_path / "part*.npy")), told, scheduler="tcp://127.0.0.1:1")


def test_what_the_page_shows_runs(
    cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = (Path(__file__).parents[1] / "docs" / "scale.md").read_text(encoding="utf-8")
    [block] = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(dask.distributed, "LocalCluster", lambda **told: nullcontext(cluster))
    exec(block, {"__name__": "__main__"})
    assert LutNetwork.load(Path("model.npz")).n_luts == 4


def test_what_cannot_be_learnt_is_said(client: Client, rows: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = rows
    model = BoostedLutClassifier(**TOLD)
    with pytest.raises(DataError, match="X must be a dask array or dataframe, got ndarray"):
        model.fit(X, parted(y))
    with pytest.raises(DataError, match="X has 2600 rows, but 2599 labels"):
        model.fit(parted(X), parted(y[:-1], (2599,)))
    unknown = parted(X)[da.from_array(np.arange(N) < 2000, chunks=(CHUNKS,))]
    with pytest.raises(DataError, match=r"part \d .*: \d+ rows of samples, but \d+ labels"):
        model.fit(unknown, parted(y))
    frame = dd.from_pandas(pd.DataFrame(X), npartitions=2)
    with pytest.raises(DataError, match="X has 2 partitions, y has 10"):
        model.fit(frame, parted(y))
    bad = X.copy()
    bad[740, 3] = np.nan
    with pytest.raises(DataError, match=r"part 3 .*: row 3, column 3 of the samples is nan"):
        model.fit(parted(bad), parted(y))
    with pytest.raises(DataError, match="the label 7, which no training sample has"):
        model.fit(parted(X), parted(y), eval_set=(parted(X), parted(np.full(N, 7))))
    with pytest.raises(DataError, match="all samples are of one class, 0"):
        model.fit(parted(X), parted(0 * y))
    with pytest.raises(DataError, match="labels are whole numbers or texts"):
        model.fit(parted(X), parted(y + 0.5))
    with pytest.raises(ConfigError, match="warm_start is for the estimator of one machine"):
        BoostedLutClassifier(warm_start=True).fit(parted(X), parted(y))
    for told in ({"window": "2:lags"}, {"monotonic_cst": {0: 1}}):
        with pytest.raises(ConfigError, match="is for the estimator of one machine"):
            BoostedLutClassifier(**told).fit(parted(X), parted(y))
    with pytest.raises(ConfigError, match="params: depth is no parameter of learning classes"):
        train(client, {"depth": 3}, parted(X), parted(y))
    with pytest.raises(DataError, match="X has 5 columns, the network was learnt from 6"):
        fitted = BoostedLutClassifier(**TOLD).fit(parted(X[:700], (700,)), parted(y[:700], (700,)))
        fitted.predict(parted(X[:, :5]))


def test_without_a_client() -> None:
    from lutgen.dask.cluster import client_of

    with pytest.raises(ConfigError, match="there is no Dask client: make one before"), \
            pytest.MonkeyPatch.context() as patch:  # fmt: skip
        patch.setattr("lutgen.dask.cluster.get_client", _no_client)
        client_of(None)


def _no_client() -> None:
    raise ValueError("No global client found")

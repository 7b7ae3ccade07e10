"""The booster: what it learns, that threads and backends do not matter, and its faults."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from lutgen.bits import Bits
from lutgen.encode.encoder import Encoder, fit_encoder
from lutgen.errors import ConfigError, DataError
from lutgen.learn.boost import BoostParameters, BoostProgress, Interrupted, boost
from lutgen.model.network import LutNetwork

SMALL = BoostParameters(
    k=4, luts_per_class=4, search_samples=300, random_wires=1, sweeps=1, criterion="absolute"
)
NEWTON = replace(SMALL, criterion="newton")
SEVERAL_BITS = {
    2: replace(NEWTON, leaf_bits=2),
    3: replace(NEWTON, leaf_bits=3, max_weight=8, min_entry_weight=1.0),
}

X, Y = load_digits(return_X_y=True)
ENCODER = fit_encoder("thresholds:4,10", X)
TRAIN, TEST = np.arange(0, 1797, 2), np.arange(1, 1797, 2)


def learn(
    parameters: BoostParameters, n_classes: int = 10, rows: NDArray[Any] = TRAIN, **options: Any
) -> LutNetwork:
    numbers = Y[rows] * n_classes // 10
    options.setdefault("classes", np.arange(n_classes))
    return boost(ENCODER.encode(X[rows]), numbers, parameters, encoder=ENCODER, **options)


def accuracy(network: LutNetwork, n_classes: int = 10) -> float:
    found = network.class_numbers(ENCODER.encode(X[TEST]))
    return float((found == Y[TEST] * n_classes // 10).mean())


FEW_WIRES = replace(NEWTON, wire_fraction=0.3, random_wires=0)


@pytest.mark.parametrize(
    "parameters",
    [
        SMALL,
        NEWTON,
        FEW_WIRES,
        *SEVERAL_BITS.values(),
        replace(SMALL, patch=5),
        replace(NEWTON, patch=3),
        replace(SMALL, views_a_round=2),
        replace(SMALL, patch=5, views_a_round=2),
    ],
    ids=[
        "absolute",
        "newton",
        "few wires",
        "2",
        "3",
        "patch",
        "newton-patch",
        "views",
        "patch-views",
    ],
)
@pytest.mark.parametrize(("n_classes", "layers"), [(2, 1), (3, 1), (3, 2), (10, 1)])
def test_backends_and_threads_give_the_same_network(
    n_classes: int, layers: int, parameters: BoostParameters
) -> None:
    layers = 1 if parameters.patch else layers
    views = {"shift": 1, "warp": float(n_classes == 10), "mirror": n_classes == 3}
    parameters = replace(parameters, layers=layers, **views)
    networks = [
        learn(parameters, n_classes, TRAIN[:200], feature_shape=(8, 8), **options)
        for options in ({"backend": "reference"}, {"n_threads": 1}, {"n_threads": 5})
    ]
    assert len({network.digest for network in networks}) == 1
    for network in networks[1:]:
        np.testing.assert_array_equal(network.seen, networks[0].seen)
        np.testing.assert_array_equal(network.tied, networks[0].tied)
        assert network.provenance == networks[0].provenance


def test_the_seed_matters() -> None:
    digests = {learn(replace(SMALL, seed=seed), rows=TRAIN[:200]).digest for seed in (0, 1)}
    assert len(digests) == 2


def test_wires_are_searched_among_some_of_the_signals() -> None:
    whole = replace(NEWTON, random_wires=0, refits=0, luts_per_class=6)
    used = [np.unique(learn(p).wires).size for p in (whole, replace(whole, wire_fraction=0.2))]
    assert used[1] > used[0]  # what is best of all is not always there
    # where no more than k are left, those are the wires, whatever they gain
    least = replace(whole, wire_fraction=0.001, luts_per_class=1)
    drawn = [learn(replace(least, seed=seed)).lut_wires(0).tolist() for seed in (0, 1)]
    assert drawn[0] != drawn[1]
    with pytest.raises(ConfigError, match="wire_fraction goes with criterion newton alone"):
        replace(SMALL, wire_fraction=0.5)
    with pytest.raises(ConfigError, match="wire_fraction must be"):
        replace(NEWTON, wire_fraction=0.0)
    auto = learn(replace(whole, criterion="auto", wire_fraction=0.5, luts_per_class=1))
    assert auto.provenance.criterion_chosen.startswith("newton: wires are searched among some")


def test_digits() -> None:
    seen: list[BoostProgress] = []
    validation = ENCODER.encode(X[TEST]), Y[TEST]
    parameters = BoostParameters(luts_per_class=30, search_samples=2000, criterion="absolute")
    network = learn(parameters, validation=validation, progress=seen.append)
    assert network.n_luts == 300
    assert network.head.weights.sum(axis=1).tolist() == [30] * 10
    assert accuracy(network) > 0.94
    # what was reported on the way is what the network does
    assert network.provenance.validation_accuracy == pytest.approx(accuracy(network))
    assert network.provenance.train_accuracy == pytest.approx(
        (network.class_numbers(ENCODER.encode(X[TRAIN])) == Y[TRAIN]).mean()
    )
    assert (seen[0].n_done, seen[-1].n_done, seen[-1].n_total) == (10, 600, 600)
    assert seen[-1].validation_accuracy == network.provenance.validation_accuracy


@pytest.mark.parametrize("n_classes", [2, 10])
def test_layers_read_those_below(n_classes: int) -> None:
    validation = ENCODER.encode(X[TEST]), Y[TEST] * n_classes // 10
    parameters = replace(SMALL, luts_per_class=11, layers=3, search_samples=1000, shift=1)
    network = learn(parameters, n_classes, validation=validation, feature_shape=(8, 8))
    n_groups = 1 if n_classes == 2 else 10
    sizes = np.diff(np.searchsorted(network.layer, [1, 2, 3, 4]))
    assert sizes.tolist() == [3 * n_groups, 4 * n_groups, 4 * n_groups]
    reads_luts = [
        (network.lut_wires(lut) >= network.n_inputs).any() for lut in range(network.n_luts)
    ]
    assert not any(reads_luts[: sizes[0]])
    assert any(reads_luts[sizes[0] : -sizes[2]]) and any(reads_luts[-sizes[2] :])
    assert network.head.weights.sum(axis=1).tolist() == ([0, 11] if n_classes == 2 else [11] * 10)
    assert network.provenance.validation_accuracy == pytest.approx(accuracy(network, n_classes))
    with pytest.raises(ConfigError, match="goes on in one layer"):
        learn(parameters, n_classes, start=network, feature_shape=(8, 8))


def test_refits_make_the_network_fit_better() -> None:
    parameters = replace(SMALL, luts_per_class=5, temperature=2, search_samples=1000, sweeps=2)
    grown, refitted = (
        np.mean([
            learn(replace(parameters, refits=refits, seed=seed)).provenance.train_accuracy
            for seed in range(3)
        ])
        for refits in (0, 2)
    )  # fmt: skip
    assert refitted > grown + 0.005


@pytest.mark.parametrize("luts_per_class", [10, 11])
def test_two_classes_are_one_group_and_a_threshold(luts_per_class: int) -> None:
    network = learn(replace(SMALL, k=6, luts_per_class=luts_per_class, search_samples=1000), 2)
    assert network.n_luts == luts_per_class
    assert network.head.weights.tolist() == [[0] * luts_per_class, [1] * luts_per_class]
    assert network.head.bias.tolist() == [luts_per_class // 2, 0]
    assert accuracy(network, 2) > 0.88
    found = network.class_numbers(ENCODER.encode(X[TRAIN])) == Y[TRAIN] // 5
    assert network.provenance.train_accuracy == pytest.approx(found.mean())


def test_wires_of_a_table_tell_signal_from_noise() -> None:
    random = np.random.default_rng(0)
    dense = random.integers(0, 2, (3000, 60))
    labels = dense[:, 7] ^ (dense[:, 20] & dense[:, 33])
    encoder = fit_encoder("binary", dense)
    network = boost(
        encoder.encode(dense), labels, BoostParameters(k=3, luts_per_class=1, random_wires=0),
        encoder=encoder, classes=np.array([0, 1]),
    )  # fmt: skip
    assert sorted(network.lut_wires(0).tolist()) == [7, 20, 33]
    assert network.provenance.train_accuracy == 1


@pytest.mark.parametrize("order", [2, 3])
def test_interactions_find_what_no_signal_shows_alone(order: int) -> None:
    random = np.random.default_rng(1)
    dense = random.integers(0, 2, (3000, 100))
    labels = np.bitwise_xor.reduce(dense[:, [7, 51, 90][:order]], axis=1)
    encoder = fit_encoder("binary", dense)

    def train_accuracy(interactions: int) -> float:
        parameters = BoostParameters(k=4, luts_per_class=1, interactions=interactions)
        network = boost(
            encoder.encode(dense), labels, parameters, encoder=encoder, classes=np.array([0, 1])
        )
        return float(network.provenance.train_accuracy)

    assert train_accuracy(order) == 1
    assert train_accuracy(0) < 0.7


def test_weights_count_as_repetitions_do() -> None:
    encoder = fit_encoder("binary", np.array([[0, 0], [1, 1]]))
    bits = encoder.encode(np.array([[0, 0], [0, 0], [1, 1], [1, 1], [0, 1]]))
    labels = np.array([0, 1, 0, 1, 1])
    parameters = BoostParameters(k=2, luts_per_class=1, criterion="absolute")

    def table(weights: list[float]) -> NDArray[np.uint8]:
        network = boost(
            bits, labels, parameters, encoder=encoder, classes=np.array(["a", "b"]),
            sample_weight=weights,
        )  # fmt: skip
        address = sum(int(w) << j for j, w in enumerate(network.lut_wires(0)))
        assert address in (1 << 1, 1)
        values = network.lut_table(0)
        seen = np.unpackbits(network.seen.view(np.uint8), bitorder="little")[:4]
        return [*values[[0, 3]].tolist(), int(seen.sum())]

    assert table([1, 2, 3, 2, 1]) == [1, 0, 3]
    assert table([0.2, 0.1, 1e-9, 0.1, 0]) == [0, 1, 2]


def test_entries_are_marked_unseen_and_tied() -> None:
    encoder = fit_encoder("binary", np.array([[0, 0], [1, 1]]))
    bits = encoder.encode(np.array([[0, 0], [0, 0], [1, 1], [1, 0]]))
    network = boost(
        bits, np.array([0, 1, 1, 0]), replace(SMALL, k=2, luts_per_class=1, refits=0),
        encoder=encoder, classes=np.array([0, 1]),
    )  # fmt: skip
    wire = network.lut_wires(0).tolist()
    unseen = 1 << wire.index(1)
    assert int(network.seen[0]) == 0b1111 & ~(1 << unseen)
    assert int(network.tied[0]) == 0b0001


def test_going_on_with_a_network_refits_and_grows_it() -> None:
    first = learn(replace(SMALL, refits=0))
    second = learn(replace(SMALL, luts_per_class=6, refits=1), start=first)
    assert second.n_luts == 60
    assert second.provenance.train_accuracy > first.provenance.train_accuracy
    same = learn(replace(SMALL, refits=0), start=first)
    assert same.digest == first.digest
    np.testing.assert_array_equal(same.tied, first.tied)
    again = learn(replace(SMALL, luts_per_class=1, refits=0), 2, start=learn(SMALL, 2))
    assert again.n_luts == 4


@pytest.mark.parametrize("parameters", [NEWTON, *SEVERAL_BITS.values()])
@pytest.mark.parametrize("n_classes", [2, 10])
def test_going_on_finds_what_there_was(parameters: BoostParameters, n_classes: int) -> None:
    """Levels, weights and the start of the scores, out of the network alone."""
    first = learn(replace(parameters, refits=0), n_classes)
    same = learn(replace(parameters, refits=0), n_classes, start=first)
    assert same.digest == first.digest
    grown = learn(replace(parameters, luts_per_class=6), n_classes, start=first)
    straight = learn(replace(parameters, luts_per_class=6), n_classes)
    assert grown.n_luts == straight.n_luts > first.n_luts
    assert grown.provenance.train_accuracy > first.provenance.train_accuracy
    auto = learn(replace(parameters, criterion="auto", refits=0), n_classes, start=first)
    assert auto.digest == first.digest


@pytest.mark.parametrize("parameters", [NEWTON, *SEVERAL_BITS.values()])
@pytest.mark.parametrize("n_classes", [2, 10])
def test_what_newton_learns_is_what_the_network_does(
    parameters: BoostParameters, n_classes: int
) -> None:
    parameters = replace(parameters, luts_per_class=15, search_samples=0)
    validation = ENCODER.encode(X[TEST]), Y[TEST] * n_classes // 10
    network = learn(parameters, n_classes, validation=validation)
    known = network.provenance
    right = network.class_numbers(ENCODER.encode(X[TRAIN])) == Y[TRAIN] * n_classes // 10
    assert known.train_accuracy == pytest.approx(right.mean())
    assert known.validation_accuracy == pytest.approx(accuracy(network, n_classes))
    assert accuracy(network, n_classes) > 0.85
    groups = 1 if n_classes == 2 else 10
    assert network.n_luts == 15 * groups * parameters.leaf_bits
    wires = network.wires.reshape(15 * groups, parameters.leaf_bits, parameters.k)
    assert (wires == wires[:, :1]).all()
    weights = network.head.weights.sum(axis=0).reshape(-1, parameters.leaf_bits)
    assert (weights == weights[:, :1] << np.arange(parameters.leaf_bits)).all()


def test_the_scores_of_newton_begin_with_the_shares_of_the_classes() -> None:
    bits = Bits.from_dense(np.zeros((100, 8)))
    encoder = Encoder("binary", 8, np.arange(8, dtype=np.int32), np.full(8, 0.5))
    for labels in (np.repeat([0, 1], [10, 90]), np.repeat([0, 1, 2], [10, 70, 20])):
        n_classes = int(labels.max()) + 1
        network = boost(
            bits, labels, replace(NEWTON, temperature=20), encoder=encoder,
            classes=np.arange(n_classes),
        )  # fmt: skip
        assert (network.class_numbers(bits) == 1).all()


def test_auto_chooses_by_samples_held_out_and_says_why() -> None:
    heard: list[BoostProgress] = []
    network = learn(replace(SMALL, criterion="auto"), progress=heard.append)
    known = network.provenance
    assert known.parameters["criterion"] in ("absolute", "newton")
    assert known.criterion_chosen.startswith(known.parameters["criterion"] + ": of 534 samples")
    assert list(dict.fromkeys(now.trial for now in heard)) == ["newton", "absolute", ""]
    told = replace(SMALL, criterion=known.parameters["criterion"])
    assert learn(told).digest == network.digest and not learn(told).provenance.criterion_chosen
    watched = learn(replace(SMALL, criterion="auto"), validation=(ENCODER.encode(X[TEST]), Y[TEST]))
    assert f"of {len(TEST)} samples held out" in watched.provenance.criterion_chosen


def test_auto_with_weights_of_a_few_samples_alone() -> None:
    weights = np.zeros(len(TRAIN))
    weights[:40] = 1
    network = learn(replace(SMALL, criterion="auto"), 2, sample_weight=weights)
    assert network.provenance.criterion_chosen
    none = np.zeros(len(TRAIN))  # every fifth of its class: all that is held out, or none
    none[[np.flatnonzero(Y[TRAIN] >= 5)[4], np.flatnonzero(Y[TRAIN] < 5)[4]]] = 1
    assert learn(replace(SMALL, criterion="auto"), 2, sample_weight=none).n_luts == 4


@pytest.mark.parametrize("noise", [False, True])
def test_auto_takes_what_the_noise_asks_for(noise: bool) -> None:
    random = np.random.default_rng(3)
    dense = random.integers(0, 2, (2000, 40))
    score = dense[:, :9].sum(axis=1)
    labels = (score > 4).astype(np.int64)
    if noise:
        labels ^= random.random(2000) < 0.3
    encoder = fit_encoder("binary", dense)
    network = boost(
        encoder.encode(dense), labels, BoostParameters(luts_per_class=60), encoder=encoder,
        classes=np.arange(2),
    )  # fmt: skip
    criterion = network.provenance.parameters["criterion"]
    shares = dict(
        part.split() for part in network.provenance.criterion_chosen.split("right: ")[1].split(", ")
    )
    assert float(shares[criterion]) == max(map(float, shares.values()))
    if noise:
        assert criterion == "newton"


def test_a_network_that_cannot_be_gone_on_with() -> None:
    first = learn(replace(SMALL, refits=0))
    with pytest.raises(ConfigError, match="its LUTs have 4 inputs, k is 5"):
        learn(replace(SMALL, k=5), start=first)
    with pytest.raises(ConfigError, match="its classes are others"):
        learn(SMALL, 2, start=first)
    weights = first.head.weights.copy()
    weights[3, 0] = 1
    with pytest.raises(ConfigError, match="each vote for one class"):
        learn(SMALL, start=replace(first, head=replace(first.head, weights=weights)))


def test_patience_keeps_the_best() -> None:
    validation = ENCODER.encode(X[TEST]), Y[TEST]
    parameters = BoostParameters(
        luts_per_class=200,
        temperature=0.5,
        search_samples=500,
        patience=3,
        refits=1,
        criterion="absolute",
        refit_on_all=False,
    )
    network = learn(parameters, validation=validation)
    history = network.provenance.history
    assert network.n_luts < 2000
    assert accuracy(network) == max(row.validation_accuracy for row in history)
    with pytest.raises(ConfigError, match="patience needs validation samples"):
        learn(parameters)


def test_an_interrupt_while_all_samples_are_learnt_from_keeps_what_was_measured() -> None:
    n_calls = 0

    def interrupt(progress: BoostProgress) -> None:
        nonlocal n_calls
        n_calls += progress.validation_accuracy is None
        if n_calls == 3:
            raise KeyboardInterrupt

    parameters = replace(SMALL, patience=2, luts_per_class=9, layers=9)
    validation = ENCODER.encode(X[TEST]), Y[TEST]
    with pytest.raises(Interrupted) as stop:
        learn(parameters, validation=validation, progress=interrupt)
    network = stop.value.network
    assert network.provenance.interrupted and not network.provenance.growth_ended
    kept = learn(replace(parameters, refit_on_all=False), validation=validation)
    assert network.digest == kept.digest


@pytest.mark.parametrize("rounds", [3, 7])
def test_an_interrupt_keeps_what_there_is(rounds: int) -> None:
    def interrupt(progress: BoostProgress) -> None:
        if progress.n_done == 10 * rounds:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match="interrupted after") as stop:
        learn(SMALL, progress=interrupt)
    network = stop.value.network
    assert network.provenance.interrupted is True
    assert network.n_luts == 10 * min(rounds, SMALL.luts_per_class)
    found = network.class_numbers(ENCODER.encode(X[TRAIN])) == Y[TRAIN]
    assert network.provenance.train_accuracy == pytest.approx(found.mean())


def test_an_interrupt_before_the_first_round_passes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    from lutgen.learn.boost import kernels as boost_kernels

    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(boost_kernels, "search", interrupt)
    with pytest.raises(KeyboardInterrupt) as stop:
        learn(SMALL)
    assert type(stop.value) is KeyboardInterrupt


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 17}, "k must be 1 to 16, got 17"),
        ({"luts_per_class": 0}, "luts_per_class must be 1 to 32768, got 0"),
        ({"criterion": "gini"}, "criterion must be one of absolute, newton, auto, got gini"),
        ({"criterion": "absolute", "leaf_bits": 2}, "knows votes of one bit alone"),
        ({"leaf_bits": 4}, "leaf_bits must be 1 to 3, got 4"),
        ({"leaf_bits": 2, "max_weight": 3}, "max_weight must be a power of two, 1 to 64, got 3"),
        ({"max_weight": 2}, "max_weight needs leaf_bits of 2 or 3"),
        ({"search_samples": 3}, "search_samples must be 64 or more, or 0, got 3"),
        ({"l2_regularization": float("nan")}, "l2_regularization must be 0.001 to 1e"),
        ({"temperature": -1.0}, "temperature must be 0.1 to 10000, or 0, got -1"),
        ({"temperature": float("nan")}, "temperature must be"),
        ({"seed": -1, "sweeps": -1}, "sweeps must be 0 to 100, got -1; the seed must be"),
    ],
)
def test_parameters_out_of_range(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        BoostParameters(**options)


def learn_weighted(weights: Any, labels: Any = (0, 1, 0, 1), **options: Any) -> None:
    encoder = Encoder("binary", 3, np.arange(3, dtype=np.int32), np.full(3, 0.5))
    bits = Bits.from_dense(np.eye(4)[:, :3])
    options.setdefault("classes", np.array(["cat", "dog"]))
    boost(
        bits, np.array(labels), BoostParameters(k=2), encoder=encoder, sample_weight=weights,
        **options,
    )  # fmt: skip


def test_bad_samples() -> None:
    with pytest.raises(DataError, match=r"that of row 2 is nan, 1 such weight"):
        learn_weighted([1, 1, np.nan, 1])
    with pytest.raises(DataError, match=r"that of row 1 is -1"):
        learn_weighted([1, -1, 1, 1])
    with pytest.raises(DataError, match="class dog has no training samples, or all of weight zero"):
        learn_weighted([1, 0, 1, 0])
    with pytest.raises(DataError, match="class dog has no training samples"):
        learn_weighted(None, labels=[0, 0, 0, 0])
    with pytest.raises(DataError, match="sample weights of shape"):
        learn_weighted([1, 1])
    with pytest.raises(DataError, match="labels of shape"):
        learn_weighted(None, labels=[0, 1])
    with pytest.raises(DataError, match="class numbers must be 0 to 1, found 0 to 2"):
        learn_weighted(None, labels=[0, 1, 2, 1])
    with pytest.raises(DataError, match="all 4 training samples are of one class"):
        learn_weighted(None, labels=[0, 0, 0, 0], classes=np.array(["cat"]))
    with pytest.raises(DataError, match="3 input bits, LUTs of k=6 need at least 6"):
        boost(
            Bits.from_dense(np.eye(4)[:, :3]), np.array([0, 1, 0, 1]), BoostParameters(),
            encoder=Encoder("binary", 3, np.arange(3, dtype=np.int32), np.full(3, 0.5)),
            classes=np.arange(2),
        )  # fmt: skip


@pytest.mark.parametrize(("n_classes", "n_workers", "n_shared"), [(2, 3, 1), (3, 2, 1), (4, 3, 1)])
def test_a_lut_left_over_is_searched_by_all_workers(
    monkeypatch: pytest.MonkeyPatch, n_classes: int, n_workers: int, n_shared: int
) -> None:
    from lutgen.learn.boost import kernels, searching

    monkeypatch.setattr(searching, "_WORTH_SHARING", 0)
    alone = learn(replace(SMALL, luts_per_class=1, refits=0), n_classes, n_threads=1)
    workers: list[int] = []
    real = kernels.search

    def search(*arguments: Any) -> Any:
        workers.append(arguments[-1].n_workers)
        return real(*arguments)

    monkeypatch.setattr(kernels, "search", search)
    together = learn(replace(SMALL, luts_per_class=1, refits=0), n_classes, n_threads=n_workers)
    assert together.digest == alone.digest
    n_groups = 1 if n_classes == 2 else n_classes
    assert sorted(workers) == [1] * (n_groups - n_shared) + [n_workers] * n_shared


def test_luts_of_many_classes_are_searched_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    from lutgen.learn.boost import kernels, searching

    monkeypatch.setattr(searching, "_WORTH_SHARING", 0)
    monkeypatch.setattr(kernels, "search_together", None)
    learn(replace(SMALL, luts_per_class=1, refits=0), n_threads=16)
    learn(replace(SMALL, luts_per_class=1, refits=0), n_threads=5)

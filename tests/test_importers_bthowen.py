"""BTHOWeN's pickles: Bloom filters as LUTs, answers as its own, hostile pickles refused."""

from __future__ import annotations

import lzma
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from importing import damages, import_bytes, survives
from needed import need_folder

from lutgen.core import CoreConfig, make_core
from lutgen.errors import ModelError
from lutgen.importers import import_file
from lutgen.verify.prove import prove_steps

SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


class WiSARD:
    """What BTHOWeN pickles; the classes below are its parts."""


class Discriminator:
    pass


class BloomFilter:
    pass


def made(kind: type, **state: Any) -> Any:
    item = kind()
    item.__dict__.update(state)
    return item


def model(
    seed: int, n_bits: int = 11, n_own: int = 5, n_entries: int = 16, n_hashes: int = 2
) -> dict[str, Any]:
    """Return a random model of three classes."""
    rng = np.random.default_rng(seed)
    hashes = rng.integers(0, n_entries, (n_hashes, n_own))
    classes = [
        made(
            Discriminator,
            num_filters=-(-n_bits // n_own),
            filters=[
                made(
                    BloomFilter,
                    data=rng.integers(0, 5, n_entries),
                    bleach=np.array(rng.integers(1, 4)),
                    hash_values=hashes,
                )
                for _ in range(-(-n_bits // n_own))
            ],
        )
        for _ in range(3)
    ]
    whole = made(WiSARD, input_order=rng.permutation(n_bits), discriminators=classes)
    return {"info": {"hash_values": hashes, "num_classes": 3}, "model": whole}


def responses(told: dict[str, Any], x: np.ndarray) -> np.ndarray:
    """Evaluate one sample, filter and hash after the other."""
    hashes, whole = told["info"]["hash_values"], told["model"]
    n_own = hashes.shape[1]
    counts = np.zeros((len(x), len(whole.discriminators)), dtype=np.int64)
    for row, sample in enumerate(x):
        ordered = [*sample[whole.input_order], *[0] * (-len(sample) % n_own)]
        for label, own in enumerate(whole.discriminators):
            for number, item in enumerate(own.filters):
                part = ordered[number * n_own : (number + 1) * n_own]
                used = np.array(part, dtype=bool)
                least = min(item.data[np.bitwise_xor.reduce(h[used], initial=0)] for h in hashes)
                counts[row, label] += least >= item.bleach
    return counts


def packed(told: Any) -> bytes:
    return lzma.compress(pickle.dumps(told))


@settings(SHARED, max_examples=25)
@given(seed=st.integers(0, 1 << 30), n_own=st.sampled_from([3, 5, 9]))
def test_responses_are_those_of_the_filters(seed: int, n_own: int, tmp_path: Path) -> None:
    told = model(seed, n_own=n_own)
    x = np.random.default_rng(seed).integers(0, 2, (40, 11))
    network = import_bytes(tmp_path, packed(told)).network
    np.testing.assert_array_equal(network.margins(x), responses(told, x))


@pytest.mark.parametrize("name", ["ecoli", "iris", "wine"])
def test_files_of_bthowen_respond_as_they_do(name: str) -> None:
    folder = need_folder("fixtures", "bthowen")
    vectors = np.load(folder / f"{name}_vectors.npz")
    network = import_file(folder / f"{name}.pickle.lzma").network
    np.testing.assert_array_equal(network.margins(vectors["bits"]), vectors["responses"])


def test_larger_files_are_read_and_one_is_proved() -> None:
    folder = need_folder("fixtures", "bthowen")
    for name, n_bits in (("shuttle", 81), ("vehicle", 288)):
        assert import_file(folder / f"{name}.pickle.lzma").network.n_inputs == n_bits
    network = import_file(folder / "iris.pickle.lzma").network
    proofs = list(prove_steps(make_core(network, CoreConfig(chip="ice40"))))
    assert proofs and all(proof.record.proved for proof in proofs)


def test_wide_hashes_become_multiplexers(tmp_path: Path) -> None:
    told = model(2, n_own=18, n_bits=18, n_entries=1 << 17, n_hashes=1)
    for own in told["model"].discriminators:  # few of so many entries are reached
        own.filters[0].data[:] = np.arange(1 << 17) % 7 == 0
        own.filters[0].bleach = 1
    x = np.random.default_rng(0).integers(0, 2, (60, 18))
    network = import_bytes(tmp_path, packed(told)).network
    np.testing.assert_array_equal(network.margins(x), responses(told, x))


def test_thresholds_come_threshold_after_threshold(tmp_path: Path) -> None:
    told = model(4, n_bits=10)
    values = np.random.default_rng(1).normal(size=(40, 5))
    thresholds = np.random.default_rng(2).normal(size=(5, 2))
    bits = (values[:, None, :] >= thresholds.T).reshape(40, 10).astype(int)
    network = import_bytes(tmp_path, packed(told), thresholds=thresholds).network
    np.testing.assert_array_equal(network.margins(values), responses(told, bits))


class Evil:
    def __reduce__(self) -> Any:
        return os.system, ("touch /tmp/lutgen-was-here",)


def broken(**parts: Any) -> dict[str, Any]:
    told = model(1)
    for name, value in parts.items():
        if name in told["info"]:
            told["info"][name] = value
        else:
            setattr(told["model"], name, value)
    return told


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ({**model(1), "info": Evil()}, "system, which is no part of such a file; nothing was run"),
        ({"info": {}, "model": 3}, "a WiSARD was expected, found int"),
        ([1], "it holds no model of BTHOWeN"),
        (broken(input_order=np.zeros(11, int)), "input_order is no order"),
        (broken(hash_values=np.full((2, 5), 16)), "hash_values must lie in 0 to 15"),
        (broken(hash_values=np.zeros((2, 2), int)), "a class has 3 filters; its bits need 6"),
        (broken(discriminators=[]), "discriminators must be a list, and not empty"),
        (broken(input_order=np.zeros(11)), "input_order must be whole numbers of 1 dimension"),
    ],
)
def test_pickles_that_cannot_be_taken(tmp_path: Path, told: Any, fault: str) -> None:
    with pytest.raises(ModelError, match=fault):
        import_bytes(tmp_path, packed(told), format_="bthowen")
    assert not Path("/tmp/lutgen-was-here").exists()


def test_shared_tables_do_not_multiply(tmp_path: Path) -> None:
    told = model(1, n_bits=4000, n_own=4000, n_entries=1 << 15)
    told["info"]["hash_values"] = np.zeros((1, 1), int)
    for own in told["model"].discriminators:
        own.filters = own.filters[:1] * 4000
    with pytest.raises(ModelError, match="entries in all; 268,435,456 is the most"):
        import_bytes(tmp_path, packed(told))


@settings(SHARED, max_examples=60)
@given(data=st.data(), is_packed=st.booleans())
def test_damage_is_told(data: st.DataObject, is_packed: bool, tmp_path: Path) -> None:
    sound = pickle.dumps(model(1))
    damaged = data.draw(damages(lzma.compress(sound) if is_packed else sound))
    survives(tmp_path, damaged, "m.pickle", "bthowen")

"""Model files: written and read back, and read after somebody changed them."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from random import Random
from typing import Any

import numpy as np

from fuzz.models import model_files, random_model, scratch
from fuzz.mutations import change_archive, change_array, change_json, mutate
from fuzz.target import Target
from lutgen.errors import LutgenError, ModelError
from lutgen.model import LutNetwork
from lutgen.model.archive import read_archive
from lutgen.model.file import _NAMES, FORMAT, FORMAT_VERSION, _network


def make(rng: Random) -> bytes:
    """Return a model's file that somebody changed, sometimes with the digest set right again."""
    files = model_files()
    data = rng.choice(files)
    if rng.random() < 0.25:
        return mutate(rng, data, files, (b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06", b"meta.npy"))
    changed = change_archive(rng, data, _change_member, files)
    return _with_digest(changed) if rng.random() < 0.6 else changed


def _change_member(rng: Random, name: str, content: bytes) -> bytes:
    if name != "meta.npy":
        return change_array(rng, content)
    body = content[content.find(b"\n") + 1 :]
    try:
        meta = json.loads(body)
    except ValueError:  # another member took its place
        return change_array(rng, content)
    meta = change_json(rng, meta, rng.choice((1, 1, 2, 3)))
    text = json.dumps(meta).encode()
    return _array_bytes(np.frombuffer(mutate(rng, text) if rng.random() < 0.1 else text, np.uint8))


def _array_bytes(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array)
    return stream.getvalue()


def _with_digest(data: bytes) -> bytes:
    """Return an archive with the digest of what it holds, as one who means harm would make it."""
    path = scratch() / "forged.npz"
    path.write_bytes(data)
    with contextlib.suppress(Exception):
        _, meta, arrays = read_archive(path, FORMAT, (FORMAT_VERSION, FORMAT_VERSION), _NAMES)
        meta["digest"] = _network(meta, arrays).digest
        text = np.frombuffer(json.dumps(meta).encode(), np.uint8)
        stream = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(data)) as old,
            zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
        ):
            for name in dict.fromkeys(old.namelist()):
                content = old.read(name) if name != "meta.npy" else _array_bytes(text)
                new.writestr(zipfile.ZipInfo(name), content)
        return stream.getvalue()
    return data


def check(data: bytes) -> None:
    """Load a file; what loads is the same after it was saved."""
    path = scratch() / "model.npz"
    path.write_bytes(data)
    network = LutNetwork.load(path)
    assert network.describe_head() and network.encoder.describe()
    again = _saved(network)
    assert again.digest == network.digest and again.provenance == network.provenance
    _assert_same_answers(network, again)


def _saved(network: LutNetwork) -> LutNetwork:
    path = scratch() / "again.npz"
    try:
        network.save(path)
        return LutNetwork.load(path)
    except LutgenError as error:
        raise AssertionError(f"what was loaded cannot be saved: {error}") from error


def _assert_same_answers(first: LutNetwork, second: LutNetwork) -> None:
    encoder = first.encoder
    if encoder.n_features > 1000 or first.n_luts > 2000:
        return
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, size=(20, encoder.n_features)).astype(float)
    if encoder.kind != "binary" and encoder.n_bits:
        cuts = np.concatenate([encoder.threshold, np.nextafter(encoder.threshold, -np.inf)])
        X = rng.choice(cuts[np.isfinite(cuts)], size=X.shape)
    answers = [network.predict(X) for network in (first, second)]
    np.testing.assert_array_equal(*answers)
    assert answers[0].dtype == answers[1].dtype and len(answers[0]) == 20


def make_seed(rng: Random) -> dict[str, Any]:
    """Return the seed of a model."""
    return {"seed": rng.getrandbits(64)}


def check_written(value: dict[str, Any]) -> None:
    """Write a model of any kind and read it back: all of it is the same."""
    network = random_model(Random(value["seed"]))
    again = _saved(network)
    for name in ("fan_in", "wires", "tables", "seen", "tied", "layer", "outputs"):
        np.testing.assert_array_equal(getattr(network, name), getattr(again, name))
    for name in ("digest", "structure_digest", "feature_names", "provenance", "aliases"):
        assert getattr(network, name) == getattr(again, name), name
    assert type(network.head) is type(again.head)
    _assert_same_answers(network, again)


TARGETS = [
    Target("models-read", make, check, (ModelError,), seeds=model_files, share=1.2),
    Target("models-written", make_seed, check_written, (), share=0.2),
]

"""Models and their files, small and of every kind, for targets to start from."""

from __future__ import annotations

import functools
import tempfile
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from strategies import random_network

from lutgen.encode.encoder import fit_encoder
from lutgen.model import Argmax, Bits, LutNetwork, Provenance, Sum
from lutgen.model.provenance import LayerAccuracy, LearntAccuracy, Optimised, Source

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


@functools.cache
def scratch() -> Path:
    """Return a folder of this process for files that are tried, in memory where there is one."""
    memory = Path("/dev/shm")
    where = tempfile.mkdtemp(prefix="fuzz-", dir=memory if memory.is_dir() else None)
    import atexit
    import shutil

    atexit.register(shutil.rmtree, where, ignore_errors=True)
    return Path(where)


def random_model(rng: Random) -> LutNetwork:
    """Return a small model: any head, any encoder, with or without names and a history."""
    numbers = np.random.default_rng(rng.getrandbits(64))
    encoder = None
    if rng.random() < 0.7:
        n_features = rng.randrange(1, 4)
        X = numbers.normal(size=(12, n_features)) * rng.choice((1, 300, 1e-5))
        spec = rng.choice(("threshold:0", "thermometer:2:quantile", "thermometer:3:uniform"))
        encoder = fit_encoder(spec, X)
    n_inputs = encoder.n_bits if encoder else rng.randrange(1, 7)
    layers = [rng.randrange(1, 5) for _ in range(rng.randrange(1, 4))]
    network = random_network(
        numbers, n_inputs, layers, (1, rng.choice((2, 4, 7))), encoder=encoder, skip=True
    )
    changes: dict[str, Any] = {"provenance": _provenance(rng)}
    n_features = network.encoder.n_features
    if rng.random() < 0.5:
        changes["feature_names"] = tuple(_text(rng) for _ in range(n_features))
    n_outputs = rng.randrange(1, 5)
    outputs = [rng.randrange(-2, network.n_signals) for _ in range(n_outputs)]
    kind = rng.randrange(4)
    weights = numbers.integers(-9, 9, size=(rng.randrange(2, 5), n_outputs)).astype(np.int32)
    if kind == 0:
        classes = rng.choice(
            (np.arange(len(weights)), np.array([f"{i}{_text(rng)}" for i in range(len(weights))]),
             np.arange(len(weights)) * 0.5 - 1)
        )  # fmt: skip
        head: Any = Argmax(weights, numbers.integers(-3, 3, len(weights)).astype(np.int32), classes)
    elif kind == 1:
        head = Sum.of(weights, scale=rng.choice((1.0, -0.1, 1e-9)), offset=rng.choice((0.0, 2.5)))
    elif kind == 2:
        head = Bits(tuple(_text(rng) for _ in range(n_outputs)) if rng.random() < 0.5 else ())
    else:
        return replace(network, **changes)
    return replace(network, head=head, outputs=np.array(outputs, dtype=np.int32), **changes)


def _text(rng: Random) -> str:
    return rng.choice(
        ("a", "", "x y", "größe", "*/ $x\n", "\x1b[31m", "1", "endmodule", "\\", "名")
    )


def _provenance(rng: Random) -> Provenance:
    if rng.random() < 0.5:
        return Provenance()
    return Provenance(
        learner="boosting",
        parameters={"k": 6, "deep": {"a": [1, None, "x"]}},
        data=_text(rng),
        source=Source("x.csv", label=_text(rng), keep=("a",)) if rng.random() < 0.5 else None,
        n_samples=rng.randrange(100),
        train_accuracy=rng.random(),
        layers=(LayerAccuracy(1, 3, 0.5, 0.1, 0.4, 0.6),),
        history=(LearntAccuracy(3, 0.5), LearntAccuracy(6, 0.6, 0.5)),
        optimised=Optimised("0" * 64, "unseen", {"a": 1}) if rng.random() < 0.5 else None,
    )


@functools.cache
def model_files() -> list[bytes]:
    """Return model files: of every kind, and of the oldest version that is read."""
    found = [path.read_bytes() for path in sorted(GOLDEN.glob("format2_memorize*.npz"))]
    rng = Random(7)
    for _ in range(12):
        path = scratch() / "seed.npz"
        random_model(rng).save(path)
        found.append(path.read_bytes())
    return found

"""What a model is: the record inside ``core.json``, and what ``lutgen info --json`` prints."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import ClassVar

import numpy as np

from lutgen.model import Argmax, LutNetwork, Provenance
from lutgen.records.reading import Record, Seed


@dataclass(frozen=True)
class CareRecord:
    """How much of the truth tables the training samples determined.

    Parameters
    ----------
    entries, seen, tied : int
        Table entries; those that samples reached; of these, those whose two counts tied.
    """

    entries: int
    seen: int
    tied: int

    @classmethod
    def of(cls, network: LutNetwork) -> CareRecord:
        """Count the table entries of a network."""
        return cls(
            entries=int(np.left_shift(1, network.fan_in.astype(np.int64)).sum()),
            seen=int(np.bitwise_count(network.seen).sum()),
            tied=int(np.bitwise_count(network.tied).sum()),
        )


@dataclass(frozen=True)
class TrainingRecord(Provenance):
    """How a model came to be, with what the learner was told beside it.

    Parameters
    ----------
    k, widths, wiring, fill, seed
        What is shown of `parameters`, which stand beside these fields when they are written.
    """

    REST: ClassVar[str] = "parameters"

    k: int | None = None
    widths: tuple[int, ...] = ()
    wiring: str = ""
    fill: str = ""
    seed: Seed | None = None

    @classmethod
    def of(cls, known: Provenance) -> TrainingRecord:
        """Return the record of a model's provenance."""
        told = dict(known.parameters)
        shown = {name: told.pop(name) for name in _SHOWN if told.get(name) is not None}
        if "widths" in shown:
            shown["widths"] = tuple(shown["widths"])
        values = {item.name: getattr(known, item.name) for item in fields(Provenance)}
        return cls(**{**values, "parameters": told, **shown})


_SHOWN = ("k", "widths", "wiring", "fill", "seed")


@dataclass(frozen=True, kw_only=True)
class FeatureRecord:
    """A feature, or of a window a number that is made of it.

    Parameters
    ----------
    name : str
        "" if it has none.
    low, high : float or None
        Least and largest training value; None where nobody looked, or all were missing.
    n_thresholds : int
        Thresholds that the encoder compares it with.
    may_lack : bool
        Whether it may be missing.
    """

    name: str = ""
    low: float | None = None
    high: float | None = None
    n_thresholds: int = 0
    may_lack: bool = False

    @classmethod
    def each_of(cls, network: LutNetwork) -> tuple[FeatureRecord, ...]:
        """Return what a network's features are."""
        encoder = network.encoder
        n_features = encoder.n_compared
        names = encoder.compared_names(network.feature_names) or ("",) * n_features
        compared = encoder.feature[np.isfinite(encoder.threshold)]
        counts = np.bincount(compared, minlength=n_features).tolist()
        lacking = [False] * n_features if encoder.window else encoder.may_lack.tolist()
        ends: list[tuple[float | None, float | None]] = [(None, None)] * n_features
        if encoder.seen is not None:
            pairs = zip(encoder.seen.low.tolist(), encoder.seen.high.tolist(), strict=True)
            ends = [(None, None) if np.isnan(low) else (low, high) for low, high in pairs]
        return tuple(
            cls(name=name, low=low, high=high, n_thresholds=count, may_lack=lacks)
            for name, (low, high), count, lacks in zip(names, ends, counts, lacking, strict=True)
        )


@dataclass(frozen=True, kw_only=True)
class ModelRecord(Record):
    """The network of LUTs.

    Parameters
    ----------
    n_cone : int
        LUTs that the outputs depend on.
    fan_in : tuple of int
        The numbers of inputs that LUTs have.
    classes : tuple of str
        Labels; empty where it answers no classes.
    features : tuple of str
        Names of the features; empty where they have none.
    inputs : tuple of FeatureRecord
        What each feature is.
    categories : dict
        Values of the columns of texts that features were made of.
    encoder, head : str
        In words.
    care : CareRecord or None
        None where nobody counted.
    """

    digest: str
    n_inputs: int
    n_luts: int
    n_layers: int
    n_cone: int
    fan_in: tuple[int, ...] = ()
    classes: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    inputs: tuple[FeatureRecord, ...] = ()
    categories: dict[str, tuple[str, ...]] = field(default_factory=dict)
    encoder: str
    n_outputs: int = 0
    head: str
    care: CareRecord | None = None
    training: TrainingRecord

    @classmethod
    def of(cls, network: LutNetwork) -> ModelRecord:
        """Return what a model is."""
        classes = network.classes.tolist() if isinstance(network.head, Argmax) else []
        return cls(
            digest=network.digest,
            n_inputs=network.n_inputs,
            n_luts=network.n_luts,
            n_layers=network.n_layers,
            n_cone=int(network.cone.sum()),
            fan_in=tuple(np.unique(network.fan_in).tolist()),
            classes=tuple(str(label) for label in classes),
            features=network.feature_names,
            inputs=FeatureRecord.each_of(network),
            categories=dict(network.categories),
            encoder=network.encoder.describe(),
            n_outputs=int(network.outputs.size),
            head=network.describe_head(),
            care=CareRecord.of(network),
            training=TrainingRecord.of(network.provenance),
        )

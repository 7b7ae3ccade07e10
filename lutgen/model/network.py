"""The model: a network of lookup tables, its semantics in NumPy, and its file format.

Everything after training must equal what :meth:`LutNetwork.predict` says, bit for bit.

Signals are numbered in one space: the network's input bits first, then the LUTs in evaluation
order. A LUT may read any earlier signal. Input j of a LUT is bit j of its address,
``p = sum_j x[wire[j]] << j``, and bit p of the truth table is the LUT's output: the INIT order of
SB_LUT4 (iCE40), LUT4 (ECP5, Gowin) and LUT6 (Xilinx).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lutgen.bits import Bits, Words, pack, unpack_rows
from lutgen.encode.encoder import Encoder
from lutgen.errors import ConfigError, ModelError
from lutgen.model.archive import read_archive, write_archive

MAX_FAN_IN = 16
FORMAT_VERSION = 2
MAX_WEIGHT = 1 << 15

_FORMAT = "lutgen.LutNetwork"
_CHUNK_BYTES = 1 << 26


def table_words(fan_in: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the number of 64-bit words that a truth table of each fan-in takes (at least one)."""
    return np.left_shift(np.int64(1), np.maximum(fan_in.astype(np.int64) - 6, 0))


def _offsets(lengths: NDArray[np.integer]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])


@dataclass(frozen=True, eq=False)
class LutNetwork:
    """A network of k-input lookup tables with its encoder and its labels.

    Parameters
    ----------
    n_inputs : int
        Number of input bits.
    fan_in : ndarray of shape (n_luts,), dtype=np.uint8
        k of each LUT, 1 to 16.
    wires : ndarray of shape (sum of fan_in,), dtype=np.int32
        The signals each LUT reads, LUT after LUT; input 0 (address bit 0) first.
    tables : ndarray of shape (sum of table words,), dtype=np.uint64
        Truth tables, LUT after LUT, each in max(1, 2^k / 64) words: entry p is bit p % 64 of
        word p // 64; unused bits of a small table are zero.
    seen : ndarray like `tables`
        Care mask: one where at least one training sample reached the entry.
    tied : ndarray like `tables`
        One where samples reached the entry and the counts of the two classes were equal.
        The value of entries that are unseen or tied was chosen by a fill policy.
    layer : ndarray of shape (n_luts,), dtype=np.int32
        Layer of each LUT, from 1, never descending.
    outputs : ndarray of shape (n_outputs,), dtype=np.int32
        Signals that the head reads, each a LUT.
    classes : ndarray of shape (n_classes,)
        Labels, in the order of the class numbers.
    encoder : Encoder
        What turns features into the input bits.
    weights : ndarray of shape (n_classes, n_outputs), dtype=np.int32
        What each output bit that is one adds to the score of each class. The class of the largest
        score is the answer, the lowest class number among equals. The default, [[0], [1]] with a
        bias of [0, 0], is a network whose one output is the class number.
    bias : ndarray of shape (n_classes,), dtype=np.int32
        What the score of each class starts from.
    training : mapping
        How the model came to be (data, parameters, accuracy by layer); plain JSON. It does not
        take part in the digest.
    """

    n_inputs: int
    fan_in: NDArray[np.uint8]
    wires: NDArray[np.int32]
    tables: Words
    seen: Words
    tied: Words
    layer: NDArray[np.int32]
    outputs: NDArray[np.int32]
    classes: NDArray[Any]
    encoder: Encoder
    weights: NDArray[np.int32] = field(default_factory=lambda: np.array([[0], [1]], dtype=np.int32))
    bias: NDArray[np.int32] = field(default_factory=lambda: np.zeros(2, dtype=np.int32))
    training: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        faults = _structure_faults(self)
        if faults:
            raise ModelError("inconsistent LUT network: " + "; ".join(faults))

    # -- structure ---------------------------------------------------------------------------

    @property
    def n_luts(self) -> int:
        """Number of LUTs."""
        return int(self.fan_in.size)

    @property
    def n_signals(self) -> int:
        """Number of signals: input bits and LUTs."""
        return self.n_inputs + self.n_luts

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return int(self.classes.size)

    @property
    def has_head(self) -> bool:
        """Whether outputs vote; if not, the one output is the class number."""
        return self.weights.tolist() != [[0], [1]] or bool(self.bias.any())

    def describe_head(self) -> str:
        """Return one line for people on how the outputs become a class."""
        if not self.has_head:
            return "the output is the class number"
        n_votes = int(np.count_nonzero(self.weights))
        return (
            f"{self.outputs.size} outputs, {n_votes} votes for {self.n_classes} classes, "
            "the largest score wins"
        )

    @property
    def n_layers(self) -> int:
        """Number of layers."""
        return int(self.layer[-1])

    @cached_property
    def wire_offset(self) -> NDArray[np.int64]:
        """Start of each LUT's wires in `wires`; shape (n_luts + 1,)."""
        return _offsets(self.fan_in)

    @cached_property
    def table_offset(self) -> NDArray[np.int64]:
        """Start of each LUT's words in `tables`; shape (n_luts + 1,)."""
        return _offsets(table_words(self.fan_in))

    def lut_wires(self, lut: int) -> NDArray[np.int32]:
        """Return the signals that a LUT reads, address bit 0 first."""
        return self.wires[self.wire_offset[lut] : self.wire_offset[lut + 1]]

    def lut_table(self, lut: int) -> NDArray[np.uint8]:
        """Return a LUT's truth table as 0 and 1, shape (2^k,)."""
        words = self.tables[self.table_offset[lut] : self.table_offset[lut + 1]]
        table: NDArray[np.uint8] = unpack_rows(words[None, :], 1 << int(self.fan_in[lut]))[0]
        return table

    def lut_init(self, lut: int) -> int:
        """Return a LUT's truth table as an integer: bit p is entry p."""
        words = self.tables[self.table_offset[lut] : self.table_offset[lut + 1]]
        return int.from_bytes(words.astype("<u8").tobytes(), "little")

    def lut_names(self) -> list[str]:
        """Return a name for each LUT that tells layer and place in it: ``l3_n17``."""
        first = np.searchsorted(self.layer, self.layer, side="left")
        place = np.arange(self.n_luts) - first
        return [f"l{a}_n{b}" for a, b in zip(self.layer.tolist(), place.tolist(), strict=True)]

    @cached_property
    def cone(self) -> NDArray[np.bool_]:
        """Which LUTs can reach an output (the cone of influence); shape (n_luts,)."""
        reached = np.zeros(self.n_signals, dtype=np.bool_)
        reached[self.outputs] = True
        for lut in range(self.n_luts - 1, -1, -1):
            if reached[self.n_inputs + lut]:
                reached[self.lut_wires(lut)] = True
        return reached[self.n_inputs :]

    def restrict_to_cone(self) -> LutNetwork:
        """Return the same function without the LUTs that cannot reach an output."""
        keep = self.cone
        renumbered = np.arange(self.n_signals, dtype=np.int32)
        renumbered[self.n_inputs :] = self.n_inputs + np.cumsum(keep) - 1
        word_keep = np.repeat(keep, table_words(self.fan_in))
        return LutNetwork(
            n_inputs=self.n_inputs,
            fan_in=self.fan_in[keep],
            wires=renumbered[self.wires[np.repeat(keep, self.fan_in)]],
            tables=self.tables[word_keep],
            seen=self.seen[word_keep],
            tied=self.tied[word_keep],
            layer=self.layer[keep],
            outputs=renumbered[self.outputs],
            weights=self.weights,
            bias=self.bias,
            classes=self.classes,
            encoder=self.encoder,
            training=self.training,
        )

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of the function: encoder, wiring, tables, head and labels."""
        sha = hashlib.sha256()
        parts: list[NDArray[Any]] = [
            np.array([FORMAT_VERSION, self.n_inputs, self.encoder.n_features], dtype="<i8"),
            self.fan_in,
            self.wires.astype("<i4"),
            self.tables.astype("<u8"),
            self.layer.astype("<i4"),
            self.outputs.astype("<i4"),
            self.weights.astype("<i4"),
            self.bias.astype("<i4"),
            self.encoder.feature.astype("<i4"),
            self.encoder.threshold.astype("<f8"),
        ]
        names = json.dumps([self.encoder.kind, [repr(c) for c in self.classes.tolist()]])
        for data in [part.tobytes() for part in parts] + [names.encode()]:
            sha.update(len(data).to_bytes(8, "little"))
            sha.update(data)
        return sha.hexdigest()

    # -- semantics ---------------------------------------------------------------------------

    def signals(self, bits: Bits, luts: NDArray[np.bool_] | None = None) -> Bits:
        """Evaluate the network and return every signal.

        Parameters
        ----------
        bits : Bits of n_inputs signals
            Encoded samples.
        luts : ndarray of shape (n_luts,), dtype=bool, optional
            LUTs to evaluate (they must include all that they read); the others' rows are zero.

        Returns
        -------
        Bits of n_signals signals
        """
        self._check_width(bits)
        rows = np.zeros((self.n_signals, bits.words.shape[1]), dtype=np.uint64)
        rows[: self.n_inputs] = bits.words
        wanted = range(self.n_luts) if luts is None else np.flatnonzero(luts).tolist()
        step = max(1, _CHUNK_BYTES // (64 * self.n_signals))
        for start in range(0, rows.shape[1], step):
            stop = min(start + step, rows.shape[1])
            n_samples = min(64 * stop, bits.n_samples) - 64 * start
            rows[self.n_inputs :, start:stop] = self._evaluate(
                rows[: self.n_inputs, start:stop], n_samples, wanted
            )
        return Bits(rows, bits.n_samples)

    def _evaluate(self, inputs: Words, n_samples: int, luts: range | list[int]) -> Words:
        dense = np.zeros((self.n_signals, n_samples), dtype=np.uint8)
        dense[: self.n_inputs] = unpack_rows(inputs, n_samples)
        for lut in luts:
            wires = self.lut_wires(lut)
            address = dense[wires[0]].astype(np.uint8 if wires.size <= 8 else np.uint16)
            for j in range(1, wires.size):
                address |= dense[wires[j]].astype(address.dtype) << address.dtype.type(j)
            dense[self.n_inputs + lut] = np.take(self.lut_table(lut), address)
        return pack(dense[self.n_inputs :].T)

    def output_bits(self, bits: Bits) -> Bits:
        """Evaluate the cone of influence and return the output bits, shape (n_outputs, n_words)."""
        return Bits(self.signals(bits, self.cone).words[self.outputs], bits.n_samples)

    def scores(self, bits: Bits) -> NDArray[np.int64]:
        """Return the score of each class for each encoded sample, shape (n_samples, n_classes)."""
        votes = self.output_bits(bits).to_dense().astype(np.float64)  # BLAS; sums stay exact
        return (votes @ self.weights.T.astype(np.float64)).astype(np.int64) + self.bias

    def class_numbers(self, bits: Bits) -> NDArray[np.intp]:
        """Return the class number of each encoded sample, shape (n_samples,)."""
        numbers: NDArray[np.intp] = self.scores(bits).argmax(axis=1)
        return numbers

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the label of each sample; X of shape (n_samples, n_features), raw features.

        Raises
        ------
        DataError
            If the encoder cannot encode X.
        """
        return self.classes[self.class_numbers(self.encoder.encode(X))]

    def _check_width(self, bits: Bits) -> None:
        if bits.n_signals != self.n_inputs:
            raise ModelError(
                f"the network reads {self.n_inputs} input bits, the samples have {bits.n_signals}"
            )

    def to_verilog(self, target: str = "generic", *, pipeline: int = 0, module: str = "") -> str:
        """Return the network as Verilog-2005; see :func:`lutgen.core.build.build_core`."""
        # The one import of a later stage: users look for this method on the model.
        from lutgen.core.build import build_core  # noqa: PLC0415

        core = build_core(self, target=target, pipeline=pipeline, module=module or "lutgen_core")
        return core.verilog

    # -- file --------------------------------------------------------------------------------

    def save(self, path: str | Path) -> None:
        """Write the model to a ``.npz`` file, whole or not at all.

        Raises
        ------
        OutputError
            If it cannot be written; a file that was there before is untouched.
        """
        meta = {
            "n_inputs": self.n_inputs,
            "encoder": {"kind": self.encoder.kind, "n_features": self.encoder.n_features},
            "digest": self.digest,
            "training": dict(self.training),
        }
        arrays: dict[str, NDArray[Any]] = {
            name: getattr(self, name).astype(dtype) for name, dtype in _ARRAYS.items()
        }
        arrays["weights"] = arrays["weights"].reshape(-1)  # the file holds vectors; row by row
        arrays["encoder_feature"] = self.encoder.feature.astype("<i4")
        arrays["encoder_threshold"] = self.encoder.threshold.astype("<f8")
        arrays["classes"] = self.classes.astype(self.classes.dtype.newbyteorder("<"))
        write_archive(Path(path), _FORMAT, FORMAT_VERSION, meta, arrays)

    @classmethod
    def load(cls, path: str | Path) -> LutNetwork:
        """Read a model file, checked whole before use.

        Raises
        ------
        ModelError
            If the file is missing, truncated, not a lutgen model, of another version, or
            inconsistent.
        """
        path = Path(path)
        try:
            meta, arrays = read_archive(path, _FORMAT, FORMAT_VERSION, (*_MEMBERS, "classes"))
            return _from_arrays(meta, arrays)
        except OSError as error:
            raise ModelError(f"cannot read {path}: {error.strerror or error}") from error
        except (ModelError, ConfigError) as error:
            raise ModelError(f"{path}: {error}") from error


_ARRAYS = {
    "fan_in": "u1",
    "wires": "<i4",
    "tables": "<u8",
    "seen": "<u8",
    "tied": "<u8",
    "layer": "<i4",
    "outputs": "<i4",
    "weights": "<i4",
    "bias": "<i4",
}
_MEMBERS = {**_ARRAYS, "encoder_feature": "<i4", "encoder_threshold": "<f8"}


def _structure_faults(net: LutNetwork) -> list[str]:
    """Return what is wrong with a network, in words; an empty list if nothing is."""
    faults = [
        f"{name} must be an array of {np.dtype(dtype).name}, got {array.dtype} {array.shape}"
        for name, dtype in _ARRAYS.items()
        if (array := getattr(net, name)).ndim != 1 + (name == "weights")
        or array.dtype != np.dtype(dtype)
    ]
    if faults:
        return faults
    if net.n_inputs < 1 or net.encoder.n_bits != net.n_inputs:
        faults.append(f"{net.n_inputs} input bits, but an encoder of {net.encoder.n_bits} bits")
    if net.n_luts == 0:
        return [*faults, "there are no LUTs"]
    if net.fan_in.min() < 1 or net.fan_in.max() > MAX_FAN_IN:
        return [*faults, f"fan-in must be 1 to {MAX_FAN_IN}"]
    if net.wires.size != int(net.fan_in.sum(dtype=np.int64)):
        return [*faults, f"{net.wires.size} wires for a total fan-in of {net.fan_in.sum()}"]
    words = int(table_words(net.fan_in).sum())
    sizes = {name: getattr(net, name).size for name in ("tables", "seen", "tied")}
    faults += [
        f"{name} has {n} words instead of {words}" for name, n in sizes.items() if n != words
    ]
    if net.layer.size != net.n_luts or net.layer[0] < 1 or (np.diff(net.layer) < 0).any():
        faults.append("layers must start at 1 or above and never descend, one for each LUT")
    reader = net.n_inputs + np.repeat(np.arange(net.n_luts), net.fan_in)
    bad = (net.wires < 0) | (net.wires >= reader)
    if bad.any():
        wire = int(np.argmax(bad))
        faults.append(
            f"LUT {reader[wire] - net.n_inputs} reads signal {net.wires[wire]}, "
            "which is not an earlier one"
        )
    faults += _head_faults(net)
    if not faults:
        faults += _table_faults(net)
    return faults


def _head_faults(net: LutNetwork) -> list[str]:
    """Check the outputs, what they add to the scores, and the labels."""
    faults = []
    outside = (net.outputs < net.n_inputs) | (net.outputs >= net.n_signals)
    if not net.outputs.size:
        faults.append("the head reads no output")
    elif outside.any():
        faults.append(
            f"the head reads signal {net.outputs[np.argmax(outside)]}, which is none of the LUTs "
            f"{net.n_inputs} to {net.n_signals - 1}"
        )
    elif np.unique(net.outputs).size != net.outputs.size:
        faults.append("the head reads a signal twice")
    if not _are_labels(net.classes):
        faults.append("classes must be two or more different labels, numbers or strings")
    elif net.weights.shape != (net.n_classes, net.outputs.size) or net.bias.size != net.n_classes:
        faults.append(
            f"{net.n_classes} classes and {net.outputs.size} outputs, but weights of shape "
            f"{net.weights.shape} and a bias of shape {net.bias.shape}"
        )
    elif np.abs(net.weights.astype(np.int64)).max() > MAX_WEIGHT:
        faults.append(f"weights must lie within {-MAX_WEIGHT} and {MAX_WEIGHT}")
    return faults


def _are_labels(classes: NDArray[Any]) -> bool:
    if classes.ndim != 1 or classes.size < 2 or classes.dtype.kind not in "biufU":
        return False
    if classes.dtype.kind == "U":  # a file can hold code points that break Python's strings
        points = np.frombuffer(classes.astype(classes.dtype.newbyteorder("<")).tobytes(), "<u4")
        if ((points > 0x10FFFF) | (points >> 11 == 0xD800 >> 11)).any():
            return False
    return np.unique(classes).size == classes.size


def _table_faults(net: LutNetwork) -> list[str]:
    """Check the unused bits of small tables and the relation of the care masks."""
    faults = []
    small = net.fan_in < 6
    used = (np.uint64(1) << (np.uint64(1) << net.fan_in[small].astype(np.uint64))) - np.uint64(1)
    first = net.table_offset[:-1][small]
    for name in ("tables", "seen", "tied"):
        if (getattr(net, name)[first] & ~used).any():
            faults.append(f"{name} has bits beyond the 2^k entries of a small LUT")
    if (net.tied & ~net.seen).any():
        faults.append("an entry is marked tied but not seen")
    return faults


def _from_arrays(meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> LutNetwork:
    faults = [
        f"{name} has dtype {arrays[name].dtype} instead of {np.dtype(dtype)}"
        for name, dtype in _MEMBERS.items()
        if arrays[name].dtype != np.dtype(dtype)
    ]
    encoder = meta.get("encoder")
    if not isinstance(encoder, dict):
        faults.append("metadata lacks the encoder")
        encoder = {}
    training = meta.get("training")
    if not isinstance(training, dict):
        faults.append("metadata lacks the training record")
    n_inputs, n_features = meta.get("n_inputs"), encoder.get("n_features")
    for name, number in (("inputs", n_inputs), ("features", n_features)):
        if not isinstance(number, int) or not 1 <= number < 1 << 31:
            faults.append(f"its number of {name} is {str(number)[:40]}")
    if faults:
        raise ModelError("; ".join(faults))
    assert isinstance(n_inputs, int) and isinstance(n_features, int)
    assert isinstance(encoder, dict) and isinstance(training, dict)
    members = {
        name: arrays[name].astype(np.dtype(dtype).newbyteorder("="))
        for name, dtype in _ARRAYS.items()
    }
    if members["weights"].size == members["bias"].size * members["outputs"].size:
        members["weights"] = members["weights"].reshape(members["bias"].size, -1)
    network = LutNetwork(
        n_inputs=n_inputs,
        **members,
        classes=arrays["classes"],
        encoder=Encoder(
            str(encoder.get("kind")),
            n_features,
            arrays["encoder_feature"].astype(np.int32),
            arrays["encoder_threshold"].astype(np.float64),
        ),
        training=training,
    )
    if network.digest != meta.get("digest"):
        raise ModelError("its contents do not match its digest: damaged; copy or train it again")
    return network

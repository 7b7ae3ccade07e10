"""From lists and plain integers to the arrays of a network, with defaults and faults in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lutgen.bits import MAX_FAN_IN, Words, pack
from lutgen.encode.encoder import Encoder
from lutgen.errors import ModelError
from lutgen.model.graph import used_bits
from lutgen.model.head import Bits, Head

Blocks = Iterable[Sequence[ArrayLike]]
Luts = Iterable[tuple[Sequence[int], int | Sequence[int]]]
_MAX_FAULTS = 8


def arrays(n_inputs: int, luts: Luts, layers: Sequence[int] | None = None) -> dict[str, Any]:
    """Return the fields of a :class:`lutgen.model.graph.LutGraph`.

    Every entry counts as seen, and none as tied: what somebody gave is what is meant.

    Parameters
    ----------
    n_inputs, luts, layers
        See :meth:`lutgen.model.network.LutNetwork.from_luts`.

    Raises
    ------
    ModelError
        If something is wrong; the message names the LUTs, the first 8 faults in words.
    """
    _check_inputs(n_inputs)
    faults: list[str] = []
    wires: list[list[int]] = []
    tables: list[bytes] = []
    for number, lut in enumerate(_listed(luts)):
        found = _read_lut(number, lut, int(n_inputs) + number, faults)
        wires.append(found[0])
        tables.append(found[1])
    if faults:
        more = len(faults) - _MAX_FAULTS
        listed = faults[:_MAX_FAULTS] + ([f"and {more} more"] if more > 0 else [])
        raise ModelError("; ".join(listed))
    fan_in = np.array([len(reads) for reads in wires], dtype=np.uint8)
    words = np.frombuffer(b"".join(tables), dtype="<u8").astype(np.uint64)
    return {
        "n_inputs": int(n_inputs),
        "fan_in": fan_in,
        "wires": np.array([net for reads in wires for net in reads], dtype=np.int32),
        "tables": words,
        "seen": used_bits(fan_in),
        "tied": np.zeros_like(words),
        "layer": _layers(int(n_inputs), wires, layers),
    }


def block_arrays(
    n_inputs: int, blocks: Blocks, layers: Sequence[int] | None = None
) -> dict[str, Any]:
    """Return the fields of a :class:`lutgen.model.graph.LutGraph`, made without a loop over LUTs.

    Parameters
    ----------
    n_inputs, blocks, layers
        See :meth:`lutgen.model.network.LutNetwork.from_arrays`.

    Raises
    ------
    ModelError
        If a block is no wires and tables that go together.
    """
    _check_inputs(n_inputs)
    read = [_read_block(number, block) for number, block in enumerate(_listed(blocks))]
    numbers = range(1, len(read) + 1) if layers is None else list(layers)
    if len(numbers) != len(read):
        raise ModelError(f"layers must be {len(read)} whole numbers, one a block")
    sizes = [len(wires) for wires, _, _ in read]
    tables, seen = (
        np.concatenate([block[part] for block in read] or [np.zeros(0, np.uint64)])
        for part in (1, 2)
    )
    return {
        "n_inputs": int(n_inputs),
        "fan_in": np.repeat([w.shape[1] for w, _, _ in read], sizes).astype(np.uint8),
        "wires": np.concatenate([w.ravel() for w, _, _ in read] or [np.zeros(0, np.int32)]),
        "tables": tables,
        "seen": seen,
        "tied": np.zeros_like(tables),
        "layer": np.repeat(numbers, sizes).astype(np.int32),
    }


def _read_block(number: int, block: Any) -> tuple[NDArray[np.int32], Words, Words]:
    """Return wires, the words of the tables and those of what is seen of them."""
    try:
        wires, tables, *rest = (np.asarray(part) for part in block)
    except (TypeError, ValueError) as error:
        raise ModelError(f"block {number}: must be (wires, tables) or (wires, tables, seen)") from (
            error
        )
    k = wires.shape[1] if wires.ndim == 2 and wires.dtype.kind in "iu" else 0
    if not 1 <= k <= MAX_FAN_IN or len(rest) > 1:
        raise ModelError(
            f"block {number}: wires must be whole numbers of shape (n_luts, k), k 1 to "
            f"{MAX_FAN_IN}, got {wires.dtype} of shape {wires.shape}"
        )
    if wires.size and (wires.min() < 0 or wires.max() >= 1 << 31):
        raise ModelError(f"block {number}: wires must be signals of the network")
    for table in (tables, *rest):
        if table.shape != (len(wires), 1 << k) or ((table != 0) & (table != 1)).any():
            raise ModelError(
                f"block {number}: tables must be 0 and 1 of shape {(len(wires), 1 << k)}, got "
                f"{table.dtype} of shape {table.shape}"
            )
    words = pack(tables.astype(np.uint8).T).ravel()
    seen = pack(rest[0].astype(np.uint8).T).ravel() if rest else None
    used = used_bits(np.full(len(wires), k, np.uint8))
    return wires.astype(np.int32), words, used if seen is None else seen


def _check_inputs(n_inputs: Any) -> None:
    if isinstance(n_inputs, bool) or not isinstance(n_inputs, int | np.integer) or n_inputs < 1:
        raise ModelError(f"n_inputs must be a whole number of 1 or more, got {n_inputs!r}")


def _listed(luts: Any) -> list[Any]:
    try:
        return list(luts)
    except TypeError as error:
        raise ModelError(
            f"luts must be a list of (wires, table), got {type(luts).__name__}"
        ) from error


def _read_lut(number: int, lut: Any, n_signals: int, faults: list[str]) -> tuple[list[int], bytes]:
    """Return the wires and the table's bytes of a LUT that may read so many signals."""
    try:
        wires, table = lut
        reads = [int(wire) for wire in wires]
        exact = all(int(wire) == wire for wire in wires)
    except (TypeError, ValueError):
        exact = False
    if not exact:
        faults.append(f"LUT {number}: must be (wires, table), wires a list of signals; got {lut!r}")
        return [], b""
    k = len(reads)
    if not 1 <= k <= MAX_FAN_IN:
        faults.append(f"LUT {number}: reads {k} signals; 1 to {MAX_FAN_IN} are possible")
        return [], b""
    for wire in reads:
        if not 0 <= wire < n_signals:
            faults.append(
                f"LUT {number}: reads signal {wire}; earlier ones are 0 to {n_signals - 1}"
            )
    value = _read_table(number, table, k, faults)
    return reads, value.to_bytes(max(8, (1 << k) // 8), "little")


def _read_table(number: int, table: Any, k: int, faults: list[str]) -> int:
    n_entries = 1 << k
    if isinstance(table, int | np.integer):
        value = int(table)
        if not 0 <= value < 1 << n_entries:
            faults.append(
                f"LUT {number}: its table {value:#x} does not fit the {n_entries} entries of its "
                f"{k} inputs"
            )
            return 0
        return value
    try:
        entries = [int(entry) for entry in table]
    except (TypeError, ValueError):
        entries = []
    if len(entries) != n_entries or not set(entries) <= {0, 1}:
        faults.append(
            f"LUT {number}: its table must be an integer or {n_entries} entries of 0 and 1, got "
            f"{str(table)[:60]}"
        )
        return 0
    return sum(entry << place for place, entry in enumerate(entries))


def _layers(
    n_inputs: int, wires: list[list[int]], given: Sequence[int] | None
) -> NDArray[np.int32]:
    if given is not None:
        layer = np.asarray(given)
        if layer.shape != (len(wires),) or layer.dtype.kind not in "iu":
            raise ModelError(
                f"layers must be {len(wires)} whole numbers, one a LUT, got {layer.dtype} of shape "
                f"{layer.shape}"
            )
        return layer.astype(np.int32)
    depth = [0] * n_inputs
    for reads in wires:
        depth.append(1 + max(depth[wire] for wire in reads))
    layer = np.array(depth[n_inputs:], dtype=np.int32)
    return layer if (np.diff(layer) >= 0).all() else np.ones(len(wires), dtype=np.int32)


def outputs(n_inputs: int, n_luts: int, given: ArrayLike | None) -> NDArray[np.int32]:
    """Return the signals that the head reads: those given, or the last LUT."""
    if given is None:
        if not n_luts:
            raise ModelError("there are no LUTs: name the outputs")
        return np.array([n_inputs + n_luts - 1], dtype=np.int32)
    array = np.asarray(given)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise ModelError(
            f"outputs must be a list of signals (whole numbers), got {str(given)[:60]}"
        )
    if array.size and (array.min() < -(1 << 31) or array.max() >= 1 << 31):
        raise ModelError("outputs must be signals of the network")
    return array.astype(np.int32)


def head(given: Head | None) -> Head:
    """Return the head given, or that of the bits themselves."""
    if given is None:
        return Bits()
    if not isinstance(given, Head):
        raise ModelError(
            f"head must be an Argmax, a Sum or Bits (lutgen.model), got {type(given).__name__}"
        )
    return given


def encoder(n_inputs: int, given: Encoder | None) -> Encoder:
    """Return the encoder given, or that which passes 0 and 1 on."""
    if given is None:
        feature = np.arange(n_inputs, dtype=np.int32)
        return Encoder("binary", int(n_inputs), feature, np.full(int(n_inputs), 0.5))
    if not isinstance(given, Encoder):
        raise ModelError(f"encoder must be an Encoder, got {type(given).__name__}")
    return given

"""BTHOWeN, weightless networks of counting Bloom filters (lzma pickles, read without trust).

Z. Susskind et al., "Weightless neural networks for efficient edge inference", PACT 2022. The bits
of a sample are put in an order and parted; each part goes to one filter a class. Hash i of a filter
is the XOR of a number for each bit that is one; the filter fires where all its hashes lead to
counts that are not below the bleaching threshold. The class whose filters fire most often wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import MAX_FAN_IN
from lutgen.errors import ModelError
from lutgen.importers import pickled
from lutgen.importers.content import Content
from lutgen.importers.format import Format, Imported, Option, Request
from lutgen.importers.luts import LutBuilder
from lutgen.importers.parts import thresholds
from lutgen.importers.thermometer import HELP, THRESHOLD_MAJOR, comparing, voting
from lutgen.model import Argmax
from lutgen.netlist.ir import CONST0, CONST1

_CLASSES = ("WiSARD", "Discriminator", "BloomFilter")
_MAX_ADDRESS_BITS = 20
_MAX_WORK = 1 << 28  # entries that hashes of all filters look at


def _resolve(module: str, name: str) -> pickled.Maker | None:
    if name in _CLASSES:  # of whatever module it was run as
        return pickled.instance(name)
    return pickled.numpy_names(module, name)


def recognises(content: Content) -> bool:
    """Return whether a file is a pickle that names BTHOWeN's classes."""
    head = content.head
    return head[:1] == b"\x80" and b"WiSARD" in head and b"input_order" in content.data


@dataclass(frozen=True, eq=False)
class _Filters:
    """The filters of a class: what is at each address, and the threshold of each."""

    data: list[NDArray[np.integer]]  # n_entries each
    bleach: list[int]


@dataclass(frozen=True, eq=False)
class _Model:
    order: NDArray[np.integer]
    hashes: NDArray[np.integer]  # (n_hashes, n_filter_inputs)
    classes: tuple[_Filters, ...]

    @property
    def n_bits(self) -> int:
        return self.order.size

    @property
    def address_bits(self) -> int:
        return (self.classes[0].data[0].size - 1).bit_length()


def read(request: Request) -> Imported:
    """Read a pickle; see :class:`~lutgen.importers.format.Format`."""
    model = _parse(pickled.load(request.content.data, _resolve))
    luts = LutBuilder(model.n_bits)
    inputs = [luts.inputs[bit] for bit in model.order.tolist()]
    n_own = model.hashes.shape[1]
    inputs += [CONST0] * (-len(inputs) % n_own)
    parts = [inputs[start : start + n_own] for start in range(0, len(inputs), n_own)]
    addresses = [_addresses(luts, model, part) for part in parts]
    fires: list[int] = []
    for own in model.classes:
        for number, part in enumerate(parts):
            table = own.data[number] >= own.bleach[number]
            fires.append(_fires(luts, model, table, part, addresses[number]))
    votes = np.repeat(np.eye(len(model.classes), dtype=np.int64), len(parts), axis=1)
    outputs, sums = voting(fires, votes)
    bias = sums[:, outputs.index(CONST1)] if CONST1 in outputs else None
    kept = [place for place, net in enumerate(outputs) if net not in (CONST0, CONST1)]
    if not kept:
        raise ModelError("none of its filters tells any two samples apart")
    head = Argmax.votes(sums[:, kept], bias)
    encoder = comparing(request.options.get("thresholds"), model.n_bits, THRESHOLD_MAJOR)
    network = luts.network([outputs[place] for place in kept], head, encoder=encoder)
    notes = [] if encoder else [f"the features are the {model.n_bits} bits (--thresholds)"]
    return Imported(network, tuple(notes))


def _addresses(luts: LutBuilder, model: _Model, part: Sequence[int]) -> list[list[int]]:
    """Return the address that each hash makes of some bits, lowest bit first."""
    return [
        [
            luts.parity(net for net, value in zip(part, row, strict=True) if value >> bit & 1)
            for bit in range(model.address_bits)
        ]
        for row in model.hashes.tolist()
    ]


def _fires(
    luts: LutBuilder,
    model: _Model,
    table: NDArray[np.bool_],
    part: Sequence[int],
    addresses: list[list[int]],
) -> int:
    """Return the net of a filter: one LUT of its bits where these are few, else of its hashes."""
    if len(part) <= min(model.address_bits, MAX_FAN_IN):
        every = np.arange(1 << len(part))
        hit = np.ones(every.size, dtype=bool)
        for row in model.hashes.tolist():
            address = np.zeros(every.size, dtype=np.int64)
            for bit, value in enumerate(row):
                address ^= (every >> bit & 1) * value
            hit &= table[address]
        return luts.look_up(_integer(hit), part)
    own = _integer(table)
    return luts.all_of((luts.look_up(own, address), True) for address in addresses)


def _integer(table: NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(table, bitorder="little").tobytes(), "little")


# -- the file ------------------------------------------------------------------------------------


def _parse(value: Any) -> _Model:
    """Return what the pickle holds, checked."""
    if not isinstance(value, dict) or not isinstance(value.get("info"), dict):
        raise ModelError("it holds no model of BTHOWeN: a dictionary of info and model")
    model = _state(value.get("model"), "WiSARD")
    hashes = _array(value["info"].get("hash_values"), "hash_values", 2)
    order = _array(model.get("input_order"), "input_order", 1)
    if not np.array_equal(np.sort(order), np.arange(order.size)):
        raise ModelError("input_order is no order of the input bits")
    listed = _some(model.get("discriminators"), "discriminators")
    if len(listed) < 2:
        raise ModelError("it has one class; two or more are needed")
    n_filters = -(-order.size // hashes.shape[1])
    classes = tuple(_filters(item, n_filters) for item in listed)
    sizes = {row.size for own in classes for row in own.data}
    n_entries = min(sizes)
    if len(sizes) > 1 or n_entries & (n_entries - 1) or n_entries >> _MAX_ADDRESS_BITS:
        raise ModelError(
            f"its filters have {sorted(sizes)[:4]} entries; one power of two of "
            f"{1 << _MAX_ADDRESS_BITS:,} at most is read"
        )
    if hashes.min() < 0 or hashes.max() >= n_entries:
        raise ModelError(f"hash_values must lie in 0 to {n_entries - 1}")
    work = n_filters * len(classes) * len(hashes) * n_entries
    if work > _MAX_WORK:
        raise ModelError(f"its filters have {work:,} entries in all; {_MAX_WORK:,} is the most")
    return _Model(order, hashes, classes)


def _filters(discriminator: Any, n_filters: int) -> _Filters:
    listed = _some(_state(discriminator, "Discriminator").get("filters"), "filters")
    if len(listed) != n_filters:
        raise ModelError(f"a class has {len(listed)} filters; its bits need {n_filters}")
    states = [_state(item, "BloomFilter") for item in listed]
    data = [_array(state.get("data"), "data", 1) for state in states]
    bleach = [_array(state.get("bleach"), "bleach", 0) for state in states]
    return _Filters(data, [int(item) for item in bleach])


def _state(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, pickled.Instance) or value.name != name:
        raise ModelError(f"a {name} was expected, found {type(value).__name__}")
    return value.state


def _some(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise ModelError(f"{what} must be a list, and not empty")
    return value


def _array(value: Any, what: str, n_dim: int) -> NDArray[np.integer]:
    array = value.values if isinstance(value, pickled.Array) else value
    if isinstance(array, int | list) and not isinstance(array, bool):
        try:
            array = np.array(array)
        except (TypeError, ValueError, OverflowError) as error:
            raise ModelError(f"{what} must be whole numbers") from error
    if (
        not isinstance(array, np.ndarray)
        or array.ndim != n_dim
        or array.dtype.kind not in "biu"
        or not array.size
    ):
        raise ModelError(f"{what} must be whole numbers of {n_dim} dimension(s)")
    return array


FORMATS = (
    Format(
        "bthowen",
        "BTHOWeN (.pickle.lzma)",
        recognises,
        read,
        (Option("thresholds", f"threshold after threshold, {HELP}", thresholds),),
    ),
)

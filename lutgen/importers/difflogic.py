"""difflogic's networks of two-input gates: arrays of the exporter, generated C and Verilog.

A state_dict of difflogic's holds which gates there are and not what they read; it is refused.
The Verilog is that of the fork vicharak-in/difflogic. Of both texts only the assignments are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import ModelError
from lutgen.importers import arrays
from lutgen.importers.content import Content
from lutgen.importers.exporters import DIFFLOGIC as EXPORTER
from lutgen.importers.expressions import truth_table
from lutgen.importers.format import Format, Imported, Request
from lutgen.importers.parts import (
    CLASSES,
    N_INPUTS,
    TAU,
    Stage,
    chained,
    check_finite,
    count_of,
    gate_tables,
    group_sum,
    number_of,
    up_to_the_last,
    whole,
)
from lutgen.importers.torch_file import is_torch, read_torch, state_dict
from lutgen.model import LutNetwork

_BITS = "features are bits, 0 and 1, as the network's data set script made them"
_NO_TAU = "scores are counts; what the training divided them by (tau) is not in the file (--tau)"

# -- arrays ------------------------------------------------------------------------------------

_KEY = re.compile(r"(?:layers?[._]?)?(?:(\d+)[._])?(ops?|a|b)[._]?(\d+)?")
_USES = {  # which operands a gate reads, by its number
    **dict.fromkeys((0, 15), (False, False)),
    **dict.fromkeys((3, 12), (True, False)),
    **dict.fromkeys((5, 10), (False, True)),
}


def _layer_keys(content: Content) -> dict[str, dict[int, str]]:
    """Return the names of ops, a and b by layer; -1 is a layer without a number."""
    found: dict[str, dict[int, str]] = {"op": {}, "a": {}, "b": {}}
    for name in arrays.names(content):
        if matched := _KEY.fullmatch(name):
            number = matched[1] or matched[3]
            found[matched[2].removesuffix("s")][int(number) if number else -1] = name
    return found


def _recognises_arrays(content: Content) -> bool:
    keys = _layer_keys(content)
    return bool(keys["op"]) and keys["op"].keys() == keys["a"].keys() == keys["b"].keys()


def _read_arrays(request: Request) -> Imported:
    content, keys = request.content, _layer_keys(request.content)
    if not _recognises_arrays(content):
        raise content.fault(f"it lacks ops, a and b of each layer; write it with:\n{EXPORTER}")
    told = arrays.read_arrays(content)
    layers = [
        tuple(_whole_numbers(told, keys[name][number]) for name in ("op", "a", "b"))
        for number in sorted(keys["op"])
    ]
    classes = request.options.get("classes")
    if classes is None:
        n_classes = count_of(told, "k") or count_of(told, "n_classes")
        if n_classes is None:
            raise content.fault("it does not say how many classes there are (--classes)")
        classes = np.arange(n_classes)
    tau = request.options.get("tau", 1.0 if (found := number_of(told, "tau")) is None else found)
    n_inputs = request.options.get("n_inputs", count_of(told, "n_inputs"))
    if list(keys["op"]) == [-1] and (n_outputs := count_of(told, "n_outputs")) is not None:
        if n_inputs is None:
            raise content.fault("it does not say how many inputs there are (--n-inputs)")
        network = _flat(n_inputs, layers[0], n_outputs, classes, tau)
    else:
        network = gate_network(layers, classes, tau, n_inputs)
    notes = [_BITS]
    if n_inputs is None:
        notes.append(up_to_the_last(network.n_inputs))
    if "tau" not in told and "tau" not in request.options:
        notes.append(_NO_TAU)
    return Imported(network, tuple(notes))


def _whole_numbers(told: Mapping[str, NDArray[Any]], name: str) -> NDArray[np.int64]:
    array = told[name]
    if array.ndim != 1 or array.dtype.kind not in "iu" or not array.size:
        raise ModelError(f"{name} is no list of whole numbers")
    return array.astype(np.int64)


def gate_stage(operations: NDArray[np.int64], a: NDArray[np.int64], b: NDArray[np.int64]) -> Stage:
    """Return the stage of gates; an operand that a gate does not read may be -1."""
    if not operations.size == a.size == b.size:
        raise ModelError("there are not as many operands a and b as gates")
    tables = gate_tables(operations)
    wires = np.stack([a, b], axis=1)
    for operand in range(2):
        unread = [number for number, uses in _USES.items() if not uses[operand]]
        free = np.isin(operations, unread) & (wires[:, operand] == -1)
        wires[free, operand] = np.maximum(wires[free, 1 - operand], 0)
    return Stage(wires, tables)


def chosen_gates(weights: NDArray[Any]) -> NDArray[np.int64]:
    """Return the numbers of the gates that weights (n, 16) have chosen."""
    gates: NDArray[np.int64] = check_finite("weights", weights).argmax(axis=1).astype(np.int64)
    return gates


def gate_network(
    layers: Iterable[tuple[NDArray[np.int64], ...]],
    classes: NDArray[Any],
    tau: float = 1.0,
    n_inputs: int | None = None,
) -> LutNetwork:
    """Return the network of layers of gates, each (ops, a, b), with a GroupSum behind."""
    stages = [gate_stage(*layer) for layer in layers]
    if n_inputs is None:
        n_inputs = 1 + max((int(stage.wires.max(initial=0)) for stage in stages[:1]), default=0)
    return chained(n_inputs, stages, lambda n: group_sum(n, classes, tau))


def _flat(
    n_inputs: int,
    layer: tuple[NDArray[np.int64], ...],
    n_outputs: int,
    classes: NDArray[Any],
    tau: float,
) -> LutNetwork:
    """Return the network of one list of gates that read inputs and earlier gates."""
    gates = gate_stage(*layer)
    if n_outputs > len(gates.wires):
        raise ModelError(f"{n_outputs} outputs of {len(gates.wires)} gates")
    last = n_inputs + len(gates.wires)
    return LutNetwork.from_arrays(
        n_inputs,
        [(gates.wires, gates.tables)],
        outputs=np.arange(last - n_outputs, last),
        head=group_sum(n_outputs, classes, tau),
    )


# -- text --------------------------------------------------------------------------------------

_C_GATE = re.compile(
    r"(?:const (?:char|short|int|long long) (?P<name>v\d+)|(out\[\d+\])) ?= ?"
    r"(?P<expression>[^;={}]+);"
)
_C_NET = re.compile(r"void logic_gate_net ?\([^()]*\) ?\{")
_C_INPUTS = re.compile(r"for ?\( ?size_t d = 0; d < (\d+); \+\+d\)\s*\{\s*(?:char|short|int|long) ")
_C_GROUP = re.compile(r"carry = out_temp\[c \* (\d+) \+ a\]")
_C_CLASSES = re.compile(r"for ?\( ?size_t c = 0; c < (\d+); \+\+c\)")
_V_INPUTS = re.compile(r"input\s+wire\s*\[(\d+):0\]\s*x\b")
_V_WIDTH = re.compile(r"(?:wire|reg) \[(\d{1,4}):0\] result\b")
_V_SLICE = re.compile(r"\[(\d{1,9}):(\d{1,9})\]")
_V_ASSIGN = re.compile(
    r"(?:assign\s+)?\b(?P<name>(?:layer\d+_out|last_layer_output|result|y)(?:\[[\d:]+\])?)\s*<?=\s*"
    r"(?P<expression>[^;=]+);"
)


def _recognises_c(content: Content) -> bool:
    return b"logic_gate_net(" in content.head and b"apply_logic_gate_net" in content.data


def _read_c(request: Request) -> Imported:
    content = request.content
    text = content.text or ""
    start, n_inputs, size, n_classes = (
        pattern.search(text) for pattern in (_C_NET, _C_INPUTS, _C_GROUP, _C_CLASSES)
    )
    end = text.find("\n}", start.end()) if start else -1
    if start is None or end < 0 or n_inputs is None or size is None or n_classes is None:
        raise content.fault("it lacks a part that difflogic's C has; was it cut?")
    network = _Assigned(_count(n_inputs[1]), "inp")
    rest = _C_GATE.sub(network.assign, text[start.end() : end])
    if rest.strip():
        raise content.fault(f"difflogic writes no such line: {rest.strip()[:60]!r}")
    n_outputs = _count(size[1]) * _count(n_classes[1])
    outputs = [network.signal(f"out[{number}]") for number in range(n_outputs)]
    if f"out[{n_outputs}]" in network.signals:
        raise content.fault(f"it sets more outputs than the {n_outputs} that it adds up")
    return _of_text(request, network, outputs, n_classes=_count(n_classes[1]))


def _recognises_verilog(content: Content) -> bool:
    return b"layer0_out" in content.head and b"last_layer_output" in content.data


def _read_verilog(request: Request) -> Imported:
    content = request.content
    text = content.text or ""
    n_inputs = _V_INPUTS.search(text)
    if n_inputs is None:
        raise content.fault("it has no input wire [n:0] x, which this Verilog has")
    network = _Assigned(_count(n_inputs[1]) + 1, "x")
    groups: dict[str, list[str]] = {}
    order: list[str] = []
    widths = [int(found[1]) + 1 for found in _V_WIDTH.finditer(text)]
    alias = ""
    for found in _V_ASSIGN.finditer(text):
        name, expression = found["name"], found["expression"].strip()
        if name == "last_layer_output":
            alias = expression
        elif name.startswith("result"):
            groups[name] = [bit.strip() for bit in expression.split("+")]
        elif name.startswith("y"):
            order.append(expression)
            widths += [int(high) - int(low) + 1 for high, low in _V_SLICE.findall(name)]
        elif not re.fullmatch(r"\d+", expression):  # reg [n:0] layer0_out = 0;
            network.assign(found)
    order = [name for name in order if name in groups]  # some files pass on results that none sets
    if len(order) != len(groups) or not alias:
        raise content.fault("it does not add up its last layer as this Verilog does")
    outputs = [
        network.signal(bit.replace("last_layer_output", alias, 1))
        for name in order
        for bit in groups[name]
    ]
    sizes = {len(groups[name]) for name in order}
    if len(sizes) != 1:
        raise content.fault("its classes have groups of different sizes")
    imported = _of_text(request, network, outputs, n_classes=len(order))
    if widths and min(widths) < sizes.pop().bit_length():
        note = f"its sums come out with {min(widths)} bits and wrap; those imported are whole"
        return Imported(imported.network, (*imported.notes, note))
    return imported


class _Assigned:
    """A network that assignments make, one gate each, in their order."""

    def __init__(self, n_inputs: int, inputs: str) -> None:
        self.n_inputs = n_inputs
        self.gates: list[tuple[tuple[int, ...], int]] = []
        self.layers: list[int] = []
        self.signals = {f"{inputs}[{number}]": number for number in range(n_inputs)}

    def assign(self, found: re.Match[str]) -> str:
        """Take an assignment of an expression to a name; return what is left of it, nothing."""
        name = found["name"] or found[2]
        operands, table = truth_table(found["expression"])
        wires = tuple(self.signal(operand) for operand in operands)
        if name in self.signals:
            raise ModelError(f"{name} is assigned twice")
        below = max((self.layer(wire) for wire in wires), default=0)
        self.layers.append(max(1 + below, self.layers[-1] if self.layers else 1))
        self.gates.append((wires or (0,), table if wires else 3 * table))
        self.signals[name] = self.n_inputs + len(self.gates) - 1
        return ""

    def signal(self, name: str) -> int:
        """Return the number of what has a name."""
        if name not in self.signals:
            raise ModelError(f"{name[:60]} is read, but nothing before has that name")
        return self.signals[name]

    def layer(self, signal: int) -> int:
        """Return the layer of a signal, 0 of inputs."""
        return self.layers[signal - self.n_inputs] if signal >= self.n_inputs else 0


def _of_text(request: Request, found: _Assigned, outputs: list[int], n_classes: int) -> Imported:
    classes = request.options.get("classes", np.arange(n_classes))
    if classes.size != n_classes:
        raise ModelError(f"it has {n_classes} classes; {classes.size} labels are given")
    tau = request.options.get("tau", 1.0)
    network = LutNetwork.from_luts(
        found.n_inputs,
        found.gates,
        outputs=outputs,
        head=group_sum(len(outputs), classes, tau),
        layers=found.layers,
    )
    notes = (_BITS,) if "tau" in request.options else (_BITS, _NO_TAU)
    return Imported(network, notes)


def _count(text: str) -> int:
    return whole(text, 0, 1 << 24)


# -- a bare state_dict -------------------------------------------------------------------------


def _recognises_weights(content: Content) -> bool:
    if not is_torch(content):
        return False
    tensors = state_dict(content.once(read_torch))
    return bool(tensors) and all(
        re.fullmatch(r"(?:.*\.)?\d+\.weights", name) and array.ndim == 2 and array.shape[1] == 16
        for name, array in tensors.items()
    )


def _read_weights(request: Request) -> Imported:
    raise request.content.fault(
        "a state_dict of difflogic says which gates there are, but not what they read: the wiring "
        "is an attribute of the layers that torch does not save. Where the model itself is at "
        f"hand, run:\n{EXPORTER}"
    )


FORMATS = (
    Format(
        "difflogic",
        "difflogic, arrays of the exporter",
        _recognises_arrays,
        _read_arrays,
        (CLASSES, TAU, N_INPUTS),
    ),
    Format("difflogic-c", "difflogic, generated C", _recognises_c, _read_c, (CLASSES, TAU)),
    Format(
        "difflogic-verilog",
        "difflogic, generated Verilog (vicharak-in)",
        _recognises_verilog,
        _read_verilog,
        (CLASSES, TAU),
    ),
    Format(
        "difflogic-weights",
        "difflogic, a state_dict (refused: it lacks the wiring)",
        _recognises_weights,
        _read_weights,
    ),
)
